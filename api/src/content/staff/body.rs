//! What staff send.

use chrono::{DateTime, Utc};
use domain::{
    content::{Contact, Event, Gazette, Kind, Link, Picture, Place, Sheet, Text, Tour},
    geo::Point,
    ids::{AreaId, DepartmentId, TopicId},
    text::AddressLine,
};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// A piece of content as it is written. One shape for all kinds: of the details, the members of its own kind
/// may be there and no others; an event needs `event`, a gazette `gazette`.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WriteContent, example = json!({
    "kind": "news",
    "texts": [
        {"language": "de", "title": "Das Freibad öffnet", "summary": "Am Samstag um zehn geht es los."},
        {"language": "en", "title": "The open-air pool opens"},
    ],
}))]
pub struct ContentBody {
    /// What it is. Never changes.
    kind: Kind,
    /// What it says, German among it.
    #[schema(min_items = 1, max_items = 12)]
    texts: Vec<Text>,
    /// What it shows: sent before to `…/staff/content-pictures`.
    #[serde(default)]
    #[schema(max_items = 10)]
    pictures: Vec<Picture>,
    /// Where more is to be found.
    #[serde(default)]
    #[schema(max_items = 20)]
    links: Vec<Link>,
    /// The interest it belongs to: those who chose it hear of it.
    #[schema(nullable = false)]
    topic: Option<TopicId>,
    /// The district it is about.
    #[schema(nullable = false)]
    area: Option<AreaId>,
    /// The department that answers for it.
    #[schema(nullable = false)]
    office: Option<DepartmentId>,
    /// Where it is.
    #[schema(nullable = false)]
    location: Option<Point>,
    /// The same in words.
    #[schema(nullable = false)]
    address: Option<AddressLine>,
    /// Its place among others of its kind, lower first; 0 where absent.
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000, example = 10)]
    #[validate(range(min = 0, max = 1_000_000))]
    position: Option<i32>,
    /// Not shown before.
    #[schema(nullable = false)]
    publish_from: Option<DateTime<Utc>>,
    /// Not shown from then on.
    #[schema(nullable = false)]
    publish_until: Option<DateTime<Utc>>,
    /// Of a place.
    #[schema(nullable = false)]
    place: Option<Place>,
    /// Of a tour.
    #[schema(nullable = false)]
    tour: Option<Tour>,
    /// Of a contact.
    #[schema(nullable = false)]
    contact: Option<Contact>,
    /// Of an event.
    #[schema(nullable = false)]
    event: Option<Event>,
    /// Of a gazette.
    #[schema(nullable = false)]
    gazette: Option<Gazette>,
}

impl ContentBody {
    /// What was written.
    pub fn written(self) -> (Kind, Sheet) {
        let sheet = Sheet {
            texts: self.texts,
            pictures: self.pictures,
            links: self.links,
            topic: self.topic,
            area: self.area,
            office: self.office,
            location: self.location,
            address: self.address,
            position: self.position.unwrap_or_default(),
            publish_from: self.publish_from,
            publish_until: self.publish_until,
            place: self.place,
            tour: self.tour,
            contact: self.contact,
            event: self.event,
            gazette: self.gazette,
            document_bytes: None,
        };
        (self.kind, sheet)
    }
}
