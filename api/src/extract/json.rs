//! JSON bodies: read once, checked completely, refused with a pointer.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    web::{Bytes, PayloadConfig},
};
use domain::{Code, Error, Violation, text::Bounds};
use infrastructure::secrets::sha256;
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};
use serde_path_to_error::{Path, Segment};
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{
    Reason, reason,
    strict::{Strict, Tree},
};
use crate::problem::{Problem, code_named, of_payload};

/// Largest JSON body in bytes. A route that takes more sets a [`PayloadConfig`] of its own.
pub const JSON_LIMIT: usize = 256 * 1024;

/// A JSON body of type `T`. The type derives `Deserialize` with `deny_unknown_fields` and `Validate`;
/// its texts are the domain's newtypes. Rules across fields go into a `validate(schema(…))` function
/// whose error code is the name of a [`Code`].
///
/// ```
/// use api::extract::ValidJson;
/// use domain::text::Description;
///
/// #[derive(serde::Deserialize, validator::Validate)]
/// #[serde(deny_unknown_fields)]
/// struct NewRemark {
///     text: Description,
/// }
///
/// async fn remark(new: ValidJson<NewRemark>) -> String {
///     new.value.text.into_string()
/// }
/// ```
pub struct ValidJson<T> {
    /// The body.
    pub value: T,
    bytes: Bytes,
}

impl<T> ValidJson<T> {
    /// Names the body for an idempotency key: equal for equal JSON, whatever the order of members.
    pub fn fingerprint(&self) -> [u8; 32] {
        match serde_json::from_slice::<Value>(&self.bytes) {
            Ok(canonical) => sha256(canonical.to_string().as_bytes()),
            Err(_) => sha256(&self.bytes),
        }
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for ValidJson<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !is_json(request) {
            return Box::pin(async { Err(Problem::new(Code::UnsupportedMediaType)) });
        }
        let body = Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = body.await.map_err(|error| of_payload(&error))?;
            Ok(Self { value: read(&bytes)?, bytes })
        })
    }
}

/// The limit for bodies that set no other.
pub fn payload_limit() -> PayloadConfig {
    PayloadConfig::new(JSON_LIMIT)
}

fn is_json(request: &HttpRequest) -> bool {
    let media = request.content_type().trim();
    media.eq_ignore_ascii_case("application/json")
        || media.eq_ignore_ascii_case("application/merge-patch+json")
}

/// Reads and checks a body.
pub fn read<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, Error> {
    let mut body = serde_json::Deserializer::from_slice(bytes);
    let tree: Result<Tree, _> = serde_path_to_error::deserialize(&mut body);
    let Tree(tree) = tree.map_err(|error| refusal(pointer(error.path()), error.inner()))?;
    body.end().map_err(|_| Error::refused(Code::MalformedJson))?;
    let mut violations = Vec::new();
    find_nul("", &tree, &mut violations);
    if !violations.is_empty() {
        return Err(Error::violations(violations));
    }
    let value: Result<T, _> = serde_path_to_error::deserialize(Strict(&tree));
    let value = value.map_err(|error| refusal(pointer(error.path()), error.inner()))?;
    value.validate().map_err(|errors| {
        collect("", &errors, &mut violations);
        Error::violations(violations)
    })?;
    Ok(value)
}

fn refusal(path: String, error: &serde_json::Error) -> Error {
    match error.classify() {
        Category::Data => {
            let message = error.to_string();
            let Reason { field, code, bounds } = reason(&message);
            let pointer = match field {
                Some(field) if path.rsplit('/').next() != Some(&escaped(field)) => {
                    format!("{path}/{}", escaped(field))
                }
                _ => path,
            };
            Error::violations(vec![Violation { bounds, ..Violation::new(pointer, code) }])
        }
        Category::Io | Category::Syntax | Category::Eof => Error::refused(Code::MalformedJson),
    }
}

/// JSON pointer (RFC 6901) of a path.
fn pointer(path: &Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", escaped(key))),
            Segment::Enum { variant } => Some(format!("/{}", escaped(variant))),
            Segment::Unknown => None,
        })
        .collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// NUL is JSON but no text that a database keeps. A raw NUL byte is not even JSON.
fn find_nul(pointer: &str, value: &Value, found: &mut Vec<Violation>) {
    let mut inspect = |pointer: String, name: &str, value: &Value| {
        if name.contains('\0') {
            found.push(Violation::new(pointer.replace('\0', ""), Code::CharacterNotAllowed));
        }
        find_nul(&pointer, value, found);
    };
    match value {
        Value::String(text) if text.contains('\0') => {
            found.push(Violation::new(pointer, Code::CharacterNotAllowed));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                inspect(format!("{pointer}/{index}"), "", item);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                inspect(format!("{pointer}/{}", escaped(name)), name, member);
            }
        }
        _ => {}
    }
}

fn collect(pointer: &str, errors: &ValidationErrors, found: &mut Vec<Violation>) {
    for (field, kind) in errors.errors() {
        // Rules across fields stand under `__all__` and may name the field they mean.
        let here = if field == "__all__" { pointer.to_owned() } else { format!("{pointer}/{field}") };
        match kind {
            ValidationErrorsKind::Field(errors) => {
                found.extend(errors.iter().map(|error| Violation {
                    bounds: bounds(error),
                    ..Violation::new(target(&here, error), code(error))
                }));
            }
            ValidationErrorsKind::Struct(errors) => collect(&here, errors, found),
            ValidationErrorsKind::List(items) => {
                for (index, errors) in items {
                    collect(&format!("{here}/{index}"), errors, found);
                }
            }
        }
    }
}

/// A rule across fields names the field it means in its message.
fn target(pointer: &str, error: &ValidationError) -> String {
    match &error.message {
        Some(field) => format!("{pointer}/{field}"),
        None => pointer.to_owned(),
    }
}

/// How long a text may be, where a rule about its length is broken.
fn bounds(error: &ValidationError) -> Option<Bounds> {
    let is_text = error.code == "length" && error.params.get("value").is_some_and(Value::is_string);
    let number = |name: &str| usize::try_from(error.params.get(name)?.as_u64()?).ok();
    let (least, most) = (number("min").unwrap_or(0), number("max").unwrap_or(usize::MAX));
    is_text.then_some(Bounds { least, most })
}

/// The rejected value in the parameters is compared, never shown.
fn code(error: &ValidationError) -> Code {
    let number = |name: &str| error.params.get(name).and_then(Value::as_u64);
    let length = error.params.get("value").map(|value| match value {
        Value::String(text) => (text.chars().count(), false),
        Value::Array(items) => (items.len(), true),
        _ => (0, false),
    });
    match (error.code.as_ref(), length) {
        ("length", Some((length, list))) => {
            let long =
                number("max").is_some_and(|max| u64::try_from(length).is_ok_and(|length| length > max));
            match (long, list) {
                (true, true) => Code::TooMany,
                (true, false) => Code::TooLong,
                (false, _) => Code::TooShort,
            }
        }
        ("range", _) => Code::OutOfRange,
        ("email", _) => Code::EmailInvalid,
        (name, _) => code_named(name).unwrap_or(Code::NotAllowed),
    }
}

#[cfg(test)]
mod tests;
