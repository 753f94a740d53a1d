//! What the public sees of a town's content, as it is kept in memory: all that is published, with the names
//! of what it refers to. Nothing here asks a database.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    Content, ContentFile, Kind, Occurrence, OpeningHours, Removal,
    hours::Holidays,
    port::ContentReads,
    search::{Wanted, Words},
};
use crate::{
    Result,
    geo::Point,
    ids::{AreaId, ContentFileId, ContentId, DepartmentId, TopicId},
    municipalities::{
        Municipality,
        port::{AreaReads, DepartmentReads, TopicReads},
    },
    page::{Page, PageRequest, Position},
    text::{Name, Slug},
};

/// How long what was removed is remembered, for those who keep a copy.
pub const REMEMBERED: TimeDelta = TimeDelta::days(90);
/// The longest time events are looked up for at once.
pub const LONGEST_WINDOW: TimeDelta = TimeDelta::days(400);
/// Most times of events in one answer's list, before it is cut into pages.
const MOST_OCCURRENCES: usize = 20_000;

/// A published piece with what it refers to.
#[derive(Debug)]
pub struct Entry {
    /// The piece.
    pub content: Content,
    /// The code of its topic.
    pub topic: Option<Slug>,
    /// Code and name of its district.
    pub area: Option<(Slug, Name)>,
    /// The department that answers for it.
    pub office: Option<Name>,
    /// Its pictures and its document.
    pub files: Vec<ContentFile>,
    words: Words,
}

impl Entry {
    /// When it is open, where that is known.
    pub fn hours(&self) -> Option<&OpeningHours> {
        let place = self.content.sheet.place.as_ref().and_then(|place| place.opening_hours.as_ref());
        let contact = self.content.sheet.contact.as_ref().and_then(|contact| contact.office_hours.as_ref());
        place.or(contact)
    }
}

/// What somebody looks for. Absent members do not narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// With these words.
    pub q: Option<String>,
    /// Of this topic.
    pub topic: Option<Slug>,
    /// In this district.
    pub area: Option<Slug>,
    /// Nearest first.
    pub near: Option<Point>,
    /// Within so many metres of it.
    pub radius_m: Option<u32>,
    /// Open now.
    pub open: bool,
    /// Events of this time.
    pub window: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// One piece that was found; an event once for each time it takes place.
#[derive(Clone, Debug)]
pub struct Found {
    /// The piece.
    pub entry: Arc<Entry>,
    /// The time of an event.
    pub occurrence: Option<Occurrence>,
    /// Metres from where one looks.
    pub distance_m: Option<f64>,
}

/// All that is published in one town.
pub struct Library {
    /// The town as it was looked up.
    pub town: Municipality,
    pub(super) entries: Vec<Arc<Entry>>,
    pub(super) gone: Vec<Removal>,
    by_id: HashMap<ContentId, usize>,
    files: HashMap<ContentFileId, Vec<usize>>,
    /// Pictures and documents of broadcasts that people see.
    told: HashMap<ContentFileId, ContentFile>,
    /// Every moment at which the clock alone shows or hides an entry, in order.
    pub(super) turns: Vec<(DateTime<Utc>, Uuid, usize)>,
    holidays: Holidays,
}

