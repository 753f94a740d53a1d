//! Work in the order of its urgency by an index, and fresh statistics while tables grow fast.

use sea_orm_migration::{prelude::*, schema::small_integer, sea_orm::DbBackend};

use crate::table::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The most urgent first. Rows that are there already get what new ones are given.
const RANK: &str = "UPDATE work_chunks SET rank = CASE lane WHEN 'crisis' THEN 0 WHEN 'notice' THEN 1 \
                    WHEN 'important' THEN 2 ELSE 3 END";

/// Counts anew what has more than doubled since it was last counted. Autovacuum does so once a minute at
/// best; until then every index that begins with the municipality looks alike to the planner, and the
/// plans of the first statements read all rows of a town hall for one. Only a table's owner may count:
/// the serving role asks by this function.
const REFRESH: &str = "
CREATE FUNCTION refresh_statistics() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
DECLARE
    grown record;
    counted integer := 0;
BEGIN
    -- One instance is enough.
    IF NOT pg_try_advisory_xact_lock(32196254774588788) THEN
        RETURN 0;
    END IF;
    FOR grown IN
        SELECT s.schemaname, s.relname
        FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
        WHERE s.schemaname = 'public' AND s.n_mod_since_analyze > 100
          AND s.n_mod_since_analyze > greatest(c.reltuples, 0)
    LOOP
        EXECUTE format('ANALYZE %I.%I', grown.schemaname, grown.relname);
        counted := counted + 1;
    END LOOP;
    RETURN counted;
END
$$";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rank = small_integer("rank").default(3).to_owned();
        manager.alter_table(Table::alter().table("work_chunks").add_column(rank).to_owned()).await?;
        manager.get_connection().execute_unprepared(RANK).await?;
        manager.drop_index(Index::drop().name("work_chunks_turns").table("work_chunks").to_owned()).await?;
        let order = ["state", "municipality_id", "rank", "due_at"];
        index(manager, "work_chunks_rank", "work_chunks", &order, false).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared(REFRESH).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION refresh_statistics()").await?;
        }
        manager.drop_index(Index::drop().name("work_chunks_rank").table("work_chunks").to_owned()).await?;
        let order = ["state", "municipality_id", "due_at"];
        index(manager, "work_chunks_turns", "work_chunks", &order, false).await?;
        manager.alter_table(Table::alter().table("work_chunks").drop_column("rank").to_owned()).await
    }
}
