//! Complaints as their reporters and everybody see them.

use domain::{
    complaints::{
        Complaint, Photo, Step,
        service::{Mine, Own, PublicComplaint, Shown},
    },
    geo::Point,
    ids::{ComplaintId, PhotoId},
    text::{AddressLine, Description, Line, Name, Remark, Slug},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

/// What everybody may see of a complaint.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicComplaint)]
pub struct PublicView {
    id: ComplaintId,
    /// Its number for people.
    #[schema(max_length = 24, example = "BD-2026-000123")]
    reference: String,
    /// Where it stands.
    #[schema(max_length = 24, example = "in_progress")]
    status: String,
    /// The code of its kind.
    #[schema(example = "illegal-waste")]
    category: Slug,
    /// What the town hall calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    title: Option<Line>,
    /// Where it is: within about 100 m, unless `exact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    location: Option<Point>,
    /// The address, only where the place is exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    address: Option<AddressLine>,
    /// Whether the place is exact.
    exact: bool,
    created_at: Time,
    updated_at: Time,
}

/// A complaint that may be the same as one about to be filed.
#[derive(Serialize, ToSchema)]
#[schema(as = NearbyComplaint)]
pub struct NearbyView {
    id: ComplaintId,
    /// Where it stands.
    #[schema(max_length = 24, example = "in_progress")]
    status: String,
    /// What the town hall calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    title: Option<Line>,
    /// Where it is: within about 100 m, unless `exact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    location: Option<Point>,
    /// Whether the place is exact.
    exact: bool,
    /// Metres from the place asked for, to the next ten.
    #[schema(minimum = 0, example = 40)]
    distance_m: u32,
    created_at: Time,
}

/// A complaint of one's own in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnComplaint)]
pub struct MineView {
    id: ComplaintId,
    /// The town hall's name in addresses.
    #[schema(example = "bad-dueben")]
    municipality: Slug,
    /// Its number for people.
    #[schema(max_length = 24, example = "BD-2026-000123")]
    reference: String,
    /// Where it stands.
    #[schema(max_length = 24, example = "in_progress")]
    status: String,
    /// The code of its kind.
    #[schema(example = "illegal-waste")]
    category: Slug,
    /// What you wrote.
    description: Description,
    /// The next date promised and still open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    due_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

/// A complaint. What only its reporter sees is absent for everybody else.
#[derive(Serialize, ToSchema)]
#[schema(as = Complaint)]
pub struct ComplaintView {
    id: ComplaintId,
    /// Its number for people.
    #[schema(max_length = 24, example = "BD-2026-000123")]
    reference: String,
    /// Where it stands.
    #[schema(max_length = 24, example = "in_progress")]
    status: String,
    /// The code of its kind.
    #[schema(example = "illegal-waste")]
    category: Slug,
    /// Whether you reported it.
    own: bool,
    /// What the town hall calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    title: Option<Line>,
    /// What you wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    description: Option<Description>,
    /// Where it is: within about 100 m, unless `exact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    location: Option<Point>,
    /// The address, only where the place is exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    address: Option<AddressLine>,
    /// Whether the place is exact: for its reporter always.
    exact: bool,
    /// The department whose desk it is on; for its reporter only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Ordnungsamt")]
    department: Option<Name>,
    /// The next date promised and still open; for its reporter only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    due_at: Option<Time>,
    /// By when it is to be solved, as promised; for its reporter only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    solution_due_at: Option<Time>,
    /// What became of it, oldest first; for its reporter only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 10_000)]
    steps: Option<Vec<StepView>>,
    /// All photos for its reporter, else those the town hall made public.
    #[schema(max_items = 5)]
    photos: Vec<PhotoView>,
    created_at: Time,
    updated_at: Time,
}

/// A step of a complaint.
#[derive(Serialize, ToSchema)]
#[schema(as = ComplaintStep)]
pub struct StepView {
    at: Time,
    /// `reporter`, `staff`, `system` or `desk_link`, which is staff too.
    #[schema(max_length = 16, example = "staff")]
    by: String,
    /// `filed`, `moved`, `commented`, `rerouted`, `promise_moved` or another.
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
    /// What was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    text: Option<Remark>,
}

/// A photo of a complaint.
#[derive(Serialize, ToSchema)]
#[schema(as = ComplaintPhoto)]
pub struct PhotoView {
    id: PhotoId,
    /// Pixels from left to right.
    #[schema(example = 1600)]
    width: u32,
    /// Pixels from top to bottom.
    #[schema(example = 1200)]
    height: u32,
}

impl From<PublicComplaint> for PublicView {
    fn from(complaint: PublicComplaint) -> Self {
        Self {
            id: complaint.id,
            reference: complaint.reference.to_string(),
            status: complaint.status.to_string(),
            category: complaint.category,
            title: complaint.title,
            location: complaint.point,
            address: complaint.address,
            exact: complaint.exact,
            created_at: complaint.created_at.into(),
            updated_at: complaint.updated_at.into(),
        }
    }
}

impl NearbyView {
    /// A complaint so many metres away.
    pub fn new(complaint: PublicComplaint, distance: f64) -> Self {
        Self {
            id: complaint.id,
            status: complaint.status.to_string(),
            title: complaint.title,
            location: complaint.point,
            exact: complaint.exact,
            distance_m: tens(distance),
            created_at: complaint.created_at.into(),
        }
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a distance on earth is positive and fits"
)]
fn tens(metres: f64) -> u32 {
    ((metres / 10.0).round() * 10.0) as u32
}

impl From<Mine> for MineView {
    fn from(Mine { municipality, category, complaint }: Mine) -> Self {
        Self {
            id: complaint.id,
            municipality,
            reference: complaint.reference.to_string(),
            status: complaint.status.to_string(),
            category,
            due_at: complaint.next_due().map(Time),
            description: complaint.description,
            created_at: complaint.created_at.into(),
            updated_at: complaint.updated_at.into(),
        }
    }
}

impl From<Shown> for ComplaintView {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Own(own) => Self::own(*own),
            Shown::Public(complaint, photos) => Self::public(*complaint, photos),
        }
    }
}

