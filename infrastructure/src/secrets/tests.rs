use aws_lc_rs::hkdf;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use domain::context::Entropy;
use strum::IntoEnumIterator;

use super::*;

const SECRET: &str = "an installation secret of 40 characters!";

struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for (byte, value) in bytes.iter_mut().zip(0..) {
            *byte = value;
        }
    }
}

fn secrets() -> Secrets {
    Secrets::new(SECRET).unwrap()
}

fn noon() -> DateTime<Utc> {
    "2026-05-04T12:00:00Z".parse().unwrap()
}

#[test]
fn keys_are_those_of_hkdf() {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"rathaus").extract(SECRET.as_bytes());
    for purpose in Purpose::iter() {
        let label = info("seal", purpose);
        let label = [label.as_bytes()];
        let mut key = [0; 32];
        prk.expand(&label, hkdf::HKDF_SHA256).unwrap().fill(&mut key).unwrap();
        assert_eq!(secrets().key("seal", purpose), key);
    }
}

#[test]
fn no_two_purposes_share_a_key() {
    let secrets = secrets();
    let keys: std::collections::HashSet<_> = Purpose::iter()
        .flat_map(|purpose| [secrets.key("sign", purpose), secrets.key("seal", purpose)])
        .collect();
    assert_eq!(keys.len(), 2 * Purpose::iter().count());
}

#[test]
fn a_signature_holds_for_its_bytes_purpose_and_installation_only() {
    let signature = secrets().sign(Purpose::Cursor, b"page 2");
    assert!(secrets().verify(Purpose::Cursor, b"page 2", &signature));
    assert!(!secrets().verify(Purpose::Cursor, b"page 3", &signature));
    assert!(!secrets().verify(Purpose::DeskLink, b"page 2", &signature));
    assert!(!secrets().verify(Purpose::Cursor, b"page 2", &signature[..31]));
    let other = Secrets::new("another installation's secret, as long").unwrap();
    assert!(!other.verify(Purpose::Cursor, b"page 2", &signature));
}

#[test]
fn sealed_opens_only_in_its_place_and_unchanged() {
    let secrets = secrets();
    let sealed = secrets.seal(Purpose::SigningKey, b"private", b"row 1", [7; 12]).unwrap();
    assert!(!sealed.windows(7).any(|window| window == b"private"));
    assert_eq!(secrets.open(Purpose::SigningKey, &sealed, b"row 1").unwrap(), b"private");
    assert!(secrets.open(Purpose::SigningKey, &sealed, b"row 2").is_err());
    assert!(secrets.open(Purpose::StoredAnswer, &sealed, b"row 1").is_err());
    for position in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[position] ^= 1;
        assert!(secrets.open(Purpose::SigningKey, &changed, b"row 1").is_err());
        assert!(secrets.open(Purpose::SigningKey, &sealed[..position], b"row 1").is_err());
    }
}

#[test]
fn a_short_secret_is_refused() {
    assert!(matches!(Secrets::new("  changeme  "), Err(SecretError::TooShort)));
    assert_eq!(format!("{:?}", secrets()), "Secrets(hidden)");
}

#[test]
fn sha256_is_sha256() {
    assert_eq!(sha256(b"abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
}

#[test]
fn the_file_is_made_once_and_for_the_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rathaus.secret");
    let first = Secrets::beside(&path, &Counting).unwrap();
    let again = Secrets::beside(&path, &Counting).unwrap();
    let configured = Secrets::new(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let signature = first.sign(Purpose::Cursor, b"x");
    assert!(again.verify(Purpose::Cursor, b"x", &signature));
    assert!(configured.verify(Purpose::Cursor, b"x", &signature));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Secrets::beside(&path, &Counting), Err(SecretError::Exposed(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    std::fs::write(&path, "").unwrap();
    assert!(matches!(Secrets::beside(&path, &Counting), Err(SecretError::TooShort)));
    let nowhere = folder.path().join("missing/rathaus.secret");
    assert!(matches!(Secrets::beside(&nowhere, &Counting), Err(SecretError::File { .. })));
}

#[test]
fn a_token_says_what_was_signed_until_it_expires() {
    let end = noon() + TimeDelta::days(30);
    let token = SignedToken::new(("bad-dueben".to_owned(), 7), Some(end));
    let text = token.encode(&secrets(), Purpose::DeskLink).unwrap();
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)));
    let read = |now| SignedToken::<(String, i32)>::decode(&text, &secrets(), Purpose::DeskLink, now);
    assert_eq!(read(end - TimeDelta::seconds(1)).unwrap(), token);
    assert_eq!(read(end).unwrap_err(), SignedTokenError::Expired);

    let lasting = SignedToken::new(1, None).encode(&secrets(), Purpose::Cursor).unwrap();
    let later = noon() + TimeDelta::days(9999);
    assert!(SignedToken::<i32>::decode(&lasting, &secrets(), Purpose::Cursor, later).is_ok());
}

#[test]
fn an_edited_token_is_refused() {
    let text = SignedToken::new(7, None).encode(&secrets(), Purpose::Cursor).unwrap();
    let read = |text: &str, purpose| SignedToken::<i32>::decode(text, &secrets(), purpose, noon());
    assert_eq!(read(&text, Purpose::DeskLink).unwrap_err(), SignedTokenError::Forged);
    let (_, signature) = text.split_once('.').unwrap();
    let other = URL_SAFE_NO_PAD.encode(r#"{"p":8}"#);
    assert_eq!(read(&format!("{other}.{signature}"), Purpose::Cursor).unwrap_err(), SignedTokenError::Forged);
    for position in 0..text.len() {
        let mut edited = text.clone().into_bytes();
        edited[position] = if edited[position] == b'A' { b'B' } else { b'A' };
        assert!(read(&String::from_utf8(edited).unwrap(), Purpose::Cursor).is_err());
        assert!(read(&text[..position], Purpose::Cursor).is_err());
    }
    for junk in ["", ".", "a.b.c", &"A".repeat(5000), &format!("{text}=")] {
        assert!(read(junk, Purpose::Cursor).is_err());
    }
}
