//! Reports that repeat another one.

use super::{Intake, arrival};
use crate::{
    Ctx, Result, Tx,
    complaints::{
        ActorKind, Status,
        notice::{to_desk, to_reporter},
    },
    deliveries::{MAIL_LIFE, Topic},
    ids::ComplaintId,
};

/// Opens again what repeated a complaint that is taken back: those who reported it too still wait for
/// an answer. They and their desks are told.
pub(super) async fn set_free<A>(
    tx: &dyn Tx,
    ctx: &Ctx<A>,
    intake: &Intake,
    original: ComplaintId,
) -> Result<()> {
    for mut complaint in tx.duplicates_of(original).await? {
        let step = arrival::advance(ctx, &mut complaint, Status::Reopened, ActorKind::System)?;
        complaint.original = None;
        tx.update_complaint(&complaint).await?;
        tx.insert_step(&step).await?;
        let notice = step.topic().and_then(|topic| to_reporter(&complaint, topic, ctx.id(), ctx.now));
        let topic =
            Topic::DeskUpdate { complaint: complaint.id, department: complaint.department, step: step.id };
        let mail = match intake.department(complaint.department) {
            Some(desk) => to_desk(tx, desk, topic, ctx.id(), ctx.now + MAIL_LIFE).await?,
            None => None,
        };
        for message in notice.iter().chain(&mail) {
            tx.enqueue(ctx.now, message).await?;
        }
    }
    Ok(())
}
