//! Database errors as the port's errors.

use domain::StoreError;
use sea_orm::{DbErr, RuntimeErr, SqlErr, error::ConnAcquireErr, sqlx};

/// A row this program cannot read, or a statement it must not make.
pub fn corrupt(what: &'static str) -> StoreError {
    StoreError::Corrupt(what)
}

/// What a failed statement means.
pub fn failed(error: DbErr) -> StoreError {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => return StoreError::Duplicate,
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => return StoreError::Dependent,
        _ => {}
    }
    if matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) || passes(&error) {
        tracing::warn!(%error, "the database was busy or away");
        return StoreError::Busy;
    }
    StoreError::Database(Box::new(error))
}

/// Whether a second try may do better: PostgreSQL gave up waiting (lock_not_available,
/// query_canceled, deadlock_detected, serialization_failure), is starting or stopping or has no room
/// (class 57P, too_many_connections), the connection broke, or SQLite's file stayed locked (SQLITE_BUSY
/// and its extended codes).
fn passes(error: &DbErr) -> bool {
    const CODES: [&str; 12] =
        ["55P03", "57014", "40P01", "40001", "57P01", "57P02", "57P03", "53300", "5", "261", "517", "773"];
    let (DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))
    | DbErr::Conn(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    let code = cause.as_database_error().and_then(|error| error.code());
    matches!(**cause, sqlx::Error::Io(_)) || code.is_some_and(|code| CODES.contains(&code.as_ref()))
}
