//! Staff signing in with e-mail address and password.
//!
//! In two steps, because comparing a password takes long and no transaction waits for it: the
//! attempt is counted and the stored hash fetched, the edge compares, then the session begins.

use std::net::IpAddr;

use chrono::TimeDelta;

use crate::{
    Code, Ctx, Error, Result, Scope, Store,
    audit::{Deed, Subject, note},
    citizens::{Session, SessionKind},
    context::Visitor,
    ids::AccountId,
    limits::{self, Quota, refuse_spent, spend},
    text::EmailAddress,
};

/// Passwords tried for one address.
const PER_ADDRESS: Quota = Quota::new("passwords_per_address", 10, TimeDelta::minutes(15));
/// Passwords tried from one client address, behind which a whole town hall may sit.
const PER_CLIENT: Quota = Quota::new("passwords_per_client", 60, TimeDelta::minutes(15));

/// An account with the hash to compare a password with.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The account.
    pub account: AccountId,
    /// The stored hash.
    pub hash: String,
}

/// Counts an attempt, known address or not, and fetches what the password is compared with. None
/// where nobody can sign in so: the edge then compares with a hash of nobody's, to take as long.
///
/// # Errors
/// [`Code::TooManyRequests`] for the address or the client.
pub async fn attempt(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    email: &EmailAddress,
    client: IpAddr,
) -> Result<Option<Attempt>> {
    let client = limits::client(client);
    let reads = store.read(Scope::Installation).await?;
    refuse_spent(&*reads, ctx.now, &[(PER_CLIENT, &client), (PER_ADDRESS, email.as_str())]).await?;
    let tx = store.begin(Scope::Installation).await?;
    spend(&*tx, ctx.now, PER_CLIENT, &client).await?;
    spend(&*tx, ctx.now, PER_ADDRESS, email.as_str()).await?;
    let account = tx.account_of_email(email).await?.filter(|account| account.disabled_at.is_none());
    let attempt = match account {
        Some(account) => {
            tx.password_hash(account.id).await?.map(|hash| Attempt { account: account.id, hash })
        }
        None => None,
    };
    tx.commit().await?;
    Ok(attempt)
}

/// Begins a session after the password proved right. `rehashed` replaces a hash of older parameters.
///
/// # Errors
/// [`Code::CredentialsWrong`] when the account was disabled meanwhile.
pub async fn begin(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    account: AccountId,
    rehashed: Option<String>,
    idle: TimeDelta,
) -> Result<Session> {
    let tx = store.begin(Scope::Installation).await?;
    tx.account(account)
        .await?
        .filter(|account| account.disabled_at.is_none())
        .ok_or_else(|| Error::refused(Code::CredentialsWrong))?;
    if let Some(hash) = rehashed {
        tx.set_password_hash(ctx.now, account, &hash).await?;
    }
    let session = Session::begin(ctx, SessionKind::Staff, None, Some(account), idle);
    tx.insert_session(&session).await?;
    note(&*tx, ctx, Deed::SignedIn, Subject::Account(account)).await?;
    tx.commit().await?;
    Ok(session)
}
