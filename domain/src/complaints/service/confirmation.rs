//! A guest confirms a report with the code that was mailed.

use std::net::IpAddr;

use super::{Claim, Intake, arrival, own};
use crate::{
    Code, Ctx, Error, Result, Scope, Store,
    citizens::{
        OneTimeCode,
        code::GUESSES_PER_CLIENT,
        service::{NewCode, queue_code},
    },
    complaints::{ActorKind, Complaint, Status, history::in_order},
    ids::{ComplaintId, MunicipalityId},
    limits::{self, spend},
    text::EmailAddress,
};

/// Sends another code for a report that waits for one, to the address it was filed with; the earlier
/// code counts no more. `code` draws it for that address.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::TransitionIllegal`] where nothing waits; [`Code::TooManyRequests`] for
/// the address or the client.
pub async fn send_code_again(
    store: &dyn Store,
    ctx: &Ctx<Claim>,
    town: MunicipalityId,
    id: ComplaintId,
    code: impl FnOnce(EmailAddress) -> Result<NewCode> + Send,
) -> Result<()> {
    let tx = store.begin(Scope::Municipality(town)).await?;
    let complaint = own(&*tx, &ctx.actor, id).await?;
    // The step that the code would let it take, and the refusal where it has been taken.
    arrival::advance(ctx, &mut complaint.clone(), Status::Submitted, ActorKind::Reporter)?;
    let address = complaint.confirm_email.ok_or_else(Error::not_found)?;
    queue_code(&*tx, ctx.now, &code(address)?).await?;
    Ok(tx.commit().await?)
}

/// Puts a report that waits for its code on the desk the rules name; the promise begins now.
/// `matches` tells whether the digits given belong to the code.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::TransitionIllegal`] where nothing waits; [`Code::CodeWrong`] at `/code`
/// for a wrong or old code, or too many guesses at it; [`Code::TooManyRequests`] for the client.
pub async fn confirm(
    store: &dyn Store,
    ctx: &Ctx<Claim>,
    intake: &Intake,
    id: ComplaintId,
    client: IpAddr,
    matches: impl Fn(&OneTimeCode) -> bool + Send,
) -> Result<Complaint> {
    let tx = store.begin(Scope::Municipality(intake.town.id)).await?;
    let mut complaint = own(&*tx, &ctx.actor, id).await?;
    let confirmed = arrival::advance(ctx, &mut complaint, Status::Submitted, ActorKind::Reporter)?;
    spend(&*tx, ctx.now, GUESSES_PER_CLIENT, &limits::client(client)).await?;
    let code = tx.confirmation_code(ctx.now, id).await?;
    let right = match &code {
        Some(code) => tx.count_guess(code.id).await? && matches(code),
        None => false,
    };
    let (true, Some(code)) = (right, code) else {
        // A wrong guess counts even though nothing else happens.
        tx.commit().await?;
        return Err(Error::invalid("/code", Code::CodeWrong));
    };
    tx.use_code(ctx.now, &code).await?;
    // The address was asked for this alone.
    complaint.confirm_email = None;
    let (decision, routed) = arrival::route(ctx, intake, &mut complaint)?;
    tx.update_complaint(&complaint).await?;
    tx.insert_steps(&in_order([confirmed, routed])).await?;
    tx.insert_decision(ctx.now, ctx.id(), id, &decision).await?;
    arrival::announce(&*tx, ctx, intake, &complaint, &decision).await?;
    tx.commit().await?;
    Ok(complaint)
}
