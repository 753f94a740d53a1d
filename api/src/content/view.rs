//! Content as everybody reads it: one shape for all kinds, in lists, searches and changes alike.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    content::{
        Contact, FileKind, GazetteEntry, Kind, Language, Library, Link, Occurrence, Place, Tour, in_language,
        library::{Entry, Found},
    },
    geo::Point,
    ids::{ContentFileId, ContentId},
    text::{AddressLine, Line, Name, Notice, Remark, Slug},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

/// A piece of content in one language.
#[derive(Serialize, ToSchema)]
#[schema(as = Content)]
pub struct ContentView {
    /// Its identity.
    id: ContentId,
    /// What it is: `news`, `place`, `tour`, `contact`, `event`, `gazette`.
    #[schema(max_length = 16, example = "news")]
    kind: String,
    /// The language of its words: the one asked for, or German.
    language: Language,
    /// The heading.
    #[schema(example = "Das Freibad öffnet")]
    title: Line,
    /// What lists show.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Am Samstag um zehn geht es los.")]
    summary: Option<Remark>,
    /// All of it, plain text: an empty line ends a paragraph. Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "Am Samstag um zehn geht es los. Der Eintritt ist am ersten Tag frei."
    )]
    body: Option<Notice>,
    /// What it shows.
    #[schema(max_items = 10)]
    pictures: Vec<PictureView>,
    /// Where more is to be found.
    #[schema(max_items = 20)]
    links: Vec<Link>,
    /// The topic it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "kita")]
    topic: Option<Slug>,
    /// The code of the district it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "schnaditz")]
    area: Option<Slug>,
    /// The district's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Schnaditz")]
    area_name: Option<Name>,
    /// The department that answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Bürgerbüro")]
    office: Option<Name>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    location: Option<Point>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    address: Option<AddressLine>,
    /// Metres from the place asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, example = 420)]
    distance_m: Option<u32>,
    /// Whether it is open now; absent where its hours are not known, and in changes: a copy grows older.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    open: Option<bool>,
    /// When that changes, within a week; absent where `open` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    open_changes_at: Option<Time>,
    /// Since when it is public.
    published_at: Time,
    /// When it was changed last.
    updated_at: Time,
    /// Of a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    place: Option<Place>,
    /// Of a tour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tour: Option<Tour>,
    /// Of a contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    contact: Option<Contact>,
    /// Of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    event: Option<EventView>,
    /// Of a gazette.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    gazette: Option<GazetteView>,
}

/// A picture.
#[derive(Serialize, ToSchema)]
#[schema(as = Picture)]
struct PictureView {
    /// Its identity.
    id: ContentFileId,
    /// Where it is, relative to this installation; with `?rendition=thumb` a small one.
    #[schema(
        max_length = 200,
        example = "/v1/municipalities/bad-dueben/pictures/019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01"
    )]
    url: String,
    /// What it shows, for who cannot see it.
    #[schema(example = "Das Schwimmbecken mit der gelben Rutsche")]
    alternative: Line,
    /// Pixels from left to right.
    #[schema(minimum = 1, maximum = 2048, example = 1600)]
    width: u32,
    /// Pixels from top to bottom.
    #[schema(minimum = 1, maximum = 2048, example = 1200)]
    height: u32,
}

/// When an event takes place: in lists of events each time by itself, elsewhere the first time.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
struct EventView {
    /// When it begins.
    starts_at: Time,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ends_at: Option<Time>,
    /// Whether it was called off.
    cancelled: bool,
    /// How it comes back (RFC 5545), on the town's clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200, example = "FREQ=WEEKLY;BYDAY=TH")]
    recurrence: Option<String>,
    /// The dates, on the town's clocks, on which it was called off.
    #[schema(max_items = 100)]
    cancelled_dates: Vec<NaiveDate>,
    /// Who does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    organizer: Option<Line>,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    price: Option<Line>,
}

/// An issue of the official gazette.
#[derive(Serialize, ToSchema)]
#[schema(as = Gazette)]
struct GazetteView {
    /// The day it appeared.
    date: NaiveDate,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "12/2026")]
    issue: Option<Name>,
    /// Its PDF: here, relative to this installation, or elsewhere.
    #[schema(max_length = 200, example = "https://www.bad-dueben.example/amtsblatt-12.pdf")]
    document_url: String,
    /// Length of the PDF in bytes; of one elsewhere, as it was when it was linked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 10_485_760, example = 812_000)]
    document_bytes: Option<u32>,
    /// What stands in it.
    #[schema(max_items = 200)]
    entries: Vec<GazetteEntry>,
}

