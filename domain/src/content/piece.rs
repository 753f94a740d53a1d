//! One piece of content.

use chrono::{DateTime, Utc};

use super::{Kind, Sheet, State};
use crate::{
    Code, Error, Result,
    ids::{AreaId, ContentId, DepartmentId},
};

/// A piece of content with its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Its identifier.
    pub id: ContentId,
    /// What it is. Never changes.
    pub kind: Kind,
    /// How far it has come.
    pub state: State,
    /// What staff wrote.
    pub sheet: Sheet,
    /// When it was published first.
    pub published_at: Option<DateTime<Utc>>,
    /// The number of the town's change that made it what it is: those who copy it ask for what comes after.
    pub changed: i64,
    /// Raised by every change.
    pub version: i64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

impl Content {
    /// Whether anybody may see it at this moment.
    pub fn is_public(&self, now: DateTime<Utc>) -> bool {
        self.state == State::Published
            && self.sheet.publish_from.is_none_or(|from| from <= now)
            && self.sheet.publish_until.is_none_or(|until| until > now)
    }

    /// Since when it has been public, as people are told.
    pub fn since(&self) -> DateTime<Utc> {
        let published = self.published_at.unwrap_or(self.created_at);
        self.sheet.publish_from.map_or(published, |from| from.max(published))
    }

    /// The moments at which the clock alone makes it appear or go.
    pub fn turns(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let times =
            (self.state == State::Published).then_some([self.sheet.publish_from, self.sheet.publish_until]);
        times.into_iter().flatten().flatten()
    }

    /// Takes a step.
    ///
    /// # Errors
    /// [`Code::TransitionIllegal`] where there is no such step.
    pub fn become_state(&mut self, to: State, now: DateTime<Utc>) -> Result<()> {
        if self.state.step(to).is_none() {
            return Err(self.no_way_to(&to.to_string()));
        }
        self.state = to;
        if to == State::Published {
            self.published_at.get_or_insert(now);
        }
        Ok(())
    }

    /// Refuses a step that is none.
    pub fn no_way_to(&self, to: &str) -> Error {
        let values = vec![("from", self.state.to_string()), ("to", to.to_owned())];
        Error::with_values(Code::TransitionIllegal, values)
    }
}

/// What pieces call by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The district they are about.
    Area(AreaId),
    /// The department that answers for them.
    Office(DepartmentId),
}

/// What is left of a piece that was public and was removed: that it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Which one.
    pub id: ContentId,
    /// What it was.
    pub kind: Kind,
    /// The number of the town's change that removed it.
    pub changed: i64,
}
