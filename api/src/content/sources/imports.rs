//! Taking in what a source publishes.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, post,
    web::{Bytes, Data, Path, Payload},
};
use domain::{
    Code, Store,
    content::sources::{Format, service},
    context::Permission,
};
use infrastructure::{
    content::{Handed, OnTheWeb},
    sources::Fetcher,
};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{SourcePath, view::ReportView};
use crate::{
    auth::StaffActor,
    municipalities::{Town, TownPath},
    problem::{Problem, of_payload},
};

/// Bytes of a file: the places of a town with their shapes.
const LARGEST: usize = 8 * 1024 * 1024;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(take_in).service(ask);
}

/// A feed, a calendar or a map.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 8_388_608, example = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")]
#[expect(dead_code, reason = "stands in the document only")]
struct ContentFeed(String);

/// What a file of this media type speaks.
fn speaks(media: &str) -> Option<Format> {
    match media.to_ascii_lowercase().as_str() {
        "application/rss+xml" | "application/atom+xml" => Some(Format::Feed),
        "text/calendar" => Some(Format::Calendar),
        "application/geo+json" => Some(Format::Map),
        _ => None,
    }
}

async fn body(payload: Payload) -> Result<Bytes, Problem> {
    match payload.to_bytes_limited(LARGEST).await {
        Ok(bytes) => bytes.map_err(|error| of_payload(&error)),
        Err(_) => Err(Problem::new(Code::PayloadTooLarge)),
    }
}

/// Hand in a file of a source
///
/// In the format of the source. All of it is taken or nothing: each piece that is wrong is named in `errors`, its
/// pointer begins with its place: the line of a calendar, the number of an entry or of a feature. What a
/// calendar or a map no longer holds is archived.
#[utoipa::path(tag = "content", operation_id = "importContent", security(("bearer" = [])),
    params(TownPath, SourcePath),
    request_body(content(
        (ContentFeed = "text/calendar", example = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
        (ContentFeed = "application/geo+json", example = "{\"type\":\"FeatureCollection\",\"features\":[]}"),
        (ContentFeed = "application/rss+xml", example = "<rss version=\"2.0\"><channel/></rss>"),
        (ContentFeed = "application/atom+xml", example = "<feed xmlns=\"http://www.w3.org/2005/Atom\"/>"),
    )),
    responses((status = 200, description = "What came of it.", body = ReportView)))]
#[post("/v1/municipalities/{municipality}/staff/content-sources/{source}/imports")]
async fn take_in(
    request: HttpRequest,
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    path: Path<SourcePath>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    // Before a large file is read for nothing.
    ctx.require(Permission::PublishContent)?;
    let format = service::get(&**store, &ctx, path.source).await?.format;
    if speaks(request.content_type()) != Some(format) {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    let bytes = body(payload).await?.to_vec();
    let file = Handed::new(format, bytes, town.calendar());
    let report = service::import(&**store, &ctx, path.source, &file).await?;
    Ok(HttpResponse::Ok().json(ReportView::from(report)))
}

/// Ask a source of content now
///
/// For a source with an address; it is asked by its interval by itself.
#[utoipa::path(tag = "content", operation_id = "refreshContentSource", security(("bearer" = [])),
    params(TownPath, SourcePath),
    responses((status = 200, description = "What came of it.", body = ReportView)))]
#[post("/v1/municipalities/{municipality}/staff/content-sources/{source}/refresh")]
async fn ask(
    store: Data<dyn Store>,
    fetcher: Data<Fetcher>,
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    path: Path<SourcePath>,
) -> Result<HttpResponse, Problem> {
    ctx.require(Permission::PublishContent)?;
    let source = service::get(&**store, &ctx, path.source).await?;
    let url = source.url.ok_or_else(|| Problem::invalid("/url", Code::Required))?;
    let page = OnTheWeb::new(source.format, url.as_str(), town.calendar(), fetcher.get_ref().clone());
    let report = service::import(&**store, &ctx, path.source, &page).await?;
    Ok(HttpResponse::Ok().json(ReportView::from(report)))
}
