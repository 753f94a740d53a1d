//! A complaint in hand: read, changed, and written back in one transaction.

use uuid::Uuid;

use super::inbox::{Dossier, dossier};
use crate::{
    Code, Ctx, Error, Reads, Result, Scope, Store, Tx,
    audit::{Accountable, Deed, Subject, note},
    complaints::{
        Action, Complaint, Status, Step,
        notice::{to_desk, to_reporter},
        status::ActorKind,
    },
    context::{DeskLink, Permission, Staff},
    deliveries::{MAIL_LIFE, Topic},
    ids::{ComplaintId, HistoryId, MunicipalityId},
    municipalities::Department,
    text::Remark,
    time::TownCalendar,
};

/// Somebody on the town hall's side.
pub trait AtDesk: Accountable + Send + Sync {
    /// The town hall.
    fn municipality(&self) -> MunicipalityId;
    /// What kind of actor it is.
    fn kind(&self) -> ActorKind;
    /// Who it is, where that is known.
    fn id(&self) -> Option<Uuid>;
    /// Whether the complaint is this actor's business.
    fn sees(&self, complaint: &Complaint) -> bool;
}

impl AtDesk for Staff {
    fn municipality(&self) -> MunicipalityId {
        self.municipality
    }
    fn kind(&self) -> ActorKind {
        ActorKind::Staff
    }
    fn id(&self) -> Option<Uuid> {
        Some(self.staff.0)
    }
    fn sees(&self, complaint: &Complaint) -> bool {
        let theirs = self.rights.permit(Permission::AllDepartments)
            || self.departments.contains(&complaint.department);
        let of_a_kind = self.categories.is_empty() || self.categories.contains(&complaint.category);
        theirs && of_a_kind && complaint.status != Status::Unconfirmed
    }
}

impl AtDesk for DeskLink {
    fn municipality(&self) -> MunicipalityId {
        self.municipality
    }
    fn kind(&self) -> ActorKind {
        ActorKind::DeskLink
    }
    fn id(&self) -> Option<Uuid> {
        None
    }
    fn sees(&self, complaint: &Complaint) -> bool {
        (self.complaint, self.department) == (complaint.id, complaint.department)
    }
}

/// Reads a complaint for somebody at the desk.
pub(super) async fn find<A: AtDesk>(reads: &dyn Reads, actor: &A, id: ComplaintId) -> Result<Complaint> {
    let found = reads.complaint(id).await?;
    found.filter(|complaint| actor.sees(complaint)).ok_or_else(Error::not_found)
}

/// An entry of the history to be.
#[derive(Default)]
pub(super) struct Entry {
    pub moved: Option<(Status, Status)>,
    pub public_text: Option<Remark>,
    pub internal_text: Option<Remark>,
}

/// A complaint in hand.
pub(super) struct Case<'a, A> {
    pub ctx: &'a Ctx<A>,
    pub tx: Box<dyn Tx>,
    pub complaint: Complaint,
    steps: Vec<(Action, Entry)>,
    arrival: Option<Department>,
}

impl<'a, A: AtDesk> Case<'a, A> {
    /// Takes a complaint in hand, at this version where one is given.
    ///
    /// # Errors
    /// [`Code::NotFound`] where it is not this actor's business, [`Code::Stale`] at another version.
    pub async fn open(
        store: &dyn Store,
        ctx: &'a Ctx<A>,
        id: ComplaintId,
        version: Option<i64>,
    ) -> Result<Self> {
        let tx = store.begin(Scope::Municipality(ctx.actor.municipality())).await?;
        let found = tx.hold_complaint(id).await?;
        let complaint = found.filter(|complaint| ctx.actor.sees(complaint)).ok_or_else(Error::not_found)?;
        if version.is_some_and(|version| version != complaint.version) {
            return Err(Error::refused(Code::Stale));
        }
        Ok(Self { ctx, tx, complaint, steps: Vec::new(), arrival: None })
    }

    /// When the town hall works.
    pub async fn calendar(&self) -> Result<TownCalendar> {
        let town = self.tx.municipality_by_id(self.ctx.actor.municipality()).await?;
        let town = town.ok_or_else(Error::not_found)?;
        Ok(TownCalendar { state: town.state, zone: town.time_zone })
    }

    /// Notes what was done.
    pub fn note(&mut self, action: Action, entry: Entry) {
        self.steps.push((action, entry));
    }

    /// Notes that the town hall answered.
    pub fn answered(&mut self) {
        self.complaint.first_answered_at.get_or_insert(self.ctx.now);
    }

    /// Puts the complaint on another desk, which is told.
    pub fn hand_to(&mut self, department: Department) {
        self.complaint.department = department.id;
        self.complaint.assignee = None;
        // The new desk has heard nothing of the promise yet.
        self.complaint.reminded_for = None;
        self.complaint.overdue_told_for = None;
        self.arrival = Some(department);
    }

    /// Writes everything, and makes it durable. Answers the complaint as it is now and the steps.
    pub async fn finish(mut self) -> Result<(Dossier, Vec<Step>)> {
        let steps = self.write().await?;
        let dossier = dossier(self.tx.as_ref(), self.complaint).await?;
        self.tx.commit().await?;
        Ok((dossier, steps))
    }

    /// Writes everything; nothing where nothing was done. Steps taken in one go are told to the
    /// reporter once, by the last. Answers the steps; the transaction is still to be committed.
    pub async fn write(&mut self) -> Result<Vec<Step>> {
        if self.steps.is_empty() {
            return Ok(Vec::new());
        }
        let (ctx, id) = (self.ctx, self.complaint.id);
        self.complaint.updated_at = ctx.now;
        self.tx.update_complaint(&self.complaint).await?;
        note(&*self.tx, ctx, Deed::Changed, Subject::Complaint(id)).await?;
        // The steps share one moment; their identifiers keep them in order.
        let mut ids: Vec<HistoryId> = self.steps.iter().map(|_| ctx.id()).collect();
        ids.sort();
        let (mut told, mut steps) = (None, Vec::new());
        for (id_of_step, (action, entry)) in ids.into_iter().zip(std::mem::take(&mut self.steps)) {
            let step = Step {
                id: id_of_step,
                complaint: id,
                at: ctx.now,
                by: ctx.actor.kind(),
                actor: ctx.actor.id(),
                action,
                from: entry.moved.map(|(from, _)| from),
                to: entry.moved.map(|(_, to)| to),
                public_text: entry.public_text,
                internal_text: entry.internal_text,
            };
            self.tx.insert_step(&step).await?;
            told = step.topic().or(told);
            steps.push(step);
        }
        let to_phones = told.and_then(|topic| to_reporter(&self.complaint, topic, ctx.id(), ctx.now));
        let to_mailbox = match self.arrival.take() {
            Some(department) => {
                let topic = Topic::DeskArrival { complaint: id, department: department.id };
                to_desk(&*self.tx, &department, topic, ctx.id(), ctx.now + MAIL_LIFE).await?
            }
            None => None,
        };
        for message in to_phones.iter().chain(&to_mailbox) {
            self.tx.enqueue(ctx.now, message).await?;
        }
        self.complaint.version += 1;
        Ok(steps)
    }
}
