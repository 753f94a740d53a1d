//! Waste calendars, as staff keep them.

mod view;

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use domain::{
    Code, Error, Store,
    ids::WasteCalendarId,
    page::{Page, Position},
    text::{Houses, Name, Slug, Street, WebAddress},
    waste::{
        AbfallIo, HolidayRule, HouseRange, Origin, Section, WasteCalendar,
        service::{self, CalendarChange, NewCalendar, NewSection},
    },
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
};
use view::CalendarView;

/// Days after which a source that does not answer is no longer relied on, where nobody says otherwise.
const STALE_AFTER_DAYS: u16 = 8;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(create).service(show).service(change).service(remove);
}

/// The part of a path that names a calendar.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct CalendarPath {
    /// The calendar.
    #[param(value_type = uuid::Uuid)]
    pub calendar: WasteCalendarId,
}

/// What kind of source it is.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SourceKind {
    /// Files that staff hand in.
    File,
    /// The service abfall.io.
    AbfallIo,
}

/// Where a calendar's dates come from.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct WasteSource {
    /// `file`: ICS or CSV that staff hand in. `abfall_io`: asked once a day.
    kind: SourceKind,
    /// Of abfall.io: the operator's key, from the address of its calendar page.
    #[schema(nullable = false, example = "0d7a92192ba3ae914c028ac37d73e222")]
    key: Option<Slug>,
    /// Of abfall.io: its number of the house whose dates they are.
    #[schema(nullable = false, example = "1257")]
    house: Option<Slug>,
    /// Of abfall.io: the operator's website, which some keys are bound to.
    #[schema(nullable = false)]
    website: Option<WebAddress>,
}

impl WasteSource {
    fn read(self) -> Result<Origin, Error> {
        let missing = |member: &str| Error::invalid(format!("/source/{member}"), Code::Required);
        match self.kind {
            SourceKind::File => Ok(Origin::File),
            SourceKind::AbfallIo => Ok(Origin::AbfallIo(AbfallIo {
                key: self.key.ok_or_else(|| missing("key"))?,
                house: self.house.ok_or_else(|| missing("house"))?,
                website: self.website,
            })),
        }
    }
}

/// Houses of a street a calendar is for.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWasteSection)]
struct SectionBody {
    /// The street.
    street: Street,
    /// Which of its houses: `2-8`, `12a`, `1-15 odd`, `even`, `from 20`; all where absent.
    #[schema(nullable = false)]
    house_numbers: Option<Houses>,
}

/// A calendar to be added.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWasteCalendar)]
struct NewBody {
    /// What staff call it.
    #[schema(example = "Tour 3")]
    name: Name,
    /// Where its dates come from; files where absent.
    #[schema(nullable = false)]
    #[validate(nested)]
    source: Option<WasteSource>,
    /// What happens in weeks with a public holiday; nothing where absent, as most sources publish final dates.
    #[schema(nullable = false)]
    holidays: Option<HolidayRule>,
    /// Whether it is for every address of the town.
    #[serde(default)]
    #[schema(default = false)]
    whole_town: bool,
    /// Days after which a source that does not answer is no longer relied on; 8 where absent.
    #[schema(nullable = false, minimum = 1, maximum = 60, example = 8)]
    #[validate(range(min = 1, max = 60))]
    stale_after_days: Option<u16>,
    /// Whom it is for. Files may name more on their lines.
    #[serde(default)]
    #[schema(max_items = 1_000)]
    #[validate(nested)]
    sections: Vec<SectionBody>,
}

/// What changes about a calendar. Sections are replaced as a whole, except those that files named.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchWasteCalendar {
    /// What staff call it.
    #[schema(nullable = false, example = "Tour 3")]
    name: Option<Name>,
    /// Where its dates come from.
    #[schema(nullable = false)]
    #[validate(nested)]
    source: Option<WasteSource>,
    /// What happens in weeks with a public holiday. Another rule moves what is still to come, and those who
    /// had the dates are told.
    #[schema(nullable = false)]
    holidays: Option<HolidayRule>,
    /// Whether it is for every address of the town.
    #[schema(nullable = false)]
    whole_town: Option<bool>,
    /// Days after which a source that does not answer is no longer relied on.
    #[schema(nullable = false, minimum = 1, maximum = 60, example = 8)]
    #[validate(range(min = 1, max = 60))]
    stale_after_days: Option<u16>,
    /// Whom it is for.
    #[schema(nullable = false, max_items = 1_000)]
    #[validate(nested)]
    sections: Option<Vec<SectionBody>>,
}

