//! Keys for programs, as text: `rh_live_<id>_<secret><checksum>`.
//!
//! The beginning says what it is to whoever finds one, and to scanners for leaked secrets. The
//! checksum (CRC-32 of all before it) tells a key that was typed or cut wrongly from a real one
//! without asking the database.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::{ids::ApiKeyId, integrations::KeyMode};
use uuid::Uuid;

use super::{hex, sha256};

/// What every key begins with.
pub const KEY_PREFIX: &str = "rh_";

/// Characters of the secret: 160 random bits in hexadecimal.
const SECRET: usize = 40;

/// Characters of the checksum.
const CHECKSUM: usize = 8;

/// A key. Its secret is never stored, only [`KeyText::secret_hash`].
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText {
    /// Which key it is.
    pub id: ApiKeyId,
    /// Whether what is done with it counts.
    pub mode: KeyMode,
    secret: String,
}

impl KeyText {
    /// A new key with a secret of `random` bytes.
    pub fn new(id: ApiKeyId, mode: KeyMode, random: [u8; 20]) -> Self {
        Self { id, mode, secret: hex(&random) }
    }

    /// What may be shown of a key: all but its secret.
    pub fn prefix(id: ApiKeyId, mode: KeyMode) -> String {
        format!("{KEY_PREFIX}{mode}_{}", id.0.simple())
    }

    /// The key as text, to be shown once.
    pub fn encode(&self) -> String {
        let body = format!("{}_{}", Self::prefix(self.id, self.mode), self.secret);
        format!("{body}{}", checksum(&body))
    }

    /// Reads a key; none for anything else.
    pub fn decode(text: &str) -> Option<Self> {
        let (body, sum) = text.split_at_checked(text.len().checked_sub(CHECKSUM)?)?;
        let mut parts = body.strip_prefix(KEY_PREFIX)?.split('_');
        let (mode, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let is_secret = secret.len() == SECRET && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        if parts.next().is_some() || !is_secret || checksum(body) != sum {
            return None;
        }
        let id: ApiKeyId = Uuid::try_parse(id).ok()?.into();
        let key = Self { id, mode: mode.parse().ok()?, secret: secret.to_owned() };
        // One way to write each key.
        (key.encode() == text).then_some(key)
    }

    /// What is stored to know it again.
    pub fn secret_hash(&self) -> String {
        hex(&sha256(self.secret.as_bytes()))
    }

    /// Whether it is the key of which this is stored, in constant time.
    pub fn is_stored_as(&self, hash: &str) -> bool {
        verify_slices_are_equal(self.secret_hash().as_bytes(), hash.as_bytes()).is_ok()
    }

    /// Whether a key stands somewhere in a text, such as an address.
    pub fn occurs_in(text: &str) -> bool {
        ["rh_live_", "rh_test_"].iter().any(|prefix| text.contains(prefix))
    }
}

fn checksum(body: &str) -> String {
    format!("{:08x}", crc32fast::hash(body.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> KeyText {
        KeyText::new(Uuid::from_u128(7).into(), KeyMode::Live, [0xa7; 20])
    }

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let text = key().encode();
        assert_eq!(text.len(), 8 + 32 + 1 + SECRET + CHECKSUM);
        assert!(text.starts_with("rh_live_00000000000000000000000000000007_a7a7"));
        assert!(KeyText::decode(&text) == Some(key()));
        assert!(!KeyText::prefix(key().id, KeyMode::Live).contains("a7a7"));
        assert_eq!(key().secret_hash().len(), 64);
        assert!(KeyText::occurs_in(&format!("/v1/me?key={text}")) && !KeyText::occurs_in("/v1/rh_"));
    }

    #[test]
    fn what_is_changed_is_no_key() {
        let text = key().encode();
        let other_mode = text.replace("live", "test");
        for wrong in [&text[1..], &text[..text.len() - 1], "", "rh_live_", &text.to_uppercase(), &other_mode]
        {
            assert!(KeyText::decode(wrong).is_none(), "{wrong}");
        }
        for place in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            assert!(KeyText::decode(&String::from_utf8(changed).unwrap()).is_none(), "at {place}");
        }
    }
}
