use domain::{
    geo::Point,
    text::{Description, EmailAddress},
};
use serde::Deserialize;
use uuid::Uuid;

use super::*;
use crate::extract::Change;

#[derive(Debug, Deserialize, Validate)]
#[expect(dead_code, reason = "only read")]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "one_way"))]
struct Report {
    id: Option<Uuid>,
    description: Description,
    location: Option<Point>,
    email: Option<EmailAddress>,
    #[serde(default)]
    #[validate(length(max = 2))]
    photos: Vec<Uuid>,
    #[validate(range(min = 1, max = 5))]
    priority: Option<u8>,
    kind: Option<Kind>,
    extra: Option<Value>,
    at: Option<chrono::DateTime<chrono::Utc>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Waste,
}

fn one_way(report: &Report) -> Result<(), ValidationError> {
    if report.location.is_some() && report.email.is_some() {
        return Err(ValidationError::new("exactly_one").with_message("location".into()));
    }
    Ok(())
}

fn refused(body: &str) -> (Code, Vec<(String, Code)>) {
    match read::<Report>(body.as_bytes()) {
        Err(Error::Refused(refusal)) => {
            (refusal.code, refusal.violations.into_iter().map(|found| (found.pointer, found.code)).collect())
        }
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn what_is_wrong_is_named_by_pointer_and_code() {
    let long = format!(r#"{{"description":"{}"}}"#, "x".repeat(4001));
    for (body, pointer, code) in [
        (r#"{}"#, "/description", Code::Required),
        (r#"{"description":"Reifen","colour":1}"#, "/colour", Code::UnknownField),
        (r#"{"description":"Reifen","a/b":1}"#, "/a~1b", Code::UnknownField),
        (r#"{"description":"Reifen","description":"Öl"}"#, "/description", Code::Contradiction),
        (r#"{"description":7}"#, "/description", Code::WrongType),
        (r#"{"description":null}"#, "/description", Code::WrongType),
        (r#"{"description":["Reifen"]}"#, "/description", Code::WrongType),
        (r#"{"description":"x"}"#, "/description", Code::TooShort),
        (r#"{"description":"Rei\u0000fen"}"#, "/description", Code::CharacterNotAllowed),
        (r#"{"description":"Rei\u0007fen"}"#, "/description", Code::CharacterNotAllowed),
        (r#"{"description":"Reifen","extra":{"a":["\u0000"]}}"#, "/extra/a/0", Code::CharacterNotAllowed),
        (r#"{"description":"Reifen","extra":{"\u0000":1}}"#, "/extra/", Code::CharacterNotAllowed),
        (long.as_str(), "/description", Code::TooLong),
        (r#"{"description":"Reifen","id":"no-uuid"}"#, "/id", Code::WrongType),
        (r#"{"description":"Reifen","location":{"lat":1}}"#, "/location/lon", Code::Required),
        (r#"{"description":"Reifen","location":{"lat":1,"lon":"x"}}"#, "/location/lon", Code::WrongType),
        (r#"{"description":"Reifen","location":{"lat":1,"lon":2,"z":3}}"#, "/location/z", Code::UnknownField),
        (r#"{"description":"Reifen","email":"a@"}"#, "/email", Code::EmailInvalid),
        (r#"{"description":"Reifen","photos":["x"]}"#, "/photos/0", Code::WrongType),
        (r#"{"description":"Reifen","priority":300}"#, "/priority", Code::OutOfRange),
        (r#"{"description":"Reifen","priority":9}"#, "/priority", Code::OutOfRange),
        (r#"{"description":"Reifen","kind":"noise"}"#, "/kind", Code::NotAllowed),
        (r#"{"description":"Reifen","at":"2026-13-01T00:00:00Z"}"#, "/at", Code::WrongType),
        (
            r#"{"description":"Reifen","email":"a@b.de","location":{"lat":1,"lon":1}}"#,
            "/location",
            Code::ExactlyOne,
        ),
        (
            r#"{"description":"Reifen","photos":["019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01","019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c02","019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c03"]}"#,
            "/photos",
            Code::TooMany,
        ),
        (r#"{"description":"Reifen","id":null}"#, "/id", Code::WrongType),
        (r#"{"description":"Reifen","location":[1,2]}"#, "/location", Code::WrongType),
        (r#"{"description":"Reifen","extra":[{"a":1,"a":1}]}"#, "/extra/0/a", Code::Contradiction),
        ("[]", "", Code::WrongType),
        ("7", "", Code::WrongType),
    ] {
        let found = refused(body);
        assert_eq!(found, (Code::ValidationFailed, vec![(pointer.to_owned(), code)]), "{body}");
    }
}

#[test]
fn what_is_no_json_is_malformed() {
    let deep = "[".repeat(1000);
    let raw_nul = "{\"description\":\"a\0b\"}";
    for body in ["", "{", "{'a':1}", r#"{"description":"Reifen"} x"#, &deep, raw_nul, "NaN", "\u{feff}{}"] {
        assert_eq!(refused(body).0, Code::MalformedJson, "{body}");
    }
    assert!(matches!(read::<Report>(b"{\"description\":\"\xff\"}"), Err(Error::Refused(_))));
}

#[test]
fn a_patch_tells_absent_from_null() {
    #[derive(Deserialize, Validate)]
    struct Patch {
        #[serde(default)]
        room: Change<Description>,
    }
    let room = |body: &str| read::<Patch>(body.as_bytes()).map(|patch| patch.room);
    assert!(matches!(room("{}"), Ok(Change::Keep)));
    assert!(matches!(room(r#"{"room":null}"#), Ok(Change::Clear)));
    assert!(matches!(room(r#"{"room":"Zimmer 7"}"#), Ok(Change::Set(_))));
    assert!(matches!(room(r#"{"room":7}"#), Err(Error::Refused(_))));
}

#[test]
fn an_escaped_backslash_is_no_nul() {
    assert!(read::<Report>(br#"{"description":"C:\\u0000"}"#).is_ok());
}

#[test]
fn equal_json_has_one_fingerprint() {
    let of = |body: &'static str| {
        ValidJson { value: (), bytes: Bytes::from_static(body.as_bytes()) }.fingerprint()
    };
    assert_eq!(of(r#"{"a":1,"b":2}"#), of(r#"{ "b":2, "a":1 }"#));
    assert_ne!(of(r#"{"a":1}"#), of(r#"{"a":2}"#));
}
