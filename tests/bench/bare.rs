//! The bare handler that Rathaus is measured against: actix-web and sqlx with nothing in between.
//!
//! Same number of workers and connections, same database settings, column widths, primary keys and
//! sizes of answers. It parses the JSON and writes in the fastest form we know. It leaves out sign-in,
//! validation, routing, history, idempotency, row-level security, paging and entity tags.

mod statements;

use std::{io, net::SocketAddr};

use actix_web::{
    App, HttpResponse, HttpServer, Result,
    error::ErrorInternalServerError as failed,
    web::{Data, Json, Path, get, post},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{
    Error, PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use statements::{COMPLAINT, COMPLAINT_AND_NOTE, INBOX, NOTE, PUBLIC};

/// As many as Rathaus opens for serving.
const CONNECTIONS: u32 = 16;

/// SQLite has one writer, so that gets one connection, as in Rathaus.
#[derive(Clone)]
enum Database {
    Postgres(PgPool),
    Sqlite { reader: SqlitePool, writer: SqlitePool },
}

#[derive(Deserialize)]
struct New {
    id: Uuid,
    description: String,
    location: Location,
}

#[derive(Serialize, Deserialize)]
struct Location {
    lat: f64,
    lon: f64,
}

/// One form for all answers; each leaves out what it does not show.
#[derive(Serialize)]
struct Shown {
    id: Uuid,
    reference: String,
    status: String,
    category: Uuid,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Time>,
}

type Time = DateTime<Utc>;
type Row = (Uuid, String, String, Uuid, Time, f64, f64, Option<Uuid>, Option<String>, Option<Time>);

impl Database {
    async fn open(url: &str) -> Result<Self, Error> {
        if url.starts_with("postgres") {
            let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
            sqlx::raw_sql(include_str!("bare/schema.sql")).execute(&pool).await?;
            return Ok(Self::Postgres(pool));
        }
        let options: SqliteConnectOptions = url.parse()?;
        let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let options = options.synchronous(SqliteSynchronous::Full);
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::raw_sql(include_str!("bare/schema.sql")).execute(&writer).await?;
        let reader = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
        Ok(Self::Sqlite { reader, writer })
    }

    async fn insert(&self, town: Uuid, new: &New, reference: &str, now: Time) -> Result<(), Error> {
        let (note, payload) = (Uuid::now_v7(), format!("{{\"complaint\":\"{}\"}}", new.id));
        macro_rules! bound {
            ($sql:expr) => {{
                let query = sqlx::query($sql).bind(town).bind(new.id).bind(reference).bind(&new.description);
                query.bind(new.location.lat).bind(new.location.lon).bind(now + TimeDelta::days(5)).bind(now)
            }};
        }
        match self {
            Self::Postgres(db) => {
                bound!(COMPLAINT_AND_NOTE).bind(note).bind(payload).execute(db).await.map(drop)
            }
            Self::Sqlite { writer, .. } => {
                let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                bound!(COMPLAINT).execute(&mut *tx).await?;
                let query = sqlx::query(NOTE).bind(town).bind(note).bind(new.id).bind(payload).bind(now);
                query.execute(&mut *tx).await?;
                tx.commit().await
            }
        }
    }
}

fn shown(
    (id, reference, status, category, created_at, lat, lon, department, description, due_at): Row,
) -> Shown {
    let location = Some(Location { lat, lon });
    Shown { id, reference, status, category, created_at, location, department, description, due_at }
}

#[expect(clippy::disallowed_methods, reason = "a bare handler has no clock of its own")]
async fn create(database: Data<Database>, town: Path<Uuid>, Json(new): Json<New>) -> Result<HttpResponse> {
    let now = Utc::now();
    let reference = format!("BD-2026-{:06}", new.id.as_u128() % 1_000_000);
    database.insert(*town, &new, &reference, now).await.map_err(failed)?;
    let Location { lat, lon } = new.location;
    let row = (new.id, reference, "routed".into(), *town, now, lat, lon, Some(*town), None, Some(now));
    Ok(HttpResponse::Created().json(Shown { location: None, ..shown(row) }))
}

async fn newest(database: Data<Database>, town: Path<Uuid>, sql: &'static str) -> Result<Json<Vec<Shown>>> {
    let rows: Vec<Row> = match &**database {
        Database::Postgres(pool) => sqlx::query_as(sql).bind(*town).fetch_all(pool).await,
        Database::Sqlite { reader, .. } => sqlx::query_as(sql).bind(*town).fetch_all(reader).await,
    }
    .map_err(failed)?;
    Ok(Json(rows.into_iter().map(shown).collect()))
}

/// Serves at `address` until killed.
#[actix_web::main]
pub async fn serve(url: &str, address: SocketAddr) -> io::Result<()> {
    let database = Data::new(Database::open(url).await.map_err(io::Error::other)?);
    let inbox = |database: Data<Database>, town: Path<Uuid>| newest(database, town, INBOX);
    let public = |database: Data<Database>, town: Path<Uuid>| newest(database, town, PUBLIC);
    let app = move || {
        let app = App::new().app_data(database.clone()).route("/{town}/complaints", post().to(create));
        let app = app.route("/bytes/{size}", get().to(async |size: Path<usize>| "x".repeat(*size)));
        app.route("/{town}/complaints", get().to(public)).route("/{town}/staff/complaints", get().to(inbox))
    };
    HttpServer::new(app).bind(address)?.run().await
}
