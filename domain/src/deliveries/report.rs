//! What providers report after they took a message: late, twice, in any order, or before our own
//! record that it was sent.

use chrono::{DateTime, Utc};

use super::DeliveryState;
use crate::{
    Result, Scope, Store,
    ids::{ContactPointId, MessageId, MunicipalityId},
};

/// A provider's or a person's word on one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How far it came. Only forward: see [`DeliveryState::may_become`].
    pub state: DeliveryState,
    /// Why it did not arrive: one of the adapter's own words.
    pub reason: Option<&'static str>,
}

impl Report {
    /// A step on the way.
    pub const fn of(state: DeliveryState) -> Self {
        Self { state, reason: None }
    }

    /// It did not arrive.
    pub const fn failed(reason: &'static str) -> Self {
        Self { state: DeliveryState::Failed, reason: Some(reason) }
    }
}

/// Writes a report. Answers whether it changed anything: a repeated one, one that came too late, and
/// one about a delivery that is not there do not.
///
/// # Errors
/// Those of storage.
pub async fn receive(
    store: &dyn Store,
    now: DateTime<Utc>,
    municipality: MunicipalityId,
    (message, contact_point): (MessageId, ContactPointId),
    report: Report,
) -> Result<bool> {
    let tx = store.begin(Scope::Municipality(municipality)).await?;
    let changed = tx.report(now, message, contact_point, report).await?;
    tx.commit().await?;
    Ok(changed)
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
