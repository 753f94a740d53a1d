//! What the ward says: by a key, a text message, a link.

use chrono::{DateTime, Utc};

use crate::{
    Error, Result, Scope, Store, Tx,
    consents::{By, Means, entry::Circumstances, service::silence_person},
    follows::{
        Channels, Follow,
        service::{reach_again, settle},
    },
    ids::{ContactPointId, MunicipalityId, PersonId},
    wards::{Ward, WardState},
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
    /// The number or mailbox it came from: a yes is one for that and for no other.
    pub at: ContactPointId,
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
        (true, WardState::Invited | WardState::Active) => agree(&*tx, ward, said.at, &circumstances).await?,
        (true, state) => state,
        (false, state) => {
            if refuse_number(&*tx, (person, municipality), said.at).await? {
                state
            } else {
                silence_person(&*tx, (person, municipality), &circumstances).await?;
                state.after_no()
            }
        }
    };
    tx.commit().await?;
    Ok(state)
}

/// Whoever answers at a number or mailbox agrees. For a ward who had agreed at another one that is an entry in
/// the ledger of its own.
async fn agree(
    tx: &dyn Tx,
    ward: Ward,
    at: ContactPointId,
    circumstances: &Circumstances,
) -> Result<WardState> {
    let (person, now) = (ward.person, circumstances.at);
    let is_news = tx.agree_contact(person, at).await?;
    let follow = tx.follow_of(person, ward.municipality).await?.ok_or_else(Error::not_found)?;
    if ward.state == WardState::Active {
        if is_news {
            reach_again(tx, &follow).await?;
            let given = follow.channels.pairs();
            let given: Vec<_> =
                given.map(|(channel, purpose)| circumstances.entry(channel, purpose, true)).collect();
            tx.add_consents(person, &given).await?;
        }
        return Ok(ward.state);
    }
    // A yes from where they are not reached any more is none.
    if !tx.ways(person).await?.iter().any(|way| way.agreed && follow.channels.uses(way.channel)) {
        return Ok(ward.state);
    }
    let follow = Follow { chosen_at: Some(now), ..follow };
    settle(tx, &follow, &Channels::default(), circumstances).await?;
    let ward = ward.becomes(WardState::Active, now)?;
    tx.update_ward(&ward).await?;
    Ok(ward.state)
}

/// Takes a number from somebody where whoever answers there was asked and says no, while somebody at another
/// one agreed: it says nothing about the others, and may be a stranger's. Answers whether it was so.
///
/// # Errors
/// Those of storage.
pub async fn refuse_number(
    tx: &dyn Tx,
    (person, municipality): (PersonId, MunicipalityId),
    at: ContactPointId,
) -> Result<bool> {
    if !tx.refuse_contact(person, at).await? {
        return Ok(false);
    }
    if let Some(follow) = tx.follow_of(person, municipality).await? {
        reach_again(tx, &follow).await?;
    }
    Ok(true)
}
