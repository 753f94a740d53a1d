//! Database errors as the port's errors.

use std::borrow::Cow;

use domain::StoreError;
use sea_orm::{DbErr, RuntimeErr, SqlErr, error::ConnAcquireErr, sqlx};

/// A row this program cannot read, or a statement it must not make.
pub fn corrupt(what: &'static str) -> StoreError {
    StoreError::Corrupt(what)
}

/// What PostgreSQL says to one of several who wrote the same rows (deadlock_detected, serialization_failure).
const OVERTAKEN: [&str; 2] = ["40P01", "40001"];

/// What a failed statement means.
pub fn failed(error: DbErr) -> StoreError {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => return StoreError::Duplicate,
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => return StoreError::Dependent,
        _ => {}
    }
    if code(&error).is_some_and(|code| OVERTAKEN.contains(&code.as_ref())) {
        metrics::counter!("writes_overtaken_total").increment(1);
        tracing::warn!(%error, "two who wrote waited for each other: one of them has to begin anew");
        return StoreError::Overtaken;
    }
    if matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) || passes(&error) {
        tracing::warn!(%error, "the database was busy or away");
        return StoreError::Busy;
    }
    if has_no_room(&error) {
        tracing::error!(%error, "the database cannot write: is the disk full or read-only?");
        return StoreError::Busy;
    }
    StoreError::Database(Box::new(error))
}

/// Whether there is no room to write to, or no way: nothing that a request can help, and nothing that stays so
/// once an operator acted. PostgreSQL: insufficient_resources (class 53), io_error, and a server that became a
/// standby (read_only_sql_transaction). SQLite: IOERR, FULL, READONLY, CANTOPEN and their extended codes, whose
/// last byte is the code they extend.
fn has_no_room(error: &DbErr) -> bool {
    let Some(code) = code(error) else { return false };
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 8 | 10 | 13 | 14),
        _ => code.starts_with("53") || ["58030", "25006"].contains(&code.as_ref()),
    }
}

/// Whether a second try may do better: PostgreSQL gave up waiting (lock_not_available,
/// query_canceled), is starting or stopping or has no room
/// (class 57P, too_many_connections), the connection broke, or SQLite's file stayed locked (SQLITE_BUSY
/// and its extended codes).
fn passes(error: &DbErr) -> bool {
    const CODES: [&str; 10] =
        ["55P03", "57014", "57P01", "57P02", "57P03", "53300", "5", "261", "517", "773"];
    let broke = cause(error).is_some_and(|cause| matches!(cause, sqlx::Error::Io(_)));
    broke || code(error).is_some_and(|code| CODES.contains(&code.as_ref()))
}

fn cause(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause))
        | DbErr::Conn(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

/// The database's own code: SQLSTATE, or SQLite's extended result code.
fn code(error: &DbErr) -> Option<Cow<'_, str>> {
    cause(error)?.as_database_error()?.code()
}
