//! The history of complaints.

use domain::{
    StoreError,
    complaints::Step,
    ids::{ComplaintId, HistoryId},
    text::Remark,
};
use sea_orm::{Set, entity::prelude::*};

use super::corrupt;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "complaint_steps")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub complaint_id: Uuid,
    pub at: ChronoDateTimeUtc,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub from_status: Option<String>,
    pub to_status: Option<String>,
    pub public_text: Option<String>,
    pub internal_text: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Step {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let status = |text: Option<String>| {
            text.map(|text| text.parse()).transpose().map_err(|_| corrupt("complaint_steps.status"))
        };
        let remark = |text: Option<String>| {
            text.map(Remark::parse).transpose().map_err(|_| corrupt("complaint_steps.text"))
        };
        Ok(Self {
            id: HistoryId(row.id),
            complaint: ComplaintId(row.complaint_id),
            at: row.at,
            by: row.actor_kind.parse().map_err(|_| corrupt("complaint_steps.actor_kind"))?,
            actor: row.actor_id,
            action: row.action.parse().map_err(|_| corrupt("complaint_steps.action"))?,
            from: status(row.from_status)?,
            to: status(row.to_status)?,
            public_text: remark(row.public_text)?,
            internal_text: remark(row.internal_text)?,
        })
    }
}

/// The row of a step.
pub(super) fn row(municipality: Uuid, step: &Step) -> ActiveModel {
    ActiveModel {
        municipality_id: Set(municipality),
        id: Set(step.id.0),
        complaint_id: Set(step.complaint.0),
        at: Set(step.at),
        actor_kind: Set(step.by.to_string()),
        actor_id: Set(step.actor),
        action: Set(step.action.to_string()),
        from_status: Set(step.from.map(|status| status.to_string())),
        to_status: Set(step.to.map(|status| status.to_string())),
        public_text: Set(step.public_text.clone().map(String::from)),
        internal_text: Set(step.internal_text.clone().map(String::from)),
    }
}
