//! All that differs between SQLite and PostgreSQL at work. No other file asks which database it is, but for the
//! migrations where the schema itself differs.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{Scope, ids::MunicipalityId};
use migrations::{SCOPE_SETTING, WRITTEN_ONCE};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sea_query::{
        CommonTableExpression, Expr, Func, InsertStatement, IntoColumnRef, LockBehavior, LockType,
        SelectStatement, WithClause, WithQuery,
    },
    sqlx::{
        self, AssertSqlSafe, Row,
        postgres::PgConnectOptions,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use uuid::Uuid;

/// What a pool of connections is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Reading and, on PostgreSQL, writing too.
    Serve,
    /// SQLite's one writing connection.
    Write,
    /// Taking numbers, on PostgreSQL.
    Count,
    /// Changing the schema.
    Migrate,
}

/// Whether only one transaction can write at a time.
pub fn one_writer(backend: DbBackend) -> bool {
    backend == DbBackend::Sqlite
}

/// Whether several processes may serve the database at the same time.
pub fn several_may_serve(backend: DbBackend) -> bool {
    backend != DbBackend::Sqlite
}

/// How many of `size` connections may write at the same time. On PostgreSQL those who write may have
/// to wait for each other's rows, with a connection in their hands: some are kept for reading.
pub fn writers(url: &str, size: u32) -> usize {
    let most = if url.starts_with("sqlite") { 1 } else { size / 4 * 3 };
    usize::try_from(most).unwrap_or(1).max(1)
}

/// Settings of a pool: sizes, time limits, pragmas.
pub fn options(url: &str, size: u32, purpose: Purpose) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(2))
        .test_before_acquire(false)
        .max_connections(if purpose == Purpose::Serve { size } else { 1 });
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(2));
        // What is deleted is overwritten at once: a file that leaves the house tells nothing of it.
        let sqlite = sqlite.pragma("secure_delete", "ON");
        if purpose == Purpose::Serve { sqlite.pragma("query_only", "ON") } else { sqlite }
    });
    options.map_sqlx_postgres_opts(move |postgres| {
        let limits: &[(&str, &str)] = match purpose {
            // A migration waits for its turn as long as it takes.
            Purpose::Migrate => &[],
            _ => &[
                ("lock_timeout", "2s"),
                ("statement_timeout", "15s"),
                ("idle_in_transaction_session_timeout", "10s"),
            ],
        };
        let postgres = postgres.application_name("rathaus").options(limits.iter().copied());
        match purpose {
            // Whatever uses a number commits later, and no commit is durable before those that came
            // earlier in the log. A number that is lost in a crash was told to nobody.
            Purpose::Count => postgres.options([("synchronous_commit", "off")]),
            _ => postgres,
        }
    });
    options
}

/// Begins a transaction that writes the rows of `scope`.
pub async fn begin_write(
    connection: &DatabaseConnection,
    scope: Scope,
) -> Result<DatabaseTransaction, DbErr> {
    let transaction = connection
        .begin_with_options(TransactionOptions {
            // Deferred, the upgrade from reading to writing fails at once when another connection wrote.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    enter(&transaction, scope).await?;
    Ok(transaction)
}

/// Begins a transaction that reads the rows of `scope`.
pub async fn begin_read(connection: &DatabaseConnection, scope: Scope) -> Result<DatabaseTransaction, DbErr> {
    let transaction = connection.begin().await?;
    // In one statement with the scope: what a short read costs is the number of its round trips.
    configure(&transaction, scope, &["transaction_read_only"]).await?;
    Ok(transaction)
}

/// Tells row-level security whose rows this transaction may see. SQLite has none: there the filter
/// of `Db::rows` stands alone.
pub async fn enter(transaction: &impl ConnectionTrait, scope: Scope) -> Result<(), DbErr> {
    configure(transaction, scope, &[]).await
}

/// Several inserts as one statement, for one round trip. PostgreSQL checks references at its end and sees
/// nothing of the others' rows meanwhile; SQLite makes one insert after the other.
pub fn at_once(backend: DbBackend, inserts: Vec<InsertStatement>) -> Statement {
    if let [alone] = inserts.as_slice() {
        return backend.build(alone);
    }
    if backend == DbBackend::Postgres {
        return backend.build(&with_each_other(inserts));
    }
    let mut sql = String::new();
    let mut values = Vec::new();
    for insert in inserts {
        let one = backend.build(&insert);
        sql.push_str(&one.sql);
        sql.push_str("; ");
        values.extend(one.values.into_iter().flat_map(|values| values.0));
    }
    Statement::from_sql_and_values(backend, sql, values)
}

fn with_each_other(mut inserts: Vec<InsertStatement>) -> WithQuery {
    let last = inserts.pop().unwrap_or_default();
    let mut with = WithClause::new();
    for (number, insert) in inserts.into_iter().enumerate() {
        with.cte(
            CommonTableExpression::new().query(insert).table_name(format!("insert_{number}")).to_owned(),
        );
    }
    with.query(last)
}

/// Has tables counted anew that grew fast, so that statements are planned for what they hold. Answers how
/// many were. SQLite plans by the form of its indexes alone.
pub async fn refresh_statistics(connection: &DatabaseConnection) -> Result<i32, DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(0);
    }
    let statement = Statement::from_string(DbBackend::Postgres, "SELECT refresh_statistics() AS counted");
    match connection.query_one_raw(statement).await? {
        Some(row) => row.try_get("", "counted"),
        None => Ok(0),
    }
}

