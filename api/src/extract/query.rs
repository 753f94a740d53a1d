//! Query strings: what cannot be read is named.

use std::{
    future::{Ready, ready},
    ops::Deref,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use domain::{Code, Error, Violation};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::{Reason, reason};
use crate::problem::Problem;

/// A query string of type `T`, which derives `Deserialize` with `deny_unknown_fields`; its texts are the domain's
/// newtypes. Unlike the framework's own extractor it names the parameter that it refuses.
///
/// ```
/// use api::extract::ValidQuery;
/// use domain::text::Query;
///
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Search {
///     q: Query,
/// }
///
/// async fn search(query: ValidQuery<Search>) -> String {
///     query.q.as_str().to_owned()
/// }
/// ```
pub struct ValidQuery<T>(T);

impl<T> ValidQuery<T> {
    /// What was asked.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for ValidQuery<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for ValidQuery<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request.query_string()).map(Self))
    }
}

/// Reads a query string; 400 with the parameter's name where that fails.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let parameters = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(parameters).map_err(|error| {
        let message = error.inner().to_string();
        let path = error.path().to_string();
        let Reason { field, code, bounds } = reason(&message);
        let pointer = format!("/{}", field.unwrap_or(&path));
        unreadable(Violation { bounds, ..Violation::new(pointer, code) })
    })
}

/// One wrong parameter.
pub fn malformed(pointer: &str, code: Code) -> Problem {
    unreadable(Violation::new(pointer, code))
}

fn unreadable(violation: Violation) -> Problem {
    let Error::Refused(mut refusal) = Error::violations(vec![violation]) else {
        return Problem::new(Code::MalformedParameter);
    };
    refusal.code = Code::MalformedParameter;
    Problem::from(*refusal)
}
