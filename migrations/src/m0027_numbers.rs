//! Several numbers of one person, in their order, and whether whoever answers there agreed to what comes.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Where a number's place in its person's order stands, the first is 0. For a delivery, it is that of the person
/// whose name it bears; for whoever shares it, their own.
const PLACED: [&str; 4] = ["contacts", "reach", "deliveries", "shared_deliveries"];

/// Numbers that wait for an earlier one are few, and asked for again and again while a warning is on its way.
const FURTHER: [(&str, &str); 2] =
    [("deliveries_further", "deliveries"), ("shared_deliveries_further", "shared_deliveries")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in PLACED {
            add(manager, table, integer("place").default(0).to_owned()).await?;
        }
        // False while whoever answers there was asked. As a whole, their person agreed or not as before.
        add(manager, "contacts", boolean("agreed").default(true).to_owned()).await?;
        for (name, table) in FURTHER {
            let index = Index::create()
                .name(name)
                .table(table)
                .col("municipality_id")
                .col("message_id")
                .col("person_id")
                .and_where(Expr::col("place").gt(0))
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in FURTHER {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        for (table, column) in
            PLACED.map(|table| (table, "place")).into_iter().chain([("contacts", "agreed")])
        {
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}