/// Takes numbers from the counts of town halls and years, as many as are wanted of each. Answers the
/// last one taken of each, in the same order.
pub async fn take_numbers(
    connection: &DatabaseConnection,
    wanted: &[((MunicipalityId, u16), u32)],
) -> Result<Vec<i32>, DbErr> {
    // Statements sent together are one transaction and one round trip, but bind nothing: all that
    // goes into the text are UUIDs and numbers.
    let mut sql = String::new();
    for ((town, year), many) in wanted {
        let town = town.0.hyphenated();
        sql.push_str(&format!(
            "SELECT set_config('{SCOPE_SETTING}', '{town}', true); \
             INSERT INTO reference_counters AS counter (municipality_id, year, last) \
             VALUES ('{town}', {year}, {many}) ON CONFLICT (municipality_id, year) \
             DO UPDATE SET last = counter.last + {many} RETURNING last; ",
        ));
    }
    let rows = sqlx::raw_sql(AssertSqlSafe(sql))
        .fetch_all(connection.get_postgres_connection_pool())
        .await
        .map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))?;
    Ok(rows.iter().filter_map(|row| row.try_get("last").ok()).collect())
}

/// Sets the scope and switches `switches` on until the transaction ends.
async fn configure(transaction: &impl ConnectionTrait, scope: Scope, switches: &[&str]) -> Result<(), DbErr> {
    let mut settings: Vec<_> =
        switches.iter().map(|switch| format!("set_config('{switch}', 'on', true)")).collect();
    let mut values = Vec::new();
    if let Scope::Municipality(id) = scope {
        settings.push(format!("set_config('{SCOPE_SETTING}', $1, true)"));
        values.push(id.to_string().into());
    }
    if settings.is_empty() || transaction.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = format!("SELECT {}", settings.join(", "));
    transaction.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(())
}

/// Locks the rows a worker claims and passes over those another holds. SQLite's one writer needs no lock.
pub fn claim(backend: DbBackend, query: &mut SelectStatement) {
    if backend == DbBackend::Postgres {
        query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
}

/// Locks the rows read until the transaction ends; whoever else wants to lock or change them waits.
/// SQLite's one writer needs no lock.
pub fn hold(backend: DbBackend, query: &mut SelectStatement) {
    if backend == DbBackend::Postgres {
        query.lock(LockType::Update);
    }
}

/// The moment by the one clock that all workers share: the database's on PostgreSQL; on SQLite that
/// of the only process that serves.
pub fn lease_clock(backend: DbBackend, now: DateTime<Utc>) -> Expr {
    match backend {
        DbBackend::Postgres => Expr::cust("clock_timestamp()"),
        _ => Expr::val(now),
    }
}

/// When a lease that begins at this moment ends, by the same clock.
pub fn lease_end(backend: DbBackend, now: DateTime<Utc>, lease: Duration) -> Expr {
    match backend {
        DbBackend::Postgres => {
            Expr::cust_with_values("clock_timestamp() + make_interval(secs => $1)", [lease.as_secs_f64()])
        }
        _ => Expr::val(now + lease),
    }
}

/// Whole seconds from one moment to a later one, as a 64-bit number.
pub fn seconds_between(backend: DbBackend, from: &str, to: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("CAST(floor(extract(epoch FROM ({to} - {from}))) AS bigint)"),
        _ => format!("(CAST(strftime('%s', {to}) AS integer) - CAST(strftime('%s', {from}) AS integer))"),
    }
}

/// Takes a lock that others hold until their transaction is over, without waiting; false where
/// somebody has it. On SQLite the only writer has every lock.
pub async fn try_lock(transaction: &impl ConnectionTrait, name: i64) -> Result<bool, DbErr> {
    if transaction.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let sql = "SELECT pg_try_advisory_xact_lock($1) AS taken";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [name.into()]);
    match transaction.query_one_raw(statement).await? {
        Some(row) => row.try_get("", "taken"),
        None => Ok(false),
    }
}

/// Makes others wait who migrate at the same moment, until the connection closes. On SQLite the
/// lock file beside the database does that.
pub async fn lock_schema(connection: &DatabaseConnection) -> Result<(), DbErr> {
    if connection.get_database_backend() == DbBackend::Postgres {
        // An arbitrary number, the same in every version: "rathaus" read as an integer.
        connection.execute_unprepared("SELECT pg_advisory_lock(32196254774588787)").await?;
    }
    Ok(())
}

