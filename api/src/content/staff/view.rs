//! Content as staff see it: as it was written, with its state.

use domain::{
    content::{Contact, Content, Event, Gazette, Link, Picture, Place, Text, Tour},
    geo::Point,
    ids::{AreaId, ContentId, DepartmentId, TopicId},
    text::AddressLine,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

/// A piece of content as it is kept.
#[derive(Serialize, ToSchema)]
pub struct StaffContent {
    /// Its identity.
    id: ContentId,
    /// What it is: `news`, `place`, `tour`, `contact`, `event`, `gazette`.
    #[schema(max_length = 16, example = "news")]
    kind: String,
    /// How far it has come: `draft`, `review`, `published`, `archived`.
    #[schema(max_length = 16, example = "draft")]
    state: String,
    /// What it says.
    #[schema(min_items = 1, max_items = 12)]
    texts: Vec<Text>,
    /// What it shows.
    #[schema(max_items = 10)]
    pictures: Vec<Picture>,
    /// Where more is to be found.
    #[schema(max_items = 20)]
    links: Vec<Link>,
    /// The interest it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    topic: Option<TopicId>,
    /// The district it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    area: Option<AreaId>,
    /// The department that answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    office: Option<DepartmentId>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    location: Option<Point>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    address: Option<AddressLine>,
    /// Its place among others of its kind, lower first.
    #[schema(minimum = 0, maximum = 1_000_000, example = 10)]
    position: i32,
    /// Not shown before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    publish_from: Option<Time>,
    /// Not shown from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    publish_until: Option<Time>,
    /// When it was published first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    published_at: Option<Time>,
    /// When it was begun.
    created_at: Time,
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
    event: Option<Event>,
    /// Of a gazette.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    gazette: Option<Gazette>,
}

impl From<Content> for StaffContent {
    fn from(content: Content) -> Self {
        let sheet = content.sheet;
        Self {
            id: content.id,
            kind: content.kind.to_string(),
            state: content.state.to_string(),
            texts: sheet.texts,
            pictures: sheet.pictures,
            links: sheet.links,
            topic: sheet.topic,
            area: sheet.area,
            office: sheet.office,
            location: sheet.location,
            address: sheet.address,
            position: sheet.position,
            publish_from: sheet.publish_from.map(Time::from),
            publish_until: sheet.publish_until.map(Time::from),
            published_at: content.published_at.map(Time::from),
            created_at: content.created_at.into(),
            updated_at: content.updated_at.into(),
            place: sheet.place,
            tour: sheet.tour,
            contact: sheet.contact,
            event: sheet.event,
            gazette: sheet.gazette,
        }
    }
}
