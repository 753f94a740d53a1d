//! Ending a representation: by the proxy, by the town hall, by time.

use chrono::{DateTime, Utc};

use super::registering::found;
use crate::{
    Ctx, Error, Result, Scope, Store, StoreError, Tx,
    audit::{Deed, Subject, note},
    consents::{By, Means, entry::Circumstances},
    context::{Permission, Person, Staff},
    follows::{Channels, Follow, follow::Interests, service::settle},
    ids::{MunicipalityId, PersonId},
    municipalities::Municipality,
    wards::{RegisteredBy, Ward, WardState, ward::ASKED_FOR},
};

/// Wards looked at in one go.
const AT_ONCE: u64 = 200;

/// Ends one's own tie to a ward. Where nobody else represents them and it was not the town hall who
/// registered them, everything ends.
///
/// # Errors
/// [`crate::Code::NotFound`] for somebody one does not represent.
pub async fn end_by_proxy(store: &dyn Store, ctx: &Ctx<Person>, ward: PersonId) -> Result<()> {
    let ties = store.read(Scope::Installation).await?.represented_by(ctx.actor.person).await?;
    let tie = ties.into_iter().find(|tie| tie.ward == ward).ok_or_else(Error::not_found)?;
    let tx = store.begin(Scope::Municipality(tie.municipality)).await?;
    tx.hold_follow(ctx.now, ward, tie.municipality).await?;
    if !tx.delete_proxy(ward, ctx.actor.person).await? {
        return Err(Error::not_found());
    }
    let known = tx.ward(ward).await?;
    if let Some(known) = known.filter(|ward| ward.state.is_open()) {
        let alone = tx.proxies_of(ward).await?.is_empty();
        if alone && !matches!(known.registered_by, RegisteredBy::Staff(_) | RegisteredBy::Themselves) {
            let by = (Means::App, By::Proxy(ctx.actor.person));
            end(&*tx, ctx.now, known, WardState::Ended, by).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Ends a ward's registration at the town hall, seen at `version`: they said so on paper, by telephone or
/// in person.
///
/// # Errors
/// Stale where it changed since; [`crate::Code::TransitionIllegal`] where it is over.
pub async fn end_by_staff(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    (person, version): (PersonId, i64),
    means: Means,
) -> Result<()> {
    ctx.require(Permission::RegisterWards)?;
    let tx = store.begin(ctx.scope()).await?;
    let ward = found(&*tx, person).await?;
    if ward.version != version {
        return Err(StoreError::Stale.into());
    }
    end(&*tx, ctx.now, ward, WardState::Ended, (means, By::Staff(ctx.actor.staff))).await?;
    note(&*tx, ctx, Deed::Removed, Subject::Person(person)).await?;
    Ok(tx.commit().await?)
}

/// Ends what nobody answered and what was good until yesterday. Answers how many.
///
/// # Errors
/// Those of storage.
pub async fn expire(store: &dyn Store, now: DateTime<Utc>, town: &Municipality) -> Result<usize> {
    let today = town.calendar().date(now);
    let reads = store.read(Scope::Municipality(town.id)).await?;
    if reads.outlived_wards(now - ASKED_FOR, today, 1).await?.is_empty() {
        return Ok(0);
    }
    drop(reads);
    let tx = store.begin(Scope::Municipality(town.id)).await?;
    let outlived = tx.outlived_wards(now - ASKED_FOR, today, AT_ONCE).await?;
    let many = outlived.len();
    for ward in outlived {
        end(&*tx, now, ward, WardState::Expired, (Means::System, By::System)).await?;
    }
    tx.commit().await?;
    Ok(many)
}

/// Withdraws everything and lets go of contacts and proxies.
async fn end(
    tx: &dyn Tx,
    now: DateTime<Utc>,
    ward: Ward,
    state: WardState,
    (means, by): (Means, By),
) -> Result<()> {
    let who: (PersonId, MunicipalityId) = (ward.person, ward.municipality);
    tx.hold_follow(now, who.0, who.1).await?;
    let circumstances = Circumstances { at: now, means, text_version: ward.text_version, proof: None, by };
    if let Some(follow) = tx.follow_of(who.0, who.1).await? {
        let agreed = if follow.agreed() { follow.channels.clone() } else { Channels::default() };
        let silent = Follow { channels: Channels::default(), ..follow };
        settle(tx, &silent, &agreed, &circumstances).await?;
    }
    tx.put_interests(who.0, &Interests::default()).await?;
    for channel in <crate::deliveries::Channel as strum::IntoEnumIterator>::iter() {
        tx.drop_contacts(who.0, channel).await?;
    }
    tx.clear_follow(who.0, who.1).await?;
    tx.delete_proxies(who.0).await?;
    let ward = ward.becomes(state, now)?;
    tx.update_ward(&ward).await?;
    Ok(())
}