impl Library {
    /// Reads what is published now.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn load<R>(reads: &R, town: Municipality, now: DateTime<Utc>) -> Result<Self>
    where
        R: ContentReads + TopicReads + AreaReads + DepartmentReads + ?Sized,
    {
        let contents = reads.published_contents().await?;
        let gone = reads.withdrawn_contents(now - REMEMBERED - TimeDelta::days(10)).await?;
        let files: HashMap<_, _> =
            reads.content_files().await?.into_iter().map(|file| (file.id, file)).collect();
        let topics: HashMap<TopicId, Slug> =
            reads.topics().await?.into_iter().map(|topic| (topic.id, topic.code)).collect();
        let areas: HashMap<AreaId, _> =
            reads.areas().await?.into_iter().map(|area| (area.id, (area.code, area.name))).collect();
        let offices: HashMap<DepartmentId, Name> =
            reads.departments().await?.into_iter().map(|office| (office.id, office.name)).collect();
        let entries = contents.into_iter().map(|content| {
            let sheet = &content.sheet;
            let named = sheet.files();
            Entry {
                topic: sheet.topic.and_then(|id| topics.get(&id).cloned()),
                area: sheet.area.and_then(|id| areas.get(&id).cloned()),
                office: sheet.office.and_then(|id| offices.get(&id).cloned()),
                files: named.iter().filter_map(|(id, ..)| files.get(id).cloned()).collect(),
                words: words(&content),
                content,
            }
        });
        let entries = entries.collect();
        let told = reads.told_files().await?;
        let told = told.into_iter().filter_map(|id| Some((id, files.get(&id)?.clone()))).collect();
        Ok(Self { told, ..Self::of(town, entries, gone, now) })
    }

