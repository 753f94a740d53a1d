//! What staff see of a calendar.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::WasteCalendarId,
    text::{Name, Slug, Street, WebAddress},
    waste::{AbfallIo, Origin, Section, WasteCalendar, Window},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

/// A waste calendar, as its staff sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = WasteCalendar)]
pub struct CalendarView {
    /// Its identity.
    id: WasteCalendarId,
    /// What staff call it.
    #[schema(example = "Tour 3")]
    name: Name,
    /// Where its dates come from.
    source: SourceView,
    /// What happens in weeks with a public holiday: `none`, `later` or `earlier`.
    #[schema(max_length = 16, example = "later")]
    holidays: String,
    /// Whether it is for every address of the town.
    whole_town: bool,
    /// Days after which a source that does not answer is no longer relied on.
    #[schema(example = 8)]
    stale_after_days: u16,
    /// `fresh`, `stale` or `empty`.
    #[schema(max_length = 16, example = "fresh")]
    freshness: String,
    /// The days it says everything about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    covers: Option<DaysView>,
    /// When its source was last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refreshed_at: Option<Time>,
    /// When its source was last asked in vain, and has not answered since.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    failed_at: Option<Time>,
    /// Whom it is for, besides what files named; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 1_000)]
    sections: Option<Vec<SectionView>>,
}

/// Where a calendar's dates come from.
#[derive(Serialize, ToSchema)]
#[schema(as = WasteSourceView)]
struct SourceView {
    /// `file` or `abfall_io`.
    #[schema(max_length = 16, example = "file")]
    kind: String,
    /// Of abfall.io: the operator's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<Slug>,
    /// Of abfall.io: its number of the house.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    house: Option<Slug>,
    /// Of abfall.io: the operator's website.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    website: Option<WebAddress>,
}

/// Days from the first to the last.
#[derive(Serialize, ToSchema)]
#[schema(as = CoveredDays)]
struct DaysView {
    /// The first.
    from: NaiveDate,
    /// The last.
    to: NaiveDate,
}

/// Houses of a street a calendar is for.
#[derive(Serialize, ToSchema)]
#[schema(as = WasteSection)]
struct SectionView {
    /// The street.
    street: Street,
    /// Which of its houses: `2-8`, `12a`, `1-15 odd`, `even`, `from 20`, `all`.
    #[schema(max_length = 40, example = "2-8")]
    house_numbers: String,
}

impl CalendarView {
    /// A calendar at a moment, with its sections where they are shown.
    pub fn new(calendar: WasteCalendar, sections: Option<Vec<Section>>, now: DateTime<Utc>) -> Self {
        let freshness = calendar.freshness(now).to_string();
        let sections = sections.map(|sections| {
            let view = |section: Section| SectionView {
                street: section.street,
                house_numbers: section.houses.to_string(),
            };
            sections.into_iter().map(view).collect()
        });
        Self {
            id: calendar.id,
            name: calendar.name,
            source: SourceView::from(calendar.origin),
            holidays: calendar.holidays.to_string(),
            whole_town: calendar.whole_town,
            stale_after_days: calendar.stale_after_days,
            freshness,
            covers: calendar.covers.map(|Window { from, until }| DaysView { from, to: until }),
            refreshed_at: calendar.refreshed_at.map(Time::from),
            failed_at: calendar.failed_at.map(Time::from),
            sections,
        }
    }
}

impl From<Origin> for SourceView {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::File => Self { kind: "file".to_owned(), key: None, house: None, website: None },
            Origin::AbfallIo(AbfallIo { key, house, website }) => {
                Self { kind: "abfall_io".to_owned(), key: Some(key), house: Some(house), website }
            }
        }
    }
}
