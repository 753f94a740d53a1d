//! What the page behind a department's link shows and does.

use super::{
    case::{Case, find},
    inbox::{Dossier, dossier},
    transition::Move,
};
use crate::{
    Code, Ctx, Error, Result, Scope, Store,
    audit::{Deed, Subject, note},
    complaints::{Status, Step},
    context::DeskLink,
    ids::DepartmentId,
    municipalities::{Department, Municipality},
    text::Remark,
};

/// What the holder of a link says.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Ours.
    Accept,
    /// Done, with a text for the reporter.
    Resolve {
        /// What the reporter reads.
        public_text: Option<Remark>,
    },
    /// Not ours.
    NotOurs {
        /// Whose, where they know; the default department's otherwise.
        department: Option<DepartmentId>,
        /// Why, for the next desk.
        internal_text: Option<Remark>,
    },
}

/// Everything the page shows.
#[derive(Clone, Debug)]
pub struct DeskView {
    /// The town hall.
    pub municipality: Municipality,
    /// The complaint.
    pub dossier: Dossier,
    /// What happened so far, oldest first.
    pub steps: Vec<Step>,
    /// Departments it could be given to.
    pub others: Vec<Department>,
}

/// The complaint behind a link.
///
/// # Errors
/// [`Code::NotFound`] where it is gone or lies on another desk by now.
pub async fn look(store: &dyn Store, ctx: &Ctx<DeskLink>) -> Result<DeskView> {
    let link = ctx.actor;
    let tx = store.begin(Scope::Municipality(link.municipality)).await?;
    let complaint = find(&*tx, &link, link.complaint).await?;
    let municipality = tx.municipality_by_id(link.municipality).await?.ok_or_else(Error::not_found)?;
    let steps = tx.steps(complaint.id).await?;
    let mut others = tx.departments().await?;
    others.retain(|department| department.id != complaint.department);
    let dossier = dossier(&*tx, complaint).await?;
    note(&*tx, ctx, Deed::Read, Subject::Complaint(link.complaint)).await?;
    tx.commit().await?;
    Ok(DeskView { municipality, dossier, steps, others })
}

/// Does what the holder of a link says, at the version the page showed.
///
/// # Errors
/// Those of [`super::transition()`].
pub async fn answer(store: &dyn Store, ctx: &Ctx<DeskLink>, version: i64, answer: Answer) -> Result<()> {
    let mut case = Case::open(store, ctx, ctx.actor.complaint, Some(version)).await?;
    match answer {
        Answer::Accept => case.go(Move::to(Status::Accepted)).await?,
        Answer::Resolve { public_text: None } => {
            return Err(Error::invalid("/public_text", Code::PublicTextRequired));
        }
        Answer::Resolve { public_text } => {
            // Whoever resolves it says that it is theirs.
            if matches!(case.complaint.status, Status::Routed | Status::Reopened) {
                case.go(Move::to(Status::Accepted)).await?;
            }
            case.go(Move { public_text, ..Move::to(Status::Resolved) }).await?;
        }
        Answer::NotOurs { department, internal_text } => {
            case.go(Move { department, internal_text, ..Move::to(Status::Routed) }).await?;
        }
    }
    case.finish().await.map(drop)
}
