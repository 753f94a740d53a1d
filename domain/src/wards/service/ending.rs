//! Ending a representation: by the proxy, by the town hall, by time.

use chrono::{DateTime, Utc};
use strum::IntoEnumIterator;

use super::registering::found;
use crate::{
    Ctx, Error, Result, Scope, Store, StoreError, Tx,
    audit::{Deed, Subject, note},
    consents::{By, Means, entry::Circumstances},
    context::{Permission, Person, Staff},
    deliveries::Channel,
    follows::{Channels, Follow, follow::Interests, service::settle},
    ids::{MunicipalityId, PersonId},
    municipalities::Municipality,
    wards::{Proxy, RegisteredBy, Ward, WardState, ward::ASKED_FOR},
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
    if end_tie(store, ctx.now, &tie).await? { Ok(()) } else { Err(Error::not_found()) }
}

/// Ends every tie of somebody who represents nobody from now on, as [`end_by_proxy`] does each.
///
/// # Errors
/// Those of storage. What was ended by then stays so.
pub async fn end_all_by_proxy(store: &dyn Store, now: DateTime<Utc>, proxy: PersonId) -> Result<()> {
    let ties = store.read(Scope::Installation).await?.represented_by(proxy).await?;
    for tie in ties {
        end_tie(store, now, &tie).await?;
    }
    Ok(())
}

/// Ends a tie and what nobody else answers for; false where it was over.
async fn end_tie(store: &dyn Store, now: DateTime<Utc>, tie: &Proxy) -> Result<bool> {
    let (ward, proxy) = (tie.ward, tie.proxy);
    let tx = store.begin(Scope::Municipality(tie.municipality)).await?;
    tx.hold_follow(now, ward, tie.municipality).await?;
    if !tx.delete_proxy(ward, proxy).await? {
        return Ok(false);
    }
    let known = tx.ward(ward).await?;
    if let Some(known) = known.filter(|ward| ward.state.is_open()) {
        let alone = tx.proxies_of(ward).await?.is_empty();
        if alone && !matches!(known.registered_by, RegisteredBy::Staff(_) | RegisteredBy::Themselves) {
            end(&*tx, now, known, WardState::Ended, (Means::App, By::Proxy(proxy))).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}

/// Why the town hall ends a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// They said no: it is remembered as one by key or text message is.
    SaidNo,
    /// Something else, such as a move: others may have them asked again.
    Other,
}

/// Ends a ward's registration at the town hall, seen at `version`, as it was told on paper, by telephone or
/// in person.
///
/// # Errors
/// Stale where it changed since; [`crate::Code::TransitionIllegal`] where it is over.
pub async fn end_by_staff(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    (person, version): (PersonId, i64),
    (means, reason): (Means, Reason),
) -> Result<()> {
    ctx.require(Permission::RegisterWards)?;
    let tx = store.begin(ctx.scope()).await?;
    let ward = found(&*tx, person).await?;
    if ward.version != version {
        return Err(StoreError::Stale.into());
    }
    let state = match reason {
        Reason::SaidNo => ward.state.after_no(),
        Reason::Other => WardState::Ended,
    };
    end(&*tx, ctx.now, ward, state, (means, By::Staff(ctx.actor.staff))).await?;
    note(&*tx, ctx, Deed::Removed, Subject::Person(person)).await?;
    Ok(tx.commit().await?)
}

/// Erases a ward who asks the town hall for it, seen at `version`: what was sent to them ends, then everything of
/// theirs goes.
///
/// # Errors
/// [`crate::Code::NotFound`] for whoever is no ward of this town hall: they erase themselves. Stale where it
/// changed since.
pub async fn erase(store: &dyn Store, ctx: &Ctx<Staff>, (person, version): (PersonId, i64)) -> Result<()> {
    ctx.require(Permission::AnswerRequests)?;
    let tx = store.begin(ctx.scope()).await?;
    let ward = found(&*tx, person).await?;
    if ward.version != version {
        return Err(StoreError::Stale.into());
    }
    if ward.state.is_open() {
        let by = (Means::InPerson, By::Staff(ctx.actor.staff));
        end(&*tx, ctx.now, ward, WardState::Ended, by).await?;
    }
    tx.commit().await?;
    // Everywhere: that is the installation's matter.
    let tx = store.begin(Scope::Installation).await?;
    tx.erase_person(ctx.now, person).await?;
    note(&*tx, ctx, Deed::Erased, Subject::Person(person)).await?;
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

/// Withdraws everything and lets go of contacts and proxies. Where somebody said no, the contacts stay as long
/// as that is remembered: it is known by them.
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
    tx.put_reminders(who.0, &[]).await?;
    if !state.is_a_no() {
        for channel in Channel::iter() {
            tx.drop_contacts(who.0, channel).await?;
        }
    }
    tx.clear_follow(who.0, who.1).await?;
    tx.delete_proxies(who.0).await?;
    let ward = ward.becomes(state, now)?;
    tx.update_ward(&ward).await?;
    Ok(())
}
