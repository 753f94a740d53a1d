//! What time alone does to complaints: reminders, promises that pass, and the end.

use super::{
    Action, Complaint, Status, Step, Transition,
    notice::{to_desk, to_lead, to_reporter},
    photo::ContentHash,
    promise::reminded_until,
    status::{ActorKind, CONFIRMATION_PERIOD, OBJECTION_PERIOD},
};
use crate::{
    Ctx, Error, Result, Scope, Store, StoreError, Tx,
    context::System,
    deliveries::{MAIL_LIFE, Topic},
    ids::{MunicipalityId, PhotoId},
    municipalities::Municipality,
    sweep::Fault,
    time::TownCalendar,
};

/// Most complaints looked at in one go.
const BATCH: u64 = 200;

/// What a sweep did.
#[derive(Debug, Default)]
pub struct Swept {
    /// Desks reminded before a promise passes.
    pub reminded: u64,
    /// Leads told that a promise passed.
    pub overdue: u64,
    /// Settled complaints and their duplicates closed.
    pub closed: u64,
    /// Reports deleted that nobody confirmed.
    pub deleted: u64,
    /// Photos of deleted reports, whose files nobody needs any more.
    pub unneeded: Vec<UnneededPhoto>,
    /// What could not be done.
    pub faults: Vec<Fault>,
}

/// A photo whose row is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnneededPhoto {
    /// The town hall it was sent to.
    pub municipality: MunicipalityId,
    /// Which photo.
    pub photo: PhotoId,
    /// Of its upload.
    pub content: ContentHash,
}

/// Does what is due at `ctx.now` in every town hall. Several instances may sweep at the same time:
/// each complaint is written back at the version it was read at, and whoever comes second leaves it.
///
/// # Errors
/// When the town halls cannot be listed. What breaks in one of them is among [`Swept::faults`].
pub async fn sweep(store: &dyn Store, ctx: &Ctx<System>) -> Result<Swept> {
    let mut swept = Swept::default();
    for id in store.read(Scope::Installation).await?.municipality_ids().await? {
        if let Err(error) = sweep_town(store, ctx, id, &mut swept).await {
            swept.faults.push(Fault::of_town(id, error));
        }
    }
    Ok(swept)
}

async fn sweep_town(
    store: &dyn Store,
    ctx: &Ctx<System>,
    id: MunicipalityId,
    swept: &mut Swept,
) -> Result<()> {
    match store.read(Scope::Installation).await?.municipality_by_id(id).await? {
        Some(town) => Sweep { store, ctx, town: &town }.run(swept).await,
        None => Ok(()),
    }
}

/// What is due for one complaint.
#[derive(Clone, Copy)]
enum Due {
    Reminder,
    Overdue,
    Close,
    Delete,
}

struct Sweep<'a> {
    store: &'a dyn Store,
    ctx: &'a Ctx<System>,
    town: &'a Municipality,
}

