//! Choosing what one is reminded of, or somebody who is represented.

use std::collections::HashSet;

use chrono::{DateTime, NaiveTime, Utc};

use crate::{
    Code, Ctx, Error, Result, Scope, Store, Tx,
    audit::{Deed, Subject, note},
    context::{Permission, Person, Staff},
    deliveries::{Channel, Severity},
    follows::Follow,
    ids::{MunicipalityId, PersonId},
    municipalities::Municipality,
    text::Slug,
    wards::Ward,
    waste::{MOST_REMINDERS, Reminder, WasteType, reminder::EARLIEST_DAYS},
};

/// A reminder to be chosen.
#[derive(Clone, Debug)]
pub struct NewReminder {
    /// The code of the kind; every kind where absent.
    pub waste_type: Option<Slug>,
    /// Days before the collection.
    pub days_before: u8,
    /// When, on the town's clocks.
    pub time: NaiveTime,
    /// By which way.
    pub channel: Channel,
}

/// What somebody is reminded of, and the kinds of waste it names.
#[derive(Clone, Debug)]
pub struct Reminders {
    /// The reminders in the order they were chosen.
    pub chosen: Vec<Reminder>,
    /// The town's kinds of waste.
    pub types: Vec<WasteType>,
}

/// What one is reminded of in a municipality.
///
/// # Errors
/// [`Code::NotFound`] where it is not followed.
pub async fn get_reminders(store: &dyn Store, ctx: &Ctx<Person>, town: &Municipality) -> Result<Reminders> {
    let reads = store.read(Scope::Municipality(town.id)).await?;
    let follow = reads.follow_of(ctx.actor.person, town.id).await?;
    follow.filter(Follow::agreed).ok_or_else(Error::not_found)?;
    Ok(Reminders { chosen: reads.reminders(ctx.actor.person).await?, types: reads.waste_types().await? })
}

/// Replaces what one is reminded of at the address of the follow. Each way must be one that was chosen
/// there for one's own matters: that is the consent, and taking it back ends the reminders as well.
///
/// # Errors
/// [`Code::NotFound`] where the municipality is not followed; [`Code::HomeMissing`] without an address;
/// [`Code::ChannelNotChosen`], [`Code::UnknownReference`], [`Code::OutOfRange`], [`Code::Contradiction`] at
/// a reminder; [`Code::TooMany`].
pub async fn choose_reminders(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    town: &Municipality,
    new: Vec<NewReminder>,
) -> Result<Reminders> {
    let person = ctx.actor.person;
    let tx = store.begin(Scope::Municipality(town.id)).await?;
    tx.hold_follow(ctx.now, person, town.id).await?;
    let follow = tx.follow_of(person, town.id).await?.filter(Follow::agreed).ok_or_else(Error::not_found)?;
    let chosen = choose(&*tx, ctx.now, &follow, new).await?;
    tx.commit().await?;
    Ok(chosen)
}

/// What a ward is reminded of, for one of those who represent them.
///
/// # Errors
/// [`Code::NotFound`] for anybody else.
pub async fn get_ward_reminders(store: &dyn Store, ctx: &Ctx<Person>, ward: PersonId) -> Result<Reminders> {
    let reads = store.read(Scope::Municipality(town_of_ward(store, ctx, ward).await?)).await?;
    reads.ward(ward).await?.ok_or_else(Error::not_found)?;
    Ok(Reminders { chosen: reads.reminders(ward).await?, types: reads.waste_types().await? })
}

/// Replaces what a ward is reminded of, by one of those who represent them. The ways are those the ward is told
/// by of their own matters; until they agree, nobody is reminded.
///
/// # Errors
/// As [`choose_reminders`]; [`Code::NotFound`] for a ward one does not represent and for one that is over.
pub async fn choose_ward_reminders(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    ward: PersonId,
    new: Vec<NewReminder>,
) -> Result<Reminders> {
    let town = town_of_ward(store, ctx, ward).await?;
    let tx = store.begin(Scope::Municipality(town)).await?;
    tx.hold_follow(ctx.now, ward, town).await?;
    let ward = tx.ward(ward).await?.filter(|ward| ward.state.is_open()).ok_or_else(Error::not_found)?;
    let chosen = choose_for_ward(&*tx, ctx.now, &ward, new).await?;
    tx.commit().await?;
    Ok(chosen)
}

