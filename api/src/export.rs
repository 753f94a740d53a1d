//! Handing people what is kept about them, and erasing those without the app.

use std::io;

use actix_web::{
    HttpResponse,
    body::SizedStream,
    delete,
    http::header,
    post,
    web::{Bytes, Data, Path},
};
use domain::{
    Store,
    ids::PersonId,
    privacy::service::{self, Portrait},
    wards,
};
use futures::stream;
use infrastructure::{photos::Photos, privacy::archive};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    auth::{PersonActor, StaffActor},
    clock::Clock,
    extract::IfMatch,
    municipalities::TownPath,
    problem::Problem,
};

/// Bytes of an archive that are read at once.
const PIECE: usize = 64 * 1024;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(mine).service(theirs).service(erase);
}

/// The bytes of an archive, as the document shows them.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, max_length = 2_147_483_647)]
#[expect(dead_code, reason = "stands in the document only")]
struct ArchiveBytes(Vec<u8>);

/// The part of a path that names a person.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct PersonPath {
    /// The person.
    #[param(value_type = uuid::Uuid)]
    person: PersonId,
}

async fn archived(portrait: &Portrait, photos: &Photos, clock: &Clock) -> Result<HttpResponse, Problem> {
    let archive = archive::pack(portrait, photos.store(), clock.now()).await?;
    let file = tokio::fs::File::from_std(archive.file);
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
    });
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"rathaus.zip\""))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // A ZIP: nothing to gain, and the length stays known.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .body(SizedStream::new(archive.length, Box::pin(pieces))))
}

/// Export everything about oneself
///
/// A ZIP with `data.json`, which holds every row kept about you table by table, and your photos. At most
/// ten a day.
#[utoipa::path(tag = "me", operation_id = "exportMe", security(("bearer" = [])),
    responses((status = 200, description = "The archive.", body = ArchiveBytes, content_type = "application/zip")))]
#[post("/v1/me/export")]
async fn mine(
    PersonActor(ctx): PersonActor,
    store: Data<dyn Store>,
    photos: Data<Photos>,
    clock: Data<Clock>,
) -> Result<HttpResponse, Problem> {
    archived(&service::export(store.as_ref(), &ctx).await?, &photos, &clock).await
}

/// Export what is kept about a person
///
/// For somebody who asks the town hall in person or by letter: what this town hall keeps about them,
/// internal notes included. Look through those before you hand them out. The export is audited.
#[utoipa::path(tag = "staff", operation_id = "exportPerson", security(("bearer" = [])),
    params(TownPath, PersonPath),
    responses((status = 200, description = "The archive.", body = ArchiveBytes, content_type = "application/zip")))]
#[post("/v1/municipalities/{municipality}/staff/people/{person}/export")]
async fn theirs(
    StaffActor(ctx): StaffActor,
    path: Path<PersonPath>,
    store: Data<dyn Store>,
    photos: Data<Photos>,
    clock: Data<Clock>,
) -> Result<HttpResponse, Problem> {
    archived(&service::export_for(store.as_ref(), &ctx, path.person).await?, &photos, &clock).await
}

/// Erase a person without the app
///
/// For somebody the town hall or a relative registered, who asks in person or by letter: what they get ends, and
/// everything of theirs goes, in backups as well once one is restored. Everybody else erases themselves. The
/// erasure is audited and cannot be taken back.
#[utoipa::path(tag = "staff", operation_id = "erasePerson", security(("bearer" = [])),
    params(TownPath, PersonPath, ("If-Match" = String, Header, description = "The `ETag` of the ward you saw.", max_length = 100, example = "\"v3\"")),
    responses((status = 204, description = "They are forgotten.")))]
#[delete("/v1/municipalities/{municipality}/staff/people/{person}")]
async fn erase(
    StaffActor(ctx): StaffActor,
    path: Path<PersonPath>,
    IfMatch(version): IfMatch,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    wards::service::erase(&**store, &ctx, (path.person, version)).await?;
    Ok(HttpResponse::NoContent().finish())
}
