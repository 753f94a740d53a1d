//! Deciding: submitted by one, approved by another, called back by anybody who may.

use chrono_tz::Tz;

use crate::{
    Code, Ctx, Error, Result, Store, Tx, Violation,
    audit::{Deed, Subject, note},
    broadcasts::{Broadcast, BroadcastState, Ways, quiet},
    context::{Permission, Staff},
    deliveries::{MAIL_LIFE, NewMessage, Topic},
    ids::MessageId,
    staff::Role,
    store::undisturbed,
    text::Remark,
};

use super::{follow::ladder_of, known};

/// What somebody says who approves.
#[derive(Clone, Debug, Default)]
pub struct Approval {
    /// How many people it is for, where those are unusually many.
    pub confirm_people: Option<u64>,
    /// Why nobody else can approve it.
    pub break_glass: Option<Remark>,
}

/// Hands a draft at `version` in. From now on it can no longer be edited.
///
/// # Errors
/// [`Code::AudienceEmpty`], [`Code::TransitionIllegal`], stale, and violations where the time has passed, or will
/// have before the morning that news wait for, or the words do not fit into a channel that is used.
pub async fn submit(store: &dyn Store, ctx: &Ctx<Staff>, id: MessageId, version: i64) -> Result<Broadcast> {
    ctx.require(Permission::WriteBroadcasts)?;
    let (ways, zone) = counted(store, ctx, id, version).await?;
    let tx = store.begin(ctx.scope()).await?;
    let mut broadcast = at_version(&*tx, id, version).await?;
    broadcast.state = broadcast.state.step(BroadcastState::Submitted)?;
    broadcast.draft.check(ctx.now)?;
    quiet::check(&broadcast.draft, ctx.now, zone)?;
    // What it names may be gone since it was written, and stays as it is from here on.
    broadcast.incident = known::draft(&*tx, &broadcast.draft).await?;
    if ways.people == 0 {
        return Err(Error::refused(Code::AudienceEmpty));
    }
    let town = tx.municipality_by_id(ctx.actor.municipality).await?.ok_or_else(Error::not_found)?;
    let limits = broadcast.draft.texts.limits(town.name.as_str(), broadcast.draft.severity);
    let too_long = |limit: &&crate::broadcasts::Limit| {
        !limit.fits && ways.ways.iter().any(|way| way.channel == limit.channel)
    };
    let pointer = |limit: &crate::broadcasts::Limit| format!("/texts/{}/short", limit.locale);
    let mut violations: Vec<_> =
        limits.iter().filter(too_long).map(|limit| Violation::new(pointer(limit), Code::TooLong)).collect();
    violations.dedup();
    if !violations.is_empty() {
        return Err(Error::violations(violations));
    }
    broadcast.submitted = Some((ctx.actor.staff, ctx.now));
    tx.update_broadcast(&broadcast).await?;
    // Looked at when its time has passed, should nobody decide.
    tx.call_up(broadcast.draft.expires_at, &broadcast).await?;
    note(&*tx, ctx, Deed::Submitted, Subject::Broadcast(id)).await?;
    tx.commit().await?;
    Ok(Broadcast { version: version + 1, ..broadcast })
}

