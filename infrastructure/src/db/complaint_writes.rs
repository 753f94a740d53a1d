//! Writing complaints, their history and their photos.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    complaints::{Complaint, Photo, Step, port::ComplaintWrites},
    ids::{ComplaintId, PersonId, PhotoId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{
    Db,
    complaints::{self, Column, Entity, counters},
    corrupt, dialect, failed, one_deleted, one_row, photos, steps, supports,
};

#[async_trait]
impl ComplaintWrites for Db<DatabaseTransaction> {
    async fn next_number(&self, year: u16) -> Result<u32, StoreError> {
        if let Some(numbers) = &self.numbers {
            return numbers.next((self.municipality()?, year)).await;
        }
        let first = counters::ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            year: Set(year.into()),
            last: Set(1),
        };
        let last = Expr::col((counters::Entity, counters::Column::Last));
        let row = counters::Entity::insert(first)
            .on_conflict(
                OnConflict::columns([counters::Column::MunicipalityId, counters::Column::Year])
                    .value(counters::Column::Last, last.add(1))
                    .to_owned(),
            )
            .exec_with_returning(self.connection())
            .await
            .map_err(failed)?;
        u32::try_from(row.last).map_err(|_| corrupt("reference_counters.last"))
    }

    async fn hold_complaint(&self, id: ComplaintId) -> Result<Option<Complaint>, StoreError> {
        let mut row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        dialect::hold(self.backend(), QueryTrait::query(&mut row));
        row.one(self.connection()).await.map_err(failed)?.map(Complaint::try_from).transpose()
    }

    async fn insert_complaint(&self, complaint: &Complaint) -> Result<(), StoreError> {
        self.insert_later(vec![complaints::row(self.municipality()?.0, complaint)], None).await
    }

    async fn update_complaint(&self, complaint: &Complaint) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(complaints::changed(complaint, complaint.version + 1))
            .filter(Column::Id.eq(complaint.id.0))
            .filter(Column::Version.eq(complaint.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_complaint(&self, id: ComplaintId) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }

    async fn insert_step(&self, step: &Step) -> Result<(), StoreError> {
        self.insert_later(vec![steps::row(self.municipality()?.0, step)], None).await
    }

    async fn insert_steps(&self, steps: &[Step]) -> Result<(), StoreError> {
        let municipality = self.municipality()?.0;
        self.insert_later(steps.iter().map(|step| steps::row(municipality, step)).collect(), None).await
    }

    async fn insert_photo(&self, photo: &Photo) -> Result<(), StoreError> {
        self.insert(photos::row(self.municipality()?.0, photo)).await
    }

    async fn attachable(&self, photos: &[PhotoId], sender: &str) -> Result<u64, StoreError> {
        if photos.is_empty() {
            return Ok(0);
        }
        self.rows::<photos::Entity>()
            .filter(photos::Column::Id.is_in(photos.iter().map(|photo| photo.0)))
            .filter(photos::Column::ComplaintId.is_null())
            .filter(photos::Column::Sender.eq(sender))
            .count(self.connection())
            .await
            .map_err(failed)
    }

    async fn attach_photos(
        &self,
        complaint: ComplaintId,
        photos: &[PhotoId],
        sender: &str,
    ) -> Result<u64, StoreError> {
        let mut attached = 0;
        for (position, photo) in (0_i32..).zip(photos) {
            let result = self
                .update::<photos::Entity>()
                .col_expr(photos::Column::ComplaintId, Expr::val(complaint.0))
                .col_expr(photos::Column::Position, Expr::val(position))
                .col_expr(photos::Column::Sender, Expr::val(""))
                .filter(photos::Column::Id.eq(photo.0))
                .filter(photos::Column::ComplaintId.is_null())
                .filter(photos::Column::Sender.eq(sender))
                .exec(self.connection())
                .await
                .map_err(failed)?;
            attached += result.rows_affected;
        }
        Ok(attached)
    }

    async fn release_photo(&self, id: PhotoId, at: Option<DateTime<Utc>>) -> Result<(), StoreError> {
        let result = self
            .update::<photos::Entity>()
            .col_expr(photos::Column::ReleasedAt, Expr::val(at))
            .filter(photos::Column::Id.eq(id.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_photo(&self, id: PhotoId) -> Result<(), StoreError> {
        let rows = self
            .delete::<photos::Entity>()
            .filter(photos::Column::Id.eq(id.0))
            .filter(photos::Column::ComplaintId.is_null());
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }

    async fn support(
        &self,
        complaint: ComplaintId,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let row = supports::ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            complaint_id: Set(complaint.0),
            person_id: Set(person.0),
            created_at: Set(now),
        };
        let added = supports::Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(self.connection())
            .await
            .map_err(failed)?;
        Ok(added > 0)
    }
}
