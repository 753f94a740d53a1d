//! Query strings: what cannot be read is named.

use domain::{Code, Error};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::reason;
use crate::problem::Problem;

/// Reads a query string; 400 with the parameter's name where that fails.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let parameters = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(parameters).map_err(|error| {
        let message = error.inner().to_string();
        let path = error.path().to_string();
        match reason(&message) {
            (Some(field), code) => malformed(&format!("/{field}"), code),
            (None, code) => malformed(&format!("/{path}"), code),
        }
    })
}

/// One wrong parameter.
pub fn malformed(pointer: &str, code: Code) -> Problem {
    let Error::Refused(mut refusal) = Error::invalid(pointer, code) else {
        return Problem::new(Code::MalformedParameter);
    };
    refusal.code = Code::MalformedParameter;
    Problem::from(*refusal)
}
