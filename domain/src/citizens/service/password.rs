//! A citizen's password, for those who want one besides codes. It opens nothing of a town hall: whoever also
//! works in one has another password for that.
//!
//! In steps, because hashing takes long and no transaction waits for it: the stored hash is fetched here, the
//! edge compares and hashes, then the rest happens here.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::sessions::{account_of, begin, guest, known};
use crate::{
    Code, Ctx, Error, Result, Scope, Store, StoreError,
    audit::{Deed, Subject, note},
    citizens::{Account, Address, Session, SessionKind},
    context::{self, Person, Visitor},
    ids::AccountId,
    limits::{Quota, spend},
    passwords::{self, Try},
    text::Name,
};

/// Passwords tried by somebody who is signed in, to change theirs.
const PER_ACCOUNT: Quota = Quota::new("citizen_passwords_per_account", 10, TimeDelta::minutes(15));
/// How long a sign-in counts as proof that it is oneself who sits there.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// An account with the hash to compare a password with.
#[derive(Clone, Debug)]
pub struct PasswordAttempt {
    /// The account.
    pub account: AccountId,
    /// The stored hash.
    pub hash: String,
}

/// Counts an attempt, known address or not, and fetches what the password is compared with. None where nobody
/// can sign in so: the edge then compares with a hash of nobody's, to take as long.
///
/// # Errors
/// [`Code::TooManyRequests`] for the address, the client, or both together.
pub async fn attempt_password(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    address: &Address,
    client: IpAddr,
) -> Result<Option<PasswordAttempt>> {
    let one = Try::new(client, address.as_str());
    let reads = store.read(Scope::Installation).await?;
    passwords::CITIZENS.refuse(&*reads, ctx.now, &one).await?;
    let tx = store.begin(Scope::Installation).await?;
    passwords::CITIZENS.count(&*tx, ctx.now, &one).await?;
    let attempt = match account_of(&*tx, address).await?.filter(may_sign_in) {
        Some(account) => {
            let hash = tx.citizen_password_hash(account.id).await?;
            hash.map(|hash| PasswordAttempt { account: account.id, hash })
        }
        None => None,
    };
    tx.commit().await?;
    Ok(attempt)
}

fn may_sign_in(account: &Account) -> bool {
    account.disabled_at.is_none() && account.person.is_some()
}

/// What comes with a password that proved right.
#[derive(Clone, Debug)]
pub struct PasswordSignIn {
    /// Replaces a hash of older parameters.
    pub rehashed: Option<String>,
    /// The guest who signs in, by the token sent along.
    pub guest: Option<context::Person>,
    /// What the person calls the device.
    pub device_name: Option<Name>,
    /// How long the session lives without being used.
    pub idle: TimeDelta,
}

/// Begins a session after the password proved right. What the guest did so far becomes the citizen's.
///
/// # Errors
/// [`Code::CredentialsWrong`] where account or password changed meanwhile.
pub async fn begin_with_password(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    attempt: &PasswordAttempt,
    given: PasswordSignIn,
) -> Result<Session> {
    let wrong = || Error::refused(Code::CredentialsWrong);
    let tx = store.begin(Scope::Installation).await?;
    let account = tx.account(attempt.account).await?.filter(may_sign_in).ok_or_else(wrong)?;
    if tx.citizen_password_hash(account.id).await?.as_ref() != Some(&attempt.hash) {
        return Err(wrong());
    }
    let guest = guest(&*tx, given.guest).await?;
    let (account, person) = known(&*tx, ctx, account, guest.as_ref(), ctx.locale).await?;
    if let Some(hash) = given.rehashed {
        tx.set_citizen_password_hash(ctx.now, account.id, Some(&hash)).await?;
    }
    let session = Session {
        device_name: given.device_name,
        ..Session::begin(ctx, SessionKind::Citizen, Some(person), Some(account.id), given.idle)
    };
    begin(&*tx, ctx, &session, guest.as_ref()).await?;
    note(&*tx, ctx, Deed::SignedIn, Subject::Account(account.id)).await?;
    tx.commit().await?;
    Ok(session)
}

/// What a new password depends on.
#[derive(Clone, Debug)]
pub struct PasswordChange {
    /// The account.
    pub account: AccountId,
    /// The hash of the password so far.
    pub hash: Option<String>,
    /// Whether the password so far must be given: there is one, and the sign-in was a while ago.
    pub asks_for_it: bool,
}

/// Counts an attempt to change one's password and fetches what it depends on.
///
/// # Errors
/// [`Code::Forbidden`] for guests, [`Code::TooManyRequests`].
pub async fn begin_password_change(store: &dyn Store, ctx: &Ctx<Person>) -> Result<PasswordChange> {
    let account = ctx.actor.account.ok_or_else(|| Error::refused(Code::Forbidden))?;
    let tx = store.begin(Scope::Installation).await?;
    spend(&*tx, ctx.now, PER_ACCOUNT, &account.to_string()).await?;
    let hash = tx.citizen_password_hash(account).await?;
    let session = tx.session(ctx.actor.session).await?.ok_or_else(Error::not_found)?;
    tx.commit().await?;
    let asks_for_it = hash.is_some() && ctx.now - session.created_at > FRESH;
    Ok(PasswordChange { account, hash, asks_for_it })
}

/// Sets one's password, or takes it away. Sessions elsewhere end.
///
/// # Errors
/// [`StoreError::Stale`] where it changed meanwhile.
pub async fn set_password(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    change: &PasswordChange,
    hash: Option<&str>,
) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    if tx.citizen_password_hash(change.account).await? != change.hash {
        return Err(StoreError::Stale.into());
    }
    tx.set_citizen_password_hash(ctx.now, change.account, hash).await?;
    tx.revoke_other_sessions(ctx.now, ctx.actor.person, ctx.actor.session).await?;
    note(&*tx, ctx, Deed::Changed, Subject::Account(change.account)).await?;
    Ok(tx.commit().await?)
}
