//! What we give to telephone providers so that they can come back: a signed name of a delivery for
//! reports on it, and a sealed script for a call.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Locale,
    deliveries::{Keys, Outgoing, Spoken, Tried},
    ids::{ContactPointId, MessageId, MunicipalityId},
};
use serde::{Deserialize, Serialize};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Purpose, SecretError, Secrets, SignedToken, SignedTokenError, sha256};

/// How long reports are taken after the message itself is worthless: networks try for days.
const REPORT_LIFE: TimeDelta = TimeDelta::days(7);
/// What a script is sealed for.
const SCRIPT: &[u8] = b"call script";
/// Longest token that is looked at, in characters: addresses of calls may have 4,000.
const LONGEST: usize = 3800;

/// Names one delivery in the address a provider reports to. It cannot be turned to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryName {
    /// The town hall that spoke.
    #[serde(rename = "t")]
    pub municipality: MunicipalityId,
    /// The message.
    #[serde(rename = "m")]
    pub message: MessageId,
    /// The contact point.
    #[serde(rename = "c")]
    pub contact_point: ContactPointId,
    /// How often it had been made due again.
    #[serde(rename = "g", default, skip_serializing_if = "is_first")]
    pub generation: u32,
}

fn is_first(generation: &u32) -> bool {
    *generation == 0
}

impl DeliveryName {
    /// The name of a delivery; none for one-time codes, which have no delivery.
    pub fn of(item: &Outgoing) -> Option<Self> {
        (!item.municipality.0.is_nil()).then_some(Self {
            municipality: item.municipality,
            message: item.message,
            contact_point: item.contact_point,
            generation: item.generation,
        })
    }

    /// The delivery it names.
    pub fn tried(&self) -> Tried {
        Tried { message: self.message, contact_point: self.contact_point, generation: self.generation }
    }

    /// The token for reports about it.
    ///
    /// # Errors
    /// As [`SignedToken::encode`].
    pub fn token(&self, secrets: &Secrets, expires_at: DateTime<Utc>) -> Result<String, SignedTokenError> {
        let until = expires_at.checked_add_signed(REPORT_LIFE);
        SignedToken::new(*self, until).encode(secrets, Purpose::DeliveryReport)
    }

    /// The delivery a token of ours names.
    ///
    /// # Errors
    /// As [`SignedToken::decode`].
    pub fn read(token: &str, secrets: &Secrets, now: DateTime<Utc>) -> Result<Self, SignedTokenError> {
        SignedToken::decode(token, secrets, Purpose::DeliveryReport, now).map(|signed| signed.payload)
    }
}

/// What a call says and what keys do. It travels sealed in the call's address, so nothing about it is
/// stored and a one-time code lies nowhere in the clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallScript {
    /// The delivery, where there is one.
    pub delivery: Option<DeliveryName>,
    /// The language.
    pub locale: Locale,
    /// The words.
    pub text: String,
    /// What keys do.
    pub keys: Keys,
    /// When the call was placed. A number that registers again later is not touched by its keys.
    pub placed_at: DateTime<Utc>,
    /// From then on it says nothing any more.
    pub expires_at: DateTime<Utc>,
}

impl CallScript {
    /// The script of a call placed at `now`.
    pub fn of(item: &Outgoing, spoken: &Spoken, now: DateTime<Utc>) -> Self {
        Self {
            delivery: DeliveryName::of(item),
            locale: spoken.locale,
            text: spoken.text.clone(),
            keys: spoken.keys,
            placed_at: now,
            expires_at: item.expires_at,
        }
    }

    /// Sealed, as text for an address. None where the words are too long for one.
    pub fn seal(&self, secrets: &Secrets) -> Option<String> {
        let json = serde_json::to_vec(self).ok()?;
        // The same script gives the same text and no two scripts share a nonce: it is their hash.
        let nonce = *sha256(&json).first_chunk()?;
        let sealed = secrets.seal(Purpose::CallScript, &json, SCRIPT, nonce).ok()?;
        let text = URL_SAFE_NO_PAD.encode(sealed);
        (text.len() <= LONGEST).then_some(text)
    }

    /// A script sealed here that still may be said at `now`.
    ///
    /// # Errors
    /// [`SecretError::Unopened`] for anything else.
    pub fn open(text: &str, secrets: &Secrets, now: DateTime<Utc>) -> Result<Self, SecretError> {
        if text.len() > LONGEST {
            return Err(SecretError::Unopened);
        }
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| SecretError::Unopened)?;
        let json = secrets.open(Purpose::CallScript, &sealed, SCRIPT)?;
        serde_json::from_slice::<Self>(&json)
            .ok()
            .filter(|script| script.expires_at > now)
            .ok_or(SecretError::Unopened)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn name() -> DeliveryName {
        DeliveryName {
            municipality: MunicipalityId(Uuid::from_u128(1)),
            message: MessageId(Uuid::from_u128(2)),
            contact_point: ContactPointId(Uuid::from_u128(3)),
            generation: 0,
        }
    }

    #[test]
    fn names_given_out_before_deliveries_were_counted_are_of_the_first() {
        let known = serde_json::to_value(name()).unwrap();
        assert!(known.get("g").is_none(), "{known}");
        assert_eq!(serde_json::from_value::<DeliveryName>(known).unwrap(), name());
        let again = DeliveryName { generation: 2, ..name() };
        let read = serde_json::from_value::<DeliveryName>(serde_json::to_value(again).unwrap());
        assert_eq!(read.unwrap(), again);
    }

    #[test]
    fn a_report_is_bound_to_its_delivery_and_ends() {
        let secrets = Secrets::new("a secret for tests that is long enough").unwrap();
        let token = name().token(&secrets, noon()).unwrap();
        assert_eq!(DeliveryName::read(&token, &secrets, noon() + TimeDelta::days(6)), Ok(name()));
        let late = DeliveryName::read(&token, &secrets, noon() + TimeDelta::days(8));
        assert_eq!(late, Err(SignedTokenError::Expired));
        let others = Secrets::new("another secret that is long enough too").unwrap();
        assert_eq!(DeliveryName::read(&token, &others, noon()), Err(SignedTokenError::Forged));
        assert!(!token.contains('%'), "a percent sign would be read by Kannel");
    }

    #[test]
    fn a_script_is_sealed_and_ends() {
        let secrets = Secrets::new("a secret for tests that is long enough").unwrap();
        let script = CallScript {
            delivery: Some(name()),
            locale: Locale::De,
            text: "Ihr Code lautet: 0, 4, 2".into(),
            keys: Keys::Nothing,
            placed_at: noon(),
            expires_at: noon() + TimeDelta::minutes(10),
        };
        let text = script.seal(&secrets).unwrap();
        assert_eq!(script.seal(&secrets).unwrap(), text);
        assert_eq!(CallScript::open(&text, &secrets, noon()).unwrap(), script);
        assert!(CallScript::open(&text, &secrets, noon() + TimeDelta::minutes(10)).is_err());
        let mut forged = text.clone().into_bytes();
        forged[20] ^= 1;
        assert!(CallScript::open(&String::from_utf8(forged).unwrap(), &secrets, noon()).is_err());
        let long = CallScript { text: "x".repeat(4000), ..script };
        assert_eq!(long.seal(&secrets), None);
    }
}
