//! The waste calendar of one's own door: for everyone to read, to subscribe to, and to be reminded of.

mod boards;
mod feed;
mod reminders;
mod view;

use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use chrono::{Days, NaiveDate};
use domain::{
    Code, Error, Locale, Store,
    municipalities::{House, Municipality},
    page::{Page, Position},
    text::{HouseNumber, Name, Slug, Street},
    waste::{Known, WasteType, Window, service::streets},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    extract::{
        AcceptLanguage, EntityTag, IfNoneMatch, Listed, Moment, PageParams, PageQuery, malformed, read_query,
    },
    municipalities::{FRESH_SECONDS, Town, TownPath},
    problem::Problem,
    reply::{Caching, written},
    streets::{StreetFilter, StreetView},
};

pub use boards::Boards;
pub(crate) use reminders::{PutWasteReminders, RemindersView, TimeOfDay};
use view::DatesView;
pub(crate) use view::StopView;

/// Days one may ask about at once.
const MOST_DAYS: i64 = 400;
/// Days that are answered where nobody says until when.
const USUAL_DAYS: u64 = 365;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_types)
        .service(list_streets)
        .service(list_collections)
        .configure(feed::routes)
        .configure(reminders::routes);
}

/// A kind of waste.
#[derive(Serialize, ToSchema)]
#[schema(as = WasteType)]
struct TypeView {
    /// What to send in `waste_type` of a reminder. Never changes.
    #[schema(example = "organic")]
    code: Slug,
    /// Its name in the language asked for.
    #[schema(example = "Biotonne")]
    name: Name,
}

impl TypeView {
    fn new(kind: WasteType, locale: Locale) -> Self {
        Self { name: kind.names.in_locale(locale).clone(), code: kind.code }
    }
}

/// The town's order.
pub(crate) fn position(kind: &WasteType) -> Position {
    Position { key: format!("{:010} {}", kind.position, kind.code), id: kind.id.0 }
}

/// List the kinds of waste
#[utoipa::path(tag = "municipalities", operation_id = "listWasteTypes", security(()),
    params(TownPath, PageParams),
    responses((status = 200, description = "In the town hall's order.", body = Listed<TypeView>)))]
#[get("/v1/municipalities/{municipality}/waste/types")]
async fn list_types(
    store: Data<dyn Store>,
    boards: Data<Boards>,
    Town(town): Town,
    moment: Moment,
    query: PageQuery,
    AcceptLanguage(locale): AcceptLanguage,
) -> Result<HttpResponse, Problem> {
    let board = boards.of(&**store, &town, moment.ctx.now).await?;
    let page = Page::of(board.types.clone(), &query.request, position);
    query.answer_public(page.map(|kind| TypeView::new(kind, locale)), FRESH_SECONDS)
}

/// Complete a street of the waste calendar
///
/// The streets that calendars name, by name. A calendar for the whole town names none.
#[utoipa::path(tag = "municipalities", operation_id = "listWasteStreets", security(()),
    params(TownPath, PageParams, StreetFilter),
    responses((status = 200, description = "Streets by name.", body = Listed<StreetView>)))]
#[get("/v1/municipalities/{municipality}/waste/streets")]
async fn list_streets(
    store: Data<dyn Store>,
    Town(town): Town,
    query: PageQuery<StreetFilter>,
) -> Result<HttpResponse, Problem> {
    let page = streets(&**store, town.id, query.filter.q.as_ref(), &query.request).await?;
    query.answer_public(page.map(StreetView::from), FRESH_SECONDS)
}

/// Whose dates.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AddressQuery {
    /// The street, however it is written.
    #[param(value_type = String, min_length = 1, max_length = 120, example = "Leipziger Straße")]
    street: Street,
    /// The house number with its suffix. Needed where the street is split by numbers.
    #[param(required = false, nullable = false, value_type = String, min_length = 1, max_length = 12, example = "12a")]
    house_number: Option<HouseNumber>,
    /// The first day; today where absent.
    #[param(required = false, nullable = false, example = "2026-11-23")]
    from: Option<NaiveDate>,
    /// The last day, at most 400 days after the first; a year later where absent.
    #[param(required = false, nullable = false, example = "2026-12-31")]
    to: Option<NaiveDate>,
}

impl AddressQuery {
    fn house(&self) -> Result<Option<House>, Problem> {
        let read = |number: &HouseNumber| {
            House::parse(number.as_str()).map_err(|code| malformed("/house_number", code))
        };
        self.house_number.as_ref().map(read).transpose()
    }

    fn window(&self, today: NaiveDate) -> Result<Window, Problem> {
        let from = self.from.unwrap_or(today);
        let later = from.checked_add_days(Days::new(USUAL_DAYS)).unwrap_or(from);
        let until = self.to.unwrap_or(later);
        if until < from {
            return Err(malformed("/to", Code::Contradiction));
        }
        if (until - from).num_days() > MOST_DAYS {
            return Err(malformed("/to", Code::OutOfRange));
        }
        Ok(Window { from, until })
    }
}

/// What is known of the address asked for.
async fn known(
    boards: &Boards,
    store: &dyn Store,
    town: &Municipality,
    (query, window): (&AddressQuery, Window),
    moment: &Moment,
) -> Result<Known, Problem> {
    let house = query.house()?;
    let address = (&query.street, house.as_ref());
    let known = boards.known(store, town, address, window, moment.ctx.now).await;
    known.map_err(|error| match error {
        // What is missing is a parameter.
        Error::Refused(refusal) => match refusal.violations.first() {
            Some(missing) => malformed(&missing.pointer, missing.code),
            None => Error::Refused(refusal).into(),
        },
        other => other.into(),
    })
}

/// Show what is collected at an address
///
/// Collections by day, those that were moved or cancelled marked as such, and `gaps`: days about which
/// nothing certain is known, because no calendar is for the address, its source has not published them yet,
/// or the source could not be asked for too long. A date that is not certain is not shown.
#[utoipa::path(tag = "municipalities", operation_id = "listCollections", security(()),
    params(TownPath, AddressQuery),
    responses((status = 200, description = "Collections and gaps.", body = DatesView)))]
#[get("/v1/municipalities/{municipality}/waste/collections")]
async fn list_collections(
    store: Data<dyn Store>,
    boards: Data<Boards>,
    Town(town): Town,
    request: HttpRequest,
    moment: Moment,
    seen: IfNoneMatch,
    AcceptLanguage(locale): AcceptLanguage,
) -> Result<HttpResponse, Problem> {
    let query: AddressQuery = read_query(request.query_string())?;
    let window = query.window(town.calendar().date(moment.ctx.now))?;
    let known = known(&boards, &**store, &town, (&query, window), &moment).await?;
    let view = DatesView::new(known, locale);
    let body = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::Internal))?;
    let tag = EntityTag::content(&body);
    Ok(written(body.into(), tag, &seen, locale, Caching::Public { seconds: FRESH_SECONDS }))
}
