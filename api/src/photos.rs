//! Photos of complaints: sent before the report, shown to those who may see them.

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    body::SizedStream,
    dev, get,
    http::header,
    post,
    web::{Bytes, Data, Path, Payload},
};
use domain::{
    Code, Store,
    complaints::{
        Photo,
        photo::{ContentHash, MAX_BYTES, Rendition},
        service::photos::{self, Shown, Upload},
    },
    idempotency::Outcome,
    ids::PhotoId,
};
use futures::future::LocalBoxFuture;
use infrastructure::{
    photos::{PhotoKey, Photos},
    secrets::sha256,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    auth::{ReporterActor, ViewerActor},
    extract::{EntityTag, IfNoneMatch, Moment, ValidQuery},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::{FRESH_SECONDS, Town, TownPath},
    problem::{Problem, of_payload, parameter},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(send).service(show);
}

/// How a photo is sent.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UploadQuery {
    /// Its identifier, made by the app: sent again, the same photo is kept once.
    #[param(required = false, nullable = false, value_type = uuid::Uuid)]
    id: Option<PhotoId>,
}

impl UploadQuery {
    /// Names the request: another identifier for the same bytes is another request.
    fn fingerprint(&self, content: ContentHash) -> [u8; 32] {
        match self.id {
            Some(id) => sha256(&[&content.0[..], id.0.as_bytes()].concat()),
            None => content.0,
        }
    }
}

/// The part of a path that names a photo.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct PhotoPath {
    /// The photo.
    #[param(value_type = uuid::Uuid)]
    photo: PhotoId,
}

/// How a photo is shown.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ShowQuery {
    /// `full`, no side longer than 2048 pixels, or `thumb`, no side longer than 320 pixels; `full` where absent.
    #[serde(default = "full")]
    #[param(required = false, inline, value_type = Rendition, example = "thumb")]
    rendition: Rendition,
}

fn full() -> Rendition {
    Rendition::Full
}

/// A photo that was taken in.
#[derive(Serialize, ToSchema)]
struct TakenPhoto {
    /// To be named in the report.
    id: PhotoId,
    /// Pixels from left to right of what is kept.
    #[schema(minimum = 1, maximum = 2048, example = 1600)]
    width: u32,
    /// Pixels from top to bottom of what is kept.
    #[schema(minimum = 1, maximum = 2048, example = 1200)]
    height: u32,
}

impl From<Photo> for TakenPhoto {
    fn from(photo: Photo) -> Self {
        Self { id: photo.id, width: photo.width, height: photo.height }
    }
}

/// The bytes of a picture, as the document shows them.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, max_length = 10_485_760)]
#[expect(dead_code, reason = "stands in the document only")]
pub struct ImageBytes(Vec<u8>);

/// Send a photo
///
/// JPEG, PNG or WebP, at most 10 MiB, 50 megapixels and 12,000 pixels a side. What is kept is a fresh
/// JPEG without the time, place and device that phones write into photos. Name it within 24 hours in a
/// report of the same sender.
#[utoipa::path(tag = "complaints", operation_id = "uploadPhoto", security((), ("bearer" = []), ("api_key" = ["complaints.file"])),
    params(TownPath, UploadQuery, IdempotencyParams),
    request_body(content(
        (ImageBytes = "image/jpeg"),
        (ImageBytes = "image/png"),
        (ImageBytes = "image/webp"),
    )),
    responses((status = 201, description = "It is kept.", body = TakenPhoto)))]
