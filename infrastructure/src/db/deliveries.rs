//! Messages and their deliveries.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    deliveries::{
        NewMessage,
        port::{DeliveryReads, Outbox},
    },
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::{Db, corrupt};

impl<C: ConnectionTrait + Send> DeliveryReads for Db<C> {}

#[async_trait]
impl Outbox for Db<DatabaseTransaction> {
    async fn enqueue(&self, _now: DateTime<Utc>, _message: &NewMessage) -> Result<u64, StoreError> {
        Err(corrupt("not written yet"))
    }
}
