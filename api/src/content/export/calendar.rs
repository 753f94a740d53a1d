//! Events as calendars (RFC 5545): one event, or all to subscribe to.
//!
//! An event that comes back is written out, each time by itself in UTC: programs disagree about rules and
//! zones, and one time that was called off is shown as such by all of them. The identity of each time stays,
//! also where it begins at another time of day, and its sequence rises with each change. What takes place once
//! keeps its identity wherever it is moved.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    Error, Store,
    content::{
        Kind, Language, Library, Occurrence, in_language,
        library::{Entry, Filter},
    },
    municipalities::Municipality,
};
use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{MOST, all, file, send};
use crate::{
    content::{
        ContentPath, Shelves,
        filter::{Speak, spoken},
    },
    extract::{IfNoneMatch, Moment, ValidQuery},
    municipalities::{Town, TownPath},
    problem::Problem,
};

const MEDIA: &str = "text/calendar; charset=utf-8";
/// How far back and ahead a calendar reaches.
const BACK: TimeDelta = TimeDelta::days(31);
const AHEAD: TimeDelta = TimeDelta::days(366);

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(feed).service(one);
}

/// A calendar, as the document shows it.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 16_777_216, example = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")]
#[expect(dead_code, reason = "stands in the document only")]
struct CalendarText(String);

fn begin(title: &str) -> Calendar {
    let mut calendar = Calendar::empty();
    calendar
        .append_property(Property::new("VERSION", "2.0"))
        .append_property(Property::new("PRODID", "-//Rathaus//Content//DE"))
        .append_property(Property::new("CALSCALE", "GREGORIAN"))
        .append_property(Property::new("METHOD", "PUBLISH"))
        .name(title)
        .ttl(&Duration::hours(1));
    calendar
}

fn written(entry: &Entry, time: Occurrence, language: &Language, town: &Municipality) -> Option<Event> {
    let (content, sheet) = (&entry.content, &entry.content.sheet);
    let text = in_language(&sheet.texts, language)?;
    let comes_back = sheet.event.as_ref().is_some_and(|event| event.recurrence.is_some());
    let day = |moment: DateTime<Utc>| moment.with_timezone(&town.time_zone).date_naive();
    let which = if comes_back { day(time.starts_at).format("-%Y%m%d").to_string() } else { String::new() };
    let mut event = Event::new();
    event
        .uid(&format!("{}{which}@{}.rathaus", content.id, town.slug))
        .timestamp(content.updated_at)
        .last_modified(content.updated_at)
        .sequence(u32::try_from(content.version).unwrap_or(u32::MAX))
        .summary(text.title.as_str());
    match (days(time, town.time_zone), time.ends_at) {
        (Some((first, after)), _) => event.starts(first).ends(after),
        (None, Some(end)) => event.starts(time.starts_at).ends(end),
        (None, None) => event.starts(time.starts_at),
    };
    let description = text.body.as_ref().map(|body| body.as_str());
    let description = description.or_else(|| text.summary.as_ref().map(|summary| summary.as_str()));
    if let Some(description) = description {
        event.description(description);
    }
    if let Some(address) = &sheet.address {
        event.location(address.as_str());
    }
    if let Some(place) = sheet.location {
        event.add_property("GEO", format!("{};{}", place.lat, place.lon));
    }
    if let Some(link) = sheet.links.first() {
        event.url(link.url.as_str());
    }
    event.status(if time.cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed });
    Some(event.done())
}

/// The first day and the day after the last, of what takes whole days: from midnight to midnight on the town's
/// clocks.
fn days(time: Occurrence, zone: Tz) -> Option<(NaiveDate, NaiveDate)> {
    let midnight = |moment: DateTime<Utc>| {
        let local = moment.with_timezone(&zone).naive_local();
        (local.time() == NaiveTime::MIN).then(|| local.date())
    };
    let (first, after) = (midnight(time.starts_at)?, midnight(time.ends_at?)?);
    (first < after).then_some((first, after))
}

fn window(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    (now - BACK, now + AHEAD)
}

fn feed_of(library: &Library, language: &Language, now: DateTime<Utc>) -> String {
    let filter = Filter { kind: Some(Kind::Event), window: Some(window(now)), ..Filter::default() };
    let town = &library.town;
    let mut calendar = begin(town.name.as_str());
    for found in all(library, &filter, now, MOST) {
        let time = found.occurrence;
        if let Some(event) = time.and_then(|time| written(&found.entry, time, language, town)) {
            calendar.push(event);
        }
    }
    calendar.to_string()
}

/// Subscribe to the events
///
/// A calendar (RFC 5545) with a month behind and a year ahead, at most 1,000 times: open its address as
/// `webcal://`. Each time of an event that comes back stands by itself; what was called off says so.
#[utoipa::path(tag = "content", operation_id = "getEventCalendar", security(()),
    params(TownPath, Speak),
    responses((status = 200, description = "The calendar.", body = CalendarText, content_type = "text/calendar")))]
#[get("/v1/municipalities/{municipality}/events/calendar.ics")]
async fn feed(
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    Town(town): Town,
    moment: Moment,
    query: ValidQuery<Speak>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let (now, locale) = (moment.ctx.now, moment.ctx.locale);
    let language = spoken(query.language.as_ref(), locale);
    let name = format!("{}.ics", town.slug);
    let shelf = shelves.of(&**store, town, now).await?;
    let question = format!("calendar {}", language.as_str());
    let calendar = shelf.answer(question, now, |library| file(feed_of(library, &language, now)))?;
    Ok(send(calendar, MEDIA, &name, &seen, locale))
}

/// Download an event
///
/// As a calendar (RFC 5545): all its times, a month behind and a year ahead.
#[utoipa::path(tag = "content", operation_id = "getEventCalendarEntry", security(()),
    params(TownPath, ContentPath, Speak),
    responses((status = 200, description = "The event.", body = CalendarText, content_type = "text/calendar")))]
#[get("/v1/municipalities/{municipality}/events/{content}/calendar.ics")]
async fn one(
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    Town(town): Town,
    moment: Moment,
    path: Path<ContentPath>,
    query: ValidQuery<Speak>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let (now, locale) = (moment.ctx.now, moment.ctx.locale);
    let language = spoken(query.language.as_ref(), locale);
    let shelf = shelves.of(&**store, town, now).await?;
    let question = format!("calendar {} {}", language.as_str(), path.content);
    let calendar = shelf.answer(question, now, |library| {
        let entry = library.get(path.content, now).ok_or_else(Error::not_found)?;
        let event = entry.content.sheet.event.as_ref().ok_or_else(Error::not_found)?;
        let mut calendar = begin(library.town.name.as_str());
        // An event of long ago or far ahead is still one.
        let mut times = event.within(library.town.time_zone, window(now));
        if times.is_empty() {
            times = event.within(library.town.time_zone, (event.starts_at, event.starts_at));
        }
        for time in times {
            calendar.extend(written(entry, time, &language, &library.town));
        }
        file(calendar.to_string())
    })?;
    Ok(send(calendar, MEDIA, &format!("{}.ics", path.content), &seen, locale))
}
