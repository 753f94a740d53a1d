//! How Twilio signs what it sends: HMAC-SHA1 with the account's token over the address and the form,
//! sorted by name. SHA-1 is what the provider uses; as a keyed hash it is still sound.
//!
//! <https://www.twilio.com/docs/usage/security#validating-requests>

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};

/// The header with the signature.
pub const HEADER: &str = "X-Twilio-Signature";

/// The signature of a request to `url` with these form fields.
pub fn signature(auth_token: &str, url: &str, fields: &[(String, String)]) -> String {
    STANDARD.encode(hmac::sign(&key(auth_token), signed(url, fields).as_bytes()))
}

/// Whether `given` is the signature, in constant time.
pub fn is_signed(auth_token: &str, url: &str, fields: &[(String, String)], given: &str) -> bool {
    STANDARD
        .decode(given)
        .is_ok_and(|given| hmac::verify(&key(auth_token), signed(url, fields).as_bytes(), &given).is_ok())
}

fn key(auth_token: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_token.as_bytes())
}

fn signed(url: &str, fields: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort();
    let pairs = sorted.into_iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    std::iter::once(url).chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the documentation.
    #[test]
    fn as_documented() {
        let fields = [
            ("Digits", "1234"),
            ("To", "+18005551212"),
            ("From", "+14158675310"),
            ("Caller", "+14158675310"),
            ("CallSid", "CA1234567890ABCDE"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = "https://example.com/myapp.php?foo=1&bar=2";
        let signature = signature("12345", url, &fields);
        assert_eq!(signature, "L/OH5YylLD5NRKLltdqwSvS0BnU=");
        assert!(is_signed("12345", url, &fields, &signature));
        assert!(!is_signed("12346", url, &fields, &signature));
        assert!(!is_signed("12345", "https://example.com/myapp.php?foo=1&bar=3", &fields, &signature));
        assert!(!is_signed("12345", url, &fields[1..], &signature));
        assert!(!is_signed("12345", url, &fields, "no signature"));
    }
}
