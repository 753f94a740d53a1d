//! What the ward says: by a key, a text message, a link.

use chrono::{DateTime, Utc};

use crate::{
    Error, Result, Scope, Store,
    consents::{By, Means, entry::Circumstances, service::silence_person},
    follows::{Channels, Follow, service::settle},
    ids::{MunicipalityId, PersonId},
    wards::WardState,
};

use super::registering::found;

/// A ward's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Yes, or no.
    pub yes: bool,
    /// How they said it.
    pub means: Means,
    /// The call, message or letter it answers.
    pub proof: String,
    /// When that left: a later registration is not meant.
    pub asked_at: DateTime<Utc>,
}

/// Writes what a ward said. A yes counts while they are asked, a no at any time; said again it changes
/// nothing. Answers how they stand now.
///
/// # Errors
/// [`crate::Code::NotFound`] for nobody of ours.
pub async fn answer(
    store: &dyn Store,
    now: DateTime<Utc>,
    (municipality, person): (MunicipalityId, PersonId),
    said: Answer,
) -> Result<WardState> {
    let tx = store.begin(Scope::Municipality(municipality)).await?;
    found(&*tx, person).await?;
    tx.hold_follow(now, person, municipality).await?;
    let ward = found(&*tx, person).await?;
    if ward.registered_at > said.asked_at {
        return Ok(ward.state);
    }
    let circumstances = Circumstances {
        at: now,
        means: said.means,
        text_version: ward.text_version,
        proof: Some(said.proof),
        by: By::Person,
    };
    let state = match (said.yes, ward.state) {
        (true, WardState::Invited) => {
            let follow = tx.follow_of(person, municipality).await?.ok_or_else(Error::not_found)?;
            let follow = Follow { chosen_at: Some(now), ..follow };
            settle(&*tx, &follow, &Channels::default(), &circumstances).await?;
            let ward = ward.becomes(WardState::Active, now)?;
            tx.update_ward(&ward).await?;
            ward.state
        }
        (true, state) => state,
        (false, state) => {
            silence_person(&*tx, (person, municipality), &circumstances).await?;
            state.after_no()
        }
    };
    tx.commit().await?;
    Ok(state)
}
