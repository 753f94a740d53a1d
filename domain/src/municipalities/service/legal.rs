//! Use cases: what the law asks a town hall to say, who tries the service first, and who may follow.

use chrono::{DateTime, Utc};

use super::MAX_ENTRIES;
use crate::{
    Code, Ctx, Error, Reads, Result, Scope, Store, StoreError,
    audit::{Deed, Subject, note},
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    ids::{AccountId, TesterId},
    municipalities::{
        Municipality,
        legal::{LegalFacts, MAX_TESTERS, Tester},
    },
    text::EmailAddress,
};

const _: () = assert!(MAX_TESTERS <= MAX_ENTRIES);

/// What the town hall says so far, with its version. For everybody.
pub async fn facts(store: &dyn Store, town: &Municipality) -> Result<(LegalFacts, i64)> {
    Ok(store.read(Scope::Municipality(town.id)).await?.legal_facts().await?)
}

/// The same for those who see its settings.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<(LegalFacts, i64)> {
    ctx.require(Permission::ReadSettings)?;
    Ok(store.read(ctx.scope()).await?.legal_facts().await?)
}

/// Replaces what the town hall says at `version`, 0 for the first time.
///
/// # Errors
/// [`Code::Required`] for each gap where a day is given on which the service starts; stale where it
/// changed since.
pub async fn put(store: &dyn Store, ctx: &Ctx<Staff>, version: i64, facts: LegalFacts) -> Result<LegalFacts> {
    ctx.require(Permission::ManageSettings)?;
    let violations = facts.violations();
    if !violations.is_empty() {
        return Err(Error::violations(violations));
    }
    let tx = store.begin(ctx.scope()).await?;
    tx.put_legal_facts(ctx.now, &facts, version).await?;
    note(&*tx, ctx, Deed::Changed, Subject::LegalFacts(ctx.actor.municipality)).await?;
    tx.commit().await?;
    Ok(facts)
}

/// Who may follow before the service starts.
pub async fn testers(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<Tester>> {
    ctx.require(Permission::ManageSettings)?;
    Ok(store.read(ctx.scope()).await?.testers().await?)
}

/// Lets somebody follow before the service starts, by the address they sign in with.
///
/// # Errors
/// [`Code::AlreadyExists`], [`Code::TooMany`].
pub async fn invite(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    email: EmailAddress,
    once: Once<'_, Tester>,
) -> Result<Outcome<Tester>> {
    ctx.require(Permission::ManageSettings)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    if tx.testers().await?.len() >= MAX_TESTERS {
        return Err(Error::invalid("", Code::TooMany));
    }
    let tester = Tester { id: ctx.id(), email };
    tx.insert_tester(ctx.now, &tester).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Created, Subject::Tester(tester.id)).await?;
    once.remember(&*tx, ctx.now, &tester).await?;
    tx.commit().await?;
    Ok(Outcome::Done(tester))
}

/// Takes it back, seen at `version`, which is always the first: testers do not change.
///
/// # Errors
/// [`Code::NotFound`]; stale for any other version.
pub async fn uninvite(store: &dyn Store, ctx: &Ctx<Staff>, id: TesterId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageSettings)?;
    let tx = store.begin(ctx.scope()).await?;
    if !tx.delete_tester(id).await? {
        return Err(Error::not_found());
    }
    if version != 1 {
        return Err(StoreError::Stale.into());
    }
    note(&*tx, ctx, Deed::Removed, Subject::Tester(id)).await?;
    Ok(tx.commit().await?)
}

/// Whether somebody may follow the town hall in scope now: everybody from its first day on, before it
/// only its staff and its testers. Asked with the transaction of what depends on it.
///
/// # Errors
/// Those of storage.
pub async fn may_follow(
    reads: &dyn Reads,
    town: &Municipality,
    account: Option<AccountId>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let (facts, _) = reads.legal_facts().await?;
    if facts.is_live(now.with_timezone(&town.time_zone).date_naive()) {
        return Ok(true);
    }
    let Some(account) = account else { return Ok(false) };
    if reads.member_of_account(account).await?.is_some_and(|member| member.active) {
        return Ok(true);
    }
    match reads.account(account).await?.and_then(|account| account.email) {
        Some(email) => Ok(reads.is_tester(&email).await?),
        None => Ok(false),
    }
}
