//! People with a mailbox and what they agreed to, many at once.

use std::collections::BTreeSet;

use domain::{
    Scope,
    consents::CURRENT,
    deliveries::{Channel, Severity},
    follows::Channels,
    ids::PersonId,
};
use sea_orm::{
    ConnectionTrait, Value,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::town::Town;

/// Rows of a table: its columns, and their values row by row.
type Table = (&'static str, Vec<&'static str>, Vec<Vec<Value>>);

/// People to be written in a few statements.
pub struct Seeds {
    tables: [Table; 6],
}

impl Default for Seeds {
    fn default() -> Self {
        let table = |name, columns: &[&'static str]| (name, columns.to_vec(), Vec::new());
        Self {
            tables: [
                table("people", &["id", "kind", "locale", "version", "created_at"]),
                table(
                    "contact_points",
                    &["id", "kind", "address", "address_hash", "locale", "registered_at"],
                ),
                table("contacts", &["person_id", "contact_point_id", "created_at"]),
                table(
                    "follows",
                    &[
                        "person_id",
                        "municipality_id",
                        "role",
                        "created_at",
                        "chosen_at",
                        "locale",
                        "channels",
                    ],
                ),
                table(
                    "consents",
                    &[
                        "municipality_id",
                        "person_id",
                        "number",
                        "channel",
                        "purpose",
                        "given",
                        "text_version",
                        "at",
                        "means",
                        "by_kind",
                    ],
                ),
                table(
                    "reach",
                    &[
                        "municipality_id",
                        "person_id",
                        "contact_point_id",
                        "channel",
                        "position",
                        "crisis",
                        "important",
                        "information",
                        "notice",
                        "active",
                    ],
                ),
            ],
        }
    }
}

impl Seeds {
    /// Somebody with a mailbox of their own who agreed to these severities by letter.
    pub fn add(&mut self, town: &Town, person: PersonId, agreed: &BTreeSet<String>) {
        let mailbox = format!("{}@example.org", person.0.simple());
        self.add_at(town, person, (Uuid::new_v4(), &mailbox), agreed);
    }

    /// The same with a mailbox that others may have as well; its row is written with the first.
    pub fn add_at(
        &mut self,
        town: &Town,
        person: PersonId,
        (point, mailbox): (Uuid, &str),
        agreed: &BTreeSet<String>,
    ) {
        let (now, town) = (town.clock.now(), town.municipality.0);
        let mut channels = Channels::default();
        for severity in agreed {
            channels.add(Channel::Email, severity.parse().unwrap());
        }
        let [people, points, contacts, follows, consents, reach] = &mut self.tables;
        let has = |severity: Severity| channels.has(Channel::Email, severity);
        people.2.push(vec![person.0.into(), "citizen".into(), "de".into(), 1_i64.into(), now.into()]);
        if !points.2.iter().any(|row| row[0] == point.into()) {
            // Nobody looks for it by its hash.
            let row = [point.into(), "email".into(), mailbox.into(), mailbox.into(), "de".into(), now.into()];
            points.2.push(row.to_vec());
        }
        contacts.2.push(vec![person.0.into(), point.into(), now.into()]);
        let json = serde_json::to_value(&channels).unwrap();
        follows.2.push(vec![
            person.0.into(),
            town.into(),
            "resident".into(),
            now.into(),
            now.into(),
            "de".into(),
            json.into(),
        ]);
        for (number, severity) in (1_i64..).zip(agreed) {
            consents.2.push(vec![
                town.into(),
                person.0.into(),
                number.into(),
                "email".into(),
                severity.as_str().into(),
                true.into(),
                CURRENT.as_str().into(),
                now.into(),
                "app".into(),
                "person".into(),
            ]);
        }
        if !agreed.is_empty() {
            reach.2.push(vec![
                town.into(),
                person.0.into(),
                point.into(),
                "email".into(),
                3_i32.into(),
                has(Severity::Crisis).into(),
                has(Severity::Important).into(),
                has(Severity::Information).into(),
                has(Severity::Notice).into(),
                true.into(),
            ]);
        }
    }

    /// Writes them.
    pub async fn sow(self, town: &Town) {
        let db = town.store.transaction(Scope::Municipality(town.municipality)).await.unwrap();
        for (table, columns, rows) in self.tables {
            if rows.is_empty() {
                continue;
            }
            let mut insert = Query::insert();
            insert.into_table(table).columns(columns);
            for row in rows {
                insert.values_panic(row.into_iter().map(Expr::val));
            }
            db.connection().execute(&insert).await.unwrap();
        }
        db.finish().await.unwrap();
    }
}
