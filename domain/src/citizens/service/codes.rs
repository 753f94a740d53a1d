//! Asking for a one-time code.

use std::{borrow::Cow, net::IpAddr};

use chrono::{DateTime, Utc};

use crate::{
    Ctx, Result, Scope, Store, Tx,
    citizens::{
        Address,
        code::{self, OneTimeCode, PER_ADDRESS, PER_ADDRESS_AND_DAY, PER_BLOCK, PER_CLIENT, PER_MAILBOX},
    },
    context::Visitor,
    limits::{self, Quota, Spent, refuse_spent, spend},
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
    let client = limits::client(new.client);
    let reads = store.read(Scope::Installation).await?;
    let quotas = quotas(&new, &client);
    let spent: Vec<_> = quotas.iter().map(|(quota, subject)| (*quota, &**subject)).collect();
    refuse_spent(&*reads, ctx.now, &spent).await?;
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
    let mut paid = None;
    for (quota, subject) in quotas(new, &limits::client(new.client)) {
        let spent = spend(tx, now, quota, &subject).await?;
        if quota.rule == code::budget(new.paid_per_day).rule {
            paid = Some(spent);
        }
    }
    tx.insert_code(&new.code, &new.sealed).await?;
    Ok(paid)
}

/// What a code counts in.
fn quotas<'a>(new: &'a NewCode, client: &'a str) -> Vec<(Quota, Cow<'a, str>)> {
    // First what an attack meets first.
    match &new.code.address {
        Address::Phone(phone) => vec![
            (PER_BLOCK, phone.block().into()),
            (code::budget(new.paid_per_day), code::BUDGET_OF.into()),
            (PER_CLIENT, client.into()),
            (PER_ADDRESS, phone.as_str().into()),
            (PER_ADDRESS_AND_DAY, phone.as_str().into()),
        ],
        // Whoever asks for codes of another's mailbox is not to keep them out.
        Address::Email(mailbox) => {
            let pair = format!("{client}/{}", mailbox.as_str());
            vec![
                (PER_CLIENT, client.into()),
                (PER_ADDRESS, pair.clone().into()),
                (PER_ADDRESS_AND_DAY, pair.into()),
                (PER_MAILBOX, mailbox.as_str().into()),
            ]
        }
    }
}
