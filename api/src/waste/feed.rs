//! A calendar to subscribe to (RFC 5545): each collection keeps its UID, and each change raises its
//! SEQUENCE, so that it moves in people's calendars as well.

use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use domain::{
    Locale, Store,
    municipalities::Municipality,
    waste::{Collection, Gap, GapReason, Known, WasteType, Window},
};
use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{AddressQuery, Boards, known};
use crate::{
    config::Config,
    extract::{AcceptLanguage, EntityTag, IfNoneMatch, Moment, read_query},
    municipalities::{Town, TownPath},
    problem::Problem,
    reply::{Caching, file},
};

/// How long an answer counts as fresh: calendars ask every few hours at most.
const FRESH_SECONDS: u32 = 900;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(subscribe);
}

/// A calendar file.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 8_388_608, example = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")]
#[expect(dead_code, reason = "stands in the document only")]
struct CalendarFile(String);

/// Subscribe to the collections of an address
///
/// A calendar to subscribe to, as `webcal://`: from last month until the end of next year, or the days between
/// `from` and `to`, as many as may be listed. A collection that is moved keeps its UID and gets a higher SEQUENCE; one
/// that is cancelled stays as such. Where nothing certain is known any more, an entry says so.
#[utoipa::path(tag = "municipalities", operation_id = "getCollectionCalendar", security(()),
    params(TownPath, AddressQuery),
    responses((status = 200, description = "A calendar.", content((CalendarFile = "text/calendar")))))]
#[get("/v1/municipalities/{municipality}/waste/calendar.ics")]
async fn subscribe(
    store: Data<dyn Store>,
    boards: Data<Boards>,
    Town(town): Town,
    request: HttpRequest,
    config: Data<Config>,
    seen: IfNoneMatch,
    AcceptLanguage(locale): AcceptLanguage,
) -> Result<HttpResponse, Problem> {
    let moment = Moment::of(&request)?;
    let query: AddressQuery = read_query(request.query_string())?;
    let today = town.calendar().date(moment.ctx.now);
    let window = match (query.from, query.to) {
        (None, None) => usual(today),
        _ => query.window(today)?,
    };
    let known = known(&boards, &**store, &town, (&query, window), &moment).await?;
    let host = config.http.public_url.host_str().unwrap_or("rathaus").to_owned();
    let words = Words { town: &town, locale, host: &host };
    let calendar = words.calendar(known, today).to_string();
    let tag = EntityTag::content(calendar.as_bytes());
    let caching = Caching::Public { seconds: FRESH_SECONDS };
    Ok(file(calendar.into(), "text/calendar; charset=utf-8", tag, &seen, locale, caching))
}

/// Whole months: what begins with them begins on the same day tomorrow.
fn usual(today: NaiveDate) -> Window {
    let from = today.with_day(1).and_then(|first| first.checked_sub_months(Months::new(1))).unwrap_or(today);
    let until = NaiveDate::from_ymd_opt(today.year().saturating_add(1), 12, 31).unwrap_or(today);
    Window { from, until }
}

struct Words<'a> {
    town: &'a Municipality,
    locale: Locale,
    host: &'a str,
}