impl ComplaintView {
    fn own(own: Own) -> Self {
        let Own { complaint, category, department, steps, photos } = own;
        let due_at = complaint.next_due().map(Time);
        let solution_due_at = complaint.solution_due().map(Time);
        let Complaint { id, reference, status, title, description, place, .. } = complaint;
        Self {
            id,
            reference: reference.to_string(),
            status: status.to_string(),
            category,
            own: true,
            title,
            description: Some(description),
            location: place.point,
            address: place.address,
            exact: true,
            department,
            due_at,
            solution_due_at,
            steps: Some(steps.into_iter().map(StepView::from).collect()),
            photos: photos.into_iter().map(PhotoView::from).collect(),
            created_at: complaint.created_at.into(),
            updated_at: complaint.updated_at.into(),
        }
    }

    fn public(complaint: PublicComplaint, photos: Vec<Photo>) -> Self {
        Self {
            id: complaint.id,
            reference: complaint.reference.to_string(),
            status: complaint.status.to_string(),
            category: complaint.category,
            own: false,
            title: complaint.title,
            description: None,
            location: complaint.point,
            address: complaint.address,
            exact: complaint.exact,
            department: None,
            due_at: None,
            solution_due_at: None,
            steps: None,
            photos: photos.into_iter().map(PhotoView::from).collect(),
            created_at: complaint.created_at.into(),
            updated_at: complaint.updated_at.into(),
        }
    }
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        Self {
            at: step.at.into(),
            by: step.by.to_string(),
            action: step.action.to_string(),
            from: step.from.map(|status| status.to_string()),
            to: step.to.map(|status| status.to_string()),
            text: step.public_text,
        }
    }
}

impl From<Photo> for PhotoView {
    fn from(photo: Photo) -> Self {
        Self { id: photo.id, width: photo.width, height: photo.height }
    }
}
