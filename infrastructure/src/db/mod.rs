//! SQLite and PostgreSQL behind the domain's [`Store`], with one set of entities for both.
//!
//! Everything that differs between the two stands in [`dialect`]; who may see which rows in
//! [`scope`].

pub mod connect;
pub mod dialect;
pub mod migrate;
pub mod rehearsal;
pub mod scope;
pub mod turns;

mod accounts;
mod address_changes;
mod addresses;
mod api_keys;
mod areas;
mod arrivals;
mod audience;
mod audit;
mod bell;
mod broadcast_sweeps;
mod broadcast_templates;
mod broadcast_turns;
mod broadcasts;
mod calls;
mod categories;
mod chunks;
mod climbing;
mod codes;
mod complaint_reads;
mod complaint_writes;
mod complaints;
mod consents;
mod contact_points;
mod contacts;
mod content;
mod content_files;
mod content_sources;
mod course;
mod decisions;
mod deliveries;
mod departments;
mod devices;
mod drafts;
mod erasure;
mod errors;
mod fan_out;
mod follows;
mod forgotten;
mod further;
mod gather;
mod households;
mod idempotency;
mod incidents;
mod joint_commit;
mod laws;
mod legal;
mod messages;
mod municipalities;
mod numbers;
mod outcomes;
mod people;
mod photos;
mod poll_votes;
mod provider_tokens;
mod proxies;
mod rate_counters;
mod reach;
mod reckoning;
mod reports;
mod restored;
mod retention;
mod routing;
mod second_factors;
mod segments;
mod sending;
mod sent_again;
mod sessions;
mod sign_in_sweeps;
pub(crate) mod signing_keys;
mod staff;
mod steps;
mod stopping;
mod supports;
mod tie_traces;
mod told;
mod topics;
mod towns;
mod traces;
mod wards;
mod waste_calendars;
mod waste_collections;
mod waste_gaps;
mod waste_reminders;
mod waste_types;
mod workers;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Reads, Scope, Store, StoreError, Tx, ids::MunicipalityId, store::Urgency};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, DeleteMany, DeleteResult, ExprTrait, IntoActiveModel, QueryFilter, QueryTrait, Select,
    UpdateMany, UpdateResult,
    sea_query::{Expr, OnConflict},
};

use tokio::sync::Notify;

use bell::Cord;
use drafts::Drafts;
use gather::Gathering;
use joint_commit::JointCommit;
use numbers::Numbers;
use scope::Scoped;
use towns::{Change, Towns};
use turns::{Turn, Turns};

pub use broadcast_sweeps::Mended;
pub use broadcast_turns::BroadcastTurn;
pub use chunks::{Lease, NextTurn, Served};
pub use connect::{ConnectError, Connections};
pub use errors::{corrupt, failed};
pub use fan_out::{PEOPLE as PEOPLE_OF_A_SLICE, Times};
pub use laws::Ledger;
pub use messages::StoredMessage;
pub use provider_tokens::SharedTokens;
pub use retention::{BY_TOWN, Standing};
pub use sending::{Batch, Due, Progress, Settled};
pub use stopping::{STOPPED, Stopped};

/// The store on one of the two databases. Cheap to clone.
#[derive(Clone)]
pub struct SqlStore {
    connections: Connections,
    turns: Turns,
    urgency: Urgency,
    bell: Arc<Notify>,
    numbers: Option<Arc<Numbers>>,
    towns: Arc<Towns>,
    drafts: Arc<Drafts>,
}

impl SqlStore {
    /// A store on open connections, with a queue in front of those who write.
    pub fn new(connections: Connections) -> Self {
        let turns = Turns::of(connections.writers());
        let numbers = connections.numbers().map(|connection| Arc::new(Numbers::new(connection.clone())));
        let (bell, towns, drafts) = (Arc::default(), Arc::default(), Arc::default());
        Self { connections, turns, urgency: Urgency::Request, bell, numbers, towns, drafts }
    }

    /// The same store for work of another urgency.
    pub fn at(&self, urgency: Urgency) -> Self {
        Self { urgency, ..self.clone() }
    }

    /// Rings after each commit of this process that planned something to send.
    pub fn bell(&self) -> Arc<Notify> {
        self.bell.clone()
    }

