//! What people see of collections.

use chrono::{NaiveDate, NaiveTime};
use domain::{
    Locale,
    ids::CollectionId,
    text::{Line, Name, Slug},
    waste::{Gap, Known, Shown, Stop, WasteType},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::TimeOfDay;
use crate::time::Time;

/// What is collected at an address.
#[derive(Serialize, ToSchema)]
#[schema(as = CollectionDates)]
pub struct DatesView {
    /// By day.
    #[schema(max_items = 10_000)]
    collections: Vec<CollectionView>,
    /// Days about which nothing certain is known.
    #[schema(max_items = 10_000)]
    gaps: Vec<GapView>,
}

/// A collection at the door, or a stop to bring waste to.
#[derive(Serialize, ToSchema)]
#[schema(as = Collection)]
struct CollectionView {
    /// Its identity, also in the calendar that is subscribed to.
    id: CollectionId,
    /// The code of the kind of waste.
    #[schema(example = "organic")]
    waste_type: Slug,
    /// Its name in the language asked for.
    #[schema(example = "Biotonne")]
    name: Name,
    /// The day.
    date: NaiveDate,
    /// `planned`, `moved`, `cancelled` or `added`.
    #[schema(max_length = 20, example = "moved")]
    status: String,
    /// The day it was first on, where it was moved from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    moved_from: Option<NaiveDate>,
    /// Why it changed: `holiday`, `weather`, `roadworks`, `operations` or `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 20, example = "holiday")]
    reason: Option<String>,
    /// Where and when, for what people bring themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    stop: Option<StopView>,
    /// When the source was last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    as_of: Option<Time>,
}

/// Where and when a vehicle stops that people bring their waste to.
#[derive(Serialize, ToSchema)]
#[schema(as = Stop)]
pub struct StopView {
    /// The place.
    #[schema(example = "Parkplatz am Kurhaus")]
    place: Line,
    /// From when, on the town's clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    starts_at: Option<TimeOfDay>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ends_at: Option<TimeOfDay>,
}

impl From<Stop> for StopView {
    fn from(Stop { place, starts, ends }: Stop) -> Self {
        let time = |time: Option<NaiveTime>| time.map(TimeOfDay);
        Self { place, starts_at: time(starts), ends_at: time(ends) }
    }
}

/// Days about which nothing certain is known.
#[derive(Serialize, ToSchema)]
#[schema(as = CollectionGap)]
struct GapView {
    /// The first day.
    from: NaiveDate,
    /// The last day.
    to: NaiveDate,
    /// `no_calendar`: none is for this address. `not_published`: the source has no dates for these days.
    /// `stale`: the source could not be asked for too long, or has never answered.
    #[schema(max_length = 20, example = "not_published")]
    reason: String,
    /// The code of the kind of waste whose dates are missing; of all in the calendar where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "paper")]
    waste_type: Option<Slug>,
    /// Whose dates are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Tour 3")]
    calendar: Option<Name>,
    /// When its source was last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    as_of: Option<Time>,
}

impl DatesView {
    /// What is known, in a language.
    pub fn new(Known { answer, types }: Known, locale: Locale) -> Self {
        let collections = answer.collections.into_iter();
        let collections = collections.filter_map(|shown| CollectionView::new(shown, &types, locale));
        let gaps = answer.gaps.into_iter().map(|gap| GapView::new(gap, &types));
        Self { collections: collections.collect(), gaps: gaps.collect() }
    }
}

impl CollectionView {
    fn new(Shown { collection, as_of }: Shown, types: &[WasteType], locale: Locale) -> Option<Self> {
        let kind = types.iter().find(|kind| kind.id == collection.waste_type)?;
        let moved_from = collection.moved_from();
        Some(Self {
            id: collection.id,
            waste_type: kind.code.clone(),
            name: kind.names.in_locale(locale).clone(),
            date: collection.date,
            status: collection.status.to_string(),
            moved_from,
            reason: collection.reason.map(|reason| reason.to_string()),
            stop: collection.stop.map(StopView::from),
            as_of: as_of.map(Time::from),
        })
    }
}

impl GapView {
    fn new(Gap { window, reason, calendar, waste_type }: Gap, types: &[WasteType]) -> Self {
        let kind = types.iter().find(|kind| waste_type == Some(kind.id));
        Self {
            waste_type: kind.map(|kind| kind.code.clone()),
            from: window.from,
            to: window.until,
            reason: reason.to_string(),
            as_of: calendar.as_ref().and_then(|calendar| calendar.refreshed_at).map(Time::from),
            calendar: calendar.map(|calendar| calendar.name),
        }
    }
}
