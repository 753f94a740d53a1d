//! The framework's own refusals, turned into problems.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    dev::ResourceDef,
    error::{PayloadError, QueryPayloadError},
    web::{Data, PathConfig, QueryConfig},
};
use domain::{Code, Error, Violation};
use utoipa::openapi::{HttpMethod, OpenApi};

use super::Problem;
use crate::extract::{Reason, reason};

/// Names a path, query or header value that cannot be read.
pub fn parameter(name: &'static str) -> Problem {
    Error::with_values(Code::MalformedParameter, vec![("parameter", name.to_owned())]).into()
}

/// For `web::Path`: a problem with status 400.
pub fn path() -> PathConfig {
    PathConfig::default().error_handler(|_, _| Problem::new(Code::MalformedParameter).into())
}

/// For `web::Query`: a problem with status 400 that names the parameter where it is known.
pub fn query() -> QueryConfig {
    QueryConfig::default().error_handler(|error, _| of_query(&error).into())
}

/// What an unreadable query means.
pub fn of_query(error: &QueryPayloadError) -> Problem {
    let mut problem = Problem::new(Code::MalformedParameter);
    if let QueryPayloadError::Deserialize(error) = error
        && let Reason { field: Some(field), code, .. } = reason(&error.to_string())
    {
        problem.refusal.violations.push(Violation::new(format!("/{field}"), code));
    }
    problem
}

/// What a body that cannot be received means.
pub fn of_payload(error: &actix_web::Error) -> Problem {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => Problem::new(Code::PayloadTooLarge),
        Some(_) => Problem::new(Code::MalformedJson),
        None => Problem::of_status(error.as_response_error().status_code()),
    }
}

/// All addresses with their methods: what tells an unknown address from a wrong method.
pub struct Routes(Vec<(ResourceDef, Vec<&'static str>)>);

impl Routes {
    /// The routes of `document`.
    pub fn of(document: &OpenApi) -> Self {
        let routes = document.paths.paths.iter().map(|(path, item)| {
            let methods = [
                (HttpMethod::Get, item.get.is_some()),
                (HttpMethod::Put, item.put.is_some()),
                (HttpMethod::Post, item.post.is_some()),
                (HttpMethod::Patch, item.patch.is_some()),
                (HttpMethod::Delete, item.delete.is_some()),
            ];
            let methods = methods.into_iter().filter(|(_, there)| *there).map(|(method, _)| name(&method));
            (ResourceDef::new(path.as_str()), methods.collect())
        });
        Self(routes.collect())
    }

    /// The same with `pages`, which are read only and in no document.
    pub fn and_pages(self, pages: &[&str]) -> Self {
        self.and(&HttpMethod::Get, pages)
    }

    /// The same with `forms`, which are sent from pages.
    pub fn and_forms(self, forms: &[&str]) -> Self {
        self.and(&HttpMethod::Post, forms)
    }

    fn and(mut self, method: &HttpMethod, paths: &[&str]) -> Self {
        self.0.extend(paths.iter().map(|path| (ResourceDef::new(*path), vec![name(method)])));
        self
    }

    /// The methods of `path`, in the form of the header `Allow`.
    pub fn allow(&self, path: &str) -> Option<String> {
        let mut methods: Vec<_> = self
            .0
            .iter()
            .filter(|(route, _)| route.is_match(path))
            .flat_map(|(_, methods)| methods.iter().copied())
            .collect();
        methods.sort_unstable();
        methods.dedup();
        (!methods.is_empty()).then(|| methods.join(", "))
    }
}

fn name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET, HEAD",
        HttpMethod::Put => "PUT",
        HttpMethod::Post => "POST",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Head => "HEAD",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Trace => "TRACE",
    }
}

/// The answer where no route fits: 405 with `Allow` where another method would, else 404.
pub async fn unrouted(request: HttpRequest) -> HttpResponse {
    let allow = request.app_data::<Data<Routes>>().and_then(|routes| routes.allow(request.path()));
    match allow {
        Some(allow) => Problem::method_not_allowed(allow),
        None => Problem::new(Code::NotFound),
    }
    .error_response()
}
