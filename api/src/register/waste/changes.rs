//! Collections of a calendar, and moving, cancelling and adding them.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, Path},
};
use chrono::{Days, NaiveDate};
use domain::{
    Code, Store,
    ids::{CollectionId, WasteTypeId},
    page::{Page, Position},
    text::{Line, Slug},
    waste::{
        Collection, Reason, Stop, Window,
        service::{self, NewChange},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::calendars::CalendarPath;
use crate::{
    auth::StaffActor,
    extract::{Listed, PageParams, PageQuery, ValidJson},
    municipalities::{Town, TownPath},
    problem::Problem,
    waste::{StopView, TimeOfDay},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(change);
}

/// Which collections.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DaysFilter {
    /// The first day; today where absent.
    #[param(required = false, nullable = false, example = "2026-11-23")]
    from: Option<NaiveDate>,
    /// The last day; two years later where absent.
    #[param(required = false, nullable = false, example = "2026-12-31")]
    to: Option<NaiveDate>,
}

/// A collection, as staff see it.
#[derive(Serialize, ToSchema)]
#[schema(as = RegisteredCollection)]
struct CollectionView {
    /// Its identity.
    id: CollectionId,
    /// The kind of waste.
    waste_type: WasteTypeId,
    /// The day.
    date: NaiveDate,
    /// The day the source says.
    regular_date: NaiveDate,
    /// `planned`, `moved`, `cancelled` or `added`.
    #[schema(max_length = 20, example = "moved")]
    status: String,
    /// Why it changed: `holiday`, `weather`, `roadworks`, `operations` or `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 20, example = "holiday")]
    reason: Option<String>,
    /// Where and when, for what people bring themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    stop: Option<StopView>,
    /// How often it changed.
    #[schema(example = 1)]
    sequence: i32,
}

impl From<Collection> for CollectionView {
    fn from(it: Collection) -> Self {
        Self {
            id: it.id,
            waste_type: it.waste_type,
            date: it.date,
            regular_date: it.regular,
            status: it.status.to_string(),
            reason: it.reason.map(|reason| reason.to_string()),
            stop: it.stop.map(StopView::from),
            sequence: it.sequence,
        }
    }
}

/// What changes about the collections of one day.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CollectionChange)]
struct ChangeBody {
    /// The day they are on; absent to add one.
    #[schema(nullable = false, example = "2026-12-25")]
    from: Option<NaiveDate>,
    /// The day they will be on; absent to cancel them.
    #[schema(nullable = false, example = "2026-12-28")]
    to: Option<NaiveDate>,
    /// Only those of this kind; needed to add one.
    #[schema(nullable = false, example = "organic")]
    waste_type: Option<Slug>,
    /// Where one is that is added, for what people bring themselves.
    #[schema(nullable = false, example = "Parkplatz am Kurhaus")]
    place: Option<Line>,
    /// From when.
    #[schema(nullable = false)]
    starts_at: Option<TimeOfDay>,
    /// Until when.
    #[schema(nullable = false)]
    ends_at: Option<TimeOfDay>,
    /// Why.
    reason: Reason,
}

/// What came of a change.
#[derive(Serialize, ToSchema)]
struct ChangedCollections {
    /// The collections as they are now.
    #[schema(max_items = 50_000)]
    collections: Vec<CollectionView>,
}

/// List the collections of a calendar
///
/// By day, cancelled ones too.
#[utoipa::path(tag = "register", operation_id = "listRegisteredCollections", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, CalendarPath, PageParams, DaysFilter),
    responses((status = 200, description = "Collections by day.", body = Listed<CollectionView>)))]
#[get("/v1/municipalities/{municipality}/admin/waste-calendars/{calendar}/collections")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    path: Path<CalendarPath>,
    query: PageQuery<DaysFilter>,
) -> Result<HttpResponse, Problem> {
    let from = query.filter.from.unwrap_or_else(|| town.calendar().date(ctx.now));
    let later = from.checked_add_days(Days::new(2 * 366)).unwrap_or(from);
    let window = Window { from, until: query.filter.to.unwrap_or(later) };
    let all = service::list_collections(&**store, &ctx, path.calendar, window).await?;
    let by_day = |it: &Collection| Position { key: it.date.to_string(), id: it.id.0 };
    query.answer(Page::of(all, &query.request, by_day).map(CollectionView::from))
}

/// Move, cancel or add collections
///
/// Those on `from` move to `to`, or are cancelled where `to` is absent; without `from`, one is added on `to`.
/// Those that were cancelled come back only where their kind is named. Everybody at the addresses is told; at
/// night, in the morning, unless the day is near. Refused where the same is collected on `to` already. Sent twice, the second finds nothing on that day any more.
#[utoipa::path(tag = "register", operation_id = "changeCollections", security(("bearer" = [])),
    params(TownPath, CalendarPath), request_body = ChangeBody,
    responses((status = 200, description = "The collections as they are now.", body = ChangedCollections)))]
#[post("/v1/municipalities/{municipality}/admin/waste-calendars/{calendar}/changes")]
async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<CalendarPath>,
    body: ValidJson<ChangeBody>,
) -> Result<HttpResponse, Problem> {
    let ChangeBody { from, to, waste_type, place, starts_at, ends_at, reason } = body.value;
    let stop = match (place, starts_at, ends_at) {
        (Some(_), Some(starts), Some(ends)) if ends.0 <= starts.0 => {
            return Err(Problem::invalid("/ends_at", Code::Contradiction));
        }
        (Some(place), starts, ends) => {
            Some(Stop { place, starts: starts.map(|time| time.0), ends: ends.map(|time| time.0) })
        }
        (None, None, None) => None,
        (None, ..) => return Err(Problem::invalid("/place", Code::Required)),
    };
    let new = NewChange { from, to, waste_type, stop, reason };
    let changed = service::change_collections(&**store, &ctx, path.calendar, new).await?;
    let collections = changed.into_iter().map(CollectionView::from).collect();
    Ok(HttpResponse::Ok().json(ChangedCollections { collections }))
}
