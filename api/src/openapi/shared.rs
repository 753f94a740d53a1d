//! The refusals every operation shares, so that each documents them the same way.

use actix_web::http::StatusCode;
use domain::{Code, Locale};
use strum::IntoEnumIterator;
use utoipa::openapi::{
    ContentBuilder, Header, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Type,
    path::{Operation, PathItem},
    security::SecurityRequirement,
};
use uuid::Uuid;

use crate::{extract::EntityTag, problem::Problem};

/// Operations that refuse wrong credentials although they need no token.
const SIGNING_IN: [&str; 2] = ["refreshSession", "createStaffSession"];
/// Ask a source. Without a body, and refused where the source has no address.
const ASKING: [&str; 2] = ["refreshContentSource", "refreshWasteCalendar"];

/// The installation in examples.
const SITE: &str = "https://rathaus.example.org";

/// One shared refusal.
#[derive(Clone, Copy, PartialEq, Eq, strum::Display, strum::EnumIter)]
enum Shared {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    RequestTimeout,
    Conflict,
    PreconditionFailed,
    ContentTooLarge,
    UnsupportedMediaType,
    UnprocessableContent,
    PreconditionRequired,
    TooManyRequests,
    InternalServerError,
    ServiceUnavailable,
}

impl Shared {
    fn row(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "Something in the address, the headers or the body cannot be read."),
            Self::Unauthorized => (401, "The token is missing, expired or not valid here."),
            Self::Forbidden => (403, "The permission lacks."),
            Self::NotFound => (404, "There is nothing here, or nothing one may know of."),
            Self::RequestTimeout => (408, "The body did not arrive in time."),
            Self::Conflict => (409, "The current state does not allow it."),
            Self::PreconditionFailed => (412, "Somebody changed it meanwhile."),
            Self::ContentTooLarge => (413, "The body is too large."),
            Self::UnsupportedMediaType => (415, "The content type is missing or not served here."),
            Self::UnprocessableContent => (422, "Fields are wrong; `errors` names them."),
            Self::PreconditionRequired => (428, "`If-Match` is missing."),
            Self::TooManyRequests => (429, "Too many requests; `Retry-After` says when to come back."),
            Self::InternalServerError => (500, "Something broke on our side."),
            Self::ServiceUnavailable => {
                (503, "Overloaded or not ready; `Retry-After` says when to come back.")
            }
        }
    }

    /// One that is answered so.
    fn problem(self) -> Problem {
        match self {
            Self::Conflict => Problem::new(Code::AlreadyExists),
            Self::UnprocessableContent => Problem::invalid("/description", Code::TooLong),
            Self::PreconditionRequired => Problem::new(Code::PreconditionRequired),
            _ => Problem::of_status(StatusCode::from_u16(self.row().0).unwrap_or_default()),
        }
    }

    fn response(self) -> Response {
        let (status, description) = self.row();
        let example = serde_json::to_value(self.problem().body(SITE, Locale::En, Uuid::max())).ok();
        let content =
            ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).example(example).build();
        let response =
            ResponseBuilder::new().description(description).content(crate::problem::PROBLEM_JSON, content);
        if matches!(status, 429 | 503) {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).build();
            response.header("Retry-After", Header::new(seconds)).build()
        } else {
            response.build()
        }
    }

    /// Whether `operation` can answer so.
    fn applies(self, path: &str, writes: bool, operation: &Operation) -> bool {
        let parameters = operation.parameters.as_deref().unwrap_or_default();
        let conditional = parameters.iter().any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.name == "If-Match",
            RefOr::Ref(_) => false,
        });
        let secured = operation
            .security
            .as_ref()
            .is_some_and(|security| security.iter().any(|way| *way != SecurityRequirement::default()));
        let body = operation.request_body.is_some();
        let name = operation.operation_id.as_deref().unwrap_or_default();
        let signs_in = SIGNING_IN.contains(&name);
        match self {
            Self::BadRequest => body || !parameters.is_empty(),
            Self::Unauthorized => secured || signs_in,
            Self::Forbidden => secured,
            Self::NotFound => path.contains('{'),
            Self::Conflict => writes,
            Self::PreconditionFailed | Self::PreconditionRequired => conditional,
            Self::RequestTimeout | Self::ContentTooLarge | Self::UnsupportedMediaType => body,
            Self::UnprocessableContent => body || ASKING.contains(&name),
            Self::TooManyRequests | Self::InternalServerError | Self::ServiceUnavailable => true,
        }
    }
}

/// Adds the shared refusals to the components, and a reference to each operation that can answer so and
/// does not document the status itself.
pub fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for shared in Shared::iter() {
        components.responses.insert(shared.to_string(), shared.response().into());
    }
    for (path, item) in &mut document.paths.paths {
        for (writes, operation) in operations(item) {
            preconditions(operation);
            for shared in
                Shared::iter().filter(|shared| shared.applies(path, writes, operation)).collect::<Vec<_>>()
            {
                let reference = RefOr::Ref(Ref::from_response_name(shared.to_string()));
                operation.responses.responses.entry(shared.row().0.to_string()).or_insert(reference);
            }
        }
    }
}

/// Gives every `If-Match` the form of our entity tags.
fn preconditions(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "If-Match"
        {
            let tag = ObjectBuilder::new()
                .schema_type(Type::String)
                .max_length(Some(EntityTag::LONGEST))
                .pattern(Some(EntityTag::PATTERN));
            parameter.schema = Some(tag.build().into());
        }
    }
}

pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    [
        (false, item.get.as_mut()),
        (true, item.put.as_mut()),
        (true, item.post.as_mut()),
        (true, item.patch.as_mut()),
        (true, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(writes, operation)| Some((writes, operation?)))
}
