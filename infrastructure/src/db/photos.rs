//! The rows of photos; the pictures themselves lie in the photo store.

use domain::{
    StoreError,
    complaints::Photo,
    ids::{ComplaintId, PhotoId},
};
use sea_orm::{Set, entity::prelude::*};

use super::corrupt;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "photos")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub complaint_id: Option<Uuid>,
    pub sender: String,
    pub position: i32,
    pub width: i32,
    pub height: i32,
    pub content_hash: String,
    pub released_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Photo {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: PhotoId(row.id),
            complaint: row.complaint_id.map(ComplaintId),
            sender: row.sender,
            position: row.position.try_into().map_err(|_| corrupt("photos.position"))?,
            width: row.width.try_into().map_err(|_| corrupt("photos.width"))?,
            height: row.height.try_into().map_err(|_| corrupt("photos.height"))?,
            content: row.content_hash.parse().map_err(|_| corrupt("photos.content_hash"))?,
            released_at: row.released_at,
            created_at: row.created_at,
        })
    }
}

/// The row of a photo.
pub(super) fn row(municipality: Uuid, photo: &Photo) -> ActiveModel {
    ActiveModel {
        municipality_id: Set(municipality),
        id: Set(photo.id.0),
        complaint_id: Set(photo.complaint.map(Uuid::from)),
        sender: Set(photo.sender.clone()),
        position: Set(photo.position.into()),
        width: Set(i32::try_from(photo.width).unwrap_or(i32::MAX)),
        height: Set(i32::try_from(photo.height).unwrap_or(i32::MAX)),
        content_hash: Set(photo.content.to_string()),
        released_at: Set(photo.released_at),
        created_at: Set(photo.created_at),
    }
}
