//! Correcting a complaint: kind, desk, person, priority, title, promise, what is public of it.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    case::{Case, Entry},
    inbox::Dossier,
    transition::Move,
};
use crate::{
    Code, Ctx, Error, Result, Store,
    complaints::{Action, Status},
    context::{Permission, Staff},
    ids::{ComplaintId, DepartmentId, StaffId},
    routing::Priority,
    text::{Line, Remark, Slug},
};

/// How far ahead a promise can be moved.
pub const FURTHEST_PROMISE: TimeDelta = TimeDelta::days(5 * 365);

/// What should become different; absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Another kind, by its code. What was promised stays promised.
    pub category: Option<Slug>,
    /// Another desk: the same as a step to `routed`.
    pub department: Option<DepartmentId>,
    /// Somebody in the department, or nobody.
    pub assignee: Option<Option<StaffId>>,
    /// Another priority.
    pub priority: Option<Priority>,
    /// The public title, or none.
    pub title: Option<Option<Line>>,
    /// Whether the exact place is public.
    pub place_released: Option<bool>,
    /// Another date for the solution. Needs a public text.
    pub solution_due_at: Option<DateTime<Utc>>,
    /// What the reporter reads about it.
    pub public_text: Option<Remark>,
}

/// Changes a complaint at `version`.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::Stale`], [`Code::TransitionIllegal`] for another
/// desk where the state does not allow it; violations at the fields.
pub async fn edit(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: ComplaintId,
    version: i64,
    edit: Edit,
) -> Result<Dossier> {
    ctx.require(Permission::WorkComplaints)?;
    if edit.place_released.is_some() {
        ctx.require(Permission::ReleasePhotos)?;
    }
    if edit.public_text.is_some() && edit.solution_due_at.is_none() && edit.department.is_none() {
        return Err(Error::invalid("/public_text", Code::Contradiction));
    }
    let mut case = Case::open(store, ctx, id, Some(version)).await?;
    case.correct(&edit).await?;
    if let Some(released) = edit.place_released {
        case.release_place(released);
    }
    let mut text = edit.public_text;
    if let Some(due) = edit.solution_due_at {
        case.promise(due, text.take())?;
    }
    if let Some(department) = edit.department.filter(|department| *department != case.complaint.department) {
        let routed = Move { department: Some(department), public_text: text, ..Move::to(Status::Routed) };
        case.go(routed).await?;
    }
    if let Some(assignee) = edit.assignee {
        case.assign(assignee).await?;
    }
    Ok(case.finish().await?.0)
}

impl Case<'_, Staff> {
    /// Category, priority and title; the history names what changed.
    async fn correct(&mut self, edit: &Edit) -> Result<()> {
        let mut changes = Vec::new();
        if let Some(code) = &edit.category {
            let unknown = || Error::invalid("/category", Code::UnknownReference);
            let category = self.tx.category_by_code(code).await?.ok_or_else(unknown)?;
            if category.id != self.complaint.category {
                self.complaint.category = category.id;
                changes.push(format!("category: {code}"));
            }
        }
        if let Some(priority) = edit.priority.filter(|priority| *priority != self.complaint.priority) {
            changes.push(format!("priority: {} → {priority}", self.complaint.priority));
            self.complaint.priority = priority;
        }
        if let Some(title) = edit.title.clone().filter(|title| *title != self.complaint.title) {
            changes.push("title".to_owned());
            self.complaint.title = title;
        }
        if !changes.is_empty() {
            let internal_text = Remark::parse(changes.join(", ")).ok();
            self.note(Action::Edited, Entry { internal_text, ..Entry::default() });
        }
        Ok(())
    }

    fn release_place(&mut self, released: bool) {
        if self.complaint.place_released != released {
            self.complaint.place_released = released;
            self.note(Action::Released, Entry::default());
        }
    }

    /// Promises another date, and says why.
    fn promise(&mut self, to: DateTime<Utc>, public_text: Option<Remark>) -> Result<()> {
        let at = |code| Error::invalid("/solution_due_at", code);
        let now = self.ctx.now;
        let open = self.complaint.status.is_open();
        let due = self.complaint.due.as_mut().filter(|due| open && due.paused_at.is_none());
        let due = due.ok_or_else(|| at(Code::Contradiction))?;
        if to <= now || to > now + FURTHEST_PROMISE {
            return Err(at(Code::OutOfRange));
        }
        if due.move_solution(to).is_some() {
            let required = || Error::invalid("/public_text", Code::PublicTextRequired);
            let public_text = Some(public_text.ok_or_else(required)?);
            self.note(Action::PromiseMoved, Entry { public_text, ..Entry::default() });
        }
        Ok(())
    }

    /// Gives it to somebody who works in the department, or to nobody.
    async fn assign(&mut self, assignee: Option<StaffId>) -> Result<()> {
        let mut name = None;
        if let Some(id) = assignee {
            let works_here = |role: crate::staff::Role| role.permits(Permission::WorkComplaints);
            let (department, category) = (self.complaint.department, self.complaint.category);
            let member = self.tx.member(id).await?.filter(|member| {
                let theirs = member.departments.contains(&department)
                    || member.role.permits(Permission::AllDepartments);
                let of_a_kind = member.categories.is_empty() || member.categories.contains(&category);
                member.active && theirs && of_a_kind && works_here(member.role)
            });
            let unknown = || Error::invalid("/assignee", Code::UnknownReference);
            name = Some(member.ok_or_else(unknown)?.name);
        }
        if self.complaint.assignee != assignee {
            self.complaint.assignee = assignee;
            let internal_text = name.and_then(|name| Remark::parse(name.into_string()).ok());
            self.note(Action::Assigned, Entry { internal_text, ..Entry::default() });
        }
        Ok(())
    }
}
