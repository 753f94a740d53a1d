//! One-time codes at rest: hashed for comparing, sealed for sending.

use domain::{
    citizens::{Address, CodePurpose},
    ids::{AccountId, CodeId},
};

use super::{Purpose, SecretError, Secrets, hex};

impl Secrets {
    /// What a code's row keeps to compare with. Keyed, because six digits are soon tried through.
    pub fn code_hash(&self, purpose: CodePurpose, address: &Address, digits: &str) -> String {
        let text = format!("{purpose}\n{}\n{digits}", address.as_str());
        hex(&self.sign(Purpose::OneTimeCode, text.as_bytes()))
    }

    /// The same for a code that only one account may use, whoever else reads it.
    pub fn bound_code_hash(
        &self,
        purpose: CodePurpose,
        address: &Address,
        digits: &str,
        account: Option<AccountId>,
    ) -> String {
        match account {
            Some(account) => self.code_hash(purpose, address, &format!("{digits}\n{account}")),
            None => self.code_hash(purpose, address, digits),
        }
    }

    /// What an invitation to represent somebody keeps to compare with.
    pub fn proxy_code_hash(&self, code: &str) -> String {
        hex(&self.sign(Purpose::ProxyInvitation, code.as_bytes()))
    }

    /// The digits, sealed for whoever sends the mail. `nonce` is fresh random bytes.
    ///
    /// # Errors
    /// None for six digits.
    pub fn seal_code(&self, id: CodeId, digits: &str, nonce: [u8; 12]) -> Result<Vec<u8>, SecretError> {
        self.seal(Purpose::OneTimeCode, digits.as_bytes(), id.0.as_bytes(), nonce)
    }

    /// The digits of a code whose mail is due.
    ///
    /// # Errors
    /// [`SecretError::Unopened`] for what was not sealed here, or in another row.
    pub fn open_code(&self, id: CodeId, sealed: &[u8]) -> Result<String, SecretError> {
        let digits = self.open(Purpose::OneTimeCode, sealed, id.0.as_bytes())?;
        String::from_utf8(digits).map_err(|_| SecretError::Unopened)
    }
}

#[cfg(test)]
mod tests {
    use domain::text::EmailAddress;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn codes_are_bound_to_address_purpose_and_row() {
        let secrets = Secrets::new("a secret for tests that is long enough").unwrap();
        let [erika, max] = ["erika@example.org", "max@example.org"]
            .map(|text| Address::from(EmailAddress::parse(text).unwrap()));
        let hash = secrets.code_hash(CodePurpose::SignIn, &erika, "042117");
        assert_eq!(hash.len(), 64);
        assert_ne!(hash, secrets.code_hash(CodePurpose::SignIn, &max, "042117"));
        assert_ne!(hash, secrets.code_hash(CodePurpose::ComplaintConfirmation, &erika, "042117"));
        let [here, there] = [1, 2].map(|n| CodeId(Uuid::from_u128(n)));
        let sealed = secrets.seal_code(here, "042117", [9; 12]).unwrap();
        assert_eq!(secrets.open_code(here, &sealed).unwrap(), "042117");
        assert!(secrets.open_code(there, &sealed).is_err());
    }
}
