//! Use cases: somebody of the staff who lost their password is sent a code and sets another one with it.
//!
//! In steps, because hashing a password takes long and no transaction waits for it: the code is compared
//! by [`super::invitation::open`], the edge hashes, then the code is used up here.

use std::net::IpAddr;

use chrono::TimeDelta;
use uuid::Uuid;

use crate::{
    Code, Ctx, Error, Reads, Result, Scope, Store,
    audit::{Deed, Subject, note},
    citizens::{Account, OneTimeCode, service::NewCode},
    context::Visitor,
    ids::AccountId,
    limits::{self, Quota, refuse_spent, spend},
    passwords::{self, Try},
    text::EmailAddress,
};

/// Letters asked for from one client address, behind which a whole town hall may sit.
const PER_CLIENT: Quota = Quota::new("resets_per_client", 20, TimeDelta::hours(1));
/// Letters to one address in a short time.
const PER_ADDRESS: Quota = Quota::new("resets_per_address", 3, TimeDelta::hours(1));
/// Letters to one address in a day.
const PER_ADDRESS_AND_DAY: Quota = Quota::new("resets_per_address_and_day", 6, TimeDelta::days(1));

/// Has the letter sent where somebody signs in with this address and a password. The answer is the same where
/// nobody does, and takes as long, so nobody learns it.
///
/// # Errors
/// [`Code::TooManyRequests`] for the address, known or not, or the client.
pub async fn request(store: &dyn Store, ctx: &Ctx<Visitor>, letter: &NewCode) -> Result<()> {
    let Some(email) = letter.code.address.email() else {
        return Err(Error::refused(Code::ChannelUnavailable));
    };
    let client = limits::client(letter.client);
    let quotas =
        [(PER_CLIENT, client.as_str()), (PER_ADDRESS, email.as_str()), (PER_ADDRESS_AND_DAY, email.as_str())];
    let reads = store.read(Scope::Installation).await?;
    refuse_spent(&*reads, ctx.now, &quotas).await?;
    let tx = store.begin(Scope::Installation).await?;
    for (quota, subject) in quotas {
        spend(&*tx, ctx.now, quota, subject).await?;
    }
    if signs_in(&*tx, email).await?.is_some() {
        tx.insert_code(&letter.code, &letter.sealed).await?;
    } else {
        tx.insert_silent_code(&letter.code).await?;
    }
    Ok(tx.commit().await?)
}

/// Sets the password and uses the code up; sessions under the earlier password end. Whoever used up their
/// tries before has them anew.
///
/// # Errors
/// [`Code::CodeWrong`] at `/code` where it was used meanwhile, or nobody signs in with it any more.
pub async fn set(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    code: &OneTimeCode,
    password_hash: &str,
    client: IpAddr,
) -> Result<()> {
    let wrong = || Error::invalid("/code", Code::CodeWrong);
    let email = code.address.email().ok_or_else(wrong)?;
    let tx = store.begin(Scope::Installation).await?;
    let account = signs_in(&*tx, email).await?.ok_or_else(wrong)?;
    // Counting waits for whoever uses it up at this moment.
    if !tx.count_guess(code.id).await? {
        return Err(wrong());
    }
    tx.use_code(ctx.now, code).await?;
    tx.set_password_hash(ctx.now, account.id, password_hash).await?;
    tx.revoke_staff_sessions(ctx.now, account.id).await?;
    passwords::STAFF.forgive(&*tx, &Try::new(client, email.as_str())).await?;
    note(&*tx, ctx, Deed::Changed, Subject::Account(account.id)).await?;
    Ok(tx.commit().await?)
}

/// The account that has a password, and may use it.
async fn signs_in<R: Reads + ?Sized>(reads: &R, email: &EmailAddress) -> Result<Option<Account>> {
    let account = reads.account_of_email(email).await?;
    // Nobody's is looked for as well, to take as long.
    let id = account.as_ref().map_or(AccountId(Uuid::nil()), |account| account.id);
    let has_password = reads.password_hash(id).await?.is_some();
    Ok(account.filter(|account| has_password && account.disabled_at.is_none()))
}
