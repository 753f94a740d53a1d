//! What providers report after they took a message: late, twice, in any order, or before our own
//! record that it was sent.

use chrono::{DateTime, Utc};

use super::{DeliveryState, redial};
use crate::{
    Error, Result, Scope, Store,
    ids::{ContactPointId, MessageId, MunicipalityId},
};

/// A provider's or a person's word on one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How far it came. Only forward: see [`DeliveryState::may_become`].
    pub state: DeliveryState,
    /// Why it did not arrive: one of the adapter's own words.
    pub reason: Option<&'static str>,
    /// Whether nothing will ever arrive there: nobody has that number or mailbox.
    pub dead: bool,
    /// What follows from it.
    pub then: Then,
}

/// What follows from a report besides the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// It was busy or nobody picked up: the number may be called again.
    CallAgain,
    /// A machine took the call: the next rung of the ladder is taken.
    GoOn,
}

/// The delivery that a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The message.
    pub message: MessageId,
    /// The contact point.
    pub contact_point: ContactPointId,
    /// How often it had been made due again when it left. What somebody says about an earlier time ends no later
    /// one; that it arrived is true whichever it was.
    pub generation: u32,
}

impl Report {
    /// A step on the way.
    pub const fn of(state: DeliveryState) -> Self {
        Self { state, reason: None, dead: false, then: Then::Nothing }
    }

    /// It did not arrive.
    pub const fn failed(reason: &'static str) -> Self {
        Self { state: DeliveryState::Failed, reason: Some(reason), dead: false, then: Then::Nothing }
    }

    /// Nobody took a call.
    pub const fn unanswered(reason: &'static str) -> Self {
        Self { then: Then::CallAgain, ..Self::failed(reason) }
    }

    /// A machine took a call. It has the message, which proves nothing about anybody.
    pub const fn recorded(reason: &'static str) -> Self {
        Self { state: DeliveryState::Sent, reason: Some(reason), dead: false, then: Then::GoOn }
    }

    /// It did not arrive, and nothing ever will.
    pub const fn dead(reason: &'static str) -> Self {
        Self { dead: true, ..Self::failed(reason) }
    }
}

/// Writes a report. Answers whether it changed anything: a repeated one, one that came too late, and
/// one about a delivery that is not there do not. A contact point that is dead is forgotten, unless it was registered
/// again since.
///
/// # Errors
/// Those of storage.
pub async fn receive(
    store: &dyn Store,
    now: DateTime<Utc>,
    municipality: MunicipalityId,
    tried: Tried,
    report: Report,
) -> Result<bool> {
    let tx = store.begin(Scope::Municipality(municipality)).await?;
    let changed = match report.then {
        Then::Nothing => tx.report(now, tried, report).await?,
        Then::CallAgain => redial::unanswered(&*tx, now, municipality, tried, report).await?,
        Then::GoOn => redial::recorded(&*tx, now, tried, report).await?,
    };
    tx.commit().await?;
    Ok(changed)
}

/// The same for who knows the delivery and not the town hall that speaks.
///
/// # Errors
/// [`crate::Code::NotFound`] where no town hall sends such a message any more.
pub async fn receive_back(
    store: &dyn Store,
    now: DateTime<Utc>,
    tried: Tried,
    report: Report,
) -> Result<bool> {
    let sender = store.read(Scope::Installation).await?.sender_of(tried.message).await?;
    receive(store, now, sender.ok_or_else(Error::not_found)?, tried, report).await
}

/// Whoever reached us by this way wants nothing more on it: the way is removed, and what is still to
/// be sent to it is not. One that was registered again after `since` stays.
///
/// # Errors
/// Those of storage.
pub async fn leave(store: &dyn Store, contact_point: ContactPointId, since: DateTime<Utc>) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    tx.drop_contact_point(contact_point, since).await?;
    Ok(tx.commit().await?)
}
