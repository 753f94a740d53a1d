//! Taking a complaint to another state.

use super::{
    case::{AtDesk, Case, Entry},
    inbox::Dossier,
};
use crate::{
    Code, Ctx, Error, Result, Store,
    complaints::{Action, Status, Transition},
    context::{Permission, Staff},
    ids::{ComplaintId, DepartmentId},
    municipalities::Department,
    text::Remark,
};

/// A step somebody at the desk wants to take.
#[derive(Clone, Debug)]
pub struct Move {
    /// The state wanted.
    pub to: Status,
    /// What the reporter reads.
    pub public_text: Option<Remark>,
    /// What only the town hall reads.
    pub internal_text: Option<Remark>,
    /// Of a step to `routed`: whose it is; the default department's where nobody knows.
    pub department: Option<DepartmentId>,
    /// Of a step to `duplicate`: the complaint it repeats.
    pub original: Option<ComplaintId>,
}

impl Move {
    /// A step that says nothing but the state.
    pub fn to(to: Status) -> Self {
        Self { to, public_text: None, internal_text: None, department: None, original: None }
    }
}

/// Takes a complaint at `version` to another state.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`], [`Code::Stale`], [`Code::TransitionIllegal`]; violations at
/// `/public_text`, `/department` and `/original`.
pub async fn transition(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: ComplaintId,
    version: i64,
    wanted: Move,
) -> Result<Dossier> {
    ctx.require(Permission::WorkComplaints)?;
    let mut case = Case::open(store, ctx, id, Some(version)).await?;
    case.go(wanted).await?;
    Ok(case.finish().await?.0)
}

impl<A: AtDesk> Case<'_, A> {
    /// Takes one step of the state machine.
    pub(super) async fn go(&mut self, wanted: Move) -> Result<()> {
        let (from, to) = (self.complaint.status, wanted.to);
        let stands = self.complaint.standing().step(Transition {
            to,
            by: self.ctx.actor.kind(),
            at: self.ctx.now,
            has_public_text: wanted.public_text.is_some(),
            moves_promise: false,
        })?;
        if wanted.department.is_some() && to != Status::Routed {
            return Err(Error::invalid("/department", Code::Contradiction));
        }
        if wanted.original.is_some() && to != Status::Duplicate {
            return Err(Error::invalid("/original", Code::Contradiction));
        }
        let mut action = Action::Moved;
        match to {
            Status::Routed => {
                let department = self.destination(from, wanted.department).await?;
                self.hand_to(department);
                action = Action::Rerouted;
            }
            Status::Duplicate => self.repeat(wanted.original).await?,
            Status::Reopened => self.complaint.original = None,
            _ => {}
        }
        self.complaint.status = stands.status;
        self.complaint.settled_at = stands.settled_at;
        if to.answers() {
            self.answered();
        }
        let Move { public_text, internal_text, .. } = wanted;
        self.note(action, Entry { moved: Some((from, to)), public_text, internal_text });
        self.keep_pace().await
    }

    /// Whose desk a complaint goes to.
    async fn destination(&self, from: Status, wanted: Option<DepartmentId>) -> Result<Department> {
        let department = match wanted {
            Some(id) => self.tx.department(id).await?,
            None => Some(self.tx.default_department().await?),
        };
        let unknown = || Error::invalid("/department", Code::UnknownReference);
        let department = department.ok_or_else(unknown)?;
        // Nothing would change: whoever says "not ours" at the default department names another.
        let waits_there = matches!(from, Status::Routed | Status::Reopened);
        if waits_there && department.id == self.complaint.department {
            return Err(Error::invalid("/department", Code::Contradiction));
        }
        Ok(department)
    }

    /// Ties a complaint, and those that were tied to it, to the one it repeats.
    async fn repeat(&mut self, original: Option<ComplaintId>) -> Result<()> {
        let at = |code| Error::invalid("/original", code);
        let original = original.ok_or_else(|| at(Code::Required))?;
        // Held, so that it does not itself become a duplicate or end meanwhile.
        let found = self.tx.hold_complaint(original).await?;
        let found = found.filter(|complaint| self.ctx.actor.sees(complaint));
        let found = found.ok_or_else(|| at(Code::UnknownReference))?;
        let can_end_it = found.status.is_open() || found.status.is_settled();
        if original == self.complaint.id || !can_end_it {
            return Err(at(Code::NotAllowed));
        }
        for mut repeated in self.tx.duplicates_of(self.complaint.id).await? {
            repeated.original = Some(original);
            repeated.updated_at = self.ctx.now;
            self.tx.update_complaint(&repeated).await?;
        }
        self.complaint.original = Some(original);
        Ok(())
    }

    /// Lets the promise stand still or go on, as the new state says.
    async fn keep_pace(&mut self) -> Result<()> {
        let calendar = self.calendar().await?;
        if self.complaint.keep_pace(self.ctx.now, calendar).is_some() {
            self.note(Action::PromiseMoved, Entry::default());
        }
        Ok(())
    }
}
