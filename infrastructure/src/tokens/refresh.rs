//! Refresh tokens: derived from the session, so nothing that could be stolen is stored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::ids::SessionId;
use uuid::Uuid;

use crate::secrets::{Purpose, Secrets};

/// Which refresh token of a session it is.
///
/// As text: `session "." generation "." base64url(HMAC-SHA-256)`. Its strength is the signature's
/// 256 bits; whether it is the live one stands in the session's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session it renews.
    pub session: SessionId,
    /// Its number in the family.
    pub generation: i64,
}

impl RefreshToken {
    /// The token as text.
    pub fn encode(&self, secrets: &Secrets) -> String {
        let body = format!("{}.{}", self.session.0.simple(), self.generation);
        let signature = secrets.sign(Purpose::RefreshToken, body.as_bytes());
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Reads a token made here; none for anything else.
    pub fn decode(text: &str, secrets: &Secrets) -> Option<Self> {
        let (body, signature) = text.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !secrets.verify(Purpose::RefreshToken, body.as_bytes(), &signature) {
            return None;
        }
        let (session, generation) = body.split_once('.')?;
        Some(Self { session: Uuid::try_parse(session).ok()?.into(), generation: generation.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_here_is_read() {
        let secrets = Secrets::new("a secret for tests that is long enough").unwrap();
        let other = Secrets::new("another secret for tests, long enough too").unwrap();
        let token = RefreshToken { session: SessionId(Uuid::from_u128(7)), generation: 3 };
        let text = token.encode(&secrets);
        assert_eq!(RefreshToken::decode(&text, &secrets), Some(token));
        assert_eq!(RefreshToken::decode(&text, &other), None);
        assert_eq!(RefreshToken::decode(&text.replace(".3.", ".4."), &secrets), None);
        for bad in ["", ".", "..", "a.b.c", text.trim_end_matches(char::is_alphanumeric)] {
            assert_eq!(RefreshToken::decode(bad, &secrets), None, "{bad}");
        }
    }
}
