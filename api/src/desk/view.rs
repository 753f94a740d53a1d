//! Complaints as staff see them.

use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    Code,
    categories::Category,
    complaints::{Complaint, Photo, Step, desk::Dossier},
    geo::Point,
    ids::{ComplaintId, DepartmentId, HistoryId, PhotoId, StaffId},
    municipalities::Department,
    staff::Member,
    text::{AddressLine, Description, Line, Remark},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{extract::EntityTag, problem::Problem};

/// A complaint in the staff's list.
#[derive(Serialize, ToSchema)]
pub struct StaffComplaintEntry {
    id: ComplaintId,
    /// Its number for people.
    #[schema(max_length = 24, example = "BD-2026-000123")]
    reference: String,
    /// `routed`, `accepted`, `in_progress`, `scheduled`, `on_hold`, `waiting_for_reporter`, `resolved`,
    /// `rejected`, `duplicate`, `handed_over`, `reopened`, `closed` or `withdrawn`.
    #[schema(max_length = 24, example = "routed")]
    status: String,
    /// What it is about, by its code.
    #[schema(max_length = 60, example = "illegal-waste")]
    category: String,
    /// Whose desk it lies on.
    department: DepartmentRef,
    /// Who in the department works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    assignee: Option<StaffId>,
    /// `low`, `normal` or `high`.
    #[schema(max_length = 8, example = "normal")]
    priority: String,
    /// What the public list calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    title: Option<Line>,
    /// What the citizen wrote.
    description: Description,
    /// The point on the map.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    location: Option<Point>,
    /// The address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    address: Option<AddressLine>,
    /// The next date promised and still open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    due_at: Option<DateTime<Utc>>,
    /// Whether that date has passed.
    overdue: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A department by id and name.
#[derive(Serialize, ToSchema)]
pub struct DepartmentRef {
    pub id: DepartmentId,
    #[schema(max_length = 80, example = "Ordnungsamt")]
    pub name: String,
}

/// A complaint with all the town hall knows of it.
#[derive(Serialize, ToSchema)]
pub struct StaffComplaint {
    #[serde(flatten)]
    entry: StaffComplaintEntry,
    /// Whether nobody knows who reported it.
    anonymous: bool,
    /// Whether everybody sees the exact place.
    place_released: bool,
    /// The complaint this one repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    original: Option<ComplaintId>,
    /// By when the first answer is promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    first_answer_due_at: Option<DateTime<Utc>>,
    /// By when the solution is promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    solution_due_at: Option<DateTime<Utc>>,
    /// Since when the promise stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    paused_at: Option<DateTime<Utc>>,
    /// When the town hall first answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    first_answered_at: Option<DateTime<Utc>>,
    /// When it was resolved, rejected or handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    settled_at: Option<DateTime<Utc>>,
    #[schema(max_items = 5)]
    photos: Vec<StaffPhoto>,
    /// How many others said that it concerns them too.
    #[schema(minimum = 0, example = 3)]
    supporters: u64,
    #[serde(skip)]
    version: i64,
}

/// A photo of a complaint.
#[derive(Serialize, ToSchema)]
pub struct StaffPhoto {
    id: PhotoId,
    /// Pixels from left to right.
    #[schema(example = 1600)]
    width: u32,
    /// Pixels from top to bottom.
    #[schema(example = 1200)]
    height: u32,
    /// Whether everybody sees it.
    released: bool,
}

/// One entry of a complaint's history.
#[derive(Serialize, ToSchema)]
pub struct HistoryEntry {
    id: HistoryId,
    at: DateTime<Utc>,
    /// `reporter`, `staff`, `system` or `desk_link`.
    #[schema(max_length = 16, example = "staff")]
    by: String,
    /// The name of the member of staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 80, example = "Kim Muster")]
    staff: Option<String>,
    /// `filed`, `moved`, `commented`, `rerouted`, `assigned`, `edited`, `promise_moved`, `released` or
    /// `reminded`.
    #[schema(max_length = 24, example = "moved")]
    action: String,
    /// The state before, where it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 24, example = "routed")]
    from: Option<String>,
    /// The state after, where it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 24, example = "accepted")]
    to: Option<String>,
    /// What the reporter reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    public_text: Option<Remark>,
    /// What only the town hall reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    internal_text: Option<Remark>,
    /// Whether the reporter sees this entry.
    public: bool,
}

fn seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(0)
}