#[post("/v1/municipalities/{municipality}/photos")]
#[expect(clippy::too_many_arguments, reason = "a handler takes each part of the request by itself")]
async fn send(
    store: Data<dyn Store>,
    keeper: Data<Photos>,
    Town(town): Town,
    ReporterActor(ctx): ReporterActor,
    moment: Moment,
    query: ValidQuery<UploadQuery>,
    idempotency: Idempotency,
    Image(bytes): Image,
) -> Result<HttpResponse, Problem> {
    if query.id.is_some_and(|id| id.0.is_nil()) {
        return Err(parameter("id"));
    }
    let upload = Upload {
        id: query.id.unwrap_or_else(|| ctx.id()),
        content: ContentHash(sha256(&bytes)),
        client: moment.client,
    };
    let request = idempotency.with(&ctx.actor, query.fingerprint(upload.content));
    let answer = |photo: &Photo| {
        let place = format!("/v1/municipalities/{}/photos/{}", town.slug, photo.id);
        Ok(Answer::created(place, &TakenPhoto::from(photo.clone()))?.with(header::CACHE_CONTROL, "no-store"))
    };
    request
        .answer(&answer, async |once| {
            if let Some(known) = photos::admit(&**store, &ctx, town.id, upload, &once).await? {
                return Ok(known);
            }
            let (_, size) = keeper.take_in(town.id, upload.id, bytes).await?;
            let kept = photos::keep(&**store, &ctx, town.id, upload, size, &once).await?;
            if matches!(kept, Outcome::Replayed(_)) && query.id.is_none() {
                // The same request at the same moment was faster: these files are nobody's.
                keeper.store().delete(town.id, upload.id).await?;
            }
            Ok(kept)
        })
        .await
}

/// Which kind of image it is, its content decides.
fn is_image(request: &HttpRequest) -> bool {
    request.content_type().get(..6).is_some_and(|start| start.eq_ignore_ascii_case("image/"))
}

/// A body of at most [`MAX_BYTES`] that says it is an image.
pub(crate) struct Image(pub Bytes);

impl FromRequest for Image {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let is_image = is_image(request);
        let body = Payload::from_request(request, payload);
        Box::pin(async move {
            if !is_image {
                return Err(Problem::new(Code::UnsupportedMediaType));
            }
            let body = body.await.map_err(|error| of_payload(&error))?;
            match body.to_bytes_limited(MAX_BYTES).await {
                Ok(bytes) => bytes.map(Self).map_err(|error| of_payload(&error)),
                Err(_) => Err(Problem::new(Code::PayloadTooLarge)),
            }
        })
    }
}

/// Show a photo
///
/// To whoever sent it until it is part of a report; then to the reporter, by token or `Return-Key`, and
/// to the town hall; to everybody once the town hall released it.
#[utoipa::path(tag = "complaints", operation_id = "getPhoto", security((), ("bearer" = []), ("api_key" = ["complaints.read"])),
    params(TownPath, PhotoPath, ShowQuery),
    responses((status = 200, description = "The photo.", body = ImageBytes, content_type = "image/jpeg")))]
#[get("/v1/municipalities/{municipality}/photos/{photo}")]
async fn show(
    store: Data<dyn Store>,
    keeper: Data<Photos>,
    Town(town): Town,
    ViewerActor(ctx): ViewerActor,
    path: Path<PhotoPath>,
    query: ValidQuery<ShowQuery>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let rendition = query.rendition;
    let Shown { photo, public } = photos::show(&**store, &ctx, town.id, path.photo).await?;
    let tag = EntityTag::content(format!("{}.{rendition}", photo.content).as_bytes());
    let had = seen.has(&tag);
    let mut response = if had { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    let caching =
        if public { format!("public, max-age={FRESH_SECONDS}") } else { "private, no-store".to_owned() };
    response.insert_header((header::ETAG, tag.to_string())).insert_header((header::CACHE_CONTROL, caching));
    if had {
        return Ok(response.finish());
    }
    let key = PhotoKey { municipality: town.id, photo: photo.id, content: photo.content };
    let file = keeper.store().get(&key, rendition).await?;
    let name = format!("inline; filename=\"{}-{rendition}.jpg\"", photo.id);
    Ok(response
        .content_type("image/jpeg")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(SizedStream::new(file.length, file.stream)))
}