fn sections(bodies: Vec<SectionBody>) -> Result<Vec<NewSection>, Error> {
    let read = |(place, body): (usize, SectionBody)| {
        let wrong = |code| Error::invalid(format!("/sections/{place}/house_numbers"), code);
        let houses = body.house_numbers.map_or_else(
            || Ok(HouseRange::all()),
            |houses| HouseRange::parse(houses.as_str()).map_err(wrong),
        );
        Ok(NewSection { street: body.street, houses: houses? })
    };
    bodies.into_iter().enumerate().map(read).collect()
}

fn by_name(calendar: &WasteCalendar) -> Position {
    Position { key: calendar.name.as_str().to_lowercase(), id: calendar.id.0 }
}

fn shown(now: DateTime<Utc>, (calendar, sections): (WasteCalendar, Vec<Section>)) -> CalendarView {
    CalendarView::new(calendar, Some(sections), now)
}

/// List the waste calendars
///
/// By name, without their sections.
#[utoipa::path(tag = "register", operation_id = "listWasteCalendars", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, PageParams),
    responses((status = 200, description = "Calendars by name.", body = Listed<CalendarView>)))]
#[get("/v1/municipalities/{municipality}/admin/waste-calendars")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list_calendars(&**store, &ctx).await?, &query.request, by_name);
    query.answer(page.map(|calendar| CalendarView::new(calendar, None, ctx.now)))
}

/// Add a waste calendar
///
/// It has no dates until a source is taken in.
#[utoipa::path(tag = "register", operation_id = "createWasteCalendar", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The calendar.", body = CalendarView)))]
#[post("/v1/municipalities/{municipality}/admin/waste-calendars")]
async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewBody { name, source, holidays, whole_town, stale_after_days, sections: bodies } = body.value;
    let new = NewCalendar {
        name,
        origin: source.map_or(Ok(Origin::File), WasteSource::read)?,
        holidays: holidays.unwrap_or_default(),
        whole_town,
        stale_after_days: stale_after_days.unwrap_or(STALE_AFTER_DAYS),
        sections: sections(bodies)?,
    };
    let now = ctx.now;
    let answer = |made: &(WasteCalendar, Vec<Section>)| {
        let place = format!("/v1/municipalities/{}/admin/waste-calendars/{}", path.municipality, made.0.id);
        Ok(Answer::created(place, &shown(now, made.clone()))?.versioned(made.0.version))
    };
    request.answer(&answer, async |once| service::create_calendar(&**store, &ctx, new, once).await).await
}

/// Show a waste calendar
#[utoipa::path(tag = "register", operation_id = "getWasteCalendar", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, CalendarPath),
    responses((status = 200, description = "The calendar.", body = CalendarView)))]
#[get("/v1/municipalities/{municipality}/admin/waste-calendars/{calendar}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<CalendarPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let found = service::get_calendar(&**store, &ctx, path.calendar).await?;
    let tag = EntityTag::version(found.0.version);
    Ok(read(&shown(ctx.now, found), tag, &seen, ctx.locale, Caching::Private))
}

/// Change a waste calendar
#[utoipa::path(tag = "register", operation_id = "patchWasteCalendar", security(("bearer" = [])),
    params(TownPath, CalendarPath, IfMatchParams),
    request_body(content = PatchWasteCalendar, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The calendar now.", body = CalendarView)))]
#[patch("/v1/municipalities/{municipality}/admin/waste-calendars/{calendar}")]
async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<CalendarPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchWasteCalendar>,
) -> Result<HttpResponse, Problem> {
    let patch = body.value;
    let change = CalendarChange {
        name: patch.name,
        origin: patch.source.map(WasteSource::read).transpose()?,
        holidays: patch.holidays,
        whole_town: patch.whole_town,
        stale_after_days: patch.stale_after_days,
        sections: patch.sections.map(sections).transpose()?,
    };
    let calendar = service::change_calendar(&**store, &ctx, path.calendar, version, change).await?;
    Ok(changed(calendar.0.version, &shown(ctx.now, calendar)))
}

/// Delete a waste calendar
///
/// Its dates go with it.
#[utoipa::path(tag = "register", operation_id = "deleteWasteCalendar", security(("bearer" = [])),
    params(TownPath, CalendarPath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/admin/waste-calendars/{calendar}")]
async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<CalendarPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove_calendar(&**store, &ctx, path.calendar, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