/// A complaint for the list; the names come from the lists its town hall has.
pub fn entry(
    complaint: Complaint,
    categories: &[Category],
    departments: &[Department],
    now: DateTime<Utc>,
) -> StaffComplaintEntry {
    let category = categories.iter().find(|category| category.id == complaint.category);
    let department = departments.iter().find(|department| department.id == complaint.department);
    let code = category.map(|category| category.code.to_string()).unwrap_or_default();
    let name = department.map(|department| department.name.to_string()).unwrap_or_default();
    StaffComplaintEntry::new(complaint, code, name, now)
}

impl StaffComplaintEntry {
    fn new(complaint: Complaint, category: String, department: String, now: DateTime<Utc>) -> Self {
        Self {
            id: complaint.id,
            reference: complaint.reference.to_string(),
            status: complaint.status.to_string(),
            category,
            department: DepartmentRef { id: complaint.department, name: department },
            assignee: complaint.assignee,
            priority: complaint.priority.to_string(),
            due_at: complaint.next_due().map(seconds),
            overdue: complaint.is_overdue(now),
            title: complaint.title,
            description: complaint.description,
            location: complaint.place.point,
            address: complaint.place.address,
            created_at: seconds(complaint.created_at),
            updated_at: seconds(complaint.updated_at),
        }
    }
}

impl StaffComplaint {
    /// The complaint as it is at `now`.
    pub fn new(dossier: Dossier, now: DateTime<Utc>) -> Self {
        let Dossier { complaint, category, department, photos, supporters } = dossier;
        Self {
            anonymous: complaint.anonymous,
            place_released: complaint.place_released,
            original: complaint.original,
            first_answer_due_at: complaint.due.map(|due| seconds(due.first_answer)),
            solution_due_at: complaint.due.map(|due| seconds(due.solution)),
            paused_at: complaint.due.and_then(|due| due.paused_at).map(seconds),
            first_answered_at: complaint.first_answered_at.map(seconds),
            settled_at: complaint.settled_at.map(seconds),
            photos: photos.into_iter().map(StaffPhoto::from).collect(),
            supporters,
            version: complaint.version,
            entry: StaffComplaintEntry::new(
                complaint,
                category.code.into_string(),
                department.name.into_string(),
                now,
            ),
        }
    }

    /// The version, and what else is shown.
    pub fn tag(&self) -> Result<EntityTag, Problem> {
        let bytes = serde_json::to_vec(self).map_err(|_| Problem::new(Code::Internal))?;
        Ok(EntityTag::version_showing(self.version, &bytes))
    }
}

impl From<Photo> for StaffPhoto {
    fn from(photo: Photo) -> Self {
        Self { id: photo.id, width: photo.width, height: photo.height, released: photo.released_at.is_some() }
    }
}

impl HistoryEntry {
    /// An entry; the name of whoever did it comes from the town hall's staff.
    pub fn new(step: Step, staff: &[Member]) -> Self {
        let member = step.actor.and_then(|actor| staff.iter().find(|member| member.id.0 == actor));
        Self::by(step, member.map(|member| member.name.to_string()))
    }

    /// An entry of the member of staff called `staff`.
    pub fn by(step: Step, staff: Option<String>) -> Self {
        Self {
            id: step.id,
            at: seconds(step.at),
            by: step.by.to_string(),
            staff,
            action: step.action.to_string(),
            from: step.from.map(|status| status.to_string()),
            to: step.to.map(|status| status.to_string()),
            public: step.is_public(),
            public_text: step.public_text,
            internal_text: step.internal_text,
        }
    }
}
