//! Choosing what one is reminded of.

use std::collections::HashSet;

use chrono::NaiveTime;

use crate::{
    Code, Ctx, Error, Result, Scope, Store,
    context::Person,
    deliveries::{Channel, Severity},
    follows::Follow,
    municipalities::Municipality,
    text::Slug,
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
    if new.len() > MOST_REMINDERS {
        return Err(Error::invalid("/reminders", Code::TooMany));
    }
    let tx = store.begin(Scope::Municipality(town.id)).await?;
    tx.hold_follow(ctx.now, person, town.id).await?;
    let follow = tx.follow_of(person, town.id).await?.filter(Follow::agreed).ok_or_else(Error::not_found)?;
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
    tx.put_reminders(person, &chosen).await?;
    if !chosen.is_empty() {
        tx.begin_reminding(ctx.now).await?;
    }
    tx.commit().await?;
    Ok(Reminders { chosen, types })
}
