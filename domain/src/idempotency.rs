//! One effect for one idempotency key, however often the request comes
//! (draft-ietf-httpapi-idempotency-key-header).
//!
//! The stored answer is written in the transaction of the effect: either both are there or neither.
//! A use case takes a [`Once`] and frames its work with it:
//! ```
//! use domain::{Ctx, Result, Scope, Store, context::Person, idempotency::{Once, Outcome}};
//! # struct New; struct Made;
//! # async fn make(_: &dyn domain::Tx, _: New) -> Result<Made> { Ok(Made) }
//! async fn create(
//!     store: &dyn Store,
//!     ctx: &Ctx<Person>,
//!     new: New,
//!     once: Once<'_, Made>,
//! ) -> Result<Outcome<Made>> {
//!     let tx = store.begin(Scope::Installation).await?;
//!     if let Some(answer) = once.replay(&*tx, ctx.now).await? {
//!         return Ok(Outcome::Replayed(answer));
//!     }
//!     let made = make(&*tx, new).await?;
//!     once.remember(&*tx, ctx.now, &made).await?;
//!     tx.commit().await?;
//!     Ok(Outcome::Done(made))
//! }
//! ```

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Result,
    error::{Code, Error},
    store::StoreError,
};

/// How long an answer is kept for a retry.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// A request with an idempotency key. Actor, method, path and key name it; the fingerprint tells
/// whether it is the same request again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Who asks: the person's or account's id, or a word for nobody in particular.
    pub actor: String,
    /// The HTTP method.
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// The client's key.
    pub key: String,
    /// SHA-256 of the body.
    pub fingerprint: [u8; 32],
}

/// The answer given to a keyed request, sealed, because it may show a secret once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Headers and body as the edge sealed them.
    pub sealed: Vec<u8>,
}

/// What is known of a keyed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: go on. Nobody else can, until this transaction is over.
    Nothing,
    /// It was answered.
    Answered(SealedAnswer),
    /// The key was used for another body.
    OtherBody,
    /// Another transaction works on it right now.
    InProgress,
}

/// What storage must do.
#[async_trait]
pub trait IdempotencyWrites: Send + Sync {
    /// Takes the key for this transaction without waiting, and looks up an answer given after
    /// `since`.
    async fn reserve(&self, since: DateTime<Utc>, request: &KeyedRequest) -> Result<Known, StoreError>;
    /// Stores the answer to a request that was reserved in this transaction.
    async fn remember(
        &self,
        now: DateTime<Utc>,
        request: &KeyedRequest,
        answer: &SealedAnswer,
    ) -> Result<(), StoreError>;
}

/// What came of a use case that happens once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It happened now.
    Done(T),
    /// It had happened before; this was the answer.
    Replayed(SealedAnswer),
}

/// Writes the answer to a created `T`, sealed.
pub type Answering<'a, T> = &'a (dyn Fn(&T) -> Result<SealedAnswer> + Send + Sync);

/// Lets a use case happen once per keyed request; without a key, each time.
pub struct Once<'a, T>(Option<(KeyedRequest, Answering<'a, T>)>);

impl<'a, T> Once<'a, T> {
    /// No key was sent.
    pub fn unkeyed() -> Self {
        Self(None)
    }

    /// Once per `request`, answered by `answering`.
    pub fn keyed(request: KeyedRequest, answering: Answering<'a, T>) -> Self {
        Self(Some((request, answering)))
    }

    /// The answer of the first time, none where this is it. First thing in the transaction.
    ///
    /// # Errors
    /// [`Code::IdempotencyKeyReused`] for another body, [`Code::IdempotencyInProgress`] while
    /// another request with the key is under way.
    pub async fn replay<W>(&self, tx: &W, now: DateTime<Utc>) -> Result<Option<SealedAnswer>>
    where
        W: IdempotencyWrites + ?Sized,
    {
        let Some((request, _)) = &self.0 else { return Ok(None) };
        match tx.reserve(now - KEPT, request).await? {
            Known::Nothing => Ok(None),
            Known::Answered(answer) => Ok(Some(answer)),
            Known::OtherBody => Err(Error::refused(Code::IdempotencyKeyReused)),
            Known::InProgress => Err(Error::refused(Code::IdempotencyInProgress)),
        }
    }

    /// Stores the answer. Last thing before the commit.
    ///
    /// # Errors
    /// Those of storage and of sealing the answer.
    pub async fn remember<W>(&self, tx: &W, now: DateTime<Utc>, made: &T) -> Result<()>
    where
        W: IdempotencyWrites + ?Sized,
    {
        if let Some((request, answering)) = &self.0 {
            tx.remember(now, request, &answering(made)?).await?;
        }
        Ok(())
    }
}
