//! The audit log: entries, the queue before their seal, blocks. Nothing here changes or deletes an
//! entry or a block: the serving role may not, and on SQLite triggers refuse it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    audit::{
        Block, Entry,
        port::AuditWrites,
        verify::{Verdict, Verifier},
    },
    ids::{AuditId, MunicipalityId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, PaginatorTrait, QueryOrder, QuerySelect, Set, entity::prelude::*,
};

use super::{Db, dialect, failed};
use crate::secrets::sha256;

/// Entries sealed at once: more wait for the next second.
const AT_ONCE: u64 = 5_000;
/// Entries and blocks read at once while verifying.
const PAGE: u64 = 10_000;
/// Names the lock of the one who seals.
const SEALING: i64 = 0x7365_616c;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: ChronoDateTimeUtc,
    pub municipality_id: Option<Uuid>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub deed: String,
    pub subject_kind: String,
    pub subject_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Entries that no block holds yet.
pub mod queue {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_queue")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Sealed blocks.
pub mod blocks {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_blocks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub previous_hash: String,
        pub hash: String,
        pub sealed_at: ChronoDateTimeUtc,
        pub entries: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn entry(row: Model) -> Entry {
    Entry {
        id: AuditId(row.id),
        at: row.at,
        municipality: row.municipality_id.map(MunicipalityId),
        actor_kind: row.actor_kind,
        actor: row.actor_id,
        deed: row.deed,
        subject_kind: row.subject_kind,
        subject: row.subject_id,
    }
}

fn block(row: blocks::Model) -> Block {
    Block {
        number: row.number,
        previous: row.previous_hash,
        hash: row.hash,
        sealed_at: row.sealed_at,
        packed: row.entries,
    }
}

#[async_trait]
impl AuditWrites for Db<DatabaseTransaction> {
    async fn insert_audit_entry(&self, entry: &Entry) -> Result<(), StoreError> {
        let row = ActiveModel {
            id: Set(entry.id.0),
            at: Set(entry.at),
            municipality_id: Set(entry.municipality.map(|id| id.0)),
            actor_kind: Set(entry.actor_kind.clone()),
            actor_id: Set(entry.actor),
            deed: Set(entry.deed.clone()),
            subject_kind: Set(entry.subject_kind.clone()),
            subject_id: Set(entry.subject),
        };
        self.insert_later(vec![row], None).await?;
        self.insert_later(vec![queue::ActiveModel { entry_id: Set(entry.id.0) }], None).await
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// How many entries wait for their seal.
    pub async fn unsealed(&self) -> Result<u64, StoreError> {
        self.rows::<queue::Entity>().count(self.connection()).await.map_err(failed)
    }

    /// Compares the whole log with its seals.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn verify_audit(&self) -> Result<Verdict, StoreError> {
        let mut verifier = Verifier::new(sha256);
        let (mut entry_after, mut block_after, mut more) = (Uuid::nil(), 0, true);
        loop {
            let page = self
                .rows::<blocks::Entity>()
                .filter(blocks::Column::Number.gt(block_after))
                .order_by_asc(blocks::Column::Number)
                .limit(PAGE / 10)
                .all(self.connection())
                .await
                .map_err(failed)?;
            let Some(last) = page.last() else { break };
            block_after = last.number;
            for sealed in page.into_iter().map(block) {
                while more && !verifier.has_all_of(&sealed) {
                    more = self.take_entries(&mut verifier, &mut entry_after).await?;
                }
                verifier.block(&sealed);
            }
        }
        while more {
            more = self.take_entries(&mut verifier, &mut entry_after).await?;
        }
        Ok(verifier.finish())
    }

    /// Reads on; false where there is nothing more.
    async fn take_entries(&self, verifier: &mut Verifier, after: &mut Uuid) -> Result<bool, StoreError> {
        let rows = self
            .rows::<Entity>()
            .filter(Column::Id.gt(*after))
            .order_by_asc(Column::Id)
            .limit(PAGE)
            .all(self.connection())
            .await
            .map_err(failed)?;
        let Some(last) = rows.last() else { return Ok(false) };
        *after = last.id;
        rows.into_iter().for_each(|row| verifier.entry(&entry(row)));
        Ok(true)
    }
}

impl Db<DatabaseTransaction> {
    /// Seals what waits into the next block, unless another process is sealing. Answers how many
    /// entries; none makes no block.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn seal_audit(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        if !dialect::try_lock(self.connection(), SEALING).await.map_err(failed)? {
            return Ok(0);
        }
        let waiting: Vec<Uuid> = self
            .rows::<queue::Entity>()
            .select_only()
            .column(queue::Column::EntryId)
            .order_by_asc(queue::Column::EntryId)
            .limit(AT_ONCE)
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(failed)?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let rows = self
            .rows::<Entity>()
            .filter(Column::Id.is_in(waiting.iter().copied()))
            .order_by_asc(Column::Id)
            .all(self.connection())
            .await
            .map_err(failed)?;
        let entries: Vec<_> = rows.into_iter().map(entry).collect();
        let last = self
            .rows::<blocks::Entity>()
            .order_by_desc(blocks::Column::Number)
            .one(self.connection())
            .await
            .map_err(failed)?
            .map(block);
        let sealed = Block::after(last.as_ref(), now, &entries, sha256);
        self.insert(blocks::ActiveModel {
            number: Set(sealed.number),
            previous_hash: Set(sealed.previous),
            hash: Set(sealed.hash),
            sealed_at: Set(sealed.sealed_at),
            entries: Set(sealed.packed),
        })
        .await?;
        self.delete::<queue::Entity>()
            .filter(queue::Column::EntryId.is_in(waiting))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(u64::try_from(entries.len()).unwrap_or_default())
    }
}
