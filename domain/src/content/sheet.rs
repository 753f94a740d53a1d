//! What staff write about a piece of content, and what must hold of it.

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Alternative, Contact, Event, Gazette, Kind, Place, Text, Tour, details::sensible, texts::faults,
};
use crate::{
    Error, Result,
    error::{Code, Violation},
    geo::Point,
    ids::{AreaId, ContentFileId, DepartmentId, TopicId},
    text::{AddressLine, Name, WebAddress},
    time::{TownCalendar, is_reckoned_with},
};

/// Pictures of one piece.
pub const MAX_PICTURES: usize = 10;
/// Links of one piece.
pub const MAX_LINKS: usize = 20;

/// A picture with what it shows, for who cannot see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentPicture)]
pub struct Picture {
    /// Which one, as it was sent.
    pub id: ContentFileId,
    /// What it shows, in German and perhaps other languages.
    #[schema(min_items = 1, max_items = 12)]
    pub alternatives: Vec<Alternative>,
}

/// A page elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentLink)]
pub struct Link {
    /// What is there.
    #[schema(example = "Preise und Zeiten")]
    pub label: Name,
    /// Where it is.
    pub url: WebAddress,
}

/// All that staff write. Which of the details are there, its kind says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// What it says, German among it.
    pub texts: Vec<Text>,
    /// What it shows.
    pub pictures: Vec<Picture>,
    /// Where more is to be found.
    pub links: Vec<Link>,
    /// The interest it belongs to.
    pub topic: Option<TopicId>,
    /// The district it is about.
    pub area: Option<AreaId>,
    /// The department that answers for it.
    pub office: Option<DepartmentId>,
    /// Where it is.
    pub location: Option<Point>,
    /// The same in words.
    pub address: Option<AddressLine>,
    /// Its place among others of its kind, lower first.
    pub position: i32,
    /// Not shown before.
    pub publish_from: Option<DateTime<Utc>>,
    /// Not shown from then on.
    pub publish_until: Option<DateTime<Utc>>,
    /// Of a place.
    pub place: Option<Place>,
    /// Of a tour.
    pub tour: Option<Tour>,
    /// Of a contact.
    pub contact: Option<Contact>,
    /// Of an event.
    pub event: Option<Event>,
    /// Of a gazette.
    pub gazette: Option<Gazette>,
    /// Length in bytes of the document a gazette links to, as it was when somebody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_bytes: Option<u32>,
}

impl Sheet {
    /// A sheet with nothing but words.
    pub fn of(text: Text) -> Self {
        Self {
            texts: vec![text],
            pictures: Vec::new(),
            links: Vec::new(),
            topic: None,
            area: None,
            office: None,
            location: None,
            address: None,
            position: 0,
            publish_from: None,
            publish_until: None,
            place: None,
            tour: None,
            contact: None,
            event: None,
            gazette: None,
            document_bytes: None,
        }
    }

    /// The sheet if all that must hold of a piece of this kind does.
    ///
    /// # Errors
    /// Violations with their pointers.
    pub fn checked(mut self, kind: Kind, town: TownCalendar) -> Result<Self> {
        self.cut_to_seconds();
        let mut wrong = faults(&self.texts, "/texts");
        wrong.extend(self.wrong_pictures());
        if self.links.len() > MAX_LINKS {
            wrong.push(Violation::new("/links", Code::TooMany));
        }
        if let Some(Err(code)) = self.location.map(sensible) {
            wrong.push(Violation::new("/location", code));
        }
        for (pointer, time) in [("/publish_from", self.publish_from), ("/publish_until", self.publish_until)]
        {
            if time.is_some_and(|time| !is_reckoned_with(time)) {
                wrong.push(Violation::new(pointer, Code::OutOfRange));
            }
        }
        if let (Some(from), Some(until)) = (self.publish_from, self.publish_until)
            && until <= from
        {
            wrong.push(Violation::new("/publish_until", Code::Contradiction));
        }
        wrong.extend(self.wrong_details(kind));
        wrong.extend(self.tour.iter().flat_map(Tour::faults));
        wrong.extend(self.event.iter().flat_map(|event| event.faults(town.zone)));
        wrong.extend(self.gazette.iter().flat_map(Gazette::faults));
        if wrong.is_empty() { Ok(self) } else { Err(Error::violations(wrong)) }
    }