/// The role that a PostgreSQL URL signs in with; none for SQLite.
pub fn role_of(url: &str) -> Option<String> {
    if !url.starts_with("postgres") {
        return None;
    }
    url.parse::<PgConnectOptions>().ok().map(|options| options.get_username().to_owned())
}

/// Lets the serving role use what the owner made. `role` is the user of `database.url`.
pub async fn grant(connection: &DatabaseConnection, role: &str) -> Result<(), DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    for statement in [
        format!("GRANT USAGE ON SCHEMA public TO {role}"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"),
        format!("REVOKE INSERT, UPDATE, DELETE ON seaql_migrations FROM {role}"),
    ] {
        connection.execute_unprepared(&statement).await?;
    }
    for table in WRITTEN_ONCE {
        let statement = format!("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}");
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Overwrites what was deleted. The log beside SQLite's file holds old pages until it is emptied;
/// `thoroughly` writes the file anew, since pages that were split may hold rests of rows.
pub async fn scrub(writer: &DatabaseConnection, thoroughly: bool) -> Result<(), DbErr> {
    if writer.get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    if thoroughly {
        writer.execute_unprepared("VACUUM").await?;
    }
    writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.map(drop)
}

/// Whether the database itself keeps the rows of town halls apart, so that a transaction sees those of
/// one at a time.
pub fn keeps_apart(backend: DbBackend) -> bool {
    backend == DbBackend::Postgres
}

/// An identifier inside a statement that is made of identifiers only.
pub fn uuid_literal(backend: DbBackend, id: Uuid) -> String {
    match backend {
        DbBackend::Postgres => format!("'{}'::uuid", id.hyphenated()),
        _ => format!("X'{}'", id.simple()),
    }
}

/// Columns of a row as a JSON object in text. Identifiers read the same on both databases.
pub fn row_as_json(backend: DbBackend, columns: &[String]) -> String {
    let member = |column: &String| match backend {
        DbBackend::Postgres => format!("'{column}', \"{column}\""),
        _ => {
            let hex = format!("lower(hex(\"{column}\"))");
            let part = |from, length| format!("substr({hex}, {from}, {length})");
            let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ");
            format!("'{column}', CASE typeof(\"{column}\") WHEN 'blob' THEN {parts} ELSE \"{column}\" END")
        }
    };
    let members = columns.iter().map(member).collect::<Vec<_>>().join(", ");
    match backend {
        DbBackend::Postgres => format!("jsonb_build_object({members})::text"),
        _ => format!("json_object({members})"),
    }
}

/// The major version of PostgreSQL. SQLite comes with the program and has none.
pub async fn server_version(connection: &DatabaseConnection) -> Result<Option<i32>, DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let sql = "SELECT current_setting('server_version_num')::int / 10000 AS major";
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    row.map(|row| row.try_get("", "major")).transpose()
}

/// Why the role must not serve: row-level security would not hold it. None where it may.
pub async fn unfit_role(connection: &DatabaseConnection) -> Result<Option<&'static str>, DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let sql = "SELECT rolsuper OR rolbypassrls AS unbound, \
               EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user) AS owns \
               FROM pg_roles WHERE rolname = current_user";
    let Some(row) = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await? else {
        return Ok(None);
    };
    Ok(if row.try_get("", "unbound")? {
        Some("the role of database.url is a superuser or has BYPASSRLS; use an ordinary role to serve")
    } else if row.try_get("", "owns")? {
        Some(
            "the role of database.url owns the tables; use another role to serve and this one as database.owner_url",
        )
    } else {
        None
    })
}

/// Letters as they are compared. `ß` is looked for as `ss`, as people type it.
const FOLDED: [(&str, &str); 7] =
    [("Ä", "ä"), ("Ö", "ö"), ("Ü", "ü"), ("ẞ", "ss"), ("ß", "ss"), ("É", "é"), ("È", "è")];

/// A column in lower case, German capitals included: SQLite's `lower()` knows ASCII only, as
/// PostgreSQL's does under the locale C.
pub fn lower(column: impl IntoColumnRef) -> Expr {
    FOLDED.into_iter().fold(Func::lower(Expr::col(column)).into(), |text, (letter, folded)| {
        Func::cust("replace").args([text, letter.into(), folded.into()]).into()
    })
}

/// The LIKE pattern of texts that contain `text`, case folded. What people type has no wildcards, so
/// those of LIKE are escaped by a backslash.
pub fn contains(text: &str) -> String {
    let escaped: String = text
        .to_lowercase()
        .replace('ß', "ss")
        .chars()
        .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
        .collect();
    format!("%{escaped}%")
}
