//! Counters behind limits. Subjects are kept as hashes, so that a copy of the table names nobody.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    limits::{CounterReads, CounterWrites},
};
use sea_orm::{
    Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{Db, contact_points::address_hash, failed};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rate_counters")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub window_start: ChronoDateTimeUtc,
    pub count: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn count(row: Model) -> (DateTime<Utc>, u64) {
    (row.window_start, u64::try_from(row.count).unwrap_or_default())
}

#[async_trait]
impl<C: ConnectionTrait + Send> CounterReads for Db<C> {
    async fn counted(
        &self,
        of: &[(&'static str, &str)],
        since: DateTime<Utc>,
    ) -> Result<Vec<Vec<(DateTime<Utc>, u64)>>, StoreError> {
        let of: Vec<_> = of.iter().map(|(rule, subject)| (*rule, address_hash(subject))).collect();
        let any = of.iter().fold(Condition::any(), |any, (rule, subject)| {
            any.add(Column::Rule.eq(*rule).and(Column::Subject.eq(subject.as_str())))
        });
        let rows = self.rows::<Entity>().filter(any).filter(Column::WindowStart.gt(since));
        let rows = rows.all(self.connection()).await.map_err(failed)?;
        let parts = |(rule, subject): &(&str, String)| {
            let own = rows.iter().filter(|row| row.rule == *rule && row.subject == *subject);
            own.cloned().map(count).collect()
        };
        Ok(of.iter().map(parts).collect())
    }
}

impl Model {
    fn into_active_model_whole(self) -> ActiveModel {
        ActiveModel {
            rule: Set(self.rule),
            subject: Set(self.subject),
            window_start: Set(self.window_start),
            count: Set(self.count),
        }
    }
}

#[async_trait]
impl CounterWrites for Db<DatabaseTransaction> {
    async fn count(
        &self,
        rule: &str,
        (subject, more): (&str, i64),
        part: DateTime<Utc>,
        since: DateTime<Utc>,
    ) -> Result<Vec<(DateTime<Utc>, u64)>, StoreError> {
        let subject = address_hash(subject);
        let as_many_more = OnConflict::columns([Column::Rule, Column::Subject, Column::WindowStart])
            .value(Column::Count, Expr::col((Entity, Column::Count)).add(more))
            .to_owned();
        Entity::insert(ActiveModel {
            rule: Set(rule.to_owned()),
            subject: Set(subject.clone()),
            window_start: Set(part),
            count: Set(more),
        })
        .on_conflict(as_many_more)
        .exec_without_returning(self.connection())
        .await
        .map_err(failed)?;
        let rows = self
            .rows::<Entity>()
            .filter(Column::Rule.eq(rule))
            .filter(Column::Subject.eq(subject))
            .filter(Column::WindowStart.gt(since))
            .all(self.connection())
            .await
            .map_err(failed)?;
        Ok(rows.into_iter().map(count).collect())
    }

    async fn count_many(
        &self,
        rule: &str,
        part: DateTime<Utc>,
        counts: &[(String, u64)],
    ) -> Result<Vec<u64>, StoreError> {
        let subjects: Vec<String> = counts.iter().map(|(subject, _)| address_hash(subject)).collect();
        let mut rows: Vec<_> = subjects
            .iter()
            .zip(counts)
            .map(|(subject, (_, more))| Model {
                rule: rule.to_owned(),
                subject: subject.clone(),
                window_start: part,
                count: i64::try_from(*more).unwrap_or(i64::MAX),
            })
            .collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        // In one order everywhere, so that no two wait for each other.
        rows.sort_by(|one, other| one.subject.cmp(&other.subject));
        let more = OnConflict::columns([Column::Rule, Column::Subject, Column::WindowStart])
            .value(
                Column::Count,
                Expr::col((Entity, Column::Count)).add(Expr::col(("excluded", Column::Count))),
            )
            .to_owned();
        let counted: HashMap<String, i64> =
            Entity::insert_many(rows.into_iter().map(Model::into_active_model_whole))
                .on_conflict(more)
                .exec_with_returning(self.connection())
                .await
                .map_err(failed)?
                .into_iter()
                .map(|row| (row.subject, row.count))
                .collect();
        let count = |subject| counted.get(subject).and_then(|count| u64::try_from(*count).ok());
        Ok(subjects.iter().map(|subject| count(subject).unwrap_or_default()).collect())
    }

    async fn forget_counted(&self, rule: &str, subject: &str) -> Result<(), StoreError> {
        let own = Column::Rule.eq(rule).and(Column::Subject.eq(address_hash(subject)));
        self.delete::<Entity>().filter(own).exec(self.connection()).await.map_err(failed)?;
        Ok(())
    }
}