    /// The open connections, for probes and backups.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// A transaction of this crate's own type, for work that needs more than the ports.
    pub async fn transaction(&self, scope: Scope) -> Result<Db<DatabaseTransaction>, StoreError> {
        let mut turn = self.turns.take(self.urgency).await?;
        let connection = self.begin_in(&mut turn, scope).await.map_err(failed)?;
        let rehearsed = rehearsal::is_on();
        Ok(Db {
            connection: Gathering::new(connection),
            scope,
            cord: Cord::new(self.bell.clone()),
            // Numbers are given out for good; a rehearsal counts within its own transaction.
            numbers: self.numbers.clone().filter(|_| !rehearsed),
            towns: None,
            // What this transaction changes may be rolled back.
            drafts: None,
            change: Change::new(self.towns.clone()),
            rehearsed,
            turn: Some(turn),
        })
    }

    /// Requests that stand in line for the one writer share a commit.
    async fn begin_in(&self, turn: &mut Turn, scope: Scope) -> Result<DatabaseTransaction, DbErr> {
        if self.connections.are_shared() || self.urgency != Urgency::Request {
            return dialect::begin_write(self.connections.writer(), scope).await;
        }
        let joint = match turn.joint.take() {
            Some(joint) => joint,
            None => JointCommit::new(dialect::begin_write(self.connections.writer(), scope).await?),
        };
        turn.joint.insert(joint).join().await
    }

    /// A view of this crate's own type.
    pub async fn view(&self, scope: Scope) -> Result<Db<DatabaseTransaction>, StoreError> {
        let connection = dialect::begin_read(self.connections.reader(), scope).await.map_err(failed)?;
        Ok(Db { drafts: Some(self.drafts.clone()), ..Db::reading(connection, scope) })
    }

    /// Overwrites what was deleted, so that the database's files hold nothing of it; `thoroughly` goes
    /// through the whole file and takes time with its size. Nothing to do on PostgreSQL, whose
    /// autovacuum gives the room of deleted rows to others.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn scrub(&self, thoroughly: bool) -> Result<(), StoreError> {
        let _turn = self.turns.take(self.urgency).await?.alone().await;
        dialect::scrub(self.connections.writer(), thoroughly).await.map_err(failed)
    }

    /// Has tables that grew fast counted anew, so that statements are planned for what they hold.
    pub async fn refresh_statistics(&self) -> Result<(), StoreError> {
        dialect::refresh_statistics(self.connections.writer()).await.map(drop).map_err(failed)
    }

    /// The installation-wide tables, one statement at a time.
    pub fn installation(&self) -> Db<DatabaseConnection> {
        let db = Db::reading(self.connections.reader().clone(), Scope::Installation);
        Db { towns: Some(self.towns.clone()), ..db }
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn read(&self, scope: Scope) -> Result<Box<dyn Reads>, StoreError> {
        Ok(match scope {
            Scope::Municipality(_) => Box::new(self.view(scope).await?),
            Scope::Installation => Box::new(self.installation()),
        })
    }

    async fn begin(&self, scope: Scope) -> Result<Box<dyn Tx>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }
}

/// A connection that sees the rows of one scope. Queries start from [`Db::rows`], [`Db::update`] and
/// [`Db::delete`], which add the filter; the raw ones are disallowed by the linter.
pub struct Db<C> {
    connection: Gathering<C>,
    scope: Scope,
    cord: Cord,
    numbers: Option<Arc<Numbers>>,
    towns: Option<Arc<Towns>>,
    drafts: Option<Arc<Drafts>>,
    change: Change,
    rehearsed: bool,
    // Held until the transaction is over: the next writer's turn begins when this is dropped.
    turn: Option<Turn>,
}

impl<C: ConnectionTrait + Send> Db<C> {
    fn reading(connection: C, scope: Scope) -> Self {
        let connection = Gathering::new(connection);
        let (cord, change) = (Cord::default(), Change::default());
        Self {
            connection,
            scope,
            cord,
            numbers: None,
            towns: None,
            drafts: None,
            change,
            rehearsed: false,
            turn: None,
        }
    }

    /// The connection to run a statement on.
    pub fn connection(&self) -> &Gathering<C> {
        &self.connection
    }

