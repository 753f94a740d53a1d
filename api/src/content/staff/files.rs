//! Pictures and documents, sent before a piece of content or a broadcast names them.

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, dev,
    http::header,
    post,
    web::{Bytes, Data, Payload},
};
use domain::{
    Code, Ctx, Store,
    complaints::photo::{ContentHash, MAX_BYTES},
    content::{ContentFile, FileKind, MAX_DOCUMENT_BYTES, service::files as service},
    context::Staff,
    idempotency::Outcome,
    ids::{ContentFileId, PhotoId},
};
use futures::future::LocalBoxFuture;
use infrastructure::{photos::Photos, secrets::sha256};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::files::{DocumentBytes, key};
use crate::{
    auth::StaffActor,
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    photos::{Image, ImageBytes},
    problem::{Problem, of_payload},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(send_picture).service(send_document);
}

/// A picture that was taken in.
#[derive(Serialize, ToSchema)]
struct TakenPicture {
    /// To be named in `pictures`, of content or of a broadcast's `attachments`.
    id: ContentFileId,
    /// Pixels from left to right of what is kept.
    #[schema(minimum = 1, maximum = 2048, example = 1600)]
    width: u32,
    /// Pixels from top to bottom of what is kept.
    #[schema(minimum = 1, maximum = 2048, example = 1200)]
    height: u32,
}

/// A document that was taken in.
#[derive(Serialize, ToSchema)]
struct TakenDocument {
    /// To be named in `gazette.document`, or in `documents` of a broadcast's `attachments`.
    id: ContentFileId,
    /// Its length in bytes.
    #[schema(minimum = 1, maximum = 10_485_760, example = 812_000)]
    bytes: u32,
}

fn file(ctx: &Ctx<Staff>, kind: FileKind, bytes: &Bytes) -> ContentFile {
    ContentFile {
        id: ctx.id(),
        kind,
        content: ContentHash(sha256(bytes)),
        width: 0,
        height: 0,
        bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        created_at: ctx.now,
    }
}

/// Send a picture for content or a broadcast
///
/// JPEG, PNG or WebP, at most 10 MiB, 50 megapixels and 12,000 pixels a side. What is kept is a fresh JPEG
/// without the time, place and device that cameras write into pictures.
#[utoipa::path(tag = "content", operation_id = "uploadPicture", security(("bearer" = [])),
    params(TownPath, IdempotencyParams),
    request_body(content(
        (ImageBytes = "image/jpeg"),
        (ImageBytes = "image/png"),
        (ImageBytes = "image/webp"),
    )),
    responses((status = 201, description = "It is kept.", body = TakenPicture)))]
#[post("/v1/municipalities/{municipality}/staff/content-pictures")]
async fn send_picture(
    store: Data<dyn Store>,
    keeper: Data<Photos>,
    StaffActor(ctx): StaffActor,
    idempotency: Idempotency,
    Image(bytes): Image,
) -> Result<HttpResponse, Problem> {
    let taken = file(&ctx, FileKind::Picture, &bytes);
    let request = idempotency.with(&ctx.actor, taken.content.0);
    let town = ctx.actor.municipality;
    let answer = |file: &ContentFile| {
        let ContentFile { id, width, height, .. } = *file;
        let view = TakenPicture { id, width, height };
        let answer = Answer::json(actix_web::http::StatusCode::CREATED, &view)?;
        Ok(answer.with(header::CACHE_CONTROL, "no-store"))
    };
    request
        .answer(&answer, async |once| {
            if let Some(known) = service::admit(&**store, &ctx, &once).await? {
                return Ok(known);
            }
            let (_, size) = keeper.take_in(town, PhotoId(taken.id.0), bytes).await?;
            let taken = ContentFile { width: size.width(), height: size.height(), ..taken };
            let id = taken.id;
            let kept = service::keep(&**store, &ctx, taken, &once).await?;
            if matches!(kept, Outcome::Replayed(_)) {
                // The same request at the same moment was faster: these files are nobody's.
                keeper.store().delete(town, PhotoId(id.0)).await?;
            }
            Ok(kept)
        })
        .await
}

/// Send a PDF for content or a broadcast
///
/// At most 10 MiB. Its content decides whether it is one, not its name.
#[utoipa::path(tag = "content", operation_id = "uploadDocument", security(("bearer" = [])),
    params(TownPath, IdempotencyParams),
    request_body(content((DocumentBytes = "application/pdf"))),
    responses((status = 201, description = "It is kept.", body = TakenDocument)))]
#[post("/v1/municipalities/{municipality}/staff/content-documents")]
async fn send_document(
    store: Data<dyn Store>,
    keeper: Data<Photos>,
    StaffActor(ctx): StaffActor,
    idempotency: Idempotency,
    Pdf(bytes): Pdf,
) -> Result<HttpResponse, Problem> {
    let taken = file(&ctx, FileKind::Document, &bytes);
    let request = idempotency.with(&ctx.actor, taken.content.0);
    let town = ctx.actor.municipality;
    let answer = |file: &ContentFile| {
        let view = TakenDocument { id: file.id, bytes: file.bytes };
        let answer = Answer::json(actix_web::http::StatusCode::CREATED, &view)?;
        Ok(answer.with(header::CACHE_CONTROL, "no-store"))
    };
    request
        .answer(&answer, async |once| {
            if let Some(known) = service::admit(&**store, &ctx, &once).await? {
                return Ok(known);
            }
            service::document(&bytes)?;
            keeper.store().put_document(&key(town, taken.id, &taken), bytes).await?;
            let id = taken.id;
            let kept = service::keep(&**store, &ctx, taken, &once).await?;
            if matches!(kept, Outcome::Replayed(_)) {
                keeper.store().delete(town, PhotoId(id.0)).await?;
            }
            Ok(kept)
        })
        .await
}

/// A body of at most [`MAX_DOCUMENT_BYTES`] that says it is a PDF.
struct Pdf(Bytes);

const _: () = assert!(MAX_DOCUMENT_BYTES == MAX_BYTES, "the text of 413 names one bound for both");

impl FromRequest for Pdf {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let is_pdf = request.content_type().eq_ignore_ascii_case("application/pdf");
        let body = Payload::from_request(request, payload);
        Box::pin(async move {
            if !is_pdf {
                return Err(Problem::new(Code::UnsupportedMediaType));
            }
            let body = body.await.map_err(|error| of_payload(&error))?;
            match body.to_bytes_limited(MAX_DOCUMENT_BYTES).await {
                Ok(bytes) => bytes.map(Self).map_err(|error| of_payload(&error)),
                Err(_) => Err(Problem::new(Code::PayloadTooLarge)),
            }
        })
    }
}