impl Sweep<'_> {
    async fn run(&self, swept: &mut Swept) -> Result<()> {
        swept.reminded += self.all(Due::Reminder, swept).await?;
        swept.overdue += self.all(Due::Overdue, swept).await?;
        swept.closed += self.all(Due::Close, swept).await?;
        swept.deleted += self.all(Due::Delete, swept).await?;
        Ok(())
    }

    /// Batch by batch, until nothing is left that this sweep can do.
    async fn all(&self, due: Due, swept: &mut Swept) -> Result<u64> {
        let mut count = 0;
        loop {
            let batch = self.find(due).await?;
            let full = u64::try_from(batch.len()).is_ok_and(|found| found == BATCH);
            let mut done = 0;
            for complaint in batch {
                let id = complaint.id;
                match self.one(due, complaint, swept).await {
                    Ok(one) => done += u64::from(one),
                    // Nothing else will do any better now.
                    Err(error @ Error::Store(StoreError::Busy)) => return Err(error),
                    Err(error) => {
                        let municipality = self.town.id;
                        swept.faults.push(Fault { municipality, complaint: Some(id), error });
                    }
                }
            }
            count += done;
            if !full || done == 0 {
                return Ok(count);
            }
        }
    }

    async fn find(&self, due: Due) -> Result<Vec<Complaint>> {
        let now = self.ctx.now;
        let calendar = TownCalendar { state: self.town.state, zone: self.town.time_zone };
        let reads = self.store.read(self.scope()).await?;
        Ok(match due {
            Due::Reminder => reads.unreminded(now, reminded_until(now, calendar), BATCH).await?,
            Due::Overdue => reads.untold(now, BATCH).await?,
            Due::Close => reads.settled_before(now - OBJECTION_PERIOD, BATCH).await?,
            Due::Delete => reads.unconfirmed_before(now - CONFIRMATION_PERIOD, BATCH).await?,
        })
    }

    /// Does it, and says whether it did: not where somebody else was faster.
    async fn one(&self, due: Due, complaint: Complaint, swept: &mut Swept) -> Result<bool> {
        let tx = self.store.begin(self.scope()).await?;
        let mut unneeded = Vec::new();
        let done = match due {
            Due::Reminder => self.remind(tx.as_ref(), complaint).await,
            Due::Overdue => self.tell_lead(tx.as_ref(), complaint).await,
            Due::Close => self.close(tx.as_ref(), complaint).await,
            Due::Delete => self.delete(tx.as_ref(), complaint, &mut unneeded).await,
        };
        match done {
            Ok(()) => {
                tx.commit().await?;
                // Not before: their rows were still there.
                swept.unneeded.append(&mut unneeded);
                Ok(true)
            }
            Err(Error::Store(StoreError::Stale)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn remind(&self, tx: &dyn Tx, mut complaint: Complaint) -> Result<()> {
        let due = complaint.next_due().ok_or(StoreError::Stale)?;
        complaint.reminded_for = Some(due);
        tx.update_complaint(&complaint).await?;
        let department = tx.department(complaint.department).await?.ok_or_else(Error::not_found)?;
        let topic = Topic::DeskReminder { complaint: complaint.id, department: department.id };
        if let Some(mail) = to_desk(tx, &department, topic, self.ctx.id(), due).await? {
            tx.enqueue(self.ctx.now, &mail).await?;
        }
        Ok(tx.insert_step(&self.step(&complaint, Action::Reminded)).await?)
    }

    async fn tell_lead(&self, tx: &dyn Tx, mut complaint: Complaint) -> Result<()> {
        complaint.overdue_told_for = complaint.next_due();
        tx.update_complaint(&complaint).await?;
        let department = tx.department(complaint.department).await?.ok_or_else(Error::not_found)?;
        let topic = Topic::PromisePassed { complaint: complaint.id, department: department.id };
        let expires_at = self.ctx.now + MAIL_LIFE;
        if let Some(mail) = to_lead(tx, &department, topic, self.ctx.id(), expires_at).await? {
            tx.enqueue(self.ctx.now, &mail).await?;
        }
        Ok(tx.insert_step(&self.step(&complaint, Action::Reminded)).await?)
    }

    /// Closes a settled complaint, and its duplicates with it.
    async fn close(&self, tx: &dyn Tx, settled: Complaint) -> Result<()> {
        let id = settled.id;
        self.end(tx, settled).await?;
        // Asked for afterwards: from now on nobody can make another complaint a duplicate of it.
        for duplicate in tx.duplicates_of(id).await? {
            self.end(tx, duplicate).await?;
        }
        Ok(())
    }

    async fn end(&self, tx: &dyn Tx, mut complaint: Complaint) -> Result<()> {
        let from = complaint.status;
        let closing = Transition {
            to: Status::Closed,
            by: ActorKind::System,
            at: self.ctx.now,
            has_public_text: false,
            moves_promise: false,
        };
        complaint.status = complaint.standing().step(closing)?.status;
        complaint.updated_at = self.ctx.now;
        tx.update_complaint(&complaint).await?;
        let step =
            Step { from: Some(from), to: Some(Status::Closed), ..self.step(&complaint, Action::Moved) };
        tx.insert_step(&step).await?;
        let told = step.topic();
        let told = told.and_then(|topic| to_reporter(&complaint, topic, self.ctx.id(), self.ctx.now));
        if let Some(notice) = told {
            tx.enqueue(self.ctx.now, &notice).await?;
        }
        Ok(())
    }

    async fn delete(
        &self,
        tx: &dyn Tx,
        complaint: Complaint,
        unneeded: &mut Vec<UnneededPhoto>,
    ) -> Result<()> {
        // Written first: a report that was confirmed meanwhile is no longer at this version.
        tx.update_complaint(&complaint).await?;
        let photos = tx.photos(complaint.id).await?;
        tx.delete_complaint(complaint.id).await?;
        let municipality = self.town.id;
        unneeded.extend(photos.into_iter().map(|photo| UnneededPhoto {
            municipality,
            photo: photo.id,
            content: photo.content,
        }));
        Ok(())
    }

    fn step(&self, complaint: &Complaint, action: Action) -> Step {
        Step {
            id: self.ctx.id(),
            complaint: complaint.id,
            at: self.ctx.now,
            by: ActorKind::System,
            actor: None,
            action,
            from: None,
            to: None,
            public_text: None,
            internal_text: None,
        }
    }

    fn scope(&self) -> Scope {
        Scope::Municipality(self.town.id)
    }
}
