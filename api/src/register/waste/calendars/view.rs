//! What staff see of a calendar.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Violation,
    ids::WasteCalendarId,
    text::{Name, Slug, Street, WebAddress},
    waste::{AbfallIo, Failure, Origin, Section, WasteCalendar, Window},
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
    /// From the first to the last day it says everything about.
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
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    failure: Option<FailureView>,
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

/// Why a source gave no dates.
#[derive(Serialize, ToSchema)]
#[schema(as = WasteSourceFailure)]
struct FailureView {
    /// The reason, as in problems.
    #[schema(max_length = 60, example = "source_unavailable")]
    code: String,
    /// The first lines that were wrong.
    #[schema(max_items = 20)]
    errors: Vec<FaultView>,
}

/// A line that was wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = WasteSourceFault)]
struct FaultView {
    /// Where: `/line/column`.
    #[schema(max_length = 100, example = "/4/waste")]
    pointer: String,
    /// What is wrong.
    #[schema(max_length = 60, example = "waste_unknown")]
    code: String,
}

impl From<Failure> for FailureView {
    fn from(Failure { code, faults }: Failure) -> Self {
        let fault = |fault: Violation| FaultView { pointer: fault.pointer, code: fault.code.to_string() };
        Self { code: code.to_string(), errors: faults.into_iter().map(fault).collect() }
    }
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
            failure: calendar.failure.map(FailureView::from),
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
