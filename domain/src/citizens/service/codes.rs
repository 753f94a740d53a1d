//! Asking for a one-time code.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::{
    Ctx, Result, Scope, Store, Tx,
    citizens::{
        Address,
        code::{self, OneTimeCode, PER_ADDRESS, PER_ADDRESS_AND_DAY, PER_BLOCK, PER_CLIENT},
    },
    context::Visitor,
    limits::{self, Spent, spend},
};

/// A code to be sent.
#[derive(Clone, Debug)]
pub struct NewCode {
    /// The code as it is kept.
    pub code: OneTimeCode,
    /// The digits, sealed for its sender.
    pub sealed: Vec<u8>,
    /// Where the request came from.
    pub client: IpAddr,
    /// Codes by telephone the installation pays for in a day.
    pub paid_per_day: u64,
}

/// Stores a code and so has it sent. Never looks whether the address is known, so nobody learns it.
/// Answers how much of the day's budget is spent, where it costs something.
///
/// # Errors
/// [`crate::Code::TooManyRequests`] for the address, its block of numbers, the client or the budget.
pub async fn request_code(store: &dyn Store, ctx: &Ctx<Visitor>, new: NewCode) -> Result<Option<Spent>> {
    let tx = store.begin(Scope::Installation).await?;
    let spent = queue_code(&*tx, ctx.now, &new).await?;
    tx.commit().await?;
    Ok(spent)
}

/// Stores a code within the transaction of what it is for.
///
/// # Errors
/// As [`request_code`].
pub async fn queue_code(tx: &dyn Tx, now: DateTime<Utc>, new: &NewCode) -> Result<Option<Spent>> {
    let address = new.code.address.as_str();
    let mut spent = None;
    // First what an attack meets first: it costs the least.
    if let Address::Phone(phone) = &new.code.address {
        spend(tx, now, PER_BLOCK, phone.block()).await?;
        spent = Some(spend(tx, now, code::budget(new.paid_per_day), "installation").await?);
    }
    spend(tx, now, PER_CLIENT, &limits::client(new.client)).await?;
    spend(tx, now, PER_ADDRESS, address).await?;
    spend(tx, now, PER_ADDRESS_AND_DAY, address).await?;
    tx.insert_code(&new.code, &new.sealed).await?;
    Ok(spent)
}
