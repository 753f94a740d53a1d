//! Letting go of what has been kept long enough, and the proof of it.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    StoreError,
    complaints::Status,
    ids::{ComplaintId, PersonId},
    privacy::{Class, Periods},
    wards::WardState,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, Set,
    entity::prelude::*,
    sea_query::{Asterisk, Expr, ExprTrait, Query, SelectStatement},
};

use strum::IntoEnumIterator;

use super::{Db, dialect, failed};

/// Complaints that lose what says whose they were, in one transaction.
const CASES: u64 = 200;
/// Wards that go in one transaction, with all that is theirs.
const WARDS: u64 = 20;
/// Messages that go in one transaction, with all that was sent of them.
const MESSAGES: u64 = 200;

/// Which runs there were: one row for each class and night.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retention_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub ran_at: ChronoDateTimeUtc,
    #[sea_orm(primary_key, auto_increment = false)]
    pub class: String,
    pub removed: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The classes that are gone through town by town, in the order in which they go.
pub const BY_TOWN: [Class; 4] = [Class::Delivery, Class::Message, Class::Complaint, Class::Ward];

/// How one class stands in one town hall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The class.
    pub class: Class,
    /// How long it is kept.
    pub period: TimeDelta,
    /// What is beyond that although a night has passed since: none, unless something is wrong.
    pub overdue: u64,
    /// When it was last gone through.
    pub last_run: Option<DateTime<Utc>>,
    /// How many went that time.
    pub last_removed: u64,
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// The rows of a class that began before `before` ended, by their identifiers.
    fn beyond(&self, class: Class, before: DateTime<Utc>) -> Result<SelectStatement, StoreError> {
        let town = self.municipality()?.0;
        let mut rows = Query::select();
        let id = if class == Class::Ward { "person_id" } else { "id" };
        rows.expr_as(Expr::col(id), "id").and_where(Expr::col("municipality_id").eq(town));
        match class {
            Class::Ward => {
                rows.from("wards")
                    .and_where(Expr::col("state").is_in(
                        WardState::iter().filter(|state| !state.is_open()).map(|state| state.to_string()),
                    ))
                    .and_where(Expr::col("settled_at").lt(before))
            }
            Class::Complaint => rows
                .from("complaints")
                .and_where(
                    Expr::col("status").is_in([Status::Closed, Status::Withdrawn].map(|s| s.to_string())),
                )
                .and_where(Expr::col("updated_at").lt(before))
                .and_where(Expr::col("deidentified").eq(false)),
            Class::Delivery => {
                let chunks = Query::select()
                    .column("message_id")
                    .from("work_chunks")
                    .and_where(Expr::col("municipality_id").eq(town))
                    .take();
                rows.from("messages")
                    .and_where(Expr::col("expires_at").lt(before))
                    .and_where(Expr::col("id").in_subquery(chunks))
            }
            _ => rows.from("messages").and_where(Expr::col("expires_at").lt(before)),
        };
        Ok(rows)
    }

    /// How the classes of the municipality in scope stand.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn retention(&self, now: DateTime<Utc>, periods: Periods) -> Result<Vec<Standing>, StoreError> {
        let mut standings = Vec::new();
        for class in BY_TOWN {
            let Some(period) = periods.of(class) else { continue };
            // A night may pass before the next run.
            let beyond = self.beyond(class, now - period - TimeDelta::days(1))?;
            let count = Query::select()
                .expr_as(Expr::col(Asterisk).count(), "many")
                .from_subquery(beyond, "beyond")
                .take();
            let counted = self.connection().query_one(&count).await.map_err(failed)?;
            let overdue: i64 = match counted {
                Some(row) => row.try_get("", "many").map_err(failed)?,
                None => 0,
            };
            let run = self
                .rows::<Entity>()
                .filter(Column::Class.eq(class.to_string()))
                .order_by_desc(Column::RanAt)
                .one(self.connection())
                .await
                .map_err(failed)?;
            standings.push(Standing {
                class,
                period,
                overdue: u64::try_from(overdue).unwrap_or_default(),
                last_run: run.as_ref().map(|run| run.ran_at),
                last_removed: run.and_then(|run| u64::try_from(run.removed).ok()).unwrap_or_default(),
            });
        }
        Ok(standings)
    }

    /// When the municipality in scope was last gone through.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn last_retention(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let run = self.rows::<Entity>().order_by_desc(Column::RanAt).one(self.connection()).await;
        Ok(run.map_err(failed)?.map(|run| run.ran_at))
    }
}

