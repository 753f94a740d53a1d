//! The rows of complaints.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    complaints::{Complaint, Due, Place},
    geo::Point,
    ids::{CategoryId, ComplaintId, DepartmentId, PersonId, StaffId},
    page::{Page, PageRequest},
    text::{AddressLine, Description, EmailAddress, Line},
};
use sea_orm::{
    ConnectionTrait, NotSet, QueryOrder, QuerySelect, Select, Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};

use super::{corrupt, failed};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "complaints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reference: String,
    pub status: String,
    pub category_id: Uuid,
    pub department_id: Uuid,
    pub assignee_id: Option<Uuid>,
    pub priority: String,
    pub description: String,
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    pub address: Option<String>,
    pub public_lat: Option<f64>,
    pub public_lon: Option<f64>,
    pub content_hash: String,
    pub anonymous: bool,
    pub reporter_id: Option<Uuid>,
    pub return_key_hash: Option<String>,
    pub confirm_email: Option<String>,
    pub original_id: Option<Uuid>,
    pub title: Option<String>,
    pub place_released: bool,
    pub first_answer_due_at: Option<ChronoDateTimeUtc>,
    pub solution_due_at: Option<ChronoDateTimeUtc>,
    pub first_answered_at: Option<ChronoDateTimeUtc>,
    pub paused_at: Option<ChronoDateTimeUtc>,
    pub reminded_for: Option<ChronoDateTimeUtc>,
    pub overdue_told_for: Option<ChronoDateTimeUtc>,
    pub settled_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The last number given in a year.
pub mod counters {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reference_counters")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        pub last: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl TryFrom<Model> for Complaint {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let due = row.first_answer_due_at.zip(row.solution_due_at).map(|(first_answer, solution)| Due {
            first_answer,
            solution,
            paused_at: row.paused_at,
        });
        Ok(Self {
            id: ComplaintId(row.id),
            reference: row.reference.parse().map_err(|_| corrupt("complaints.reference"))?,
            status: row.status.parse().map_err(|_| corrupt("complaints.status"))?,
            category: CategoryId(row.category_id),
            department: DepartmentId(row.department_id),
            assignee: row.assignee_id.map(StaffId),
            priority: row.priority.parse().map_err(|_| corrupt("complaints.priority"))?,
            description: Description::parse(row.description)
                .map_err(|_| corrupt("complaints.description"))?,
            place: Place {
                point: row.lat.zip(row.lon).map(|(lat, lon)| Point { lat, lon }),
                address: row
                    .address
                    .map(AddressLine::parse)
                    .transpose()
                    .map_err(|_| corrupt("complaints.address"))?,
            },
            content: row.content_hash.parse().map_err(|_| corrupt("complaints.content_hash"))?,
            anonymous: row.anonymous,
            reporter: row.reporter_id.map(PersonId),
            return_key_hash: row.return_key_hash,
            confirm_email: row
                .confirm_email
                .map(|address| EmailAddress::parse(&address))
                .transpose()
                .map_err(|_| corrupt("complaints.confirm_email"))?,
            original: row.original_id.map(ComplaintId),
            title: row.title.map(Line::parse).transpose().map_err(|_| corrupt("complaints.title"))?,
            place_released: row.place_released,
            due,
            first_answered_at: row.first_answered_at,
            reminded_for: row.reminded_for,
            overdue_told_for: row.overdue_told_for,
            settled_at: row.settled_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

/// The columns a change may touch; what was reported stays as it was.
pub(super) fn changed(complaint: &Complaint, version: i64) -> ActiveModel {
    ActiveModel {
        status: Set(complaint.status.to_string()),
        category_id: Set(complaint.category.0),
        department_id: Set(complaint.department.0),
        assignee_id: Set(complaint.assignee.map(Uuid::from)),
        priority: Set(complaint.priority.to_string()),
        lat: Set(complaint.place.point.map(|point| point.lat)),
        lon: Set(complaint.place.point.map(|point| point.lon)),
        address: Set(complaint.place.address.clone().map(String::from)),
        public_lat: Set(complaint.public_point().map(|point| point.lat)),
        public_lon: Set(complaint.public_point().map(|point| point.lon)),
        reporter_id: Set(complaint.reporter.map(Uuid::from)),
        confirm_email: Set(complaint.confirm_email.clone().map(String::from)),
        original_id: Set(complaint.original.map(Uuid::from)),
        title: Set(complaint.title.clone().map(String::from)),
        place_released: Set(complaint.place_released),
        first_answer_due_at: Set(complaint.due.map(|due| due.first_answer)),
        solution_due_at: Set(complaint.due.map(|due| due.solution)),
        paused_at: Set(complaint.due.and_then(|due| due.paused_at)),
        first_answered_at: Set(complaint.first_answered_at),
        reminded_for: Set(complaint.reminded_for),
        overdue_told_for: Set(complaint.overdue_told_for),
        settled_at: Set(complaint.settled_at),
        updated_at: Set(complaint.updated_at),
        version: Set(version),
        municipality_id: NotSet,
        id: NotSet,
        reference: NotSet,
        description: NotSet,
        content_hash: NotSet,
        anonymous: NotSet,
        return_key_hash: NotSet,
        created_at: NotSet,
    }
}

/// The whole row of a new complaint.
pub(super) fn row(municipality: Uuid, complaint: &Complaint) -> ActiveModel {
    ActiveModel {
        municipality_id: Set(municipality),
        id: Set(complaint.id.0),
        reference: Set(complaint.reference.to_string()),
        description: Set(complaint.description.to_string()),
        content_hash: Set(complaint.content.to_string()),
        anonymous: Set(complaint.anonymous),
        return_key_hash: Set(complaint.return_key_hash.clone()),
        created_at: Set(complaint.created_at),
        ..changed(complaint, complaint.version)
    }
}

/// Runs a query that answers with complaints.
pub(super) async fn all<C: ConnectionTrait>(
    query: Select<Entity>,
    connection: &C,
) -> Result<Vec<Complaint>, StoreError> {
    query.all(connection).await.map_err(failed)?.into_iter().map(Complaint::try_from).collect()
}

/// The same for a sweep: one that cannot be read must not keep the others waiting.
pub(super) async fn readable<C: ConnectionTrait>(
    query: Select<Entity>,
    connection: &C,
) -> Result<Vec<Complaint>, StoreError> {
    let rows = query.all(connection).await.map_err(failed)?;
    let readable = |row: Model| {
        let id = row.id;
        let complaint = Complaint::try_from(row);
        complaint
            .inspect_err(|error| {
                metrics::counter!("complaints_swept_total", "what" => "unreadable").increment(1);
                tracing::error!(%error, complaint = %id, "a complaint cannot be read and is not swept");
            })
            .ok()
    };
    Ok(rows.into_iter().filter_map(readable).collect())
}

/// A page of a query, newest first.
pub(super) async fn newest_first<C: ConnectionTrait>(
    mut query: Select<Entity>,
    page: &PageRequest,
    connection: &C,
) -> Result<Page<Complaint>, StoreError> {
    if let Some(after) = &page.after {
        let at: DateTime<Utc> = after.key.parse().map_err(|_| corrupt("a position among complaints"))?;
        query = query.filter(
            Expr::tuple([Expr::col(Column::CreatedAt), Expr::col(Column::Id)])
                .lt(Expr::tuple([Expr::val(at), Expr::val(after.id)])),
        );
    }
    let query =
        query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).limit(page.limit.saturating_add(1));
    Ok(Page::cut(all(query, connection).await?, page, Complaint::position))
}
