//! What staff see.

use super::case::find;
use crate::{
    Ctx, Error, Reads, Result, Store,
    audit::{Deed, Subject, note},
    categories::Category,
    complaints::{Complaint, Photo, Status, Step, port::InboxFilter, service::Intake},
    context::{Permission, Staff},
    ids::{ComplaintId, DepartmentId, StaffId},
    municipalities::Department,
    page::{Page, PageRequest},
    routing::StoredDecision,
    staff::Member,
    text::Slug,
};

/// Which complaints somebody wants to see; absent filters nothing.
#[derive(Clone, Debug, Default)]
pub struct InboxQuery {
    /// Only in this state.
    pub status: Option<Status>,
    /// Only on this department's desk.
    pub department: Option<DepartmentId>,
    /// Only of this kind.
    pub category: Option<Slug>,
    /// Only with this member of staff.
    pub assignee: Option<StaffId>,
    /// Only those whose promise has passed.
    pub overdue: bool,
    /// Only those whose reference, description or address contains this.
    pub q: Option<String>,
}

/// A complaint with what it refers to.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// The complaint.
    pub complaint: Complaint,
    /// What it is about.
    pub category: Category,
    /// Whose desk it lies on.
    pub department: Department,
    /// Its photos in order.
    pub photos: Vec<Photo>,
    /// How many others are concerned too.
    pub supporters: u64,
}

/// The complaints of one's departments, newest first. `intake` is that of the same town hall. Whoever looks
/// for words in what people wrote leaves a trace.
pub async fn inbox(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    intake: &Intake,
    query: InboxQuery,
    page: &PageRequest,
) -> Result<Page<Complaint>> {
    ctx.require(Permission::ReadComplaints)?;
    let categories = &intake.categories;
    let all = ctx.actor.rights.permit(Permission::AllDepartments);
    let category = query
        .category
        .map(|code| categories.iter().find(|category| category.code == code).map(|category| category.id));
    match category {
        // Nothing is of a kind that there is not.
        Some(None) => Ok(Page { items: Vec::new(), next: None }),
        category => {
            let filter = InboxFilter {
                visible: (!all).then(|| ctx.actor.departments.clone()),
                visible_categories: ctx.actor.categories.clone(),
                department: query.department,
                statuses: query.status.into_iter().collect(),
                category: category.flatten(),
                assignee: query.assignee,
                overdue_at: query.overdue.then_some(ctx.now),
                q: query.q,
            };
            if filter.q.is_some() {
                // In advance, so that nothing is read without a trace, and apart from the reading: looking
                // through every text must not keep others from writing.
                let tx = store.begin(ctx.scope()).await?;
                note(&*tx, ctx, Deed::Searched, Subject::Complaints).await?;
                tx.commit().await?;
            }
            Ok(store.read(ctx.scope()).await?.inbox(&filter, page).await?)
        }
    }
}

/// One complaint.
///
/// # Errors
/// [`crate::Code::NotFound`] where it is not one's business.
pub async fn show(store: &dyn Store, ctx: &Ctx<Staff>, id: ComplaintId) -> Result<Dossier> {
    ctx.require(Permission::ReadComplaints)?;
    let tx = store.begin(ctx.scope()).await?;
    let complaint = find(&*tx, &ctx.actor, id).await?;
    let dossier = dossier(&*tx, complaint).await?;
    note(&*tx, ctx, Deed::Read, Subject::Complaint(id)).await?;
    tx.commit().await?;
    Ok(dossier)
}

/// What happened to a complaint, oldest first, and the staff who did it.
///
/// # Errors
/// Those of [`show`].
pub async fn history(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: ComplaintId,
) -> Result<(Vec<Step>, Vec<Member>)> {
    ctx.require(Permission::ReadComplaints)?;
    let tx = store.begin(ctx.scope()).await?;
    find(&*tx, &ctx.actor, id).await?;
    let history = (tx.steps(id).await?, tx.staff().await?);
    note(&*tx, ctx, Deed::Read, Subject::Complaint(id)).await?;
    tx.commit().await?;
    Ok(history)
}

/// Why a complaint is on this desk, the latest decision first, and the town hall's departments.
///
/// # Errors
/// Those of [`show`].
pub async fn routing(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: ComplaintId,
) -> Result<(Vec<StoredDecision>, Vec<Department>)> {
    ctx.require(Permission::ReadComplaints)?;
    let tx = store.begin(ctx.scope()).await?;
    find(&*tx, &ctx.actor, id).await?;
    let decided = (tx.decisions_of(id).await?, tx.departments().await?);
    note(&*tx, ctx, Deed::Read, Subject::Complaint(id)).await?;
    tx.commit().await?;
    Ok(decided)
}

pub(super) async fn dossier(reads: &dyn Reads, complaint: Complaint) -> Result<Dossier> {
    let category = reads.category(complaint.category).await?.ok_or_else(Error::not_found)?;
    let department = reads.department(complaint.department).await?.ok_or_else(Error::not_found)?;
    let photos = reads.photos(complaint.id).await?;
    let supporters = reads.supporters(complaint.id).await?;
    Ok(Dossier { complaint, category, department, photos, supporters })
}
