//! Registering phones for push messages.

use std::cmp::Reverse;

use chrono::TimeDelta;

use crate::{
    Code, Ctx, Error, Result, Scope, Store, StoreError,
    citizens::{Device, Registration},
    context::Person,
    deliveries::{NewMessage, Recipients, Severity, Topic},
    ids::DeviceId,
};

/// A test that arrives late tells nothing.
const TEST_LIFE: TimeDelta = TimeDelta::minutes(10);

/// Most devices of one person. A message goes to each, so they are bounded.
pub const MOST_DEVICES: usize = 20;

/// One's devices, the one that registered last first.
///
/// # Errors
/// Those of storage.
pub async fn devices(store: &dyn Store, ctx: &Ctx<Person>) -> Result<Vec<Device>> {
    let mut devices = store.read(Scope::Installation).await?.devices(ctx.actor.person).await?;
    devices.sort_by_key(|device| (Reverse(device.registered_at), device.registration.device));
    Ok(devices)
}

/// Registers a device, or tells its new token. Safe to repeat: apps do it at each start. Beyond
/// [`MOST_DEVICES`] the one that registered longest ago goes.
///
/// # Errors
/// [`Code::Unauthenticated`] where the session was ended meanwhile.
pub async fn register_device(store: &dyn Store, ctx: &Ctx<Person>, new: &Registration) -> Result<()> {
    match put(store, ctx, new).await {
        // Somebody else registered the same token between our look and our write: now we see theirs.
        Err(Error::Store(StoreError::Duplicate)) => put(store, ctx, new).await,
        done => done,
    }
}

async fn put(store: &dyn Store, ctx: &Ctx<Person>, new: &Registration) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    // Another instance may take the token for up to a minute after its session was ended.
    let session = tx.session(ctx.actor.session).await?.filter(|session| session.lives(ctx.now));
    session.ok_or_else(|| Error::refused(Code::Unauthenticated))?;
    let devices = tx.devices(ctx.actor.person).await?;
    let known = devices.iter().any(|known| known.registration.device == new.device);
    if !known
        && devices.len() >= MOST_DEVICES
        && let Some(oldest) = devices.iter().min_by_key(|device| device.registered_at)
    {
        tx.delete_device(ctx.actor.person, oldest.registration.device).await?;
    }
    tx.put_device(ctx.now, (ctx.actor.person, ctx.actor.session), ctx.id(), new).await?;
    Ok(tx.commit().await?)
}

/// Removes a device: from now on nothing is sent to it.
///
/// # Errors
/// [`Code::NotFound`] for one that is not there or not one's own.
pub async fn remove_device(store: &dyn Store, ctx: &Ctx<Person>, device: DeviceId) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    if !tx.delete_device(ctx.actor.person, device).await? {
        return Err(Error::not_found());
    }
    Ok(tx.commit().await?)
}

/// Sends a push message to one's own device, in the name of the municipality followed longest.
///
/// # Errors
/// [`Code::NotFound`] for a device that is not one's own, [`Code::NothingFollowed`] where no
/// municipality is followed yet.
pub async fn test_device(store: &dyn Store, ctx: &Ctx<Person>, device: DeviceId) -> Result<()> {
    let reads = store.read(Scope::Installation).await?;
    let devices = reads.devices(ctx.actor.person).await?;
    let device = devices.into_iter().find(|known| known.registration.device == device);
    let contact_point = device.ok_or_else(Error::not_found)?.contact_point;
    let followed = reads.followed(ctx.actor.person).await?;
    let municipality = followed.first().ok_or_else(|| Error::refused(Code::NothingFollowed))?;
    let tx = store.begin(Scope::Municipality(*municipality)).await?;
    let message = NewMessage {
        id: ctx.id(),
        severity: Severity::Notice,
        topic: Topic::DeviceTest,
        expires_at: ctx.now + TEST_LIFE,
        to: Recipients::Device(contact_point),
    };
    tx.enqueue(ctx.now, &message).await?;
    Ok(tx.commit().await?)
}
