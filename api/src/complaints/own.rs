//! Reading one complaint, and all of one's own.

use actix_web::{
    HttpResponse, get,
    http::header::{self, HeaderValue},
    web::{Data, Path},
};
use domain::{
    Code, Store,
    complaints::service::{self, Asker, Shown},
};
use infrastructure::secrets::{Purpose, Secrets, hex};

use super::{
    ComplaintPath, Intakes,
    views::{ComplaintView, MineView},
};
use crate::{
    auth::{MaybePerson, PersonActor, ReturnKey},
    extract::{EntityTag, IfNoneMatch, Listed, PageParams, PageQuery},
    municipalities::{FRESH_SECONDS, Town, TownPath},
    problem::Problem,
    reply::{Caching, read},
};

/// One address, one answer for the reporter and another for everybody else.
const VARY: HeaderValue = HeaderValue::from_static("Accept-Language, Authorization, Return-Key");

/// Read a complaint
///
/// All of it with the reporter's token or return key; else what is public of it, if anything is.
#[utoipa::path(tag = "complaints", operation_id = "getComplaint",
    security((), ("bearer" = []), ("return_key" = [])), params(TownPath, ComplaintPath),
    responses((status = 200, description = "The complaint.", body = ComplaintView)))]
#[get("/v1/municipalities/{municipality}/complaints/{complaint}")]
#[expect(clippy::too_many_arguments, reason = "each says what the answer depends on")]
pub async fn show(
    store: Data<dyn Store>,
    secrets: Data<Secrets>,
    intakes: Data<Intakes>,
    Town(town): Town,
    path: Path<ComplaintPath>,
    MaybePerson(ctx): MaybePerson,
    ReturnKey(key): ReturnKey,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let asker = Asker {
        person: ctx.actor.as_ref().map(|person| person.person),
        return_key_hash: key.map(|key| hex(&secrets.sign(Purpose::ReturnKey, key.as_bytes()))),
    };
    let intake = intakes.of(&**store, town).await?;
    let shown = service::show(&**store, &intake, &asker, path.complaint).await?;
    let caching = match &shown {
        Shown::Own(_) => Caching::Private,
        Shown::Public(..) => Caching::Public { seconds: FRESH_SECONDS },
    };
    let view = ComplaintView::from(shown);
    let bytes = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::Internal))?;
    let mut response = read(&view, EntityTag::content(&bytes), &seen, ctx.locale, caching);
    response.headers_mut().insert(header::VARY, VARY);
    Ok(response)
}

/// List one's own complaints
///
/// In all municipalities one is tied to, the newest first.
#[utoipa::path(tag = "me", operation_id = "listMyComplaints", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "Complaints.", body = Listed<MineView>)))]
#[get("/v1/me/complaints")]
pub async fn mine(
    store: Data<dyn Store>,
    PersonActor(ctx): PersonActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = service::mine(&**store, &ctx, &query.request).await?;
    query.answer(page.map(MineView::from))
}
