//! The parts of a report: how the people of each district stand, and what happened when.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use domain::{
    broadcasts::{District, Moment},
    ids::AreaId,
    text::Name,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{Counted, seconds};

/// How the people of one district stand.
#[derive(Serialize, ToSchema)]
pub struct BroadcastArea {
    /// The district; absent for those whose district is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = uuid::Uuid)]
    area: Option<AreaId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<Name>,
    /// People by how they stand, as in `standings` of the report.
    #[schema(max_items = 8)]
    standings: Vec<Counted>,
}

impl BroadcastArea {
    /// The districts by name, those whose district is not known last.
    pub(super) fn all(districts: BTreeMap<Option<AreaId>, District>) -> Vec<Self> {
        let area = |(area, district): (Option<AreaId>, District)| Self {
            area,
            name: district.name,
            standings: district
                .standings
                .into_iter()
                .map(|(standing, count)| Counted { name: standing.to_string(), count })
                .collect(),
        };
        let mut areas: Vec<_> = districts.into_iter().map(area).collect();
        areas.sort_by_cached_key(|one| (one.name.is_none(), one.name.as_ref().map(ToString::to_string)));
        areas
    }

    /// The same as lines of a table.
    pub(super) fn lines(&self) -> impl Iterator<Item = [String; 3]> {
        let name = self.name.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        self.standings
            .iter()
            .map(move |one| [format!("area: {name}"), one.name.clone(), one.count.to_string()])
    }
}

/// What happened to a broadcast in a span of time.
#[derive(Serialize, ToSchema)]
pub struct BroadcastMoment {
    /// When it begins.
    from: DateTime<Utc>,
    /// Messages and calls that a provider took.
    #[schema(minimum = 0, example = 830)]
    sent: u64,
    /// Those of which a provider said that they arrived, and people who opened it in the app.
    #[schema(minimum = 0, example = 610)]
    arrived: u64,
    /// People who acknowledged.
    #[schema(minimum = 0, example = 420)]
    acknowledged: u64,
}

impl BroadcastMoment {
    /// What happened after it began to be sent.
    pub(super) fn all(since: Option<DateTime<Utc>>, course: &[Moment]) -> Vec<Self> {
        let Some(since) = since else { return Vec::new() };
        course
            .iter()
            .map(|moment| Self {
                from: seconds(since + TimeDelta::seconds(moment.after.into())),
                sent: moment.sent,
                arrived: moment.arrived,
                acknowledged: moment.acknowledged,
            })
            .collect()
    }

    /// The same as lines of a table; what is 0 is left out.
    pub(super) fn lines(&self) -> impl Iterator<Item = [String; 3]> {
        let from = self.from.to_rfc3339_opts(SecondsFormat::Secs, true);
        [
            ("timeline_sent", self.sent),
            ("timeline_arrived", self.arrived),
            ("timeline_acknowledged", self.acknowledged),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(move |(what, count)| [what.to_owned(), from.clone(), count.to_string()])
    }
}
