use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use super::*;

const HOME: &str = "https://rathaus.example";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate([seed; 32]).unwrap()).unwrap()
}

fn tokens() -> AccessTokens {
    AccessTokens::new(HOME, HOME, key(1), vec![])
}

fn noon() -> DateTime<Utc> {
    "2026-05-04T12:00:00Z".parse().unwrap()
}

fn citizen() -> Bearer {
    Bearer::Citizen { person: Uuid::from_u128(1).into(), account: Uuid::from_u128(2).into() }
}

fn issue(tokens: &AccessTokens, bearer: Bearer) -> String {
    tokens.issue(bearer, Uuid::from_u128(3).into(), Uuid::from_u128(4), noon()).unwrap()
}

/// Signs with the right key what the right key would never sign.
fn sign(header: Value, claims: Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&claims));
    let pair = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn header() -> Value {
    json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": key(1).kid() })
}

fn claims() -> Value {
    json!({
        "iss": HOME, "aud": HOME, "sub": Uuid::from_u128(1), "kind": "guest",
        "sid": Uuid::from_u128(3), "jti": Uuid::from_u128(4),
        "iat": noon().timestamp(), "exp": noon().timestamp() + 900,
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

#[test]
fn a_token_says_who_bears_it() {
    let tokens = tokens();
    let account = Uuid::from_u128(2).into();
    let person = Uuid::from_u128(1).into();
    for bearer in [citizen(), Bearer::Guest { person }, Bearer::Staff { account }] {
        let access = tokens.verify(&issue(&tokens, bearer), noon()).unwrap();
        assert_eq!(access.bearer, bearer);
        assert_eq!(access.session, Uuid::from_u128(3).into());
        assert_eq!(access.id, Uuid::from_u128(4));
        assert_eq!(access.expires_at - access.issued_at, LIFETIME);
    }
}

#[test]
fn the_given_time_decides() {
    let tokens = tokens();
    let token = issue(&tokens, citizen());
    let end = noon() + LIFETIME;
    let valid_at = |now| tokens.verify(&token, now).is_ok();
    assert!(valid_at(noon() - LEEWAY));
    assert!(!valid_at(noon() - LEEWAY - TimeDelta::seconds(1)));
    assert!(valid_at(end + LEEWAY - TimeDelta::seconds(1)));
    assert!(!valid_at(end + LEEWAY));
}

#[test]
fn an_older_key_still_verifies_until_it_is_gone() {
    let old = tokens();
    let token = issue(&old, citizen());
    let rotated = AccessTokens::new(HOME, HOME, key(2), vec![key(1)]);
    assert!(rotated.verify(&token, noon()).is_ok());
    assert!(rotated.verify(&issue(&rotated, citizen()), noon()).is_ok());
    assert_eq!(old.verify(&issue(&rotated, citizen()), noon()), Err(TokenRefused));
    let gone = AccessTokens::new(HOME, HOME, key(2), vec![]);
    assert_eq!(gone.verify(&token, noon()), Err(TokenRefused));
}

#[test]
fn the_key_set_holds_every_public_key_and_no_private_one() {
    let set = AccessTokens::new(HOME, HOME, key(2), vec![key(1)]).jwks();
    let keys = set["keys"].as_array().unwrap();
    let kids: Vec<_> = keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kids, [key(2).kid(), key(1).kid()]);
    assert!(keys.iter().all(|key| key.get("d").is_none()));
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(keys[1].clone()).unwrap();
    let token = issue(&tokens(), citizen());
    let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    assert!(decode::<Claims>(&token, &decoding, &signature_only()).is_ok());
}

#[test]
fn forged_headers_are_refused() {
    let ok = sign(header(), claims());
    assert!(tokens().verify(&ok, noon()).is_ok(), "what is varied below is valid as it stands");
    let jwk = key(9).jwk();
    let forged = [
        ("algorithm none", with(header(), "alg", json!("none"))),
        ("algorithm HS256", with(header(), "alg", json!("HS256"))),
        ("algorithm ES256", with(header(), "alg", json!("ES256"))),
        ("unknown key", with(header(), "kid", json!(key(9).kid()))),
        ("key as a path", with(header(), "kid", json!("../../dev/null"))),
        ("no key", without(header(), "kid")),
        ("key of the sender's", with(header(), "jwk", jwk)),
        ("address of the sender's", with(header(), "jku", json!("https://evil.example/jwks.json"))),
        ("certificate of the sender's", with(header(), "x5u", json!("https://evil.example/c.pem"))),
        ("type JWT", with(header(), "typ", json!("JWT"))),
        ("type in capitals", with(header(), "typ", json!("AT+JWT"))),
        ("no type", without(header(), "typ")),
        ("critical extension", with(header(), "crit", json!(["exp"]))),
        ("unknown member", with(header(), "b64", json!(false))),
    ];
    for (what, header) in forged {
        let token = sign(header, claims());
        assert_eq!(tokens().verify(&token, noon()), Err(TokenRefused), "{what}");
    }
}

#[test]
fn forged_claims_are_refused() {
    let at = |seconds: i64| json!(noon().timestamp() + seconds);
    let forged = [
        ("other issuer", with(claims(), "iss", json!("https://evil.example"))),
        ("list of issuers", with(claims(), "iss", json!([HOME, "https://evil.example"]))),
        ("no issuer", without(claims(), "iss")),
        ("other audience", with(claims(), "aud", json!("https://other.example"))),
        ("list of audiences", with(claims(), "aud", json!([HOME]))),
        ("no audience", without(claims(), "aud")),
        ("expired", with(with(claims(), "iat", at(-1000)), "exp", at(-100))),
        ("no end", without(claims(), "exp")),
        ("end as text", with(claims(), "exp", json!("2999-01-01"))),
        ("end beyond all time", with(claims(), "exp", json!(i64::MAX))),
        ("lives too long", with(claims(), "exp", at(901))),
        ("not yet valid", with(claims(), "nbf", at(60))),
        ("issued in the future", with(with(claims(), "iat", at(60)), "exp", at(120))),
        ("unknown kind", with(claims(), "kind", json!("operator"))),
        ("kind citizen without an account", with(claims(), "kind", json!("citizen"))),
        ("guest with an account", with(claims(), "account", json!(Uuid::from_u128(2)))),
        ("no kind", without(claims(), "kind")),
        ("no session, as in a refresh token", without(claims(), "sid")),
        ("subject that is no id", with(claims(), "sub", json!("admin"))),
    ];
    for (what, claims) in forged {
        let token = sign(header(), claims);
        assert_eq!(tokens().verify(&token, noon()), Err(TokenRefused), "{what}");
    }
}

#[test]
fn forged_signatures_are_refused() {
    let token = issue(&tokens(), citizen());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let refused = |what: &str, token: &str| {
        assert_eq!(tokens().verify(token, noon()), Err(TokenRefused), "{what}");
    };

    let mut hs256 = Header::new(Algorithm::HS256);
    hs256.typ = Some("at+jwt".to_owned());
    hs256.kid = Some(key(1).kid().to_owned());
    let public = URL_SAFE_NO_PAD.decode(key(1).jwk()["x"].as_str().unwrap()).unwrap();
    refused(
        "HS256 signed with the public key",
        &encode(&hs256, &claims(), &EncodingKey::from_secret(&public)).unwrap(),
    );
    refused(
        "another key under this one's name",
        &encode(key(1).header(), &claims(), key(9).encoding()).unwrap(),
    );
    refused("no signature", message);
    refused("empty signature", &format!("{message}."));
    refused("signature of another token", &{
        let other = issue(&tokens(), Bearer::Guest { person: Uuid::from_u128(1).into() });
        format!("{message}.{}", other.rsplit_once('.').unwrap().1)
    });
    refused("four parts", &format!("{token}.{signature}"));
    refused("padding", &format!("{token}="));
    for length in 0..token.len() {
        refused("truncated", &token[..length]);
    }
    let mut header_swapped = with(header(), "alg", json!("none")).to_string();
    header_swapped = URL_SAFE_NO_PAD.encode(header_swapped);
    let payload = message.split_once('.').unwrap().1;
    refused("none in place of the header", &format!("{header_swapped}.{payload}."));
    refused("none with the old signature", &format!("{header_swapped}.{payload}.{signature}"));
}
