//! What everybody may see of complaints.

use chrono::{DateTime, Utc};
use strum::IntoEnumIterator;

use super::Intake;
use crate::{
    Result, Scope, Store,
    categories::Category,
    complaints::{Complaint, Reference, Status, port::PublicFilter},
    geo::{Bounds, COARSE_WITHIN_M, Point},
    ids::ComplaintId,
    page::{Page, PageRequest},
    text::{AddressLine, Line, Slug},
};
/// Most complaints that may be the same as one about to be filed.
const MOST_NEARBY: u64 = 20;

/// The part of a complaint that is public. It never holds what the citizen wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicComplaint {
    /// Its identifier.
    pub id: ComplaintId,
    /// Its number for people.
    pub reference: Reference,
    /// Where it stands.
    pub status: Status,
    /// The code of its kind.
    pub category: Slug,
    /// The title staff wrote for it.
    pub title: Option<Line>,
    /// Where it is: about 100 m around unless `exact`.
    pub point: Option<Point>,
    /// The address, only where staff released the exact place.
    pub address: Option<AddressLine>,
    /// Whether staff released the exact place.
    pub exact: bool,
    /// When it was reported.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl PublicComplaint {
    /// What is public of `complaint`; nothing unless its category and its state are.
    pub(super) fn of(complaint: Complaint, category: &Category) -> Option<Self> {
        if !category.is_public || !complaint.status.is_public() {
            return None;
        }
        let point = complaint.public_point();
        Some(Self {
            id: complaint.id,
            reference: complaint.reference,
            status: complaint.status,
            category: category.code.clone(),
            title: complaint.title,
            point,
            address: complaint.place.address.filter(|_| complaint.place_released),
            exact: complaint.place_released,
            created_at: complaint.created_at,
            updated_at: complaint.updated_at,
        })
    }
}

/// Which complaints somebody wants to see; absent filters nothing.
#[derive(Clone, Debug, Default)]
pub struct PublicQuery {
    /// Only of this kind.
    pub category: Option<Slug>,
    /// Only in this state.
    pub status: Option<Status>,
    /// Only those whose public place lies in this rectangle.
    pub within: Option<Bounds>,
}

/// The public complaints of a town hall, newest first.
///
/// # Errors
/// Those of storage.
pub async fn public(
    store: &dyn Store,
    intake: &Intake,
    query: &PublicQuery,
    page: &PageRequest,
) -> Result<Page<PublicComplaint>> {
    let asked = |category: &Category| query.category.as_ref().is_none_or(|code| *code == category.code);
    let kinds = intake.categories.iter().filter(|category| category.is_public && asked(category));
    let filter = PublicFilter {
        categories: kinds.map(|category| category.id).collect(),
        statuses: Status::iter()
            .filter(|status| status.is_public() && query.status.is_none_or(|asked| asked == *status))
            .collect(),
        within: query.within,
    };
    if filter.categories.is_empty() || filter.statuses.is_empty() {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let reads = store.read(Scope::Municipality(intake.town.id)).await?;
    let Page { items, next } = reads.public_complaints(&filter, page).await?;
    let items = items.into_iter().filter_map(|complaint| shown(intake, complaint)).collect();
    Ok(Page { items, next })
}

/// Open public complaints of a kind that may be the same as one about to be filed at `point`, each
/// with the metres from there to its public place, nearest first. Since that place is coarse, the
/// category's radius is widened by as much.
///
/// # Errors
/// Those of storage.
pub async fn nearby(
    store: &dyn Store,
    intake: &Intake,
    category: &Slug,
    point: Point,
) -> Result<Vec<(PublicComplaint, f64)>> {
    let category = intake.open_category(category).filter(|category| category.is_public);
    let Some(category) = category.filter(|category| category.duplicate_radius_m > 0) else {
        return Ok(Vec::new());
    };
    let reads = store.read(Scope::Municipality(intake.town.id)).await?;
    let radius = category.duplicate_radius_m.saturating_add(COARSE_WITHIN_M);
    let found = reads.nearby(category.id, point, radius, MOST_NEARBY).await?;
    let near = found.into_iter().filter_map(|complaint| {
        let complaint = PublicComplaint::of(complaint, category)?;
        let distance = complaint.point?.distance(point);
        Some((complaint, distance))
    });
    Ok(near.collect())
}

fn shown(intake: &Intake, complaint: Complaint) -> Option<PublicComplaint> {
    let category = intake.category(complaint.category)?;
    PublicComplaint::of(complaint, category)
}
