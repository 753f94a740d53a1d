//! What staff do about those who are left: they tell them in person, or have it sent once more.

use crate::{
    Code, Ctx, Error, Result, Store,
    audit::{Deed, Subject, note},
    broadcasts::{Acknowledging, BroadcastState, SentAgain, quiet},
    context::{Permission, Staff},
    ids::{MessageId, PersonId},
    store::undisturbed,
};

/// People whom one request may name.
pub const MOST_NAMED: usize = 100;

/// Whoever may call a broadcast back may act on whom it has not reached.
fn require(ctx: &Ctx<Staff>) -> Result<()> {
    ctx.require(Permission::WriteBroadcasts).or_else(|_| ctx.require(Permission::ApproveBroadcasts))
}

/// Notes that somebody of the staff went to a person or telephoned: it counts as their acknowledgement, and
/// nothing more is sent to them. Whatever the broadcast's state, since it says what was done.
///
/// # Errors
/// [`Code::NotFound`] where the broadcast is not for that person.
pub async fn inform(store: &dyn Store, ctx: &Ctx<Staff>, id: MessageId, person: PersonId) -> Result<()> {
    require(ctx)?;
    undisturbed(async || {
        let tx = store.begin(ctx.scope()).await?;
        if !tx.acknowledge(ctx.now, id, &[person], Acknowledging::Staff).await? {
            return Err(Error::not_found());
        }
        tx.note_informed(id, person, ctx.actor.staff).await?;
        note(&*tx, ctx, Deed::Informed, Subject::Person(person)).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

/// Sends a broadcast once more to those of these people who were not reached; to all of them where there are
/// none. A broadcast that was sent is on its way again.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::TransitionIllegal`] where it was not sent, was called back, is worthless by now or
/// an all-clear followed it.
pub async fn send_again(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: MessageId,
    people: &[PersonId],
) -> Result<SentAgain> {
    require(ctx)?;
    if people.len() > MOST_NAMED {
        return Err(Error::invalid("/people", Code::TooMany));
    }
    undisturbed(async || {
        let tx = store.begin(ctx.scope()).await?;
        let mut broadcast = tx.hold_broadcast(id).await?.ok_or_else(Error::not_found)?;
        let is_under_way = matches!(broadcast.state, BroadcastState::Sending | BroadcastState::Sent);
        if !is_under_way || broadcast.ended_by.is_some() || broadcast.draft.expires_at <= ctx.now {
            return Err(Error::refused(Code::TransitionIllegal));
        }
        let town = tx.municipality_by_id(ctx.actor.municipality).await?.ok_or_else(Error::not_found)?;
        let due_at = quiet::not_before(ctx.now, broadcast.draft.severity, town.time_zone);
        let sent = tx.send_again(ctx.now, due_at, &broadcast, people).await?;
        if sent != SentAgain::default() {
            if broadcast.state == BroadcastState::Sent {
                broadcast.state = broadcast.state.step(BroadcastState::Sending)?;
                broadcast.ended_at = None;
                tx.update_broadcast(&broadcast).await?;
            }
            tx.call_up(ctx.now, &broadcast).await?;
        }
        note(&*tx, ctx, Deed::SentAgain, Subject::Broadcast(id)).await?;
        tx.commit().await?;
        Ok(sent)
    })
    .await
}