    /// Times are told in whole seconds.
    fn cut_to_seconds(&mut self) {
        let event = self.event.as_mut().map(|event| (&mut event.starts_at, event.ends_at.as_mut()));
        let (starts, ends) = event.unzip();
        let times = [self.publish_from.as_mut(), self.publish_until.as_mut(), starts, ends.flatten()];
        for time in times.into_iter().flatten() {
            *time = time.trunc_subsecs(0);
        }
    }

    fn wrong_pictures(&self) -> Vec<Violation> {
        let mut wrong = Vec::new();
        if self.pictures.len() > MAX_PICTURES {
            wrong.push(Violation::new("/pictures", Code::TooMany));
        }
        for (number, picture) in self.pictures.iter().enumerate() {
            wrong.extend(faults(&picture.alternatives, &format!("/pictures/{number}/alternatives")));
        }
        wrong
    }

    /// A piece has the details of its kind and no others. What can be left out whole may be.
    fn wrong_details(&self, kind: Kind) -> Vec<Violation> {
        let details = [
            ("/place", Kind::Place, self.place.is_some(), false),
            ("/tour", Kind::Tour, self.tour.is_some(), false),
            ("/contact", Kind::Contact, self.contact.is_some(), false),
            ("/event", Kind::Event, self.event.is_some(), true),
            ("/gazette", Kind::Gazette, self.gazette.is_some(), true),
        ];
        let wrong = details.into_iter().filter_map(|(pointer, of, there, needed)| match of == kind {
            false if there => Some(Violation::new(pointer, Code::NotAllowed)),
            true if needed && !there => Some(Violation::new(pointer, Code::Required)),
            _ => None,
        });
        wrong.collect()
    }

    /// Where the document is that it links to.
    pub fn document_url(&self) -> Option<&WebAddress> {
        self.gazette.as_ref().and_then(|gazette| gazette.document_url.as_ref())
    }

    /// Metres from `here`: to its place, or to where its path comes nearest. None of what is nowhere.
    pub fn distance(&self, here: Point) -> Option<f64> {
        match (self.location, &self.tour) {
            (Some(place), _) => Some(here.distance(place)),
            (None, Some(tour)) => here.distance_to_path(&tour.path),
            (None, None) => None,
        }
    }