impl Words<'_> {
    fn calendar(&self, Known { answer, types }: Known, today: NaiveDate) -> Calendar {
        let name = match self.locale {
            Locale::De => format!("Abfallkalender {}", self.town.name),
            Locale::En => format!("Waste calendar {}", self.town.name),
        };
        let mut calendar = Calendar::empty();
        calendar
            .append_property(Property::new("VERSION", "2.0"))
            .append_property(Property::new("PRODID", "-//Rathaus//Waste calendar//EN"))
            .append_property(Property::new("CALSCALE", "GREGORIAN"))
            .append_property(Property::new("METHOD", "PUBLISH"))
            .append_property(Property::new("NAME", &name))
            .append_property(Property::new("X-WR-CALNAME", &name))
            .append_property(
                Property::new("REFRESH-INTERVAL", "PT6H").add_parameter("VALUE", "DURATION").done(),
            )
            .append_property(Property::new("X-PUBLISHED-TTL", "PT6H"));
        for shown in answer.collections {
            if let Some(kind) = types.iter().find(|kind| kind.id == shown.collection.waste_type) {
                calendar.push(self.collection(&shown.collection, kind));
            }
        }
        for gap in answer.gaps.iter().filter(|gap| gap.window.until >= today) {
            let kind = types.iter().find(|kind| gap.waste_type == Some(kind.id));
            calendar.push(self.gap(gap, kind));
        }
        calendar
    }

    fn collection(&self, it: &Collection, kind: &WasteType) -> Event {
        let mut event = Event::new();
        event
            .uid(&format!("{}@{}", it.id, self.host))
            .sequence(u32::try_from(it.sequence).unwrap_or_default())
            .timestamp(it.changed_at)
            .last_modified(it.changed_at)
            .summary(kind.names.in_locale(self.locale).as_str())
            .status(if it.takes_place() { EventStatus::Confirmed } else { EventStatus::Cancelled })
            .append_property(Property::new("TRANSP", "TRANSPARENT"));
        match &it.stop {
            None => {
                event.starts(it.date);
            }
            Some(stop) => {
                event.location(stop.place.as_str());
                let at = |time| self.town.calendar().at(it.date, time);
                match (stop.starts.map(at), stop.ends.map(at)) {
                    (None, _) => {
                        event.starts(it.date);
                    }
                    (Some(starts), ends) => {
                        event.starts(starts).ends(ends.unwrap_or(starts));
                    }
                }
            }
        }
        if let Some(day) = it.moved_from() {
            event.description(&match self.locale {
                Locale::De => format!("Verschoben vom {}.", day.format("%d.%m.%Y")),
                Locale::En => format!("Moved from {}.", day.format("%-d %B %Y")),
            });
        }
        event.done()
    }

    /// Says in people's calendars from when on nothing certain is known. The entry's UID holds its day, so that
    /// another day is another entry, and the same one stays where it is.
    fn gap(&self, gap: &Gap, kind: Option<&WasteType>) -> Event {
        let calendar = gap.calendar.as_ref();
        let kind = kind.map(|kind| (kind.code.as_str(), kind.names.in_locale(self.locale).as_str()));
        let whose = calendar.map(|calendar| calendar.name.as_str()).into_iter();
        let whose: Vec<_> = whose.chain(kind.map(|(_, name)| name)).collect();
        let whose = if whose.is_empty() { String::new() } else { format!(" ({})", whose.join(", ")) };
        let text = match (gap.reason, self.locale) {
            (GapReason::NoCalendar, Locale::De) => {
                "Für diese Adresse gibt es keinen Abfallkalender".to_owned()
            }
            (GapReason::NoCalendar, Locale::En) => "No waste calendar is for this address".to_owned(),
            (GapReason::NotPublished, Locale::De) => {
                format!("Ab hier sind noch keine Abholtermine veröffentlicht{whose}")
            }
            (GapReason::NotPublished, Locale::En) => {
                format!("No collections are published from here on{whose}")
            }
            (GapReason::Stale, Locale::De) => format!("Abholtermine zurzeit nicht gesichert{whose}"),
            (GapReason::Stale, Locale::En) => format!("Collections are not certain at the moment{whose}"),
        };
        let stamp: DateTime<Utc> = calendar.and_then(|calendar| calendar.refreshed_at).unwrap_or_default();
        let id = calendar.map_or_else(|| "none".to_owned(), |calendar| calendar.id.to_string());
        let code = kind.map(|(code, _)| format!("-{code}")).unwrap_or_default();
        let day = self.since(gap);
        let mut event = Event::new();
        event
            .uid(&format!("gap-{id}{code}-{}-{day}@{}", gap.reason, self.host))
            .timestamp(stamp)
            .summary(&text)
            .append_property(Property::new("TRANSP", "TRANSPARENT"));
        event.starts(day).done()
    }

    /// The day a gap is entered on: its first one, or the one on which its source had been silent for too long.
    fn since(&self, gap: &Gap) -> NaiveDate {
        let silent = gap.calendar.as_ref().filter(|_| gap.reason == GapReason::Stale);
        let silent = silent.and_then(|calendar| calendar.stale_from());
        let day = silent.map(|from| self.town.calendar().date(from));
        day.map_or(gap.window.from, |day| day.clamp(gap.window.from, gap.window.until))
    }
}
