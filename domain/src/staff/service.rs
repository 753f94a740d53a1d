//! Staff signing in with e-mail address, password and, where they have one, a second factor; and
//! coming in to a town hall.
//!
//! In two steps, because comparing a password takes long and no transaction waits for it: the
//! attempt is counted and the stored hash fetched, the edge compares, then the session begins.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::{
    Member, SecondFactor,
    second_factor::{Proof, demand},
};
use crate::{
    Code, Ctx, Error, Result, Scope, Store,
    audit::{Deed, Subject, note},
    citizens::{Session, SessionKind},
    context::Visitor,
    ids::{AccountId, MunicipalityId},
    passwords::{self, Try},
    text::EmailAddress,
};

/// That somebody was here is noted at most so often.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(10);

/// An account with the hash to compare a password with.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The account.
    pub account: AccountId,
    /// The stored hash.
    pub hash: String,
    /// The second factor in use, where there is one.
    pub factor: Option<SecondFactor>,
}

/// Counts an attempt, known address or not, and fetches what the password is compared with. None
/// where nobody can sign in so: the edge then compares with a hash of nobody's, to take as long.
///
/// # Errors
/// [`Code::TooManyRequests`] for the address, the client, or both together.
pub async fn attempt(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    email: &EmailAddress,
    client: IpAddr,
) -> Result<Option<Attempt>> {
    let one = Try::new(client, email.as_str());
    let reads = store.read(Scope::Installation).await?;
    passwords::STAFF.refuse(&*reads, ctx.now, &one).await?;
    let tx = store.begin(Scope::Installation).await?;
    passwords::STAFF.count(&*tx, ctx.now, &one).await?;
    let account = tx.account_of_email(email).await?.filter(|account| account.disabled_at.is_none());
    let attempt = match account {
        Some(account) => {
            let factor = tx.second_factor(account.id).await?.filter(|factor| factor.confirmed_at.is_some());
            tx.password_hash(account.id).await?.map(|hash| Attempt { account: account.id, hash, factor })
        }
        None => None,
    };
    tx.commit().await?;
    Ok(attempt)
}

/// Begins a session after the password proved right, and uses up the code of the second factor.
/// `rehashed` replaces a hash of older parameters.
///
/// # Errors
/// [`Code::CredentialsWrong`] when the account was disabled or the code used meanwhile,
/// [`Code::SecondFactorRequired`] where no code came.
pub async fn begin(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    account: AccountId,
    proof: Option<&Proof>,
    rehashed: Option<String>,
    idle: TimeDelta,
) -> Result<Session> {
    let tx = store.begin(Scope::Installation).await?;
    tx.account(account)
        .await?
        .filter(|account| account.disabled_at.is_none())
        .ok_or_else(|| Error::refused(Code::CredentialsWrong))?;
    demand(&*tx, account, proof).await?;
    if let Some(hash) = rehashed {
        tx.set_password_hash(ctx.now, account, &hash).await?;
    }
    let session = Session::begin(ctx, SessionKind::Staff, None, Some(account), idle);
    tx.insert_session(&session).await?;
    note(&*tx, ctx, Deed::SignedIn, Subject::Account(account)).await?;
    tx.commit().await?;
    Ok(session)
}

/// Whoever an account is in a town hall that it comes in to; that they were here is noted.
///
/// # Errors
/// [`Code::NotFound`] for who does not work there now, [`Code::SecondFactorMissing`] where the town hall
/// requires a second factor and the account has none in use.
pub async fn enter(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    town: MunicipalityId,
    account: AccountId,
) -> Result<Member> {
    let reads = store.read(Scope::Municipality(town)).await?;
    let member = reads.member_of_account(account).await?.filter(|member| member.active);
    let member = member.ok_or_else(Error::not_found)?;
    let required =
        reads.municipality_by_id(town).await?.is_some_and(|town| town.settings.requires_second_factor);
    if required {
        let factor = reads.second_factor(account).await?;
        if factor.is_none_or(|factor| factor.confirmed_at.is_none()) {
            return Err(Error::refused(Code::SecondFactorMissing));
        }
    }
    drop(reads);
    if member.last_used_at.is_none_or(|last| ctx.now - last >= NOTED_EVERY) {
        let tx = store.begin(Scope::Municipality(town)).await?;
        tx.note_member_use(ctx.now, member.id).await?;
        tx.commit().await?;
    }
    Ok(member)
}
