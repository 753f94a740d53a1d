//! Database errors as the port's errors.

use domain::StoreError;
use sea_orm::{DbErr, RuntimeErr, SqlErr, error::ConnAcquireErr};

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
    if matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) || waited_too_long(&error) {
        return StoreError::Busy;
    }
    StoreError::Database(Box::new(error))
}

/// PostgreSQL gave up waiting (lock_not_available, query_canceled, deadlock_detected,
/// serialization_failure) or SQLite's file stayed locked (SQLITE_BUSY and its extended codes).
fn waited_too_long(error: &DbErr) -> bool {
    const CODES: [&str; 8] = ["55P03", "57014", "40P01", "40001", "5", "261", "517", "773"];
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    cause
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| CODES.contains(&code.as_ref()))
}
