//! Asking for a one-time code.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::{
    Ctx, Result, Scope, Store, Tx,
    citizens::code::{OneTimeCode, PER_ADDRESS, PER_ADDRESS_AND_DAY, PER_CLIENT},
    context::Visitor,
    limits::{self, spend},
};

/// A code to be mailed.
#[derive(Clone, Debug)]
pub struct NewCode {
    /// The code as it is kept.
    pub code: OneTimeCode,
    /// The digits, sealed for the sender of the mail.
    pub sealed: Vec<u8>,
    /// Where the request came from.
    pub client: IpAddr,
}

/// Stores a code and so has it mailed. Never looks whether the address is known, so nobody learns it.
///
/// # Errors
/// [`crate::Code::TooManyRequests`] for the address or the client.
pub async fn request_code(store: &dyn Store, ctx: &Ctx<Visitor>, new: NewCode) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    queue_code(&*tx, ctx.now, &new).await?;
    Ok(tx.commit().await?)
}

/// Stores a code within the transaction of what it is for.
///
/// # Errors
/// As [`request_code`].
pub async fn queue_code(tx: &dyn Tx, now: DateTime<Utc>, new: &NewCode) -> Result<()> {
    let address = new.code.address.as_str();
    spend(tx, now, PER_CLIENT, &limits::client(new.client)).await?;
    spend(tx, now, PER_ADDRESS, address).await?;
    spend(tx, now, PER_ADDRESS_AND_DAY, address).await?;
    Ok(tx.insert_code(&new.code, &new.sealed).await?)
}