    fn of(town: Municipality, entries: Vec<Entry>, gone: Vec<Removal>, now: DateTime<Utc>) -> Self {
        let holidays = Holidays::around(town.calendar(), now);
        let by_id = entries.iter().enumerate().map(|(at, entry)| (entry.content.id, at)).collect();
        let mut files: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            entry.files.iter().for_each(|file| files.entry(file.id).or_default().push(at));
        }
        let turned = |(at, entry): (usize, &Entry)| {
            entry.content.turns().map(|moment| (moment, entry.content.id.0, at)).collect::<Vec<_>>()
        };
        let mut turns: Vec<_> = entries.iter().enumerate().flat_map(turned).collect();
        turns.sort_unstable();
        let entries = entries.into_iter().map(Arc::new).collect();
        Self { town, entries, gone, by_id, files, told: HashMap::new(), turns, holidays }
    }

    /// Whether it still is what a town that was just looked up has.
    pub fn is_of(&self, town: &Municipality) -> bool {
        self.town.content_version >= town.content_version
            && self.town.register_version >= town.register_version
            && self.town.version >= town.version
    }

    /// The next moment at which the clock alone changes what is public.
    pub fn next_turn(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.turns.partition_point(|(moment, ..)| *moment <= now);
        self.turns.get(next).map(|(moment, ..)| *moment)
    }

    /// A piece that anybody may see now.
    pub fn get(&self, id: ContentId, now: DateTime<Utc>) -> Option<&Arc<Entry>> {
        let entry = self.entries.get(*self.by_id.get(&id)?)?;
        entry.content.is_public(now).then_some(entry)
    }

    /// A file of a piece that anybody may see now, or of a broadcast that was sent.
    pub fn file(&self, id: ContentFileId, now: DateTime<Utc>) -> Option<&ContentFile> {
        let named = self.files.get(&id).into_iter().flatten().filter_map(|at| self.entries.get(*at));
        let public = named.filter(|entry| entry.content.is_public(now));
        public.flat_map(|entry| &entry.files).find(|file| file.id == id).or_else(|| self.told.get(&id))
    }

    /// Whether a piece is open now, and when that changes; none where its hours are not known.
    pub fn open(&self, entry: &Entry, now: DateTime<Utc>) -> Option<(bool, Option<DateTime<Utc>>)> {
        entry.hours().map(|hours| hours.at(now, &self.holidays))
    }

    /// The pieces anybody may see now that fit, in the order of what was asked: by fit, else by distance,
    /// else as their kind is arranged.
    pub fn find(&self, filter: &Filter, now: DateTime<Utc>, request: &PageRequest) -> Page<Found> {
        let wanted = filter.q.as_deref().map(Wanted::parse);
        let fits = |entry: &&Arc<Entry>| {
            entry.content.is_public(now)
                && filter.kind.is_none_or(|kind| entry.content.kind == kind)
                && filter.topic.as_ref().is_none_or(|topic| entry.topic.as_ref() == Some(topic))
                && filter
                    .area
                    .as_ref()
                    .is_none_or(|area| entry.area.as_ref().map(|area| &area.0) == Some(area))
                && (!filter.open || self.open(entry, now).is_some_and(|(open, _)| open))
        };
        let mut found = Vec::new();
        for entry in self.entries.iter().filter(fits) {
            let rank = match &wanted {
                None => 0,
                Some(wanted) => match wanted.rank(&entry.words) {
                    Some(rank) => rank,
                    None => continue,
                },
            };
            let distance_m = match filter.near.map(|here| entry.content.sheet.distance(here)) {
                None => None,
                Some(None) => continue,
                Some(distance) => distance,
            };
            if distance_m > filter.radius_m.map(f64::from).or(Some(f64::MAX)) {
                continue;
            }
            for occurrence in self.times(entry, filter) {
                let one = Found { entry: entry.clone(), occurrence, distance_m };
                let position = one.position(wanted.as_ref().map(|_| rank), filter.kind);
                found.push((position, one));
            }
            if found.len() > MOST_OCCURRENCES {
                break;
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found.retain(|(position, _)| request.after.as_ref().is_none_or(|after| position > after));
        let Page { items, next } = Page::cut(found, request, |(position, _)| position.clone());
        Page { items: items.into_iter().map(|(_, one)| one).collect(), next }
    }

    /// The times of an event in the window asked for; anything else stands once.
    fn times(&self, entry: &Entry, filter: &Filter) -> Vec<Option<Occurrence>> {
        match (&entry.content.sheet.event, filter.window) {
            (Some(event), Some(window)) => {
                event.within(self.town.time_zone, window).into_iter().map(Some).collect()
            }
            _ => vec![None],
        }
    }
}

impl Found {
    /// Its place in the order, as text that sorts.
    fn position(&self, rank: Option<u32>, kind: Option<Kind>) -> Position {
        let content = &self.entry.content;
        let newest = |moment: DateTime<Utc>| format!("{:020}", i64::MAX - moment.timestamp_micros());
        let key = if let Some(rank) = rank {
            format!("{:010} {}", u32::MAX - rank, newest(content.since()))
        } else if let Some(distance) = self.distance_m {
            format!("{distance:012.1}")
        } else if let Some(Occurrence { starts_at, .. }) = self.occurrence {
            format!("{:020}", starts_at.timestamp_micros())
        } else {
            match kind {
                Some(Kind::Place | Kind::Tour | Kind::Contact) => {
                    let title =
                        content.sheet.texts.first().map(|text| super::search::fold(text.title.as_str()));
                    let title: String = title.unwrap_or_default().chars().take(80).collect();
                    format!("{:010} {title}", content.sheet.position)
                }
                Some(Kind::Gazette) => {
                    let date = content
                        .sheet
                        .gazette
                        .as_ref()
                        .map(|gazette| gazette.date.and_time(chrono::NaiveTime::MIN).and_utc());
                    newest(date.unwrap_or_else(|| content.since()))
                }
                _ => newest(content.since()),
            }
        };
        Position { key, id: content.id.0 }
    }
}

/// All words of a piece.
fn words(content: &Content) -> Words {
    let sheet = &content.sheet;
    let titles = sheet.texts.iter().map(|text| text.title.as_str());
    let texts = sheet.texts.iter().flat_map(|text| {
        let summary = text.summary.as_ref().map(|summary| summary.as_str());
        summary.into_iter().chain(text.body.as_ref().map(|body| body.as_str()))
    });
    let address = sheet.address.iter().map(|address| address.as_str());
    let entries = sheet.gazette.iter().flat_map(|gazette| &gazette.entries);
    let entries = entries.map(|entry| entry.title.as_str());
    let organizer = sheet.event.iter().filter_map(|event| event.organizer.as_ref()).map(|line| line.as_str());
    let pictures = sheet.pictures.iter().flat_map(|picture| &picture.alternatives);
    let pictures = pictures.map(|alternative| alternative.text.as_str());
    Words::new(titles, texts.chain(address).chain(entries).chain(organizer).chain(pictures))
}

#[cfg(test)]
#[path = "library_tests.rs"]
pub(super) mod tests;
