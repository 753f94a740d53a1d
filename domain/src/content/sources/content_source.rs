//! A source as staff set it up.

use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Mark;
use crate::{
    error::{Code, Violation},
    ids::{AreaId, ContentSourceId, DepartmentId, StaffId, TopicId},
    text::{Name, WebAddress},
};

/// Minutes between two questions to a source.
pub const EVERY_MINUTES: RangeInclusive<u16> = 15..=1_440;
/// A source that gave nothing for so long is no longer relied on, and for so many intervals.
const PATIENCE: TimeDelta = TimeDelta::days(1);
const MISSED: i32 = 3;
/// Faults that are kept of a failure: enough to see what to look for.
pub const FAULTS_SHOWN: usize = 20;

/// What a source speaks.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schema(as = ContentSourceFormat)]
pub enum Format {
    /// RSS 2.0 or Atom: news.
    Feed,
    /// iCalendar: events.
    Calendar,
    /// GeoJSON with the tags of OpenStreetMap, or what Overpass answers: places and tours.
    Map,
}

impl Format {
    /// Whether a source says everything there is, so that what it no longer says is no more. A feed only
    /// says what is newest.
    pub fn is_whole(self) -> bool {
        self != Self::Feed
    }
}

/// A source of content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentSource {
    /// Its identifier.
    pub id: ContentSourceId,
    /// What staff call it.
    pub name: Name,
    /// What it speaks. Never changes.
    pub format: Format,
    /// Where it is asked; of one without, staff hand in files.
    pub url: Option<WebAddress>,
    /// How often it is asked.
    pub every_minutes: u16,
    /// Whether what it says is published at once; else it waits as a draft.
    pub publishes: bool,
    /// The interest its pieces belong to.
    pub topic: Option<TopicId>,
    /// The district they are about.
    pub area: Option<AreaId>,
    /// The department that answers for them.
    pub office: Option<DepartmentId>,
    /// Who set it up or changed it last: whoever answers for what it publishes.
    pub set_up_by: StaffId,
    /// The state of its last answer.
    pub mark: Mark,
    /// When it was last asked, or a file was handed in.
    pub asked_at: Option<DateTime<Utc>>,
    /// When it was last taken in.
    pub read_at: Option<DateTime<Utc>>,
    /// When that failed last, and why.
    pub failed: Option<(DateTime<Utc>, Code)>,
    /// What was wrong in it then, the first [`FAULTS_SHOWN`]: pointers begin with the line.
    pub faults: Vec<Violation>,
    /// Raised by every change of its settings.
    pub version: i64,
}

impl ContentSource {
    /// Whether it is to be asked now.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        let every = TimeDelta::minutes(self.every_minutes.into());
        self.url.is_some() && self.asked_at.is_none_or(|asked| now - asked >= every)
    }

    /// Whether it is asked and has not answered for long: what came of it may be out of date. A file stays
    /// true until another comes.
    pub fn is_stale(&self, now: DateTime<Utc>) -> bool {
        let patience = PATIENCE.max(TimeDelta::minutes(self.every_minutes.into()) * MISSED);
        self.url.is_some() && self.read_at.is_some_and(|read| now - read > patience)
    }

    /// The same after it was taken in.
    #[must_use]
    pub fn succeeded(self, now: DateTime<Utc>, mark: Mark) -> Self {
        Self { mark, asked_at: Some(now), read_at: Some(now), ..self }
    }

    /// The same after it could not be.
    #[must_use]
    pub fn failed(self, now: DateTime<Utc>, why: Code, mut faults: Vec<Violation>) -> Self {
        faults.truncate(FAULTS_SHOWN);
        Self { asked_at: Some(now), failed: Some((now, why)), faults, ..self }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use super::*;

    pub fn source(format: Format) -> ContentSource {
        ContentSource {
            id: ContentSourceId(Uuid::nil()),
            name: Name::parse("Website").unwrap(),
            format,
            url: Some(WebAddress::parse("https://www.bad-dueben.example/rss").unwrap()),
            every_minutes: 60,
            publishes: true,
            topic: None,
            area: None,
            office: None,
            set_up_by: StaffId(Uuid::nil()),
            mark: Mark::default(),
            asked_at: None,
            read_at: None,
            failed: None,
            faults: Vec::new(),
            version: 1,
        }
    }

    #[test]
    fn a_source_is_asked_by_its_interval_and_goes_stale_where_it_does_not_answer() {
        let now: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().unwrap();
        let mut source = source(Format::Feed);
        assert!(source.is_due(now) && !source.is_stale(now));
        source = source.succeeded(now, Mark::default());
        assert!(!source.is_due(now + TimeDelta::minutes(59)) && source.is_due(now + TimeDelta::minutes(60)));
        let fault = Violation::new("/url", Code::SourceUnavailable);
        source = source.failed(now + TimeDelta::minutes(60), fault.code, vec![fault; FAULTS_SHOWN + 1]);
        assert_eq!(source.faults.len(), FAULTS_SHOWN);
        assert!(!source.is_due(now + TimeDelta::minutes(119)));
        assert!(!source.is_stale(now + TimeDelta::days(1)));
        assert!(source.is_stale(now + TimeDelta::days(1) + TimeDelta::seconds(1)));
        source.every_minutes = 1_440;
        assert!(!source.is_stale(now + TimeDelta::days(3)) && source.is_stale(now + TimeDelta::days(4)));
        source.url = None;
        assert!(!source.is_due(now + TimeDelta::days(9)) && !source.is_stale(now + TimeDelta::days(9)));
    }
}
