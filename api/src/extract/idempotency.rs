//! The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::problem::{Problem, parameter};

const NAME: &str = "Idempotency-Key";
const LONGEST: usize = 255;

/// The client's name for this one effect, 1 to 255 visible ASCII characters; the quotes of the draft are
/// optional. Absent where none was sent.
///
/// ```
/// use api::extract::{IdempotencyKey, ValidJson};
/// # #[derive(serde::Deserialize, validator::Validate)] struct NewComplaint {}
/// async fn submit(IdempotencyKey(key): IdempotencyKey, new: ValidJson<NewComplaint>) -> String {
///     format!("{key:?} {:?}", new.fingerprint())
/// }
/// ```
pub struct IdempotencyKey(pub Option<String>);

fn read(request: &HttpRequest) -> Result<IdempotencyKey, Problem> {
    let mut values = request.headers().get_all(NAME);
    let Some(value) = values.next() else {
        return Ok(IdempotencyKey(None));
    };
    let key = value.to_str().unwrap_or_default().trim();
    let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > LONGEST || !visible || values.next().is_some() {
        return Err(parameter(NAME));
    }
    Ok(IdempotencyKey(Some(key.to_owned())))
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderValue, test::TestRequest};
    use domain::Code;

    use super::*;

    fn key(value: &[u8]) -> Result<Option<String>, Code> {
        let value = HeaderValue::from_bytes(value).unwrap();
        let request = TestRequest::default().insert_header((NAME, value)).to_http_request();
        read(&request).map(|key| key.0).map_err(|problem| problem.code())
    }

    #[test]
    fn visible_characters_only() {
        assert_eq!(key(b"8e03978e-40d5"), Ok(Some("8e03978e-40d5".into())));
        assert_eq!(key(b"\"8e03978e-40d5\""), Ok(Some("8e03978e-40d5".into())));
        assert_eq!(key(&[b'k'; 255]), Ok(Some("k".repeat(255))));
        for bad in [&[b'k'; 256][..], b"", b"\"\"", b"two words", "schl\u{fc}ssel".as_bytes()] {
            assert_eq!(key(bad), Err(Code::MalformedParameter), "{bad:?}");
        }
        let none = TestRequest::default().to_http_request();
        assert!(read(&none).is_ok_and(|key| key.0.is_none()));
    }
}
