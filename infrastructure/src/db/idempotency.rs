//! Answers kept for retries.

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    idempotency::{IdempotencyWrites, KeyedRequest, Known, SealedAnswer},
};
use sea_orm::{DatabaseTransaction, Set, entity::prelude::*, sea_query::OnConflict};

use super::{Db, corrupt, dialect, failed};
use crate::secrets::{hex, sha256};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub actor: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub method: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub path: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub fingerprint: String,
    pub status: i32,
    pub sealed_answer: String,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Names the request for the lock: 64 bits of its hash.
fn lock_name(request: &KeyedRequest) -> i64 {
    let name = [&request.actor, &request.method, &request.path, &request.key].map(String::as_str).join("\n");
    let [a, b, c, d, e, f, g, h, ..] = sha256(name.as_bytes());
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[async_trait]
impl IdempotencyWrites for Db<DatabaseTransaction> {
    async fn reserve(&self, since: DateTime<Utc>, request: &KeyedRequest) -> Result<Known, StoreError> {
        let alone = dialect::try_lock(self.connection(), lock_name(request)).await.map_err(failed)?;
        let row = self
            .rows::<Entity>()
            .filter(Column::Actor.eq(request.actor.as_str()))
            .filter(Column::Method.eq(request.method.as_str()))
            .filter(Column::Path.eq(request.path.as_str()))
            .filter(Column::Key.eq(request.key.as_str()))
            .filter(Column::CreatedAt.gt(since))
            .one(self.connection())
            .await
            .map_err(failed)?;
        // Whoever has the lock may only be about to let go of it: an answer that is there counts.
        let Some(row) = row else { return Ok(if alone { Known::Nothing } else { Known::InProgress }) };
        if row.fingerprint != hex(&request.fingerprint) {
            return Ok(Known::OtherBody);
        }
        Ok(Known::Answered(SealedAnswer {
            status: row.status.try_into().map_err(|_| corrupt("idempotency_keys.status"))?,
            sealed: STANDARD
                .decode(row.sealed_answer)
                .map_err(|_| corrupt("idempotency_keys.sealed_answer"))?,
        }))
    }

    async fn remember(
        &self,
        now: DateTime<Utc>,
        request: &KeyedRequest,
        answer: &SealedAnswer,
    ) -> Result<(), StoreError> {
        // A row with the same key can only be one that is too old to count.
        let renewed = OnConflict::columns([Column::Actor, Column::Method, Column::Path, Column::Key])
            .update_columns([Column::Fingerprint, Column::Status, Column::SealedAnswer, Column::CreatedAt])
            .to_owned();
        let row = ActiveModel {
            actor: Set(request.actor.clone()),
            method: Set(request.method.clone()),
            path: Set(request.path.clone()),
            key: Set(request.key.clone()),
            fingerprint: Set(hex(&request.fingerprint)),
            status: Set(answer.status.into()),
            sealed_answer: Set(STANDARD.encode(&answer.sealed)),
            created_at: Set(now),
        };
        self.insert_later(vec![row], Some(renewed)).await
    }
}
