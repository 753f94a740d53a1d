//! Inserts that nobody reads back are gathered and sent as one statement: what a short transaction
//! costs is the number of its round trips.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement, sea_query::InsertStatement,
};

use super::dialect;

/// Most inserts in one statement, so that it stays within the bounds of what a statement may bind.
const MOST: usize = 20;

/// A connection that sends what it gathered before any other statement, so that each statement sees
/// everything written before it. An insert that fails does so at the next statement or the commit.
pub struct Gathering<C> {
    connection: C,
    inserts: Mutex<Vec<InsertStatement>>,
}

impl<C: ConnectionTrait + Send> Gathering<C> {
    /// A connection with nothing gathered.
    pub fn new(connection: C) -> Self {
        Self { connection, inserts: Mutex::default() }
    }

    /// Takes an insert along with the next statement.
    pub async fn add(&self, insert: InsertStatement) -> Result<(), DbErr> {
        let many = {
            let mut inserts = self.inserts();
            inserts.push(insert);
            inserts.len() >= MOST
        };
        if many { self.send().await } else { Ok(()) }
    }

    /// The connection with everything sent.
    pub async fn sent(self) -> Result<C, DbErr> {
        self.send().await?;
        Ok(self.connection)
    }

    async fn send(&self) -> Result<(), DbErr> {
        let inserts = mem::take(&mut *self.inserts());
        if inserts.is_empty() {
            return Ok(());
        }
        let statement = dialect::at_once(self.get_database_backend(), inserts);
        self.connection.execute_raw(statement).await.map(drop)
    }

    fn inserts(&self) -> MutexGuard<'_, Vec<InsertStatement>> {
        self.inserts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> ConnectionTrait for Gathering<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.send().await?;
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.send().await?;
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.send().await?;
        self.connection.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.send().await?;
        self.connection.query_all_raw(statement).await
    }
}