/// Whom a view is made for.
pub struct Reader<'a> {
    /// The town's content.
    pub library: &'a Library,
    /// The language wanted.
    pub language: Language,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Reader<'_> {
    /// A piece that was found, as lists show it.
    pub fn listed(&self, found: &Found) -> Option<ContentView> {
        let mut view = self.whole(&found.entry)?;
        view.body = None;
        view.distance_m = found.distance_m.map(metres);
        if let (Some(event), Some(time)) = (&mut view.event, found.occurrence) {
            let Occurrence { starts_at, ends_at, cancelled } = time;
            (event.starts_at, event.ends_at, event.cancelled) =
                (starts_at.into(), ends_at.map(Time::from), cancelled);
        }
        Some(view)
    }

    /// A piece as a copy keeps it: without what only holds at this moment.
    pub fn kept(&self, entry: &Entry) -> Option<ContentView> {
        self.whole(entry).map(|view| ContentView { open: None, open_changes_at: None, ..view })
    }

    /// A piece as a whole. None only for a piece without any words, which is not accepted.
    pub fn whole(&self, entry: &Entry) -> Option<ContentView> {
        let (content, sheet) = (&entry.content, &entry.content.sheet);
        let text = in_language(&sheet.texts, &self.language)?.clone();
        let open = self.library.open(entry, self.now);
        Some(ContentView {
            id: content.id,
            kind: content.kind.to_string(),
            language: text.language,
            title: text.title,
            summary: text.summary,
            body: text.body,
            pictures: self.pictures(entry),
            links: sheet.links.clone(),
            topic: entry.topic.clone(),
            area: entry.area.as_ref().map(|(code, _)| code.clone()),
            area_name: entry.area.as_ref().map(|(_, name)| name.clone()),
            office: entry.office.clone(),
            location: sheet.location,
            address: sheet.address.clone(),
            distance_m: None,
            open: open.map(|(open, _)| open),
            open_changes_at: open.and_then(|(_, change)| change).map(Time::from),
            published_at: content.since().into(),
            updated_at: content.updated_at.into(),
            place: sheet.place.clone(),
            tour: sheet.tour.clone(),
            contact: sheet.contact.clone(),
            event: sheet.event.as_ref().map(|event| EventView {
                starts_at: event.starts_at.into(),
                ends_at: event.ends_at.map(Time::from),
                cancelled: event.cancelled,
                recurrence: event.recurrence.clone().map(String::from),
                cancelled_dates: event.cancelled_dates.clone(),
                organizer: event.organizer.clone(),
                price: event.price.clone(),
            }),
            gazette: self.gazette(entry),
        })
    }

    fn pictures(&self, entry: &Entry) -> Vec<PictureView> {
        let pictures = entry.content.sheet.pictures.iter();
        let shown = pictures.filter_map(|picture| {
            let file = entry.files.iter().find(|file| file.id == picture.id)?;
            Some(PictureView {
                id: picture.id,
                url: self.path(FileKind::Picture, picture.id),
                alternative: in_language(&picture.alternatives, &self.language)?.text.clone(),
                width: file.width,
                height: file.height,
            })
        });
        shown.collect()
    }

    fn gazette(&self, entry: &Entry) -> Option<GazetteView> {
        let gazette = entry.content.sheet.gazette.as_ref()?;
        let file = gazette.document.and_then(|id| entry.files.iter().find(|file| file.id == id));
        let elsewhere = gazette.document_url.as_ref().map(|url| url.as_str().to_owned());
        Some(GazetteView {
            date: gazette.date,
            issue: gazette.issue.clone(),
            document_url: file.map(|file| self.path(FileKind::Document, file.id)).or(elsewhere)?,
            document_bytes: file.map(|file| file.bytes).or(entry.content.sheet.document_bytes),
            entries: gazette.entries.clone(),
        })
    }

    fn path(&self, kind: FileKind, file: ContentFileId) -> String {
        kind.path(&self.library.town.slug, file)
    }
}

/// Whole metres, at most the way around the world.
fn metres(distance: f64) -> u32 {
    let metres = format!("{:.0}", distance.clamp(0.0, 40_000_000.0));
    metres.parse().unwrap_or(u32::MAX)
}

/// What kind of thing a word is, for changes.
pub fn word(kind: Kind) -> String {
    kind.to_string()
}
