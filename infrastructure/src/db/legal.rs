//! What the law asks a town hall to say, and its testers.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    ids::TesterId,
    municipalities::{
        legal::{LegalFacts, Tester},
        port::{LegalReads, LegalWrites},
    },
    text::EmailAddress,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, PaginatorTrait, QueryOrder, Set, entity::prelude::*};

use super::{Db, corrupt, failed, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "legal_facts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    pub facts: Json,
    pub version: i64,
    pub updated_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who may follow before the service starts.
pub mod testers {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "testers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub email: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn tester(row: testers::Model) -> Result<Tester, StoreError> {
    let email = EmailAddress::parse(&row.email).map_err(|_| corrupt("testers.email"))?;
    Ok(Tester { id: TesterId(row.id), email })
}

#[async_trait]
impl<C: ConnectionTrait + Send> LegalReads for Db<C> {
    async fn legal_facts(&self) -> Result<(LegalFacts, i64), StoreError> {
        match self.rows::<Entity>().one(self.connection()).await.map_err(failed)? {
            Some(row) => {
                let facts = serde_json::from_value(row.facts).map_err(|_| corrupt("legal_facts.facts"))?;
                Ok((facts, row.version))
            }
            None => Ok((LegalFacts::default(), 0)),
        }
    }

    async fn testers(&self) -> Result<Vec<Tester>, StoreError> {
        let rows = self.rows::<testers::Entity>().order_by_asc(testers::Column::Email);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(tester).collect()
    }

    async fn is_tester(&self, email: &EmailAddress) -> Result<bool, StoreError> {
        let rows = self.rows::<testers::Entity>().filter(testers::Column::Email.eq(email.as_str()));
        Ok(rows.count(self.connection()).await.map_err(failed)? > 0)
    }
}

#[async_trait]
impl LegalWrites for Db<DatabaseTransaction> {
    async fn put_legal_facts(
        &self,
        now: DateTime<Utc>,
        facts: &LegalFacts,
        version: i64,
    ) -> Result<(), StoreError> {
        let facts = serde_json::to_value(facts).map_err(|_| corrupt("legal facts without JSON form"))?;
        if version == 0 {
            let row = ActiveModel {
                municipality_id: Set(self.municipality()?.0),
                facts: Set(facts),
                version: Set(1),
                updated_at: Set(now),
            };
            return match self.insert(row).await {
                Err(StoreError::Duplicate) => Err(StoreError::Stale),
                done => done,
            };
        }
        let change = ActiveModel {
            facts: Set(facts),
            version: Set(version + 1),
            updated_at: Set(now),
            ..Default::default()
        };
        let update = self.update::<Entity>().set(change).filter(Column::Version.eq(version));
        one_row(&update.exec(self.connection()).await.map_err(failed)?)
    }

    async fn insert_tester(&self, now: DateTime<Utc>, tester: &Tester) -> Result<(), StoreError> {
        self.insert(testers::ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(tester.id.0),
            email: Set(tester.email.as_str().to_owned()),
            created_at: Set(now),
        })
        .await
    }

    async fn delete_tester(&self, id: TesterId) -> Result<bool, StoreError> {
        let gone = self.delete::<testers::Entity>().filter(testers::Column::Id.eq(id.0));
        Ok(gone.exec(self.connection()).await.map_err(failed)?.rows_affected > 0)
    }
}
