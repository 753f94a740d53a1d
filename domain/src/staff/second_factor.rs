//! A second factor: codes from an authenticator (RFC 6238), and recovery codes for when it is lost.
//!
//! In two steps wherever a code is given, because what it is compared with is sealed: the edge opens
//! the secret and finds out which code it is, then the code is used up here. No code is good twice.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Code, Ctx, Error, Result, Scope, Store, Tx,
    audit::{Accountable, Deed, Subject, note},
    ids::AccountId,
    limits::{Quota, spend},
    text::EmailAddress,
};

/// Recovery codes made at a time.
pub const RECOVERY_CODES: usize = 10;

/// Passwords and codes tried by somebody who is signed in.
const PER_ACCOUNT: Quota = Quota::new("second_factors_per_account", 10, TimeDelta::minutes(15));

/// The second factor of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// Whose it is.
    pub account: AccountId,
    /// The secret shared with the authenticator, sealed.
    pub sealed_secret: String,
    /// Since when it counts; none until the first code proved that the authenticator has the secret.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// The latest time step whose code was used.
    pub last_step: i64,
    /// Hashes of the recovery codes that are left.
    pub recovery_hashes: Vec<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

/// A code that was right, to be used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Of the authenticator, by its time step.
    Step(i64),
    /// A recovery code, by its hash.
    Recovery(String),
}

impl SecondFactor {
    /// The factor after the code was used; nothing where it was used before.
    fn after(&self, proof: &Proof) -> Option<Self> {
        match proof {
            Proof::Step(step) => (*step > self.last_step).then(|| Self { last_step: *step, ..self.clone() }),
            Proof::Recovery(hash) => {
                let mut left = self.recovery_hashes.clone();
                left.retain(|other| other != hash);
                (left.len() < self.recovery_hashes.len())
                    .then(|| Self { recovery_hashes: left, ..self.clone() })
            }
        }
    }
}

/// What somebody who is signed in has to prove, to change the factor of their account.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// The hash of the account's password.
    pub password_hash: Option<String>,
    /// The account's address.
    pub email: Option<EmailAddress>,
    /// The factor it has.
    pub factor: Option<SecondFactor>,
}

/// The account's factor, for whoever is signed in.
pub async fn get(store: &dyn Store, account: AccountId) -> Result<Option<SecondFactor>> {
    Ok(store.read(Scope::Installation).await?.second_factor(account).await?)
}

/// Counts an attempt and fetches what password and code are compared with.
///
/// # Errors
/// [`Code::TooManyRequests`].
pub async fn challenge<A>(store: &dyn Store, ctx: &Ctx<A>, account: AccountId) -> Result<Challenge> {
    let tx = store.begin(Scope::Installation).await?;
    spend(&*tx, ctx.now, PER_ACCOUNT, &account.to_string()).await?;
    let challenge = Challenge {
        password_hash: tx.password_hash(account).await?,
        email: tx.account(account).await?.and_then(|account| account.email),
        factor: tx.second_factor(account).await?,
    };
    tx.commit().await?;
    Ok(challenge)
}

/// Begins with a secret; one that was begun before and not confirmed is forgotten.
///
/// # Errors
/// [`Code::AlreadyExists`] where a factor is in use.
pub async fn begin<A>(
    store: &dyn Store,
    ctx: &Ctx<A>,
    account: AccountId,
    sealed_secret: String,
) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    if let Some(before) = tx.second_factor(account).await? {
        if before.confirmed_at.is_some() {
            return Err(Error::refused(Code::AlreadyExists));
        }
        tx.delete_second_factor(account).await?;
    }
    let factor = SecondFactor {
        account,
        sealed_secret,
        confirmed_at: None,
        last_step: 0,
        recovery_hashes: Vec::new(),
        version: 1,
        created_at: ctx.now,
    };
    tx.insert_second_factor(&factor).await.map_err(Error::conflict)?;
    Ok(tx.commit().await?)
}

/// Puts a factor in use whose authenticator gave its first code. All sessions of staff end: they began
/// without it.
///
/// # Errors
/// [`Code::CodeWrong`] at `/totp` where the code was used meanwhile.
pub async fn confirm<A: Accountable + Sync>(
    store: &dyn Store,
    ctx: &Ctx<A>,
    factor: &SecondFactor,
    proof: &Proof,
    recovery_hashes: Vec<String>,
) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    let after = factor.after(proof).ok_or_else(wrong)?;
    let after = SecondFactor { confirmed_at: Some(ctx.now), recovery_hashes, ..after };
    tx.update_second_factor(&after).await?;
    tx.revoke_staff_sessions(ctx.now, factor.account).await?;
    note(&*tx, ctx, Deed::Created, Subject::SecondFactor(factor.account)).await?;
    Ok(tx.commit().await?)
}

/// Takes a factor out of use, with one of its codes.
///
/// # Errors
/// [`Code::CodeWrong`] at `/totp` where the code was used before.
pub async fn remove<A: Accountable + Sync>(
    store: &dyn Store,
    ctx: &Ctx<A>,
    factor: &SecondFactor,
    proof: &Proof,
) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    let after = factor.after(proof).ok_or_else(wrong)?;
    // Waits for whoever uses a code at this moment.
    tx.update_second_factor(&after).await?;
    tx.delete_second_factor(factor.account).await?;
    note(&*tx, ctx, Deed::Removed, Subject::SecondFactor(factor.account)).await?;
    Ok(tx.commit().await?)
}

/// Uses up the code of a sign-in within its transaction.
///
/// # Errors
/// [`Code::SecondFactorRequired`] where a factor is in use and no code came,
/// [`Code::CredentialsWrong`] where the code was used before.
pub(super) async fn demand(tx: &dyn Tx, account: AccountId, proof: Option<&Proof>) -> Result<()> {
    let factor = tx.second_factor(account).await?;
    let Some(factor) = factor.filter(|factor| factor.confirmed_at.is_some()) else { return Ok(()) };
    let proof = proof.ok_or_else(|| Error::refused(Code::SecondFactorRequired))?;
    let after = factor.after(proof).ok_or_else(|| Error::refused(Code::CredentialsWrong))?;
    // Two sign-ins with one code: the second finds another version.
    tx.update_second_factor(&after).await.map_err(|_| Error::refused(Code::CredentialsWrong))?;
    Ok(())
}

fn wrong() -> Error {
    Error::invalid("/totp", Code::CodeWrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_good_twice() {
        let factor = SecondFactor {
            account: uuid::Uuid::nil().into(),
            sealed_secret: String::new(),
            confirmed_at: None,
            last_step: 41,
            recovery_hashes: vec!["a".into(), "b".into()],
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
        };
        assert_eq!(factor.after(&Proof::Step(41)), None, "of the step that was used, and earlier ones");
        assert_eq!(factor.after(&Proof::Step(40)), None);
        assert_eq!(factor.after(&Proof::Step(42)).unwrap().last_step, 42);
        let after = factor.after(&Proof::Recovery("a".into())).unwrap();
        assert_eq!(after.recovery_hashes, ["b"]);
        assert_eq!(after.after(&Proof::Recovery("a".into())), None);
    }
}
