//! Pictures and documents of what is public.

use actix_web::{
    HttpResponse, get,
    http::header,
    web::{Data, Path},
};
use domain::{
    Code, Store,
    complaints::photo::Rendition,
    content::{ContentFile, FileKind},
    ids::{ContentFileId, PhotoId},
};
use infrastructure::photos::{PhotoFile, PhotoKey, Photos};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{FilePath, Shelves};
use crate::{
    extract::{EntityTag, IfNoneMatch, Moment, ValidQuery},
    municipalities::{Town, TownPath},
    photos::ImageBytes,
    problem::Problem,
};

/// A file never changes under its address.
const FRESH_SECONDS: u32 = 86_400;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(picture).service(document);
}

/// How a picture is shown.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PictureQuery {
    /// `full`, no side longer than 2048 pixels, or `thumb`, no side longer than 320 pixels; `full` where absent.
    #[param(required = false, inline, nullable = false, value_type = Rendition, example = "thumb")]
    rendition: Option<Rendition>,
}

/// The bytes of a PDF, as the document shows them.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, max_length = 10_485_760)]
#[expect(dead_code, reason = "stands in the document only")]
pub struct DocumentBytes(Vec<u8>);

/// Where the bytes of a file lie.
pub fn key(town: domain::ids::MunicipalityId, id: ContentFileId, file: &ContentFile) -> PhotoKey {
    PhotoKey { municipality: town, photo: PhotoId(id.0), content: file.content }
}

/// Show a picture of content or of a broadcast
///
/// As long as something public shows it, or a broadcast that was sent.
#[utoipa::path(tag = "content", operation_id = "getPicture", security(()),
    params(TownPath, FilePath, PictureQuery),
    responses((status = 200, description = "The picture.", body = ImageBytes, content_type = "image/jpeg")))]
#[get("/v1/municipalities/{municipality}/pictures/{content_file}")]
#[expect(clippy::too_many_arguments, reason = "a handler takes each part of the request by itself")]
async fn picture(
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    keeper: Data<Photos>,
    Town(town): Town,
    moment: Moment,
    path: Path<FilePath>,
    query: ValidQuery<PictureQuery>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let (id, now, town_id) = (path.content_file, moment.ctx.now, town.id);
    let shelf = shelves.of(&**store, town, now).await?;
    let file = shelf.library.file(id, now).filter(|file| file.kind == FileKind::Picture);
    let file = file.ok_or_else(|| Problem::new(Code::NotFound))?;
    let rendition = query.rendition.unwrap_or(Rendition::Full);
    let tag = EntityTag::content(format!("{}.{rendition}", file.content).as_bytes());
    if seen.has(&tag) {
        return Ok(begin(HttpResponse::NotModified(), &tag).finish());
    }
    let stored = keeper.store().get(&key(town_id, id, file), rendition).await?;
    let name = format!("inline; filename=\"{id}-{rendition}.jpg\"");
    Ok(send(begin(HttpResponse::Ok(), &tag), "image/jpeg", &name, stored))
}

/// Show a document of content or of a broadcast
///
/// As long as something public names it, or a broadcast that was sent.
#[utoipa::path(tag = "content", operation_id = "getDocument", security(()),
    params(TownPath, FilePath),
    responses((status = 200, description = "The PDF.", body = DocumentBytes, content_type = "application/pdf")))]
#[get("/v1/municipalities/{municipality}/documents/{content_file}")]
async fn document(
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    keeper: Data<Photos>,
    Town(town): Town,
    moment: Moment,
    path: Path<FilePath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let (id, now, town_id) = (path.content_file, moment.ctx.now, town.id);
    let shelf = shelves.of(&**store, town, now).await?;
    let file = shelf.library.file(id, now).filter(|file| file.kind == FileKind::Document);
    let file = file.ok_or_else(|| Problem::new(Code::NotFound))?;
    let tag = EntityTag::content(format!("{}.pdf", file.content).as_bytes());
    if seen.has(&tag) {
        return Ok(begin(HttpResponse::NotModified(), &tag).finish());
    }
    let stored = keeper.store().get_document(&key(town_id, id, file)).await?;
    let name = format!("inline; filename=\"{id}.pdf\"");
    Ok(send(begin(HttpResponse::Ok(), &tag), "application/pdf", &name, stored))
}

fn begin(mut response: actix_web::HttpResponseBuilder, tag: &EntityTag) -> actix_web::HttpResponseBuilder {
    response
        .insert_header((header::ETAG, tag.to_string()))
        .insert_header((header::CACHE_CONTROL, format!("public, max-age={FRESH_SECONDS}")));
    response
}

fn send(
    mut response: actix_web::HttpResponseBuilder,
    media: &str,
    name: &str,
    file: PhotoFile,
) -> HttpResponse {
    response
        .content_type(media)
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Whatever a document holds, it runs nothing here.
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .body(actix_web::body::SizedStream::new(file.length, file.stream))
}