/// Approves what was submitted, as it was seen at `version`. It is sent at its time, or now.
///
/// # Errors
/// [`Code::OwnApproval`] where a crisis is approved by who submitted it, [`Code::PeopleUnconfirmed`] where
/// it goes to more people than `usual` and their number was not confirmed, and as [`submit`].
pub async fn approve(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    (id, version): (MessageId, i64),
    approval: Approval,
    usual: u64,
) -> Result<Broadcast> {
    ctx.require(Permission::ApproveBroadcasts)?;
    let (Ways { people, .. }, zone) = counted(store, ctx, id, version).await?;
    let tx = store.begin(ctx.scope()).await?;
    let mut broadcast = at_version(&*tx, id, version).await?;
    broadcast.state = broadcast.state.step(BroadcastState::Approved)?;
    broadcast.draft.check(ctx.now)?;
    quiet::check(&broadcast.draft, ctx.now, zone)?;
    let own = broadcast.submitted.is_some_and(|(by, _)| by == ctx.actor.staff);
    let alone = own && broadcast.needs_second_person();
    if alone && approval.break_glass.is_none() {
        return Err(Error::refused(Code::OwnApproval));
    }
    if people == 0 {
        return Err(Error::refused(Code::AudienceEmpty));
    }
    if people > usual && approval.confirm_people != Some(people) {
        return Err(Error::with_values(Code::PeopleUnconfirmed, vec![("people", people.to_string())]));
    }
    broadcast.approved = Some((ctx.actor.staff, ctx.now));
    note(&*tx, ctx, Deed::Approved, Subject::Broadcast(id)).await?;
    if alone {
        broadcast.glass_broken = approval.break_glass;
        note(&*tx, ctx, Deed::BrokeGlass, Subject::Broadcast(id)).await?;
        tell_admins(&*tx, ctx, id).await?;
    }
    tx.update_broadcast(&broadcast).await?;
    tx.call_up(broadcast.draft.send_at.unwrap_or(ctx.now).max(ctx.now), &broadcast).await?;
    tx.commit().await?;
    Ok(Broadcast { version: version + 1, ..broadcast })
}

/// Calls a broadcast back, whatever its version: nothing of it leaves any more.
///
/// # Errors
/// [`Code::TransitionIllegal`] where nothing is left to stop.
pub async fn cancel(store: &dyn Store, ctx: &Ctx<Staff>, id: MessageId) -> Result<Broadcast> {
    ctx.require(Permission::WriteBroadcasts).or_else(|_| ctx.require(Permission::ApproveBroadcasts))?;
    undisturbed(async || {
        let tx = store.begin(ctx.scope()).await?;
        let mut broadcast = tx.hold_broadcast(id).await?.ok_or_else(Error::not_found)?;
        broadcast.state = broadcast.state.step(BroadcastState::Cancelled)?;
        broadcast.ended_at = Some(ctx.now);
        tx.update_broadcast(&broadcast).await?;
        // No worker sends anything of it from here on. What is still written as to be sent is put right by
        // whoever looks at the broadcast next.
        tx.cancel_unsent(ctx.now, id).await?;
        tx.call_up(ctx.now, &broadcast).await?;
        note(&*tx, ctx, Deed::Cancelled, Subject::Broadcast(id)).await?;
        tx.commit().await?;
        Ok(Broadcast { version: broadcast.version + 1, ..broadcast })
    })
    .await
}

/// Whom the broadcast is for as it is at `version`, and the town's time zone. Counted before anything is held: an
/// audience may be large, and others want to write.
async fn counted(store: &dyn Store, ctx: &Ctx<Staff>, id: MessageId, version: i64) -> Result<(Ways, Tz)> {
    let reads = store.read(ctx.scope()).await?;
    let broadcast = reads.broadcast(id).await?.ok_or_else(Error::not_found)?;
    if broadcast.version != version {
        return Err(Error::refused(Code::Stale));
    }
    let town = reads.municipality_by_id(ctx.actor.municipality).await?.ok_or_else(Error::not_found)?;
    let ways = reads.count_audience(&broadcast.whom()?, ladder_of(&broadcast, &town).as_ref()).await?;
    Ok((ways, town.time_zone))
}

async fn at_version(tx: &dyn Tx, id: MessageId, version: i64) -> Result<Broadcast> {
    let broadcast = tx.hold_broadcast(id).await?.ok_or_else(Error::not_found)?;
    if broadcast.version == version { Ok(broadcast) } else { Err(Error::refused(Code::Stale)) }
}

/// Whoever runs the town hall's side learns at once that somebody decided alone.
async fn tell_admins(tx: &dyn Tx, ctx: &Ctx<Staff>, broadcast: MessageId) -> Result<()> {
    let staff = tx.staff().await?;
    let admins = staff.into_iter().filter(|member| member.active && member.role == Role::Admin);
    let topic = Topic::GlassBroken { broadcast };
    let mailboxes = admins.map(|member| member.email);
    if let Some(mail) = NewMessage::to_mailboxes(mailboxes, topic, ctx.id(), ctx.now + MAIL_LIFE) {
        tx.enqueue(ctx.now, &mail).await?;
    }
    Ok(())
}
