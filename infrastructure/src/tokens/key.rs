//! An Ed25519 key that signs access tokens.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};

use crate::secrets::sha256;

/// The key is not a readable Ed25519 key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a usable Ed25519 key")]
pub struct KeyError;

/// A private signing key with everything derived from it.
#[derive(Clone)]
pub struct SigningKey {
    header: Header,
    public: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.kid())
    }
}

impl SigningKey {
    /// A new private key as PKCS#8 (RFC 5958) from 32 random bytes, to be sealed and stored.
    ///
    /// # Errors
    /// [`KeyError`] when the library fails.
    pub fn generate(seed: [u8; 32]) -> Result<Vec<u8>, KeyError> {
        Ed25519KeyPair::from_seed_unchecked(&seed)
            .map_err(|_| KeyError)?
            .to_pkcs8()
            .map(|document| document.as_ref().to_vec())
            .map_err(|_| KeyError)
    }

    /// Reads what [`SigningKey::generate`] gave.
    ///
    /// # Errors
    /// [`KeyError`] for anything else.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError)?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key());
        let header = Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(thumbprint(&public)),
            ..Header::new(Algorithm::EdDSA)
        };
        Ok(Self {
            header,
            encoding: EncodingKey::from_ed_der(pkcs8),
            decoding: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            public,
        })
    }

    /// The key's name: its JWK thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        self.header.kid.as_deref().unwrap_or_default()
    }

    /// The public half as a JWK (RFC 8037).
    pub fn jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": self.kid(), "x": self.public,
        })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }
}

fn thumbprint(public: &str) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    URL_SAFE_NO_PAD.encode(sha256(canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and thumbprint of RFC 8037, appendix A.
    #[test]
    fn thumbprint_as_in_the_rfc() {
        assert_eq!(
            thumbprint("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn only_a_private_key_is_one() {
        let pkcs8 = SigningKey::generate([5; 32]).unwrap();
        let key = SigningKey::from_pkcs8(&pkcs8).unwrap();
        assert_eq!(SigningKey::from_pkcs8(&pkcs8[1..]).unwrap_err(), KeyError);
        assert_eq!(SigningKey::from_pkcs8(&[]).unwrap_err(), KeyError);
        assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.kid()));
        let jwk = key.jwk();
        assert!(jwk.get("d").is_none());
        assert_eq!(jwk["x"], key.public);
    }
}
