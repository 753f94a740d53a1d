//! Why complaints went where they went.

use domain::{
    StoreError,
    ids::{ComplaintId, DecisionId, DepartmentId, RoutingRuleId},
    routing::StoredDecision,
};
use sea_orm::{ConnectionTrait, QueryOrder, entity::prelude::*};

use super::{Db, corrupt, failed};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "routing_decisions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub complaint_id: Uuid,
    pub decided_at: ChronoDateTimeUtc,
    pub rule_id: Option<Uuid>,
    pub department_id: Uuid,
    pub reasons: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for StoredDecision {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: DecisionId(row.id),
            at: row.decided_at,
            rule: row.rule_id.map(RoutingRuleId),
            department: DepartmentId(row.department_id),
            reasons: serde_json::from_value(row.reasons).map_err(|_| corrupt("routing_decisions.reasons"))?,
        })
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// The decisions about a complaint, the latest first.
    pub(super) async fn stored_decisions(
        &self,
        complaint: ComplaintId,
    ) -> Result<Vec<StoredDecision>, StoreError> {
        let rows = self.rows::<Entity>().filter(Column::ComplaintId.eq(complaint.0));
        let rows = rows.order_by_desc(Column::DecidedAt).order_by_desc(Column::Id);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(StoredDecision::try_from).collect()
    }
}
