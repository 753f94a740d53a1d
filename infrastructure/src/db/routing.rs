//! Routing rules.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    ids::{ComplaintId, DecisionId, DepartmentId, RoutingRuleId},
    routing::{
        Actions, Broken, Decision, Rule, StoredDecision,
        port::{RoutingReads, RoutingWrites},
    },
    text::Name,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*, sea_query::Expr};

use super::{Db, corrupt, decisions, failed, municipalities::json, one_deleted, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "routing_rules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub position: i32,
    pub name: String,
    pub condition: Json,
    pub actions: Json,
    pub department_id: Uuid,
    pub active: bool,
    pub broken_at: Option<ChronoDateTimeUtc>,
    pub broken_reason: Option<String>,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Rule {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let broken = row.broken_at.zip(row.broken_reason).map(|(since, reason)| {
            let defect = reason.parse().map_err(|_| corrupt("routing_rules.broken_reason"))?;
            Ok(Broken { since, defect })
        });
        let department = DepartmentId(row.department_id);
        let nothing_more =
            || Actions { department, assignee: None, priority: None, extra_emails: Vec::new() };
        Ok(Self {
            id: RoutingRuleId(row.id),
            position: row.position,
            name: Name::parse(row.name).map_err(|_| corrupt("routing_rules.name"))?,
            // The empty tree stands for one that cannot be read: the rule is then reported as broken.
            condition: serde_json::from_value(row.condition).unwrap_or_default(),
            actions: serde_json::from_value(row.actions).unwrap_or_else(|_| nothing_more()),
            active: row.active,
            broken: broken.transpose()?,
            version: row.version,
        })
    }
}

/// The columns that may change.
fn changed(rule: &Rule, version: i64) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        position: Set(rule.position),
        name: Set(rule.name.to_string()),
        condition: Set(json(&rule.condition)?),
        actions: Set(json(&rule.actions)?),
        department_id: Set(rule.actions.department.0),
        active: Set(rule.active),
        broken_at: Set(rule.broken.map(|broken| broken.since)),
        broken_reason: Set(rule.broken.map(|broken| broken.defect.to_string())),
        version: Set(version),
        ..Default::default()
    })
}

#[async_trait]
impl<C: ConnectionTrait + Send> RoutingReads for Db<C> {
    async fn rules(&self) -> Result<Vec<Rule>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Position).order_by_asc(Column::Id);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Rule::try_from).collect()
    }

    async fn rule(&self, id: RoutingRuleId) -> Result<Option<Rule>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Rule::try_from).transpose()
    }

    async fn decisions_of(&self, complaint: ComplaintId) -> Result<Vec<StoredDecision>, StoreError> {
        self.stored_decisions(complaint).await
    }
}

#[async_trait]
impl RoutingWrites for Db<DatabaseTransaction> {
    async fn insert_rule(&self, now: DateTime<Utc>, rule: &Rule) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(rule.id.0),
            created_at: Set(now),
            ..changed(rule, rule.version)?
        })
        .await
    }

    async fn update_rule(&self, rule: &Rule) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(changed(rule, rule.version + 1)?)
            .filter(Column::Id.eq(rule.id.0))
            .filter(Column::Version.eq(rule.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_rule(&self, id: RoutingRuleId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }

    async fn note_broken(&self, id: RoutingRuleId, broken: &Broken) -> Result<bool, StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::BrokenAt, Expr::val(broken.since))
            .col_expr(Column::BrokenReason, Expr::val(broken.defect.to_string()))
            .filter(Column::Id.eq(id.0))
            .filter(Column::BrokenAt.is_null())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(result.rows_affected > 0)
    }

    async fn insert_decision(
        &self,
        now: DateTime<Utc>,
        id: DecisionId,
        complaint: ComplaintId,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let rule = decision.reasons.rule.as_ref().map(|rule| rule.id.0);
        let row = decisions::ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(id.0),
            complaint_id: Set(complaint.0),
            decided_at: Set(now),
            rule_id: Set(rule),
            department_id: Set(decision.department.0),
            reasons: Set(json(&decision.reasons)?),
        };
        self.insert_later(vec![row], None).await
    }
}