    /// Which database it is.
    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// The scope it was opened with.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The municipality whose rows it sees; an error in an installation-wide scope.
    pub fn municipality(&self) -> Result<MunicipalityId, StoreError> {
        match self.scope {
            Scope::Municipality(id) => Ok(id),
            Scope::Installation => {
                Err(corrupt("a municipality's row was asked for without naming the municipality"))
            }
        }
    }

    /// A query of the rows in scope.
    #[expect(clippy::disallowed_methods, reason = "the one place that adds the scope")]
    pub fn rows<E: Scoped>(&self) -> Select<E> {
        self.scoped::<E, _>(E::find())
    }

    /// An update of rows in scope.
    #[expect(clippy::disallowed_methods, reason = "the one place that adds the scope")]
    pub fn update<E: Scoped>(&self) -> UpdateMany<E> {
        self.scoped::<E, _>(E::update_many())
    }

    /// A deletion of rows in scope.
    #[expect(clippy::disallowed_methods, reason = "the one place that adds the scope")]
    pub fn delete<E: Scoped>(&self) -> DeleteMany<E> {
        self.scoped::<E, _>(E::delete_many())
    }

    fn scoped<E: Scoped, Q: QueryFilter>(&self, query: Q) -> Q {
        match (E::municipality(), self.scope) {
            (None, _) => query,
            (Some(column), Scope::Municipality(id)) => {
                query.filter(Expr::col((E::default(), column)).eq(id.0))
            }
            // As row-level security answers: nothing.
            (Some(_), Scope::Installation) => query.filter(Expr::val(1).eq(0)),
        }
    }

    /// Inserts a row. A row of another municipality is refused before the database is asked.
    pub async fn insert<E, A>(&self, row: A) -> Result<(), StoreError>
    where
        E: Scoped,
        A: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send,
        E::Model: IntoActiveModel<A>,
    {
        self.own::<E, A>(&row)?;
        E::insert(row).exec_without_returning(&self.connection).await.map_err(failed)?;
        Ok(())
    }

    fn own<E, A>(&self, row: &A) -> Result<(), StoreError>
    where
        E: Scoped,
        A: ActiveModelTrait<Entity = E>,
    {
        if let Some(column) = E::municipality() {
            let id = sea_orm::Value::from(self.municipality()?.0);
            if row.get(column).into_value().as_ref() != Some(&id) {
                return Err(corrupt("a row of another municipality"));
            }
        }
        Ok(())
    }
}

impl Db<DatabaseTransaction> {
    /// Inserts rows that nothing in this transaction asks about: they travel with the next statement,
    /// or with the commit, and fail with it.
    async fn insert_later<E, A>(&self, rows: Vec<A>, conflict: Option<OnConflict>) -> Result<(), StoreError>
    where
        E: Scoped,
        A: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send,
    {
        rows.iter().try_for_each(|row| self.own::<E, A>(row))?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = E::insert_many(rows).into_query();
        if let Some(conflict) = conflict {
            insert.on_conflict(conflict);
        }
        self.connection.add(insert).await.map_err(failed)
    }

    /// Makes the writes durable and lets the next writer in. A rehearsal ends without a trace here, after
    /// the database has seen every statement.
    pub async fn finish(self) -> Result<(), StoreError> {
        let connection = self.connection.sent().await.map_err(failed)?;
        if self.rehearsed {
            return connection.rollback().await.map_err(failed);
        }
        connection.commit().await.map_err(failed)?;
        let mut turn = self.turn;
        let told = turn.as_mut().and_then(|turn| turn.joint.as_mut()).map(JointCommit::wait);
        // The next in line may begin, or the commit does.
        drop(turn);
        if let Some(told) = told {
            told.await.unwrap_or(Err(StoreError::Busy))?;
        }
        self.change.publish();
        self.cord.ring();
        Ok(())
    }

    /// Wakes the workers once this transaction has committed.
    fn ring(&self) {
        self.cord.pull();
    }
}

/// Demands that exactly one row was changed: with the version in the filter, none means stale.
pub fn one_row(result: &UpdateResult) -> Result<(), StoreError> {
    if result.rows_affected == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Demands that exactly one row was deleted: with the version in the filter, none means stale.
pub fn one_deleted(result: &DeleteResult) -> Result<(), StoreError> {
    if result.rows_affected == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

impl<C: ConnectionTrait + Send> Reads for Db<C> {}

#[async_trait]
impl Tx for Db<DatabaseTransaction> {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.finish().await
    }
}