impl Db<DatabaseTransaction> {
    /// Lets some of a class go in the municipality in scope. Answers how many; fewer than a full slice
    /// means that nothing is left.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn expire(
        &self,
        now: DateTime<Utc>,
        class: Class,
        period: TimeDelta,
    ) -> Result<(u64, bool), StoreError> {
        let slice = match class {
            Class::Complaint => CASES,
            Class::Ward => WARDS,
            _ => MESSAGES,
        };
        let mut beyond = self.beyond(class, now - period)?;
        beyond.limit(slice);
        let rows = self.connection().query_all(&beyond).await.map_err(failed)?;
        let ids: Vec<Uuid> =
            rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>().map_err(failed)?;
        let many = u64::try_from(ids.len()).unwrap_or_default();
        if many == 0 {
            return Ok((0, false));
        }
        match class {
            Class::Complaint => {
                let cases: Vec<_> = ids.into_iter().map(ComplaintId).collect();
                self.deidentify(&cases).await?;
            }
            Class::Delivery => self.forget_sending(&ids).await?,
            Class::Ward => {
                let town = self.municipality()?;
                for ward in ids {
                    self.erase(now, PersonId(ward)).await?;
                }
                // Erasing goes through every town.
                self.enter(town).await?;
            }
            _ => {
                self.forget_sending(&ids).await?;
                self.drop_rows("messages", "id", &ids).await?;
            }
        }
        Ok((many, many == slice))
    }

    /// Everything that was sent of messages goes with the chunks that planned it, so that what is left
    /// still adds up.
    async fn forget_sending(&self, messages: &[Uuid]) -> Result<(), StoreError> {
        let town = self.municipality()?.0;
        let chunks = Query::select()
            .column("id")
            .from("work_chunks")
            .and_where(Expr::col("municipality_id").eq(town))
            .and_where(Expr::col("message_id").is_in(messages.iter().copied()))
            .take();
        let batches = Query::delete()
            .from_table("send_batches")
            .and_where(Expr::col("municipality_id").eq(town))
            .and_where(Expr::col("chunk_id").in_subquery(chunks))
            .take();
        self.connection().execute(&batches).await.map_err(failed)?;
        for table in ["attempts", "deliveries", "audience", "work_chunks"] {
            self.drop_rows(table, "message_id", messages).await?;
        }
        Ok(())
    }

    async fn drop_rows(
        &self,
        table: &'static str,
        column: &'static str,
        ids: &[Uuid],
    ) -> Result<(), StoreError> {
        let rows = Query::delete()
            .from_table(table)
            .and_where(Expr::col("municipality_id").eq(self.municipality()?.0))
            .and_where(Expr::col(column).is_in(ids.iter().copied()))
            .take();
        self.connection().execute(&rows).await.map_err(failed)?;
        Ok(())
    }

    /// Notes what a night did, as proof.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn note_retention(
        &self,
        now: DateTime<Utc>,
        class: Class,
        removed: u64,
    ) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            ran_at: Set(now),
            class: Set(class.to_string()),
            removed: Set(i64::try_from(removed).unwrap_or(i64::MAX)),
        })
        .await
    }

    /// Makes others wait who go through the same at this moment; false where somebody does already.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn one_retention(&self) -> Result<bool, StoreError> {
        dialect::try_lock(self.connection(), 0x6e69_6768).await.map_err(failed)
    }
}
