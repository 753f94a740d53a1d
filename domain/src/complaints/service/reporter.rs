//! What a reporter does with their complaint after filing it: answer, take back, object.

use chrono::TimeDelta;

use super::{Intake, repeats};
use crate::{
    Code, Ctx, Error, Result, Scope, Store, StoreError, Tx,
    complaints::{
        Action, ActorKind, Complaint, Status, Step, Transition, history::in_order, notice::to_desk,
    },
    deliveries::{MAIL_LIFE, Topic},
    idempotency::{Once, Outcome},
    ids::{ComplaintId, PersonId},
    limits::{Quota, spend},
    text::Remark,
};

/// Remarks of a reporter to one complaint: each is an e-mail to the desk.
const REMARKS: Quota = Quota::new("reporter_remarks", 30, TimeDelta::days(1));

/// How often a step is tried anew that the desk was faster with.
const TRIES: usize = 5;

/// What proves that a complaint is one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Being the citizen or guest who reported it.
    Person(PersonId),
    /// Having the return key with this keyed hash, in hexadecimal.
    ReturnKey(String),
}

impl Claim {
    /// Whether it fits the complaint.
    pub fn fits(&self, complaint: &Complaint) -> bool {
        match self {
            Self::Person(person) => complaint.reporter.as_ref() == Some(person),
            Self::ReturnKey(hash) => complaint.return_key_hash.as_ref() == Some(hash),
        }
    }
}

/// A reporter's own complaint, held for this transaction.
///
/// # Errors
/// [`Code::NotFound`] where there is none, or it is somebody else's.
pub async fn own(tx: &dyn Tx, claim: &Claim, id: ComplaintId) -> Result<Complaint> {
    let found = tx.hold_complaint(id).await?;
    found.filter(|complaint| claim.fits(complaint)).ok_or_else(Error::not_found)
}

/// What a reporter wants.
#[derive(Clone, Debug)]
enum Wish {
    Say(Remark),
    TakeBack,
    Object(Remark),
}

impl Wish {
    /// The state a complaint in state `from` is taken to; none where it stays.
    fn leads_to(&self, from: Status) -> Option<Status> {
        match self {
            Self::Say(_) if from == Status::WaitingForReporter => Some(Status::InProgress),
            Self::Say(_) => None,
            Self::TakeBack => Some(Status::Withdrawn),
            Self::Object(_) => Some(Status::Reopened),
        }
    }

    fn text(&self) -> Option<&Remark> {
        match self {
            Self::Say(text) | Self::Object(text) => Some(text),
            Self::TakeBack => None,
        }
    }
}

/// Adds a remark, which the desk is told. It ends the waiting for an answer.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::TransitionIllegal`] where no desk reads it: before the report is
/// confirmed, and after the end; [`Code::TooManyRequests`].
pub async fn comment(
    store: &dyn Store,
    ctx: &Ctx<Claim>,
    intake: &Intake,
    id: ComplaintId,
    text: Remark,
    once: Once<'_, Complaint>,
) -> Result<Outcome<Complaint>> {
    act(store, ctx, intake, id, &Wish::Say(text), &once).await
}

/// Takes a complaint back, before work on it began.
///
/// # Errors
/// [`Code::NotFound`], [`Code::TransitionIllegal`].
pub async fn withdraw(
    store: &dyn Store,
    ctx: &Ctx<Claim>,
    intake: &Intake,
    id: ComplaintId,
    once: Once<'_, Complaint>,
) -> Result<Outcome<Complaint>> {
    act(store, ctx, intake, id, &Wish::TakeBack, &once).await
}

/// Objects to how a complaint was settled, which opens it again.
///
/// # Errors
/// [`Code::NotFound`], [`Code::TransitionIllegal`], [`Code::ObjectionTooLate`],
/// [`Code::TooManyRequests`].
pub async fn object(
    store: &dyn Store,
    ctx: &Ctx<Claim>,
    intake: &Intake,
    id: ComplaintId,
    text: Remark,
    once: Once<'_, Complaint>,
) -> Result<Outcome<Complaint>> {
    act(store, ctx, intake, id, &Wish::Object(text), &once).await
}

