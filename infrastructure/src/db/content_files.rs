//! The rows of pictures and documents of content; the files themselves lie where photos lie.

use domain::{StoreError, content::ContentFile, ids::ContentFileId};
use sea_orm::{Set, entity::prelude::*};

use super::corrupt;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content_files")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub content_hash: String,
    pub width: i32,
    pub height: i32,
    pub bytes: i32,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for ContentFile {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ContentFileId(row.id),
            kind: row.kind.parse().map_err(|_| corrupt("content_files.kind"))?,
            content: row.content_hash.parse().map_err(|_| corrupt("content_files.content_hash"))?,
            width: row.width.try_into().map_err(|_| corrupt("content_files.width"))?,
            height: row.height.try_into().map_err(|_| corrupt("content_files.height"))?,
            bytes: row.bytes.try_into().map_err(|_| corrupt("content_files.bytes"))?,
            created_at: row.created_at,
        })
    }
}

/// The row of a file.
pub(super) fn row(municipality: Uuid, file: &ContentFile) -> ActiveModel {
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    ActiveModel {
        municipality_id: Set(municipality),
        id: Set(file.id.0),
        kind: Set(file.kind.to_string()),
        content_hash: Set(file.content.to_string()),
        width: Set(number(file.width)),
        height: Set(number(file.height)),
        bytes: Set(number(file.bytes)),
        created_at: Set(file.created_at),
    }
}
