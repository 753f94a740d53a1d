//! "This concerns me too."

use super::Intake;
use crate::{
    Ctx, Error, Result, Scope, Store,
    complaints::{Complaint, Status},
    context::Person,
    ids::ComplaintId,
};

/// Notes that somebody is concerned by a public complaint too, once however often they say so, and
/// counts those who are. Whoever reported it is not counted among them.
///
/// # Errors
/// [`crate::Code::NotFound`] where there is none, or it is not public.
pub async fn support(store: &dyn Store, ctx: &Ctx<Person>, intake: &Intake, id: ComplaintId) -> Result<u64> {
    let tx = store.begin(Scope::Municipality(intake.town.id)).await?;
    let found = tx.complaint(id).await?;
    let complaint = found.filter(|complaint| is_public(intake, complaint)).ok_or_else(Error::not_found)?;
    let person = ctx.actor.person;
    if complaint.reporter != Some(person) {
        tx.follow(ctx.now, person, intake.town.id).await?;
        tx.support(id, person, ctx.now).await?;
    }
    let supporters = tx.supporters(id).await?;
    tx.commit().await?;
    Ok(supporters)
}

/// Whether everybody may know of the complaint.
fn is_public(intake: &Intake, complaint: &Complaint) -> bool {
    let shown = !matches!(complaint.status, Status::Unconfirmed | Status::Withdrawn);
    shown && intake.category(complaint.category).is_some_and(|category| category.is_public)
}
