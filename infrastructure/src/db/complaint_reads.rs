//! Reading complaints, their history and their photos.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    StoreError,
    complaints::{
        Complaint, Photo, Status, Step,
        port::{ComplaintReads, InboxFilter, PublicFilter},
    },
    geo::Point,
    ids::{CategoryId, ComplaintId, PersonId, PhotoId},
    page::{Page, PageRequest},
};
use sea_orm::{
    Condition, ConnectionTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr},
};
use strum::IntoEnumIterator;

use super::{
    Db,
    complaints::{Column, Entity, all, newest_first, readable},
    dialect::{contains, lower},
    failed, photos, steps, supports,
};

/// Metres of one degree of latitude.
const DEGREE: f64 = 111_320.0;

/// The states in which the town hall still has something to do.
fn open() -> impl Iterator<Item = String> {
    Status::iter().filter(|status| status.is_open()).map(|status| status.to_string())
}

/// Whose next promise falls before a moment: of the first answer until that is given, then of the
/// solution, unless it stands still.
fn promised_before(moment: DateTime<Utc>) -> Condition {
    Condition::all().add(Column::Status.is_in(open())).add(Column::PausedAt.is_null()).add(
        Condition::any()
            .add(Column::FirstAnsweredAt.is_null().and(Column::FirstAnswerDueAt.lt(moment)))
            .add(Column::FirstAnsweredAt.is_not_null().and(Column::SolutionDueAt.lt(moment))),
    )
}

/// Of whose next promise a column does not say yet that somebody heard of it.
fn not_noted(column: Column) -> Condition {
    Condition::any()
        .add(column.is_null())
        .add(Column::FirstAnsweredAt.is_null().and(Expr::col(column).ne(Expr::col(Column::FirstAnswerDueAt))))
        .add(
            Column::FirstAnsweredAt.is_not_null().and(Expr::col(column).ne(Expr::col(Column::SolutionDueAt))),
        )
}

