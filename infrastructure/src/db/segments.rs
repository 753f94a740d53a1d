//! Saved audiences.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{
        BroadcastState, Segment,
        port::{SegmentReads, SegmentWrites},
    },
    ids::SegmentId,
    text::Name,
};
use sea_orm::{
    Condition, ConnectionTrait, DatabaseTransaction, ExprTrait, QueryOrder, QueryTrait, Set,
    entity::prelude::*, sea_query::Alias,
};

use super::{Db, broadcasts, corrupt, dialect, failed, municipalities::json, one_deleted, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "segments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub audience: Json,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Segment {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: SegmentId(row.id),
            name: Name::parse(row.name).map_err(|_| corrupt("segments.name"))?,
            audience: serde_json::from_value(row.audience).map_err(|_| corrupt("segments.audience"))?,
            version: row.version,
        })
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> SegmentReads for Db<C> {
    async fn segments(&self) -> Result<Vec<Segment>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Name);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Segment::try_from).collect()
    }

    async fn segment(&self, id: SegmentId) -> Result<Option<Segment>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Segment::try_from).transpose()
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Those of these segments that are there.
    pub(super) async fn segments_named(&self, ids: &[SegmentId]) -> Result<Vec<Segment>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.rows::<Entity>().filter(Column::Id.is_in(ids.iter().map(|id| id.0)));
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Segment::try_from).collect()
    }
}

#[async_trait]
impl SegmentWrites for Db<DatabaseTransaction> {
    async fn insert_segment(&self, now: DateTime<Utc>, segment: &Segment) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(segment.id.0),
            name: Set(segment.name.to_string()),
            audience: Set(json(&segment.audience)?),
            version: Set(segment.version),
            created_at: Set(now),
        })
        .await
    }

    async fn update_segment(&self, segment: &Segment) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(ActiveModel {
                name: Set(segment.name.to_string()),
                audience: Set(json(&segment.audience)?),
                version: Set(segment.version + 1),
                ..Default::default()
            })
            .filter(Column::Id.eq(segment.id.0))
            .filter(Column::Version.eq(segment.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_segment(&self, id: SegmentId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }

    async fn hold_segments(&self, ids: &[SegmentId]) -> Result<Vec<Segment>, StoreError> {
        let mut rows = self
            .rows::<Entity>()
            .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
            .order_by_asc(Column::Id);
        dialect::hold(self.backend(), QueryTrait::query(&mut rows));
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Segment::try_from).collect()
    }

    async fn names_segment(&self, id: SegmentId, drafts: bool) -> Result<bool, StoreError> {
        use broadcasts::Column;
        let is = |state: BroadcastState| Column::State.eq(state.to_string());
        let mut open = Condition::any()
            .add(is(BroadcastState::Submitted))
            .add(is(BroadcastState::Approved))
            .add(is(BroadcastState::Sending).and(Column::Planned.eq(false)));
        if drafts {
            open = open.add(is(BroadcastState::Draft));
        }
        let named = Expr::col(Column::Audience).cast_as(Alias::new("text")).like(format!("%{id}%"));
        let rows = self.rows::<broadcasts::Entity>().filter(open).filter(named);
        Ok(rows.count(self.connection()).await.map_err(failed)? > 0)
    }
}