/// What a ward of the town hall is reminded of, with the ward's version.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn get_ward_reminders_by_staff(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    ward: PersonId,
) -> Result<(Reminders, i64)> {
    ctx.require(Permission::RegisterWards)?;
    let tx = store.begin(ctx.scope()).await?;
    let ward = tx.ward(ward).await?.ok_or_else(Error::not_found)?;
    let chosen = Reminders { chosen: tx.reminders(ward.person).await?, types: tx.waste_types().await? };
    note(&*tx, ctx, Deed::Read, Subject::Person(ward.person)).await?;
    tx.commit().await?;
    Ok((chosen, ward.version))
}

/// Replaces what a ward is reminded of, seen at `version`, as they told the town hall. Answers the ward's version
/// now.
///
/// # Errors
/// As [`choose_ward_reminders`]; stale where the ward changed since.
pub async fn choose_ward_reminders_by_staff(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    (ward, version): (PersonId, i64),
    new: Vec<NewReminder>,
) -> Result<(Reminders, i64)> {
    ctx.require(Permission::RegisterWards)?;
    let tx = store.begin(ctx.scope()).await?;
    // Only what is there is held: holding makes a tie.
    tx.ward(ward).await?.ok_or_else(Error::not_found)?;
    tx.hold_follow(ctx.now, ward, ctx.actor.municipality).await?;
    let ward = tx.ward(ward).await?.filter(|ward| ward.state.is_open()).ok_or_else(Error::not_found)?;
    let ward = Ward { version, ..ward };
    let chosen = choose_for_ward(&*tx, ctx.now, &ward, new).await?;
    note(&*tx, ctx, Deed::Changed, Subject::Person(ward.person)).await?;
    tx.commit().await?;
    Ok((chosen, version.saturating_add(1)))
}

async fn town_of_ward(store: &dyn Store, ctx: &Ctx<Person>, ward: PersonId) -> Result<MunicipalityId> {
    let ties = store.read(Scope::Installation).await?.represented_by(ctx.actor.person).await?;
    let tie = ties.into_iter().find(|tie| tie.ward == ward).ok_or_else(Error::not_found)?;
    Ok(tie.municipality)
}

async fn choose_for_ward(
    tx: &dyn Tx,
    now: DateTime<Utc>,
    ward: &Ward,
    new: Vec<NewReminder>,
) -> Result<Reminders> {
    let follow = tx.follow_of(ward.person, ward.municipality).await?.ok_or_else(Error::not_found)?;
    let chosen = choose(tx, now, &follow, new).await?;
    tx.update_ward(ward).await?;
    Ok(chosen)
}

/// Checks reminders against the tie they are for, and replaces those that are there.
async fn choose(
    tx: &dyn Tx,
    now: DateTime<Utc>,
    follow: &Follow,
    new: Vec<NewReminder>,
) -> Result<Reminders> {
    if new.len() > MOST_REMINDERS {
        return Err(Error::invalid("/reminders", Code::TooMany));
    }
    if follow.home.is_none() && !new.is_empty() {
        return Err(Error::invalid("/reminders", Code::HomeMissing));
    }
    let types = tx.waste_types().await?;
    let (mut chosen, mut seen) = (Vec::with_capacity(new.len()), HashSet::new());
    for (place, new) in new.into_iter().enumerate() {
        let wrong = |member: &str, code| Err(Error::invalid(format!("/reminders/{place}{member}"), code));
        let waste_type = match new.waste_type {
            None => None,
            Some(code) => match types.iter().find(|kind| kind.code == code) {
                Some(kind) => Some(kind.id),
                None => return wrong("/waste_type", Code::UnknownReference),
            },
        };
        if new.days_before > EARLIEST_DAYS {
            return wrong("/days_before", Code::OutOfRange);
        }
        if !follow.channels.has(new.channel, Severity::Notice) {
            return wrong("/channel", Code::ChannelNotChosen);
        }
        let NewReminder { days_before, time, channel, .. } = new;
        if !seen.insert((waste_type, days_before, time, channel)) {
            return wrong("", Code::Contradiction);
        }
        chosen.push(Reminder { waste_type, days_before, time, channel });
    }
    tx.put_reminders(follow.person, &chosen).await?;
    if !chosen.is_empty() {
        tx.begin_reminding(now).await?;
    }
    Ok(Reminders { chosen, types })
}
