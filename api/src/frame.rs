//! The outermost layer: gives each request its circumstances, makes every refusal a problem, writes one
//! line to the log. Personal data stays out of it: routes are logged as patterns, never as paths.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use domain::{Code, Locale, context::Visitor};
use futures::FutureExt;
use tracing::{Instrument, field};
use uuid::Uuid;

use crate::{
    clock::Clock,
    config::{Config, Http},
    deadline::Body,
    extract::{AcceptLanguage, Moment, client_address},
    ops,
    problem::Problem,
};

/// Names the request, in answers and, where it is a UUID, in requests.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What keeps browsers from doing more with an answer than it is for. A page sets its own policy.
const PROTECTION: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// What pages of other sites may see besides the usual headers (Fetch, "CORS-safelisted response-header name").
/// Written here and not by the CORS layer, which shuffles them: equal answers stay equal.
const EXPOSED: &str = "etag, link, retry-after, x-request-id";

/// Wraps the whole application: `App::new().wrap(from_fn(frame))`, as the last `wrap`.
pub async fn frame(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let moment = circumstances(&request)?;
    let time_for_body = time_for_bodies(&request);
    let edge = Edge {
        site: site(&request),
        locale: moment.ctx.locale,
        id: moment.ctx.request_id,
        body: Body::of(&mut request, time_for_body),
    };
    request.extensions_mut().insert(moment);
    let method = request.method().clone();
    // The codec remembers that it was HEAD and sends no body.
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let span = tracing::info_span!("request", request_id = %edge.id, method = %method);
    let started = Instant::now();
    async move {
        let answer = AssertUnwindSafe(async { next.call(request).await }).catch_unwind().await;
        let (route, answer) = match answer {
            Ok(Ok(response)) => {
                let route = response.request().match_pattern();
                (route, Ok(response.map_into_boxed_body().map_body(|_, body| body)))
            }
            Ok(Err(error)) => (None, Err(error)),
            Err(_) => (None, Err(Problem::new(Code::Internal).into())),
        };
        let answer = match answer {
            Ok(response) => Ok(edge.finish(response)),
            Err(error) => Err(edge.finish_error(error)),
        };
        let status = match &answer {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        ops::answered(route.as_deref(), &method, status, started.elapsed());
        tracing::info!(
            route = route.as_deref().map(field::display),
            status = status.as_u16(),
            milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "answered"
        );
        answer
    }
    .instrument(span)
    .await
}

/// What a problem needs to be put into words.
struct Edge {
    site: String,
    locale: Locale,
    id: Uuid,
    body: Option<Body>,
}

impl Edge {
    fn finish(&self, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        let (request, response) = response.into_parts();
        ServiceResponse::new(request, self.answer(response))
    }

    fn finish_error(&self, error: Error) -> Error {
        let response = self.answer(error.error_response());
        InternalError::from_response("refused", response).into()
    }

    /// Puts problems into words. What a handler wrote itself, a page for instance, stays as it is.
    fn answer(&self, response: HttpResponse) -> HttpResponse {
        let status = response.status();
        let written = response.error().is_none() && response.headers().contains_key(header::CONTENT_TYPE);
        let refused = match &self.body {
            // Whatever was made of half a body.
            Some(body) if body.is_late() => Some(Problem::new(Code::BodyTooSlow)),
            _ => response.extensions().get::<Problem>().cloned(),
        };
        let mut response = match refused {
            None if !status.is_client_error() && !status.is_server_error() || written => response,
            refused => {
                let problem = refused.unwrap_or_else(|| Problem::of_status(status));
                if let Some(cause) = problem.cause() {
                    tracing::error!(cause, "failed");
                }
                let mut worded = problem.respond(&self.site, self.locale, self.id);
                for (name, value) in response.headers() {
                    if !worded.headers().contains_key(name) && name != header::CONTENT_LENGTH {
                        worded.headers_mut().append(name.clone(), value.clone());
                    }
                }
                worded
            }
        };
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&self.id.to_string()) {
            headers.insert(REQUEST_ID, id);
        }
        for (name, value) in PROTECTION {
            if !headers.contains_key(&name) {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
        if self.site.starts_with("https:") {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        match &self.body {
            Some(body) => body.keep(response),
            None => response,
        }
    }
}

fn circumstances(request: &ServiceRequest) -> Result<Moment, Error> {
    let clock = request.app_data::<Data<Clock>>().ok_or_else(|| Problem::new(Code::Internal))?;
    let id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| Uuid::try_parse(value.to_str().ok()?).ok())
        .unwrap_or_else(|| clock.uuid());
    let client = match request.app_data::<Data<Config>>() {
        Some(config) => client_address(request.request(), &config.http.trusted_proxies),
        None => client_address(request.request(), &Default::default()),
    };
    Ok(Moment { ctx: clock.ctx(AcceptLanguage::of(request.request()), id, Visitor), client })
}

fn time_for_bodies(request: &ServiceRequest) -> Duration {
    let seconds = match request.app_data::<Data<Config>>() {
        Some(config) => config.http.body_seconds,
        None => Http::default().body_seconds,
    };
    Duration::from_secs(seconds.into())
}

fn site(request: &ServiceRequest) -> String {
    request
        .app_data::<Data<Config>>()
        .map_or_else(String::new, |config| config.http.public_url.as_str().trim_end_matches('/').to_owned())
}
