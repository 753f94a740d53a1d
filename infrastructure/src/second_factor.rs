//! Codes from authenticators (RFC 6238) and recovery codes: drawing, sealing, recognising.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use domain::{
    Code, Error, Result, StoreError,
    citizens::code::typed,
    ids::AccountId,
    staff::{SecondFactor, second_factor::Proof},
    text::EmailAddress,
};
use totp_rs::{Builder, Secret, Totp};

use crate::secrets::{Purpose, Secrets, hex};

/// Digits of an authenticator's code. Recovery codes are longer.
const DIGITS: usize = 6;

/// What an authenticator is given.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The secret in base32, for typing in.
    pub secret: String,
    /// The address a picture of which is scanned (`otpauth://totp/…`).
    pub address: String,
}

/// SHA-1, six digits, thirty seconds, one step of leeway: what every authenticator does.
fn totp(secret: &[u8], email: &EmailAddress, issuer: &str) -> Result<Totp> {
    // A colon would end the name.
    let name = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_secret(Secret::new(secret.into()))
        .with_account_name(name(email.as_str()))
        .with_issuer(Some(name(issuer)))
        .build()
        .map_err(|_| Error::refused(Code::Internal))
}

/// What an authenticator is given for `secret`; `issuer` is what it calls this installation.
///
/// # Errors
/// None for twenty bytes.
pub fn enrolment(secret: &[u8; 20], email: &EmailAddress, issuer: &str) -> Result<Enrolment> {
    let totp = totp(secret, email, issuer)?;
    let address = totp.to_url().map_err(|_| Error::refused(Code::Internal))?;
    Ok(Enrolment { secret: totp.secret().to_base32(), address })
}

/// The secret as it is stored. `nonce` is fresh random bytes.
///
/// # Errors
/// None for twenty bytes.
pub fn seal(secrets: &Secrets, account: AccountId, secret: &[u8; 20], nonce: [u8; 12]) -> Result<String> {
    let sealed = secrets.seal(Purpose::SecondFactor, secret, account.0.as_bytes(), nonce);
    Ok(STANDARD.encode(sealed.map_err(|_| Error::refused(Code::Internal))?))
}

/// What a recovery code is stored as.
pub fn recovery_hash(secrets: &Secrets, account: AccountId, code: &str) -> String {
    hex(&secrets.sign(Purpose::SecondFactor, format!("{account}\n{}", typed(code)).as_bytes()))
}

/// What a typed code proves at this moment; nothing where it is wrong. Whether it was used before is
/// not looked at here.
///
/// # Errors
/// [`StoreError::Corrupt`] where the secret cannot be opened.
pub fn proof(
    secrets: &Secrets,
    factor: &SecondFactor,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<Proof>> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() != DIGITS || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        let hash = recovery_hash(secrets, factor.account, &code);
        return Ok(factor.recovery_hashes.contains(&hash).then_some(Proof::Recovery(hash)));
    }
    let unreadable = || StoreError::Corrupt("second_factors.sealed_secret");
    let sealed = STANDARD.decode(&factor.sealed_secret).map_err(|_| unreadable())?;
    let secret = secrets
        .open(Purpose::SecondFactor, &sealed, factor.account.0.as_bytes())
        .map_err(|_| unreadable())?;
    let totp = Builder::new().with_secret(Secret::new(secret.into())).with_account_name("-").build();
    let totp = totp.map_err(|_| unreadable())?;
    let time = u64::try_from(now.timestamp()).unwrap_or_default();
    Ok(totp.check(&code, time).and_then(|step| i64::try_from(step).ok()).map(Proof::Step))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn factor(secrets: &Secrets, secret: &[u8; 20]) -> SecondFactor {
        let account = AccountId(Uuid::from_u128(7));
        SecondFactor {
            account,
            sealed_secret: seal(secrets, account, secret, [1; 12]).unwrap(),
            confirmed_at: None,
            last_step: 0,
            recovery_hashes: vec![recovery_hash(secrets, account, "aaaa-bbbb-cccc-dddd")],
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    /// Appendix B of RFC 6238, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secrets = Secrets::new("a secret for tests that is long enough").unwrap();
        let factor = factor(&secrets, b"12345678901234567890");
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            let now = |seconds: i64| DateTime::from_timestamp(time + seconds, 0).unwrap();
            let at = |seconds| proof(&secrets, &factor, code, now(seconds)).unwrap();
            assert_eq!(at(0), Some(Proof::Step(time / 30)), "{code}");
            assert_eq!(at(30), Some(Proof::Step(time / 30)), "a clock may be late");
            assert_eq!(at(90), None);
        }
        assert_eq!(proof(&secrets, &factor, "000000", DateTime::UNIX_EPOCH).unwrap(), None);
    }

    #[test]
    fn recovery_codes_are_known_by_their_hash() {
        let secrets = Secrets::new("a secret for tests that is long enough").unwrap();
        let factor = factor(&secrets, &[3; 20]);
        let typed = |code| proof(&secrets, &factor, code, DateTime::UNIX_EPOCH).unwrap();
        assert!(matches!(typed(" AAAA-bbbb-cccc-dddd"), Some(Proof::Recovery(_))));
        assert_eq!(typed("aaaa-bbbb-cccc-eeee"), None);
        assert!(!factor.sealed_secret.contains("aaaa"));
    }

    #[test]
    fn an_authenticator_is_told_whose_code_it_is() {
        let email = EmailAddress::parse("amt@example.org").unwrap();
        let enrolment = enrolment(b"12345678901234567890", &email, "rathaus.example:8080").unwrap();
        assert_eq!(enrolment.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            enrolment.address.starts_with("otpauth://totp/rathaus.example%208080:amt%40example.org?secret=")
        );
    }
}
