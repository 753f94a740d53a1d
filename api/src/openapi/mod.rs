//! The document of the API (OpenAPI 3.1), collected from the routes themselves and completed here.

mod examples;
mod lists;
mod shared;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use actix_web::{App, HttpResponse, get, http::header, middleware::DefaultHeaders, web, web::Data};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{
    extract::{EntityTag, IfNoneMatch},
    problem::{FieldProblem, ProblemBody},
};

/// The committed copy, in the repository's folder `openapi`.
pub const COMMITTED: &str = include_str!("../../../openapi/rathaus.json");

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rathaus",
        description = "The line between town halls and citizens' phones. Errors are problems (RFC 9457); \
                       optional fields are absent, never null; clients ignore fields and codes they do not know.",
        version = "1.0.0",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2")
    ),
    servers((url = "/", description = "This installation")),
    components(schemas(ProblemBody, FieldProblem)),
    tags(
        (name = "auth", description = "Signing in, staying signed in, signing out"),
        (name = "me", description = "One's own profile and devices"),
        (name = "service", description = "Whether the service is well"),
        (name = "register", description = "What a town hall keeps about itself, for its staff"),
        (name = "municipalities", description = "Town halls and what everyone may know of them"),
        (name = "complaints", description = "Reports of citizens, and what became of them"),
        (name = "content", description = "News, places, tours, contacts, events and gazettes"),
        (name = "desk", description = "Complaints as the town hall works on them"),
        (name = "broadcasts", description = "What the town hall tells many at once")
    ),
    modifiers(&Security)
)]
struct Base;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The access token of a session."));
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
        let program = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("rh_live_…")
            .description(Some(
                "A key that a town hall gave a program, in `Authorization` as a token is; never in an address. \
                 With a test key (`rh_test_…`) everything is checked and answered, and nothing is kept or sent. \
                 An operation names the scope it takes.",
            ));
        components.add_security_scheme("api_key", SecurityScheme::Http(program.build()));
        let key = ApiKeyValue::with_description(
            "Return-Key",
            "The key an anonymous reporter got when the complaint was filed.",
        );
        components.add_security_scheme("return_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}

/// What the routes are registered on: the document without any.
pub(crate) fn base() -> openapi::OpenApi {
    Base::openapi()
}

static DOCUMENT: LazyLock<openapi::OpenApi> = LazyLock::new(|| {
    let (_, mut document) =
        App::new().into_utoipa_app().openapi(base()).configure(crate::routes).split_for_parts();
    shared::complete(&mut document);
    lists::refer(&mut document);
    examples::complete(&mut document);
    document
});

/// The finished document of all routes.
pub fn document() -> &'static openapi::OpenApi {
    &DOCUMENT
}

/// The document as it is committed and served.
pub fn text() -> serde_json::Result<String> {
    document().to_pretty_json().map(|json| json + "\n")
}

/// The served document.
pub struct Served {
    bytes: web::Bytes,
    tag: EntityTag,
}

impl Served {
    /// Keeps `document` ready for answers.
    pub fn new(document: &openapi::OpenApi) -> serde_json::Result<Self> {
        let bytes = web::Bytes::from(document.to_json()?);
        let tag = EntityTag::content(&bytes);
        Ok(Self { bytes, tag })
    }
}

#[get("/openapi.json")]
async fn served(document: Data<Served>, seen: IfNoneMatch) -> HttpResponse {
    let fresh = seen.has(&document.tag);
    let mut response = if fresh { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, document.tag.to_string()))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"));
    if fresh {
        return response.finish();
    }
    response.content_type("application/json").body(document.bytes.clone())
}

#[get("/docs")]
async fn docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

/// `/openapi.json`, and `/docs` rendered from our own files without any outside host.
pub(crate) fn pages(config: &mut web::ServiceConfig) {
    let policy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
    let ui = SwaggerUi::new("/{_:.*}").config(Config::from("/openapi.json").validator_url("none"));
    config.service(served).service(docs).service(
        web::scope("/docs")
            .wrap(DefaultHeaders::new().add((header::CONTENT_SECURITY_POLICY, policy)))
            .service(ui),
    );
}