    /// The files it names, each with its pointer and whether it is a document.
    pub fn files(&self) -> Vec<(ContentFileId, String, bool)> {
        let pictures = self.pictures.iter().enumerate();
        let pictures = pictures.map(|(n, picture)| (picture.id, format!("/pictures/{n}/id"), false));
        let document = self.gazette.as_ref().and_then(|gazette| gazette.document);
        pictures.chain(document.map(|id| (id, "/gazette/document".to_owned(), true))).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::time::FederalState;

    fn faults_of(kind: Kind, change: Value) -> Vec<(String, Code)> {
        let mut sheet = json!({
            "texts": [{"language": "de", "title": "Wochenmarkt"}], "pictures": [], "links": [], "position": 0,
        });
        sheet.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let sheet: Sheet = serde_json::from_value(sheet).unwrap();
        let town = TownCalendar { state: FederalState::Sn, zone: chrono_tz::Europe::Berlin };
        match sheet.checked(kind, town) {
            Ok(_) => Vec::new(),
            Err(Error::Refused(refusal)) => {
                refusal.violations.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn fault(kind: Kind, change: Value) -> (String, Code) {
        faults_of(kind, change).into_iter().next().unwrap()
    }

    #[test]
    fn a_piece_has_the_details_of_its_kind_and_no_others() {
        assert!(faults_of(Kind::News, json!({})).is_empty());
        assert!(faults_of(Kind::Place, json!({"place": {"wheelchair": "yes"}})).is_empty());
        assert_eq!(fault(Kind::Event, json!({})), ("/event".into(), Code::Required));
        assert_eq!(fault(Kind::Gazette, json!({})), ("/gazette".into(), Code::Required));
        assert_eq!(fault(Kind::News, json!({"place": {}})), ("/place".into(), Code::NotAllowed));
    }

    #[test]
    fn a_picture_without_words_is_none() {
        let id = "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01";
        let picture = |alternatives: Value| json!({"pictures": [{"id": id, "alternatives": alternatives}]});
        let mute = fault(Kind::News, picture(json!([])));
        assert_eq!(mute, ("/pictures/0/alternatives".into(), Code::Required));
        let english = picture(json!([{"language": "en", "text": "The pool"}]));
        assert_eq!(fault(Kind::News, english), ("/pictures/0/alternatives".into(), Code::Required));
        let german = picture(json!([{"language": "de", "text": "Das Becken"}]));
        assert!(faults_of(Kind::News, german).is_empty());
    }

    #[test]
    fn places_with_swapped_numbers_are_told() {
        let here = json!({"location": {"lat": 51.59, "lon": 12.58}});
        assert!(faults_of(Kind::Place, here).is_empty());
        let swapped = json!({"location": {"lat": 12.58, "lon": 51.59}});
        assert_eq!(fault(Kind::Place, swapped), ("/location".into(), Code::AxesSwapped));
        let path = json!({"tour": {"path": [{"lat": 12.58, "lon": 51.59}, {"lat": 12.6, "lon": 51.6}]}});
        assert_eq!(fault(Kind::Tour, path), ("/tour/path/0".into(), Code::AxesSwapped));
        let nowhere = json!({"location": {"lat": 91.0, "lon": 12.0}});
        assert_eq!(fault(Kind::Place, nowhere), ("/location".into(), Code::OutOfRange));
    }

    #[test]
    fn times_do_not_contradict_each_other() {
        let over = json!({"publish_from": "2026-12-01T00:00:00Z", "publish_until": "2026-12-01T00:00:00Z"});
        assert_eq!(fault(Kind::News, over), ("/publish_until".into(), Code::Contradiction));
        let back = json!({"event": {"starts_at": "2026-12-01T10:00:00Z", "ends_at": "2026-12-01T09:00:00Z"}});
        assert_eq!(fault(Kind::Event, back), ("/event/ends_at".into(), Code::OutOfRange));
        for time in ["-262143-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "+262142-12-31T23:59:59Z"] {
            for member in ["publish_from", "publish_until"] {
                let beyond = fault(Kind::News, json!({member: time}));
                assert_eq!(beyond, (format!("/{member}"), Code::OutOfRange), "{time}");
            }
        }
        let beyond =
            json!({"event": {"starts_at": "2026-12-01T10:00:00Z", "cancelled_dates": ["+262142-12-31"]}});
        assert_eq!(fault(Kind::Event, beyond), ("/event/cancelled_dates".into(), Code::OutOfRange));
        let old = json!({"event": {"starts_at": "1899-12-01T10:00:00Z", "recurrence": "FREQ=DAILY"}});
        assert_eq!(fault(Kind::Event, old), ("/event/starts_at".into(), Code::OutOfRange));
        let never = json!({"event": {"starts_at": "2026-12-01T10:00:00Z", "recurrence": "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31"}});
        assert_eq!(fault(Kind::Event, never), ("/event/recurrence".into(), Code::RecurrenceUnreadable));
    }

    #[test]
    fn a_gazette_has_one_document() {
        let url = "https://www.bad-dueben.example/amtsblatt.pdf";
        let issue = |more: Value| {
            let mut gazette = json!({"date": "2026-12-01"});
            gazette.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"gazette": gazette})
        };
        assert!(faults_of(Kind::Gazette, issue(json!({"document_url": url}))).is_empty());
        let none = fault(Kind::Gazette, issue(json!({})));
        assert_eq!(none, ("/gazette/document".into(), Code::ExactlyOne));
        let before = issue(json!({"document_url": url, "date": "-262143-01-01"}));
        assert_eq!(fault(Kind::Gazette, before), ("/gazette/date".into(), Code::OutOfRange));
        let page = issue(json!({"document_url": url, "entries": [{"title": "Satzung", "page": 0}]}));
        assert_eq!(fault(Kind::Gazette, page), ("/gazette/entries/0/page".into(), Code::OutOfRange));
    }
}
