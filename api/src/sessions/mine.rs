//! Where one is signed in.

use actix_web::{
    HttpResponse, delete, get,
    web::{Data, Path},
};
use domain::{
    Store,
    citizens::{Session, service},
    ids::SessionId,
    page::{Page, Position},
    text::Name,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    auth::{Gate, PersonActor},
    extract::{Listed, PageParams, PageQuery},
    problem::Problem,
    time::Time,
};

/// The part of a path that names a session.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SessionPath {
    /// The session.
    #[param(value_type = uuid::Uuid)]
    session: SessionId,
}

/// A device one is signed in on.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// Its identity.
    id: SessionId,
    /// What one called the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    device_name: Option<Name>,
    /// Whether it is the one that asks.
    current: bool,
    /// When one signed in.
    created_at: Time,
    /// When it was last renewed, which apps do about every quarter of an hour.
    last_used_at: Time,
    /// When it ends unless it is used.
    expires_at: Time,
}

/// List where one is signed in
///
/// The session used last comes first.
#[utoipa::path(tag = "me", operation_id = "listSessions", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "Sessions.", body = Listed<SessionView>)))]
#[get("/v1/me/sessions")]
pub async fn list(
    PersonActor(ctx): PersonActor,
    store: Data<dyn Store>,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    // Positions ascend: the time until the end of days does so where the last use descends.
    let position = |session: &Session| {
        let left = i64::MAX - session.rotated_at.timestamp_micros();
        Position { key: format!("{left:020}"), id: session.id.0 }
    };
    let page = Page::of(service::signed_in(&**store, &ctx).await?, &query.request, position);
    query.answer(page.map(|session| SessionView {
        id: session.id,
        device_name: session.device_name,
        current: session.id == ctx.actor.session,
        created_at: session.created_at.into(),
        last_used_at: session.rotated_at.into(),
        expires_at: session.expires_at.into(),
    }))
}

/// Sign out elsewhere
///
/// Ends a session of one's own on another device, within a minute everywhere. A phone registered in it is
/// told nothing more.
#[utoipa::path(tag = "me", operation_id = "deleteSession", security(("bearer" = [])), params(SessionPath),
    responses((status = 204, description = "Signed out there.")))]
#[delete("/v1/me/sessions/{session}")]
pub async fn end(
    PersonActor(ctx): PersonActor,
    path: Path<SessionPath>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    service::sign_out_elsewhere(&**store, &ctx, path.session).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().finish())
}