#[async_trait]
impl<C: ConnectionTrait + Send> ComplaintReads for Db<C> {
    async fn complaint(&self, id: ComplaintId) -> Result<Option<Complaint>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Complaint::try_from).transpose()
    }

    async fn inbox(&self, filter: &InboxFilter, page: &PageRequest) -> Result<Page<Complaint>, StoreError> {
        // A report nobody confirmed is no desk's business.
        let mut query = self.rows::<Entity>().filter(Column::Status.ne(Status::Unconfirmed.to_string()));
        if let Some(visible) = &filter.visible {
            query = query.filter(Column::DepartmentId.is_in(visible.iter().map(|id| id.0)));
        }
        if !filter.visible_categories.is_empty() {
            query = query.filter(Column::CategoryId.is_in(filter.visible_categories.iter().map(|id| id.0)));
        }
        if let Some(department) = filter.department {
            query = query.filter(Column::DepartmentId.eq(department.0));
        }
        if !filter.statuses.is_empty() {
            query = query.filter(Column::Status.is_in(filter.statuses.iter().map(Status::to_string)));
        }
        if let Some(category) = filter.category {
            query = query.filter(Column::CategoryId.eq(category.0));
        }
        if let Some(assignee) = filter.assignee {
            query = query.filter(Column::AssigneeId.eq(assignee.0));
        }
        if let Some(now) = filter.overdue_at {
            query = query.filter(promised_before(now));
        }
        if let Some(q) = &filter.q {
            let pattern = || LikeExpr::new(contains(q)).escape('\\');
            let mut any = Condition::any();
            for column in [Column::Reference, Column::Description, Column::Address] {
                any = any.add(lower(column).like(pattern()));
            }
            query = query.filter(any);
        }
        newest_first(query, page, self.connection()).await
    }

    async fn reported_by(&self, person: PersonId, page: &PageRequest) -> Result<Page<Complaint>, StoreError> {
        let query = self.rows::<Entity>().filter(Column::ReporterId.eq(person.0));
        newest_first(query, page, self.connection()).await
    }

    async fn public_complaints(
        &self,
        filter: &PublicFilter,
        page: &PageRequest,
    ) -> Result<Page<Complaint>, StoreError> {
        let mut query = self
            .rows::<Entity>()
            .filter(Column::CategoryId.is_in(filter.categories.iter().map(|id| id.0)))
            .filter(Column::Status.is_in(filter.statuses.iter().map(Status::to_string)));
        if let Some(within) = filter.within {
            query = query
                .filter(Column::PublicLat.between(within.south, within.north))
                .filter(Column::PublicLon.between(within.west, within.east));
        }
        newest_first(query, page, self.connection()).await
    }

    async fn nearby(
        &self,
        category: CategoryId,
        point: Point,
        radius_m: u32,
        limit: u64,
    ) -> Result<Vec<Complaint>, StoreError> {
        let radius = f64::from(radius_m);
        let (high, wide) = (radius / DEGREE, radius / (DEGREE * point.lat.to_radians().cos().max(0.01)));
        // The box is read from an index; the circle is cut out of it here.
        let query = self
            .rows::<Entity>()
            .filter(Column::CategoryId.eq(category.0))
            .filter(Column::Status.is_in(open()))
            .filter(Column::PublicLat.between(point.lat - high, point.lat + high))
            .filter(Column::PublicLon.between(point.lon - wide, point.lon + wide))
            .order_by_desc(Column::CreatedAt)
            .limit(limit.saturating_mul(20));
        let mut found: Vec<(f64, Complaint)> = all(query, self.connection())
            .await?
            .into_iter()
            .filter_map(|complaint| Some((complaint.public_point()?.distance(point), complaint)))
            .filter(|(distance, _)| *distance <= radius)
            .collect();
        found.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|(_, complaint)| complaint).collect())
    }

    async fn filed_since(&self, person: PersonId, since: DateTime<Utc>) -> Result<u64, StoreError> {
        let query =
            self.rows::<Entity>().filter(Column::ReporterId.eq(person.0)).filter(Column::CreatedAt.gt(since));
        query.count(self.connection()).await.map_err(failed)
    }

    async fn steps(&self, complaint: ComplaintId) -> Result<Vec<Step>, StoreError> {
        let rows = self
            .rows::<steps::Entity>()
            .filter(steps::Column::ComplaintId.eq(complaint.0))
            .order_by_asc(steps::Column::At)
            .order_by_asc(steps::Column::Id);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Step::try_from).collect()
    }

    async fn photos(&self, complaint: ComplaintId) -> Result<Vec<Photo>, StoreError> {
        let rows = self
            .rows::<photos::Entity>()
            .filter(photos::Column::ComplaintId.eq(complaint.0))
            .order_by_asc(photos::Column::Position);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Photo::try_from).collect()
    }

    async fn photo(&self, id: PhotoId) -> Result<Option<Photo>, StoreError> {
        let row = self.rows::<photos::Entity>().filter(photos::Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Photo::try_from).transpose()
    }

    async fn supporters(&self, complaint: ComplaintId) -> Result<u64, StoreError> {
        let rows = self.rows::<supports::Entity>().filter(supports::Column::ComplaintId.eq(complaint.0));
        rows.count(self.connection()).await.map_err(failed)
    }

    async fn unreminded(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<Complaint>, StoreError> {
        let query = self
            .rows::<Entity>()
            .filter(promised_before(until + TimeDelta::microseconds(1)))
            .filter(promised_before(from).not())
            .filter(not_noted(Column::RemindedFor))
            .limit(limit);
        readable(query, self.connection()).await
    }

    async fn untold(&self, before: DateTime<Utc>, limit: u64) -> Result<Vec<Complaint>, StoreError> {
        let query = self
            .rows::<Entity>()
            .filter(promised_before(before))
            .filter(not_noted(Column::OverdueToldFor))
            .limit(limit);
        readable(query, self.connection()).await
    }

    async fn settled_before(&self, moment: DateTime<Utc>, limit: u64) -> Result<Vec<Complaint>, StoreError> {
        let settled = Status::iter().filter(|status| status.is_settled()).map(|status| status.to_string());
        let query = self
            .rows::<Entity>()
            .filter(Column::Status.is_in(settled))
            .filter(Column::SettledAt.lt(moment))
            .limit(limit);
        readable(query, self.connection()).await
    }

    async fn unconfirmed_before(
        &self,
        moment: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<Complaint>, StoreError> {
        let query = self
            .rows::<Entity>()
            .filter(Column::Status.eq(Status::Unconfirmed.to_string()))
            .filter(Column::CreatedAt.lt(moment))
            .limit(limit);
        readable(query, self.connection()).await
    }

    async fn duplicates_of(&self, original: ComplaintId) -> Result<Vec<Complaint>, StoreError> {
        let query = self
            .rows::<Entity>()
            .filter(Column::OriginalId.eq(original.0))
            .filter(Column::Status.eq(Status::Duplicate.to_string()));
        all(query, self.connection()).await
    }

    async fn unattached_before(&self, moment: DateTime<Utc>, limit: u64) -> Result<Vec<Photo>, StoreError> {
        let rows = self
            .rows::<photos::Entity>()
            .filter(photos::Column::ComplaintId.is_null())
            .filter(photos::Column::CreatedAt.lt(moment))
            .limit(limit);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Photo::try_from).collect()
    }
}
