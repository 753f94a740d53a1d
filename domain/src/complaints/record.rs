//! A complaint as it is kept.

use chrono::{DateTime, SecondsFormat, Utc};

use super::{Due, Moved, Reference, Standing, Status, photo::ContentHash};
use crate::{
    geo::Point,
    ids::{CategoryId, ComplaintId, DepartmentId, PersonId, PhotoId, StaffId},
    page::Position,
    routing::Priority,
    text::{AddressLine, Description, EmailAddress, Line},
    time::TownCalendar,
};

/// A citizen's report with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Complaint {
    /// Its identifier, perhaps made by the app.
    pub id: ComplaintId,
    /// Its number for people.
    pub reference: Reference,
    /// Where it stands.
    pub status: Status,
    /// What it is about.
    pub category: CategoryId,
    /// Whose desk it lies on.
    pub department: DepartmentId,
    /// Who in the department works on it.
    pub assignee: Option<StaffId>,
    /// How soon the desk should look at it.
    pub priority: Priority,
    /// What the citizen wrote. Never public.
    pub description: Description,
    /// Where it is. At least one of the two is known.
    pub place: Place,
    /// Of the report as it was sent: tells a repeated request from another one.
    pub content: ContentHash,
    /// Whether nobody knows who reported it.
    pub anonymous: bool,
    /// The citizen or guest who reported it.
    pub reporter: Option<PersonId>,
    /// SHA-256 of the return key an anonymous reporter was shown, in hexadecimal.
    pub return_key_hash: Option<String>,
    /// Where the confirmation of an unconfirmed report was sent.
    pub confirm_email: Option<EmailAddress>,
    /// The complaint this one repeats.
    pub original: Option<ComplaintId>,
    /// The public title, where staff wrote one.
    pub title: Option<Line>,
    /// Whether staff made the exact place public.
    pub place_released: bool,
    /// What was promised; nothing before it was routed.
    pub due: Option<Due>,
    /// When the town hall first answered.
    pub first_answered_at: Option<DateTime<Utc>>,
    /// The due date the desk was last reminded of.
    pub reminded_for: Option<DateTime<Utc>>,
    /// The due date whose passing the lead was last told of.
    pub overdue_told_for: Option<DateTime<Utc>>,
    /// When it was resolved, rejected or handed over.
    pub settled_at: Option<DateTime<Utc>>,
    /// When it was reported.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Raised by every change.
    pub version: i64,
}

impl Complaint {
    /// Where it stands, for the rule of the next step.
    pub fn standing(&self) -> Standing {
        Standing { status: self.status, settled_at: self.settled_at, promised: self.due.is_some() }
    }

    /// What the public may know of the place: the exact point only where staff released it.
    pub fn public_point(&self) -> Option<Point> {
        self.place.point.map(|point| if self.place_released { point } else { point.coarse() })
    }

    /// Whether it was reported by whoever asks: known by their token, or by the hash of the return key.
    pub fn is_of(&self, person: Option<PersonId>, return_key_hash: Option<&str>) -> bool {
        (person.is_some() && person == self.reporter)
            || (return_key_hash.is_some() && return_key_hash == self.return_key_hash.as_deref())
    }

    /// Where it stands in a list by time of filing.
    pub fn position(&self) -> Position {
        let key = self.created_at.to_rfc3339_opts(SecondsFormat::Micros, true);
        Position { key, id: self.id.0 }
    }

    /// The next date promised and still open: of the first answer, then of the solution.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let due = self.running()?;
        Some(if self.first_answered_at.is_none() { due.first_answer } else { due.solution })
    }

    /// By when it is to be solved, while that is still open and counted on.
    pub fn solution_due(&self) -> Option<DateTime<Utc>> {
        Some(self.running()?.solution)
    }

    fn running(&self) -> Option<Due> {
        self.due.filter(|due| self.status.is_open() && due.paused_at.is_none())
    }

    /// Lets the promise stand still or go on, as the state says that was just reached. Says so where
    /// the promised date moved.
    pub fn keep_pace(&mut self, now: DateTime<Utc>, calendar: TownCalendar) -> Option<Moved> {
        let due = self.due.as_mut()?;
        if self.status.pauses_promise() {
            due.pause(now);
        } else if self.status.is_open() {
            return due.resume(now, calendar);
        } else {
            due.paused_at = None;
        }
        None
    }

    /// Whether a promise has passed and the town hall still has to keep it.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.next_due().is_some_and(|due| due < now)
    }
}

/// Where a complaint is: a point, an address, or both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The point on the map.
    pub point: Option<Point>,
    /// The address as it was typed or found in the register.
    pub address: Option<AddressLine>,
}

/// A picture as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Its identifier, perhaps made by the app.
    pub id: PhotoId,
    /// The complaint it belongs to; none until that is filed.
    pub complaint: Option<ComplaintId>,
    /// Who sent it, as the text of the actor's kind and id: only its sender can attach it. Forgotten
    /// then, so that an anonymous report stays one.
    pub sender: String,
    /// Its place among the complaint's photos, from 0.
    pub position: u8,
    /// Pixels from left to right of the full rendition.
    pub width: u32,
    /// Pixels from top to bottom of the full rendition.
    pub height: u32,
    /// Of the upload: tells a repeated upload from another one.
    pub content: ContentHash,
    /// When staff made it public.
    pub released_at: Option<DateTime<Utc>>,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
}
