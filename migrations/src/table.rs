//! The two kinds of table, their keys and their guard.

use sea_orm_migration::{prelude::*, schema, sea_orm::DbBackend};

/// The PostgreSQL setting that names the municipality whose rows a transaction may see.
pub const SCOPE_SETTING: &str = "app.municipality";

/// A table of the whole installation with its primary key.
pub fn installation(
    name: &'static str,
    key: &[&'static str],
    columns: Vec<ColumnDef>,
) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).primary_key(&mut index_on(key));
    for mut column in columns {
        table.col(&mut column);
    }
    table
}

/// A table of one municipality; `key` follows `municipality_id` in the primary key.
pub fn municipal(name: &'static str, key: &[&'static str], columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).col(schema::uuid("municipality_id")).primary_key(&mut index_on(&led(key)));
    for mut column in columns {
        table.col(&mut column);
    }
    references(&mut table, "municipality_id", "municipalities", ForeignKeyAction::Cascade);
    table
}

/// A foreign key into an installation-wide table.
pub fn references(
    table: &mut TableCreateStatement,
    column: &'static str,
    to: &'static str,
    on_delete: ForeignKeyAction,
) {
    table.foreign_key(ForeignKey::create().from_col(column).to(to, "id").on_delete(on_delete));
}

/// A foreign key into a table of the same municipality.
pub fn belongs(
    table: &mut TableCreateStatement,
    column: &'static str,
    to: &'static str,
    on_delete: ForeignKeyAction,
) {
    table.foreign_key(
        ForeignKey::create()
            .from_col("municipality_id")
            .from_col(column)
            .to_col("municipality_id")
            .to_col("id")
            .to_tbl(to)
            .on_delete(on_delete),
    );
}

/// `municipality_id` before the others.
pub fn led(columns: &[&'static str]) -> Vec<&'static str> {
    std::iter::once("municipality_id").chain(columns.iter().copied()).collect()
}

fn index_on(columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    for column in columns {
        index.col(*column);
    }
    index
}

/// An index, or a unique constraint.
pub async fn index(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
    unique: bool,
) -> Result<(), DbErr> {
    let mut index = index_on(columns);
    index.name(name).table(table);
    if unique {
        index.unique();
    }
    manager.create_index(index).await
}

/// Makes the table of one municipality and, on PostgreSQL, puts its guard up.
pub async fn create_guarded(
    manager: &SchemaManager<'_>,
    name: &str,
    table: TableCreateStatement,
) -> Result<(), DbErr> {
    manager.create_table(table).await?;
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    // An unset setting reads as NULL or as an empty string, depending on the session's past; both see nothing.
    let mine = format!("municipality_id = nullif(current_setting('{SCOPE_SETTING}', true), '')::uuid");
    for statement in [
        format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"),
        format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY"),
        format!("CREATE POLICY of_municipality ON {name} USING ({mine}) WITH CHECK ({mine})"),
    ] {
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Drops tables, the last made first.
pub async fn drop_all(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables.iter().rev() {
        manager.drop_table(Table::drop().table(*table).to_owned()).await?;
    }
    Ok(())
}
