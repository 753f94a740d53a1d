//! Deliveries to a number or mailbox that several people share: it is told once, for all of them. A delivery
//! bears the name of one of them; the others whom the message is for stand here. Where that one leaves while
//! the message is on its way, it goes on in the name of one who stays.

use domain::{StoreError, deliveries::Severity};
use sea_orm::{
    DatabaseTransaction, ExprTrait,
    entity::prelude::*,
    sea_query::{Expr, Query, SelectStatement},
};

use super::{Db, Lease, deliveries, failed, reach};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shared_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub contact_point_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Somebody who shares the delivery of the row outside and wants such messages there.
pub(super) fn heir(severity: Severity) -> Expr {
    let same = |column: Column, outside: deliveries::Column| {
        Expr::col((Entity, column)).equals((deliveries::Entity, outside))
    };
    let theirs = |column: Column, of: reach::Column| Expr::col((Entity, column)).equals((reach::Entity, of));
    let heir: SelectStatement = Query::select()
        .column((Entity, Column::PersonId))
        .from(Entity)
        .inner_join(
            reach::Entity,
            theirs(Column::MunicipalityId, reach::Column::MunicipalityId)
                .and(theirs(Column::PersonId, reach::Column::PersonId))
                .and(theirs(Column::ContactPointId, reach::Column::ContactPointId)),
        )
        .and_where(same(Column::MunicipalityId, deliveries::Column::MunicipalityId))
        .and_where(same(Column::MessageId, deliveries::Column::MessageId))
        .and_where(same(Column::ContactPointId, deliveries::Column::ContactPointId))
        .and_where(Expr::col((reach::Entity, reach::Column::Active)))
        .and_where(Expr::col((reach::Entity, reach::wanted(severity))))
        .order_by((Entity, Column::PersonId), sea_orm::Order::Asc)
        .limit(1)
        .take();
    Expr::SubQuery(None, Box::new(heir.into()))
}

impl Db<DatabaseTransaction> {
    /// Has deliveries of a chunk go on in the name of those who stay.
    pub(super) async fn hand_on(
        &self,
        lease: &Lease,
        severity: Severity,
        contact_points: Vec<Uuid>,
    ) -> Result<(), StoreError> {
        if contact_points.is_empty() {
            return Ok(());
        }
        self.update::<deliveries::Entity>()
            .col_expr(deliveries::Column::PersonId, heir(severity))
            .filter(deliveries::Column::ChunkId.eq(lease.chunk.0))
            .filter(deliveries::Column::ContactPointId.is_in(contact_points))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}
