//! Short transactions of requests that become durable together.
//!
//! SQLite has one writer, and most of a short write is its commit: the pages of every index go to the log and
//! the disk is waited for. So requests that stand in line anyway write one after the other into one
//! transaction, each within a savepoint of its own (SQLite, "SAVEPOINT"), and one commit serves them all. Nobody
//! is answered before it. What one of them does wrong is undone alone; where the commit fails, all are told.

use std::time::{Duration, Instant};

use domain::StoreError;
use sea_orm::{DatabaseTransaction, DbErr, TransactionTrait};
use tokio::sync::oneshot;

use super::failed;

/// Most requests that share a commit, and the longest they wait for each other: the first of them is not to
/// notice.
const MOST: usize = 16;
const LONGEST: Duration = Duration::from_millis(20);

/// An open transaction with what some requests wrote.
pub struct JointCommit {
    transaction: DatabaseTransaction,
    waiting: Vec<oneshot::Sender<Result<(), StoreError>>>,
    since: Instant,
}

impl JointCommit {
    /// Nobody's work yet.
    pub fn new(transaction: DatabaseTransaction) -> Self {
        Self { transaction, waiting: Vec::new(), since: Instant::now() }
    }

    /// A savepoint for the next one.
    pub async fn join(&self) -> Result<DatabaseTransaction, DbErr> {
        self.transaction.begin().await
    }

    /// Takes along somebody whose savepoint is released. Answers once it is durable, or is not.
    pub fn wait(&mut self) -> oneshot::Receiver<Result<(), StoreError>> {
        let (tell, told) = oneshot::channel();
        self.waiting.push(tell);
        told
    }

    /// Whether somebody else may join.
    pub fn has_room(&self) -> bool {
        self.waiting.len() < MOST && self.since.elapsed() < LONGEST
    }

    /// Makes everything durable and tells everybody.
    pub async fn commit(self) {
        let Self { transaction, waiting, .. } = self;
        if waiting.is_empty() {
            // Whoever began it gave up, and so did those who joined: dropping it rolls back.
            return;
        }
        let mut outcome = transaction.commit().await.map_err(failed);
        for tell in waiting {
            let again = match &outcome {
                Ok(()) => Ok(()),
                Err(StoreError::Busy) => Err(StoreError::Busy),
                Err(_) => Err(StoreError::Database("what several wrote could not be made durable".into())),
            };
            // Whoever no longer waits has gone without an answer.
            drop(tell.send(std::mem::replace(&mut outcome, again)));
        }
    }
}