async fn act(
    store: &dyn Store,
    ctx: &Ctx<Claim>,
    intake: &Intake,
    id: ComplaintId,
    wish: &Wish,
    once: &Once<'_, Complaint>,
) -> Result<Outcome<Complaint>> {
    for _ in 1..TRIES {
        match attempt(store, ctx, intake, id, wish, once).await {
            // The desk took a step meanwhile: what the reporter may do is decided by where it stands now.
            Err(Error::Store(StoreError::Stale)) => {}
            done => return done,
        }
    }
    attempt(store, ctx, intake, id, wish, once).await
}

async fn attempt(
    store: &dyn Store,
    ctx: &Ctx<Claim>,
    intake: &Intake,
    id: ComplaintId,
    wish: &Wish,
    once: &Once<'_, Complaint>,
) -> Result<Outcome<Complaint>> {
    let tx = store.begin(Scope::Municipality(intake.town.id)).await?;
    // First of all: an answer that was given is for whoever may ask only.
    let mut complaint = own(&*tx, &ctx.actor, id).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    let steps = carry_out(ctx, intake, &mut complaint, wish)?;
    if wish.text().is_some() {
        spend(&*tx, ctx.now, REMARKS, &id.to_string()).await?;
    }
    tx.update_complaint(&complaint).await?;
    tx.insert_steps(&steps).await?;
    if matches!(wish, Wish::TakeBack) {
        repeats::set_free(&*tx, ctx, intake, id).await?;
    }
    if let Some(step) = steps.first() {
        let topic = Topic::DeskUpdate { complaint: id, department: complaint.department, step: step.id };
        if let Some(desk) = intake.department(complaint.department)
            && let Some(mail) = to_desk(&*tx, desk, topic, ctx.id(), ctx.now + MAIL_LIFE).await?
        {
            tx.enqueue(ctx.now, &mail).await?;
        }
    }
    once.remember(&*tx, ctx.now, &complaint).await?;
    tx.commit().await?;
    Ok(Outcome::Done(complaint))
}

/// Changes the complaint as wished and says how it stands in the history, the wish itself first.
fn carry_out(ctx: &Ctx<Claim>, intake: &Intake, complaint: &mut Complaint, wish: &Wish) -> Result<Vec<Step>> {
    let (from, to) = (complaint.status, wish.leads_to(complaint.status));
    match to {
        Some(to) => {
            let standing = complaint.standing().step(Transition {
                to,
                by: ActorKind::Reporter,
                at: ctx.now,
                has_public_text: wish.text().is_some(),
                moves_promise: false,
            })?;
            complaint.status = standing.status;
            complaint.settled_at = standing.settled_at;
        }
        None if from == Status::Unconfirmed || from.is_final() => {
            let stays = vec![("from", from.to_string()), ("to", from.to_string())];
            return Err(Error::with_values(Code::TransitionIllegal, stays));
        }
        None => {}
    }
    complaint.updated_at = ctx.now;
    let said = Step {
        id: ctx.id(),
        complaint: complaint.id,
        at: ctx.now,
        by: ActorKind::Reporter,
        actor: complaint.reporter.map(Into::into),
        action: if to.is_some() { Action::Moved } else { Action::Commented },
        from: to.map(|_| from),
        to,
        public_text: wish.text().cloned(),
        internal_text: None,
    };
    let moved = to.and_then(|_| complaint.keep_pace(ctx.now, intake.town.calendar()));
    let moved = moved.map(|_| Step {
        id: ctx.id(),
        by: ActorKind::System,
        actor: None,
        action: Action::PromiseMoved,
        from: None,
        to: None,
        public_text: None,
        ..said.clone()
    });
    Ok(in_order([said].into_iter().chain(moved)))
}
