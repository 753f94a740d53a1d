//! What a source publishes, compared with what was taken from it before.
//!
//! Every piece is understood before anything is written. What staff changed, withdrew or removed stays as
//! they left it, and so does what they published of a source that publishes nothing by itself: nobody looked at
//! what it says now. Everything else follows the source.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{ContentSource, Fault, Item, Understood};
use crate::{
    content::{Content, Sheet, State},
    ids::ContentId,
    time::TownCalendar,
};

/// Pieces one source may publish at once.
pub const MOST_ITEMS: usize = 2_000;
/// Faults that a report names one by one.
pub const FAULTS_KEPT: usize = 1_000;
/// News are told to those who chose their topic if the source published them within this time.
const FRESH: TimeDelta = TimeDelta::days(1);
/// So many at once, the newest: a source that was away for a while is no alarm.
const MOST_TOLD: usize = 3;
/// Whether an event is over is looked up so far ahead.
const AHEAD: TimeDelta = TimeDelta::days(400);

/// What was taken from a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// What makes it the same one each time.
    pub key: String,
    /// The piece that was made of it. Staff may have removed it since.
    pub content: ContentId,
    /// What the source said. A piece that says something else was changed by staff.
    pub sheet: Sheet,
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Pieces that were not there before.
    pub added: u64,
    /// Pieces that say something else now.
    pub changed: u64,
    /// Pieces that were there just so.
    pub unchanged: u64,
    /// Pieces that staff changed, removed or published themselves, and that stay so.
    pub kept: u64,
    /// Pieces that the source no longer has, and that are archived.
    pub withdrawn: u64,
    /// Repetitions within the source.
    pub ignored: u64,
    /// What was not taken.
    pub faults: Vec<Fault>,
}

/// What is to be written.
#[derive(Debug, Default)]
pub struct Plan {
    /// New and changed pieces, as they are from now on.
    pub put: Vec<Content>,
    /// What was taken.
    pub taken: Vec<Taken>,
    /// Keys of what is no longer there.
    pub forgotten: Vec<String>,
    /// Pieces to be told to those who chose their topic.
    pub told: Vec<Content>,
    /// What comes of it.
    pub report: Report,
}

/// What a plan is made from.
pub struct Ground<'a> {
    /// The source.
    pub source: &'a ContentSource,
    /// What was taken from it before.
    pub taken: Vec<Taken>,
    /// The pieces made of that, as far as they are there.
    pub contents: Vec<Content>,
    /// The town's days.
    pub town: TownCalendar,
    /// The moment.
    pub now: DateTime<Utc>,
    /// The number of this change of the town's content.
    pub changed: i64,
}

/// Compares what a source publishes with what was taken from it. `id` makes identifiers.
pub fn plan(ground: Ground<'_>, understood: Understood, mut id: impl FnMut() -> uuid::Uuid) -> Plan {
    let mut plan = Plan::default();
    let Understood { items, ignored, faults } = understood;
    (plan.report.ignored, plan.report.faults) = (ignored, faults);
    if !plan.report.faults.is_empty() {
        return plan;
    }
    let Ground { source, now, changed, town, .. } = ground;
    let ContentSource { topic, area, office, publishes, .. } = *source;
    let mut contents: HashMap<ContentId, Content> =
        ground.contents.into_iter().map(|content| (content.id, content)).collect();
    let mut before: HashMap<String, Taken> =
        ground.taken.into_iter().map(|taken| (taken.key.clone(), taken)).collect();
    let mut fresh = Vec::new();
    for item in items {
        let item = Item { sheet: Sheet { topic, area, office, ..item.sheet }, ..item };
        let Some(taken) = before.remove(&item.key) else {
            let content = made(source, &item, ContentId(id()), (now, changed));
            if is_news(source, &item, now) {
                fresh.push((item.dated, content.clone()));
            }
            plan.taken.push(Taken { key: item.key, content: content.id, sheet: item.sheet });
            plan.put.push(content);
            plan.report.added += 1;
            continue;
        };
        if taken.sheet == item.sheet {
            plan.report.unchanged += 1;
            continue;
        }
        match contents.remove(&taken.content) {
            Some(content)
                if content.sheet == taken.sheet && (publishes || content.state != State::Published) =>
            {
                plan.put.push(Content {
                    sheet: item.sheet.clone(),
                    changed,
                    version: content.version + 1,
                    updated_at: now,
                    ..content
                });
                plan.taken.push(Taken { sheet: item.sheet, ..taken });
                plan.report.changed += 1;
            }
            _ => plan.report.kept += 1,
        }
    }
    if source.format.is_whole() {
        let mut gone: Vec<_> = before.into_values().collect();
        gone.sort_by_key(|taken| taken.content);
        for taken in gone {
            let Some(content) = contents.remove(&taken.content) else { continue };
            let is_ours = content.state == State::Published && content.sheet == taken.sheet;
            if is_ours && !is_over(&content, town, now) {
                plan.put.push(Content {
                    state: State::Archived,
                    changed,
                    version: content.version + 1,
                    updated_at: now,
                    ..content
                });
                plan.forgotten.push(taken.key);
                plan.report.withdrawn += 1;
            }
        }
    }
    fresh.sort_by_key(|(dated, _)| std::cmp::Reverse(*dated));
    plan.told = fresh.into_iter().take(MOST_TOLD).map(|(_, content)| content).collect();
    plan
}

fn made(source: &ContentSource, item: &Item, id: ContentId, (now, changed): (DateTime<Utc>, i64)) -> Content {
    let published = item.dated.map_or(now, |dated| dated.min(now));
    Content {
        id,
        kind: item.kind,
        state: if source.publishes { State::Published } else { State::Draft },
        sheet: item.sheet.clone(),
        published_at: source.publishes.then_some(published),
        changed,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// Whether it is news to people: not what a source had long before it was set up.
fn is_news(source: &ContentSource, item: &Item, now: DateTime<Utc>) -> bool {
    source.publishes && source.read_at.is_some() && item.dated.is_none_or(|dated| now - dated <= FRESH)
}

fn is_over(content: &Content, town: TownCalendar, now: DateTime<Utc>) -> bool {
    let event = content.sheet.event.as_ref();
    event.is_some_and(|event| event.within(town.zone, (now, now + AHEAD)).is_empty())
}

#[cfg(test)]
#[path = "import_tests.rs"]
pub(super) mod tests;
