//! Many people with a phone each, written in a few statements whatever their number.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use serde_json::json;
use uuid::Uuid;

/// Guests who live in one street, follow the town hall, and want everything as a push message. Every second
/// one has an iPhone. Their identifiers come in the order of their numbers, as those made at registration
/// come in the order of time.
pub struct Crowd<'a> {
    /// The town hall.
    pub municipality: Uuid,
    /// The number of the first one. Numbers are the installation's.
    pub first: u32,
    /// How many.
    pub people: u32,
    /// Where they live, as streets are compared.
    pub street: &'a str,
    /// Since when they are there.
    pub at: DateTime<Utc>,
}

impl Crowd<'_> {
    /// Writes them. The connection may see the rows of the town hall. No device token begins like one that is
    /// dead on purpose.
    pub async fn sow(&self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        let backend = connection.get_database_backend();
        let id = |kind: char| uuid(backend, &format!("'019aa00000007{kind}008000' || {}", hex(backend, 12)));
        let (person, device, point) = (id('0'), id('1'), id('2'));
        let iphone = format!("'1' || {}", hex(backend, 63));
        let android = format!("'phone:APA91b' || {}", digits(backend, 140));
        let by_push =
            json!({"crisis": ["push"], "important": ["push"], "information": ["push"], "notice": ["push"]});
        let (at, town): (Value, Value) = (self.at.into(), self.municipality.into());
        for (table, row, values) in [
            (
                "people (id, kind, locale, version, created_at)",
                format!("{person}, 'guest', 'de', 1, $1"),
                vec![&at],
            ),
            (
                "contact_points (id, kind, address, address_hash, platform, locale, registered_at)",
                format!(
                    "{point}, 'push', CASE WHEN i % 2 = 0 THEN {iphone} ELSE {android} END, {}, \
                     CASE WHEN i % 2 = 0 THEN 'ios' ELSE 'android' END, 'de', $1",
                    hex(backend, 64)
                ),
                vec![&at],
            ),
            (
                "devices (person_id, id, contact_point_id, registered_at)",
                format!("{person}, {device}, {point}, $1"),
                vec![&at],
            ),
            (
                "follows (person_id, municipality_id, role, created_at, chosen_at, street, street_key, house_number, \
                 locale, channels)",
                format!("{person}, $2, 'resident', $1, $1, $3, $3, 1 + i % 90, 'de', $4"),
                vec![&at, &town, &self.street.into(), &by_push.into()],
            ),
            (
                "reach (municipality_id, person_id, contact_point_id, channel, position, crisis, important, \
                 information, notice, active)",
                format!("$1, {person}, {point}, 'push', 0, true, true, true, true, true"),
                vec![&town],
            ),
        ] {
            let sql = format!(
                "WITH RECURSIVE crowd(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM crowd WHERE i < {}) \
                 INSERT INTO {table} SELECT {row} FROM crowd",
                self.first,
                self.first + self.people - 1,
            );
            let values = values.into_iter().cloned();
            connection.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        }
        Ok(())
    }
}

/// The number `i` in so many hexadecimal digits.
pub fn hex(backend: DbBackend, width: u8) -> String {
    match backend {
        DbBackend::Postgres => format!("lpad(to_hex(i), {width}, '0')"),
        _ => format!("printf('%0{width}x', i)"),
    }
}

fn digits(backend: DbBackend, width: u8) -> String {
    match backend {
        DbBackend::Postgres => format!("lpad(i::text, {width}, '0')"),
        _ => format!("printf('%0{width}d', i)"),
    }
}

/// An identifier from its hexadecimal digits.
pub fn uuid(backend: DbBackend, hex: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("({hex})::uuid"),
        _ => format!("unhex({hex})"),
    }
}
