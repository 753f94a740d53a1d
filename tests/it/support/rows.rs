//! Whether something was written: how many rows each table has.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Database, Statement};

use super::{Engine, installation::Installation};

/// How many rows each table has.
pub type Rows = BTreeMap<String, i64>;

impl Installation {
    /// The rows of every table, past row-level security, but for the counters: refused attempts count.
    pub async fn rows(&self) -> Rows {
        let database = self.database();
        let names = match database.engine {
            Engine::Sqlite => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            }
            Engine::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
        };
        let connection = Database::connect(&database.superuser_url).await.unwrap();
        let all = async |sql: String| {
            let statement = Statement::from_string(connection.get_database_backend(), sql);
            connection.query_all_raw(statement).await.unwrap()
        };
        let mut rows = Rows::new();
        for name in all(names.to_owned()).await {
            let name: String = name.try_get_by_index(0).unwrap();
            if name != "rate_counters" {
                let count = all(format!("SELECT COUNT(*) FROM {name}")).await;
                rows.insert(name, count[0].try_get_by_index(0).unwrap());
            }
        }
        connection.close().await.unwrap();
        assert!(rows["municipalities"] > 0, "nothing is seen: {rows:?}");
        rows
    }
}
