//! Several may represent one ward: whoever does invites others by a code.

use super::registering::found;
use chrono::TimeDelta;

use crate::{
    Code, Ctx, Error, Result, Scope, Store, StoreError, Tx,
    context::{Permission, Person, Staff},
    idempotency::{Once, Outcome},
    ids::{MunicipalityId, PersonId},
    wards::{
        Invitation, Proxy,
        proxy::{INVITATION_LIFE, MOST_PROXIES},
        ward::MOST_WARDS,
    },
};

/// A code as it is drawn, its keyed hash, and for how long it is good.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// What to pass on.
    pub code: String,
    /// What is kept.
    pub code_hash: String,
    /// At most [`INVITATION_LIFE`].
    pub life: TimeDelta,
}

/// An invitation with its code, which is shown once.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// As it is kept.
    pub invitation: Invitation,
    /// What to pass on.
    pub code: String,
}

/// Invites somebody to represent a ward one represents.
///
/// # Errors
/// [`Code::NotFound`] for somebody one does not represent, [`Code::TooMany`] beyond the limit.
pub async fn invite(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    ward: PersonId,
    drawn: Drawn,
    once: Once<'_, NewInvitation>,
) -> Result<Outcome<NewInvitation>> {
    let ties = store.read(Scope::Installation).await?.represented_by(ctx.actor.person).await?;
    let tie = ties.into_iter().find(|tie| tie.ward == ward).ok_or_else(Error::not_found)?;
    let tx = store.begin(Scope::Municipality(tie.municipality)).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    let made = add(&*tx, ctx, (ward, tie.municipality), drawn).await?;
    once.remember(&*tx, ctx.now, &made).await?;
    tx.commit().await?;
    Ok(Outcome::Done(made))
}

/// The same by the town hall, for a ward it registered.
///
/// # Errors
/// As [`invite`].
pub async fn invite_by_staff(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    ward: PersonId,
    drawn: Drawn,
    once: Once<'_, NewInvitation>,
) -> Result<Outcome<NewInvitation>> {
    ctx.require(Permission::RegisterWards)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    let made = add(&*tx, ctx, (ward, ctx.actor.municipality), drawn).await?;
    once.remember(&*tx, ctx.now, &made).await?;
    tx.commit().await?;
    Ok(Outcome::Done(made))
}

async fn add<A: Sync>(
    tx: &dyn Tx,
    ctx: &Ctx<A>,
    (ward, municipality): (PersonId, MunicipalityId),
    drawn: Drawn,
) -> Result<NewInvitation> {
    found(tx, ward).await?;
    tx.hold_follow(ctx.now, ward, municipality).await?;
    if !found(tx, ward).await?.state.is_open() {
        return Err(Error::not_found());
    }
    let waiting = usize::try_from(tx.open_invitations(ctx.now, ward).await?).unwrap_or(usize::MAX);
    if tx.proxies_of(ward).await?.len().saturating_add(waiting) >= MOST_PROXIES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let invitation = Invitation {
        id: ctx.id(),
        ward,
        municipality,
        code_hash: drawn.code_hash,
        created_at: ctx.now,
        expires_at: ctx.now + drawn.life.min(INVITATION_LIFE),
    };
    tx.insert_proxy_invitation(&invitation).await?;
    Ok(NewInvitation { invitation, code: drawn.code })
}

/// Accepts an invitation, known by the keyed hash of its code. Answers who is represented from now on.
///
/// # Errors
/// [`Code::Forbidden`] for guests, [`Code::CodeWrong`] at `/code` for one that is wrong, used or too old,
/// [`Code::AlreadyExists`] where one represents them already, [`Code::TooMany`] beyond the limit.
pub async fn accept(store: &dyn Store, ctx: &Ctx<Person>, code_hash: &str) -> Result<Proxy> {
    if ctx.actor.account.is_none() {
        return Err(Error::refused(Code::Forbidden));
    }
    let wrong = || Error::invalid("/code", Code::CodeWrong);
    let reads = store.read(Scope::Installation).await?;
    let invitation = reads.proxy_invitation(code_hash).await?.ok_or_else(wrong)?;
    drop(reads);
    let tx = store.begin(Scope::Municipality(invitation.municipality)).await?;
    let open = tx.ward(invitation.ward).await?.is_some_and(|ward| ward.state.is_open());
    if invitation.expires_at <= ctx.now || !open {
        return Err(wrong());
    }
    let mine = tx.represented_by(ctx.actor.person).await?;
    if mine.iter().any(|tie| tie.ward == invitation.ward) {
        return Err(Error::refused(Code::AlreadyExists));
    }
    if mine.len() >= MOST_WARDS {
        return Err(Error::invalid("", Code::TooMany));
    }
    match tx.accept_proxy(ctx.now, &invitation, ctx.actor.person).await {
        Ok(true) => {}
        Ok(false) => return Err(wrong()),
        Err(StoreError::Duplicate) => return Err(Error::refused(Code::AlreadyExists)),
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    Ok(Proxy {
        id: invitation.id,
        ward: invitation.ward,
        municipality: invitation.municipality,
        proxy: ctx.actor.person,
        since: ctx.now,
    })
}
