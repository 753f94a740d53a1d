//! A signed-in installation: one family of refresh tokens, of which one at a time is live.
//!
//! A refresh token names its session and a generation. Renewing raises the generation, so a token
//! of an earlier one shows that somebody has a copy (RFC 9700, section 4.14). A phone that lost the
//! answer on the way asks again with the token before: for a short while, and only as long as the
//! new one was not used, it gets the same answer.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    context::Ctx,
    ids::{AccountId, PersonId, SessionId},
    text::Name,
};

/// No session lives longer, however often it is renewed.
pub const LONGEST: TimeDelta = TimeDelta::days(180);

/// How long the token before the live one is answered with the live one again.
pub const GRACE: TimeDelta = TimeDelta::seconds(30);

/// Whose session it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::EnumIter)]
#[strum(serialize_all = "lowercase")]
pub enum SessionKind {
    /// Of a person with an account.
    Citizen,
    /// Of an app installation without one.
    Guest,
    /// Of staff.
    Staff,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The identifier.
    pub id: SessionId,
    /// Whose it is.
    pub kind: SessionKind,
    /// The person; none for staff.
    pub person: Option<PersonId>,
    /// The account; none for guests.
    pub account: Option<AccountId>,
    /// What the person calls the device.
    pub device_name: Option<Name>,
    /// Which refresh token of the family is the live one.
    pub generation: i64,
    /// When the live one was made.
    pub rotated_at: DateTime<Utc>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends unless it is renewed.
    pub expires_at: DateTime<Utc>,
    /// When it was ended.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What a refresh token deserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// It is the live one: make the next.
    Live,
    /// It is the one before, and the answer was probably lost: give the live one again.
    Again,
    /// It was used up: somebody has a copy, the family ends.
    Copied,
    /// The session is over.
    Over,
}

impl Session {
    /// A session that begins now and ends after `idle` without being renewed.
    pub fn begin<A>(
        ctx: &Ctx<A>,
        kind: SessionKind,
        person: Option<PersonId>,
        account: Option<AccountId>,
        idle: TimeDelta,
    ) -> Self {
        Self {
            id: ctx.id(),
            kind,
            person,
            account,
            device_name: None,
            generation: 1,
            rotated_at: ctx.now,
            created_at: ctx.now,
            expires_at: ctx.now + idle.min(LONGEST),
            revoked_at: None,
        }
    }

    /// Whether its access tokens count.
    pub fn lives(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// What the refresh token of `generation` deserves.
    pub fn present(&self, generation: i64, now: DateTime<Utc>) -> Presented {
        if !self.lives(now) || generation > self.generation {
            Presented::Over
        } else if generation == self.generation {
            Presented::Live
        } else if generation == self.generation - 1 && now <= self.rotated_at + GRACE {
            Presented::Again
        } else {
            Presented::Copied
        }
    }

    /// The session with the next refresh token.
    pub fn renewed(&self, now: DateTime<Utc>, idle: TimeDelta) -> Self {
        Self {
            generation: self.generation + 1,
            rotated_at: now,
            expires_at: (now + idle).min(self.created_at + LONGEST),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: TimeDelta = TimeDelta::days(90);

    fn session() -> Session {
        Session {
            id: SessionId(uuid::Uuid::nil()),
            kind: SessionKind::Guest,
            person: None,
            account: None,
            device_name: None,
            generation: 7,
            rotated_at: DateTime::UNIX_EPOCH,
            created_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH + IDLE,
            revoked_at: None,
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn only_the_live_token_renews() {
        assert_eq!(session().present(7, at(0)), Presented::Live);
        assert_eq!(session().present(7, at(86_400)), Presented::Live);
        assert_eq!(session().present(8, at(0)), Presented::Over);
    }

    #[test]
    fn a_lost_answer_is_given_again_for_thirty_seconds() {
        assert_eq!(session().present(6, at(30)), Presented::Again);
        assert_eq!(session().present(6, at(31)), Presented::Copied);
        assert_eq!(session().present(5, at(1)), Presented::Copied);
        assert_eq!(session().renewed(at(1), IDLE).present(6, at(2)), Presented::Copied);
    }

    #[test]
    fn sessions_end() {
        let revoked = Session { revoked_at: Some(at(1)), ..session() };
        assert_eq!(revoked.present(7, at(2)), Presented::Over);
        assert_eq!(session().present(7, at(0) + IDLE), Presented::Over);
        let old = session().renewed(at(0) + TimeDelta::days(89), IDLE);
        assert_eq!(old.expires_at, at(0) + TimeDelta::days(179));
        let older = old.renewed(at(0) + TimeDelta::days(178), IDLE);
        assert_eq!(older.expires_at, at(0) + LONGEST);
    }
}
