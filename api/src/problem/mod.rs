//! Every refusal is a problem (RFC 9457), made here and nowhere else.
//!
//! Handlers answer `Result<_, Problem>` and use `?` on the domain's results:
//! ```
//! use api::problem::Problem;
//! use domain::Code;
//!
//! async fn handler() -> Result<&'static str, Problem> {
//!     Err(domain::Error::invalid("/description", Code::TooLong))?
//! }
//! ```
//! The frame ([`crate::frame`]) puts in the language and the request's id.

mod refuse;
mod texts;

pub mod pages;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use domain::{Code, Error, Locale, Refusal, StoreError, Violation, text::Bounds};
use serde::Serialize;
use strum::IntoEnumIterator;
use utoipa::ToSchema;
use uuid::Uuid;

pub use refuse::{Routes, of_payload, of_query, parameter, path, query, unrouted};

/// Media type of RFC 9457.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Most violations named at once.
const MOST_ERRORS: usize = 100;

/// A refusal on its way out.
#[derive(Clone, Debug)]
pub struct Problem {
    refusal: Refusal,
    allow: Option<String>,
    cause: Option<Arc<StoreError>>,
}

impl Problem {
    /// A problem with nothing but its code.
    pub fn new(code: Code) -> Self {
        Error::refused(code).into()
    }

    /// One wrong field, named by its JSON pointer.
    pub fn invalid(pointer: impl Into<String>, code: Code) -> Self {
        Error::invalid(pointer, code).into()
    }

    /// A known address without this method; `allow` lists the ones it has.
    pub fn method_not_allowed(allow: String) -> Self {
        Self { allow: Some(allow), ..Self::new(Code::MethodNotAllowed) }
    }

    /// The problem that fits a status which the framework answered with.
    pub fn of_status(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            401 => Code::Unauthenticated,
            403 => Code::Forbidden,
            404 => Code::NotFound,
            405 => Code::MethodNotAllowed,
            406 => Code::NotAcceptable,
            408 => Code::BodyTooSlow,
            412 => Code::Stale,
            413 => Code::PayloadTooLarge,
            415 => Code::UnsupportedMediaType,
            429 => Code::TooManyRequests,
            503 => Code::Overloaded,
            400..500 => Code::MalformedParameter,
            _ => Code::Internal,
        };
        Self::new(code)
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.refusal.code
    }

    /// What broke on our side: the chain of causes, for the log.
    pub fn cause(&self) -> Option<String> {
        let first = self.cause.as_deref()?;
        let mut chain = vec![first.to_string()];
        let mut source = std::error::Error::source(first);
        while let Some(error) = source {
            chain.push(error.to_string());
            source = error.source();
        }
        Some(chain.join(": "))
    }

    /// When to come back: always said with 429 and 503.
    fn retry_after(&self) -> Option<u64> {
        let wait = match (self.refusal.retry_after, self.status_code().as_u16()) {
            (Some(wait), _) => wait,
            (None, 429) => Duration::from_secs(60),
            (None, 503) => Duration::from_secs(2),
            (None, _) => return None,
        };
        Some(wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1))
    }

    /// The body in `locale`, for the request `id`; `site` is where the codes are documented.
    pub fn body(&self, site: &str, locale: Locale, id: Uuid) -> ProblemBody {
        let refusal = &self.refusal;
        let row = texts::row_of(refusal.code);
        let texts::Text(title, detail) = row.text(locale);
        let mut values = refusal.values.clone();
        values.extend(self.retry_after().map(|seconds| ("seconds", seconds.to_string())));
        let field = |violation: &Violation| FieldProblem {
            pointer: violation.pointer.chars().take(FieldProblem::LONGEST_POINTER).collect(),
            code: violation.code.to_string(),
            detail: texts::fill(texts::row_of(violation.code).text(locale).1, &limits(violation)),
        };
        ProblemBody {
            r#type: format!("{}/problems/{}", site.trim_end_matches('/'), refusal.code),
            title: (*title).to_owned(),
            status: row.status,
            code: refusal.code.to_string(),
            detail: texts::fill(detail, &values),
            instance: format!("urn:uuid:{id}"),
            errors: refusal.violations.iter().take(MOST_ERRORS).map(field).collect(),
        }
    }

    /// The whole answer.
    pub fn respond(&self, site: &str, locale: Locale, id: Uuid) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response
            .content_type(PROBLEM_JSON)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::CONTENT_LANGUAGE, locale.to_string()))
            .insert_header((header::VARY, "Accept-Language"));
        if let Some(seconds) = self.retry_after() {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(allow) = self.allow.as_ref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            response.insert_header((header::ALLOW, allow));
        }
        if self.status_code() == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.body(serde_json::to_vec(&self.body(site, locale, id)).unwrap_or_default())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, allow: None, cause: None }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self::from(*refusal),
            Error::Store(error) => Self::from(error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::new(Code::Stale),
            // What a new row belongs to was removed a moment ago: a second try sees that.
            StoreError::Busy | StoreError::Overtaken | StoreError::Dependent => Self::new(Code::Overloaded),
            // Perhaps the disk is full: another time.
            files @ StoreError::Files(_) => {
                Self { cause: Some(Arc::new(files)), ..Self::new(Code::Overloaded) }
            }
            broken => Self { cause: Some(Arc::new(broken)), ..Self::new(Code::Internal) },
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(texts::row_of(self.refusal.code).status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// An empty answer that carries the problem to the frame, which knows the language.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(self.clone());
        response
    }
}

/// A refusal, as RFC 9457 describes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Names the kind of problem; the address explains it.
    #[schema(
        format = "uri",
        max_length = 300,
        example = "https://rathaus.example.org/problems/validation_failed"
    )]
    pub r#type: String,
    /// What kind of problem it is, in the language asked for.
    #[schema(max_length = 80, example = "Something is missing or wrong")]
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 422)]
    pub status: u16,
    /// The stable code to program against. New codes may be added.
    #[schema(max_length = 40, example = "validation_failed")]
    pub code: String,
    /// What to do about it, in the language asked for.
    #[schema(max_length = 500, example = "Please check the fields named here.")]
    pub detail: String,
    /// Names this one answer, for questions to whoever runs the service.
    #[schema(format = "uri", max_length = 45, example = "urn:uuid:019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01")]
    pub instance: String,
    /// The fields that are wrong; left out where no single field is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 100)]
    pub errors: Vec<FieldProblem>,
}

/// One field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// JSON pointer (RFC 6901) into the body, or `/name` of a query parameter.
    #[schema(max_length = 200, example = "/description")]
    pub pointer: String,
    /// The stable code to program against. New codes may be added.
    #[schema(max_length = 40, example = "too_long")]
    pub code: String,
    /// What is wrong with it, in the language asked for.
    #[schema(max_length = 300, example = "The text is too long.")]
    pub detail: String,
}

impl FieldProblem {
    const LONGEST_POINTER: usize = 200;
}

/// How long a text may be, for the placeholders of what is said of one that does not keep to it.
fn limits(violation: &Violation) -> Vec<(&'static str, String)> {
    match violation.bounds {
        Some(Bounds { least, most }) => vec![("least", least.to_string()), ("most", most.to_string())],
        None => Vec::new(),
    }
}

/// The code named `name`.
pub fn code_named(name: &str) -> Option<Code> {
    Code::iter().find(|code| <&'static str>::from(*code) == name)
}

/// What a code means, for the command line.
pub fn sentence(code: Code, locale: Locale) -> String {
    texts::fill(texts::row_of(code).text(locale).1, &[])
}
