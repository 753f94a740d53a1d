//! A complaint comes to its desk: the rules decide, the promise begins, the department is told.

use super::Intake;
use crate::{
    Ctx, Result, Tx,
    complaints::{Action, ActorKind, Complaint, Status, Step, Transition, notice::mailboxes},
    deliveries::{MAIL_LIFE, NewMessage, Topic},
    routing::{self, Decision, Facts},
};

/// Lets the rules decide about a submitted complaint and puts it on the desk they name. The
/// complaint is changed, not yet stored; what else belongs to it is in the answer.
///
/// # Errors
/// [`crate::Code::TransitionIllegal`] for a complaint that is not submitted.
pub(super) fn route<A>(ctx: &Ctx<A>, intake: &Intake, complaint: &mut Complaint) -> Result<(Decision, Step)> {
    let decision = intake.rules.decide(&Facts {
        category: complaint.category,
        text: complaint.description.as_str(),
        point: complaint.place.point,
        at: ctx.now,
        anonymous: complaint.anonymous,
    });
    complaint.department = decision.department;
    complaint.assignee = decision.assignee;
    complaint.priority = decision.priority;
    let promise = intake.category(complaint.category).map(|category| category.promise);
    complaint.due = promise.map(|promise| promise.due(ctx.now, intake.town.calendar()));
    let step = advance(ctx, complaint, Status::Routed, ActorKind::System)?;
    Ok((decision, step))
}

/// Takes one step of the transition table and says how it stands in the history.
pub(super) fn advance<A>(ctx: &Ctx<A>, complaint: &mut Complaint, to: Status, by: ActorKind) -> Result<Step> {
    let from = complaint.status;
    let transition = Transition { to, by, at: ctx.now, has_public_text: false, moves_promise: false };
    let standing = complaint.standing().step(transition)?;
    complaint.status = standing.status;
    complaint.settled_at = standing.settled_at;
    complaint.updated_at = ctx.now;
    Ok(Step {
        id: ctx.id(),
        complaint: complaint.id,
        at: ctx.now,
        by,
        actor: None,
        action: Action::Moved,
        from: Some(from),
        to: Some(to),
        public_text: None,
        internal_text: None,
    })
}

/// Has the desk's mailbox told that a complaint came, whoever else the rule names, and the admins
/// where the rule that would have decided is broken.
pub(super) async fn announce<A>(
    tx: &dyn Tx,
    ctx: &Ctx<A>,
    intake: &Intake,
    complaint: &Complaint,
    decision: &Decision,
) -> Result<()> {
    let topic = Topic::DeskArrival { complaint: complaint.id, department: complaint.department };
    let desks = match intake.department(complaint.department) {
        Some(department) => mailboxes(tx, department).await?,
        None => Vec::new(),
    };
    let all = desks.into_iter().chain(decision.extra_emails.iter().cloned());
    if let Some(mail) = NewMessage::to_mailboxes(all, topic, ctx.id(), ctx.now + MAIL_LIFE) {
        tx.enqueue_new(ctx.now, &mail).await?;
    }
    routing::service::tell_broken(tx, ctx, decision).await
}
