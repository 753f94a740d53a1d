//! Deliveries to a number or mailbox that several people share: it is told once, for all of them. A delivery
//! bears the name of one of them; the others whom the message is for stand here. Where that one leaves while
//! the message is on its way, it goes on in the name of one who stays.

use domain::{
    StoreError,
    broadcasts::Unreachable,
    deliveries::{DeliveryState, Severity},
    ids::{MessageId, PersonId},
};
use sea_orm::{
    DatabaseTransaction, ExprTrait, Value,
    entity::prelude::*,
    sea_query::{Expr, Query, SelectStatement},
};

use super::{Db, Lease, Times, audience::wanted_name, climbing::listed, deliveries, failed, reach};

/// Whether a delivery `d` ended because those whom it was for were reached already, or left: for somebody else there
/// it may begin anew.
pub(super) const ENDED: &str = "(d.state = 'cancelled' AND d.reason IN ('acknowledged', 'delivered') \
    OR d.state = 'suppressed' AND d.reason = 'consent_withdrawn')";

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
    /// Has deliveries of a chunk go on in the name of those who stay. Whoever left and is told nowhere else has a
    /// reason for it from here on.
    pub(super) async fn hand_on(
        &self,
        lease: &Lease,
        severity: Severity,
        (contact_points, left): (Vec<Uuid>, Vec<PersonId>),
    ) -> Result<(), StoreError> {
        if contact_points.is_empty() || left.is_empty() {
            return Ok(());
        }
        self.update::<deliveries::Entity>()
            .col_expr(deliveries::Column::PersonId, heir(severity))
            .filter(deliveries::Column::ChunkId.eq(lease.chunk.0))
            .filter(deliveries::Column::ContactPointId.is_in(contact_points))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        let mut values: Vec<Value> = vec![lease.municipality.0.into(), lease.message.0.into()];
        values.push(Unreachable::NotAgreed.to_string().into());
        let left: Vec<Uuid> = left.into_iter().map(|person| person.0).collect();
        let sql = format!(
            "UPDATE audience SET reason = $3 WHERE municipality_id = $1 AND message_id = $2 AND reason IS NULL \
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.municipality_id = $1 AND d.message_id = $2 \
             AND d.person_id = audience.person_id) AND NOT EXISTS (SELECT 1 FROM shared_deliveries s \
             WHERE s.municipality_id = $1 AND s.message_id = $2 AND s.person_id = audience.person_id) \
             AND person_id IN ({})",
            listed(&mut values, &left)
        );
        self.run_sql(sql, values).await.map(drop)
    }

    /// Once everybody is written down: where a delivery ended at the very moment when somebody else joined it, that
    /// one is told.
    pub(super) async fn take_up_ended(
        &self,
        times: Times,
        message: MessageId,
        severity: Severity,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT DISTINCT s.contact_point_id FROM shared_deliveries s JOIN audience a \
             ON a.municipality_id = s.municipality_id AND a.message_id = s.message_id AND a.person_id = s.person_id \
             JOIN reach r ON r.municipality_id = s.municipality_id AND r.person_id = s.person_id \
             AND r.contact_point_id = s.contact_point_id WHERE s.municipality_id = $1 AND s.message_id = $2 \
             AND a.acknowledged_at IS NULL AND r.active AND r.{} AND EXISTS (SELECT 1 FROM deliveries d \
             WHERE d.municipality_id = $1 AND d.message_id = $2 AND d.contact_point_id = s.contact_point_id AND {ENDED} \
             AND (d.reason <> 'delivered' OR a.next_at IS NOT NULL))",
            wanted_name(severity)
        );
        let rows = self.many(sql, vec![self.municipality()?.0.into(), message.0.into()]).await?;
        let points = rows.iter().map(|row| row.try_get("", "contact_point_id").map_err(failed));
        let points = points.collect::<Result<Vec<Uuid>, _>>()?;
        self.begin_anew(times, message, (DeliveryState::Pending, &points)).await
    }

    /// Has deliveries that wait or ended wait for a later rung, or be sent. The chunks' rows first: whoever sends
    /// from one holds that too.
    pub(super) async fn begin_anew(
        &self,
        times: Times,
        message: MessageId,
        (state, contact_points): (DeliveryState, &[Uuid]),
    ) -> Result<(), StoreError> {
        if contact_points.is_empty() {
            return Ok(());
        }
        let bound = || -> Result<Vec<Value>, StoreError> {
            Ok(vec![self.municipality()?.0.into(), message.0.into(), times.due_at.into()])
        };
        if state == DeliveryState::Pending {
            let mut values = bound()?;
            let open = format!(
                "UPDATE work_chunks SET state = CASE WHEN state = 'done' THEN 'pending' ELSE state END, \
                 due_at = CASE WHEN state = 'done' OR due_at > $3 THEN $3 ELSE due_at END \
                 WHERE municipality_id = $1 AND message_id = $2 AND id IN (SELECT d.chunk_id FROM deliveries d \
                 WHERE d.municipality_id = $1 AND d.message_id = $2 AND d.contact_point_id IN ({}))",
                listed(&mut values, contact_points)
            );
            self.run_sql(open, values).await?;
        }
        let mut values = bound()?;
        values.extend([Value::from(state.to_string()), times.now.into()]);
        let anew = format!(
            "UPDATE deliveries AS d SET state = $4, due_at = $3, reason = NULL, updated_at = $5 \
             WHERE d.municipality_id = $1 AND d.message_id = $2 AND (d.state = 'waiting' OR {ENDED}) \
             AND d.contact_point_id IN ({})",
            listed(&mut values, contact_points)
        );
        self.run_sql(anew, values).await.map(drop)
    }
}
