//! Ways to reach someone, and the phones among them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{StoreError, deliveries::Channel, ids::ContactPointId, text::EmailAddress};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, QueryTrait, Set, Statement,
    entity::prelude::*,
    sea_query::{Func, OnConflict, Query},
};

use super::{Db, failed};
use crate::secrets::{hex, sha256};

/// A push token whose app was not opened for so long is dead: FCM refuses it from then on (Google,
/// "Manage registration tokens").
const SILENCE: TimeDelta = TimeDelta::days(270);

/// `kind` is the channel's text: `push`, `email`, …
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_points")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub address: String,
    pub address_hash: String,
    pub platform: Option<String>,
    pub app: Option<String>,
    pub environment: Option<String>,
    pub app_version: Option<String>,
    pub locale: String,
    pub verified_at: Option<ChronoDateTimeUtc>,
    pub registered_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Which phones are whose.
pub mod devices {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "devices")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub contact_point_id: Uuid,
        pub registered_at: ChronoDateTimeUtc,
        pub session_id: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What `address_hash` holds: the SHA-256 of an address in lower-case hexadecimal.
pub fn address_hash(address: &str) -> String {
    hex(&sha256(address.as_bytes()))
}

impl Db<DatabaseTransaction> {
    /// Makes contact points of mailboxes that are not known yet, and gives the hashes they are found by.
    pub(super) async fn know_mailboxes(
        &self,
        now: DateTime<Utc>,
        addresses: &[EmailAddress],
    ) -> Result<Vec<String>, StoreError> {
        let mailboxes: BTreeMap<String, &EmailAddress> =
            addresses.iter().map(|address| (address_hash(address.as_str()), address)).collect();
        if mailboxes.is_empty() {
            return Ok(Vec::new());
        }
        let rows = mailboxes.iter().map(|(hash, address)| ActiveModel {
            id: Set(mailbox_id(hash)),
            kind: Set(Channel::Email.to_string()),
            address: Set(address.as_str().to_owned()),
            address_hash: Set(hash.clone()),
            locale: Set(domain::Locale::default().to_string()),
            registered_at: Set(now),
            ..Default::default()
        });
        // By whatever key: two who meet the address at the same moment give it the same identifier too.
        let known = OnConflict::new().do_nothing().to_owned();
        self.insert_later(rows.collect(), Some(known)).await?;
        Ok(mailboxes.into_keys().collect())
    }

    /// Removes phones whose app has not been opened for a long time: apps register at each start.
    /// Answers how many.
    pub async fn forget_silent_phones(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let silent = self.silent_phones(now);
        Ok(self.connection().execute_raw(silent).await.map_err(failed)?.rows_affected())
    }

    /// The statement that does it.
    pub fn silent_phones(&self, now: DateTime<Utc>) -> Statement {
        let silent = self
            .delete::<Entity>()
            .filter(Column::Kind.eq(Channel::Push.to_string()))
            .filter(Column::RegisteredAt.lt(now - SILENCE));
        QueryTrait::build(&silent, self.backend())
    }

    /// Removes a contact point a provider called dead, unless it was registered again after `since`.
    pub(super) async fn forget(
        &self,
        contact_point: ContactPointId,
        since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.delete::<Entity>()
            .filter(Column::Id.eq(contact_point.0))
            .filter(Column::RegisteredAt.lte(since))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}

/// The id of a new mailbox's contact point: whoever makes it at the same moment makes the same.
fn mailbox_id(address_hash: &str) -> Uuid {
    derived_id(["email", address_hash].concat())
}

/// The id of a mailbox's contact point, as an expression: that of the one that is there, else that
/// of the one being made.
pub(super) fn known_mailbox(address_hash: &str) -> Expr {
    let known = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Expr::col(Column::Kind).eq(Channel::Email.to_string()))
        .and_where(Expr::col(Column::AddressHash).eq(address_hash))
        .take();
    let known = Expr::SubQuery(None, Box::new(known.into()));
    Func::coalesce([known, Expr::val(mailbox_id(address_hash))]).into()
}

/// An id that follows from what it is for: the same at every replay. UUIDv8 (RFC 9562, section 5.8).
pub(super) fn derived_id(parts: impl AsRef<[u8]>) -> Uuid {
    let hash = sha256(parts.as_ref());
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(hash) {
        *to = from;
    }
    uuid::Builder::from_custom_bytes(id).into_uuid()
}
