//! Registering a ward, and changing what was chosen for them.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{
    Lead, Shown, WardChoice,
    choice::{Footing, Rest},
};
use crate::{
    Code, Ctx, Error, Locale, Reads, Result, Scope, Store, Tx,
    audit::{Deed, Subject, note},
    citizens::{
        self, Address, PersonKind,
        service::{NewCode, tell},
    },
    consents::{By, Means, TextVersion, entry::Circumstances},
    context::{Permission, Person, Staff},
    deliveries::{Channel, NewMessage, Recipients, Severity, Topic},
    follows::{
        Channels, Follow,
        reach::{Way, rung},
        service::settle,
    },
    idempotency::{Once, Outcome},
    ids::PersonId,
    limits::{Quota, spend},
    municipalities::{Municipality, service::legal::may_follow},
    phone::Phone,
    text::{EmailAddress, Name},
    wards::{
        Proxy, RegisteredBy, Ward, WardState,
        ward::{MOST_WARDS, REMEMBERED_FOR},
    },
};

/// Questions one citizen may have asked in a day: each is a call or a message that somebody gets.
const ASKED_BY_PROXY: Quota = Quota::new("wards_asked_per_proxy", 5, TimeDelta::days(1));
/// Questions one number or mailbox gets in a day, whoever has them asked.
const ASKED_AT_ADDRESS: Quota = Quota::new("wards_asked_per_address", 2, TimeDelta::days(1));
/// How long a welcome is tried.
const WELCOME_LIFE: TimeDelta = TimeDelta::days(3);

/// A ward to be registered.
#[derive(Clone, Debug)]
pub struct NewWard {
    /// Their name.
    pub name: Name,
    /// What is chosen for them.
    pub choice: WardChoice,
    /// The words.
    pub text_version: TextVersion,
}

/// What the town hall keeps about a registration.
#[derive(Clone, Debug)]
pub struct Registration {
    /// On paper, by telephone or in person.
    pub means: Means,
    /// Where the signed form lies.
    pub document: Option<Name>,
    /// The last day it is good for.
    pub valid_until: Option<NaiveDate>,
}

/// Registers somebody who agreed before the town hall: on paper, by telephone or in person. They are told,
/// and can leave.
///
/// # Errors
/// Violations of what was given; [`Code::Required`] at `/document` for a form without its number.
pub async fn register_by_staff(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    town: &Municipality,
    (new, registration): (NewWard, Registration),
    offered: &[Channel],
    once: Once<'_, Shown>,
) -> Result<Outcome<Shown>> {
    ctx.require(Permission::RegisterWards)?;
    checked(&registration, ctx, town)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    let Registration { means, document, valid_until } = registration;
    let ward = Ward {
        person: ctx.id(),
        municipality: town.id,
        name: new.name,
        state: WardState::Active,
        registered_by: RegisteredBy::Staff(ctx.actor.staff),
        means,
        registered_at: ctx.now,
        text_version: new.text_version,
        document,
        valid_until,
        settled_at: Some(ctx.now),
        version: 1,
    };
    let follow = add(&*tx, ctx, town, (&ward, new.choice), offered).await?;
    settle(&*tx, &follow, &Channels::default(), &by_staff(ctx, &ward)).await?;
    welcome(&*tx, ctx, (&ward, &follow), &[]).await?;
    note(&*tx, ctx, Deed::Created, Subject::Person(ward.person)).await?;
    let shown = Shown::of(&*tx, town, ward).await?;
    once.remember(&*tx, ctx.now, &shown).await?;
    tx.commit().await?;
    Ok(Outcome::Done(shown))
}

/// Registers somebody one knows. They are asked by the way that was given, and nothing is sent until they
/// agree.
///
/// # Errors
/// [`Code::Forbidden`] for guests, [`Code::NotStarted`] before the service starts, [`Code::TooMany`] beyond the limit, [`Code::TooManyRequests`] for too many
/// questions, [`Code::WardRefused`] where whoever answers there said no before.
pub async fn register_by_proxy(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    town: &Municipality,
    new: NewWard,
    offered: &[Channel],
    once: Once<'_, Shown>,
) -> Result<Outcome<Shown>> {
    if ctx.actor.account.is_none() {
        return Err(Error::refused(Code::Forbidden));
    }
    let tx = store.begin(Scope::Municipality(town.id)).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    if !may_follow(&*tx, town, ctx.actor.account, ctx.now).await? {
        return Err(Error::refused(Code::NotStarted));
    }
    if tx.represented_by(ctx.actor.person).await?.len() >= MOST_WARDS {
        return Err(Error::invalid("", Code::TooMany));
    }
    new.choice.channels(offered)?;
    one_contact(&new.choice)?;
    if let Err(error) = may_be_asked(&*tx, ctx, &new.choice.contacts.ways()).await {
        drop(tx);
        return Err(counted(store, ctx, error).await);
    }
    let ward = Ward {
        person: ctx.id(),
        municipality: town.id,
        name: new.name,
        state: WardState::Invited,
        registered_by: RegisteredBy::Proxy(ctx.actor.person),
        means: Means::App,
        registered_at: ctx.now,
        text_version: new.text_version,
        document: None,
        valid_until: None,
        settled_at: None,
        version: 1,
    };
    let follow = add(&*tx, ctx, town, (&ward, new.choice), offered).await?;
    settle(&*tx, &follow, &Channels::default(), &by_proxy(ctx, &ward)).await?;
    let tie = Proxy {
        id: ctx.id(),
        ward: ward.person,
        municipality: town.id,
        proxy: ctx.actor.person,
        since: ctx.now,
    };
    tx.insert_proxy(&tie).await?;
    welcome(&*tx, ctx, (&ward, &follow), &[]).await?;
    let shown = Shown::of(&*tx, town, ward).await?;
    once.remember(&*tx, ctx.now, &shown).await?;
    tx.commit().await?;
    Ok(Outcome::Done(shown))
}

/// What tells an address, in a language, that it is no longer somebody's; none where no way leads there.
pub type Telling<'a> = &'a (dyn Fn(Address, Locale) -> Option<NewCode> + Sync);

/// Changes contact data and choice of somebody one represents. Another number or mailbox is asked, and until it
/// agrees nothing comes there; where none is left that agreed, nothing comes at all. One that goes and agreed
/// before is told.
///
/// # Errors
/// As [`register_by_proxy`]; [`Code::NotFound`] for somebody one does not represent.
pub async fn change_by_proxy(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    ward: PersonId,
    mut choice: WardChoice,
    offered: &[Channel],
    telling: Telling<'_>,
) -> Result<Shown> {
    let reads = store.read(Scope::Installation).await?;
    let ties = reads.represented_by(ctx.actor.person).await?;
    let tie = ties.into_iter().find(|tie| tie.ward == ward).ok_or_else(Error::not_found)?;
    let town = reads.municipality_by_id(tie.municipality).await?.ok_or_else(Error::not_found)?;
    drop(reads);
    let tx = store.begin(Scope::Municipality(town.id)).await?;
    tx.hold_follow(ctx.now, ward, town.id).await?;
    let mut ward = tx.ward(ward).await?.filter(|ward| ward.state.is_open()).ok_or_else(Error::not_found)?;
    let before = tx.follow_of(ward.person, town.id).await?.ok_or_else(Error::not_found)?;
    let known = tx.contact_addresses(ward.person).await?;
    choice.keep_further(&known);
    let channels = choice.channels(offered)?;
    one_contact(&choice)?;
    let (mut new, mut stays) = (Vec::new(), false);
    for way in choice.contacts.ways().into_iter().filter(|way| channels.uses(way.channel)) {
        match known.iter().any(|(channel, address)| *channel == way.channel && address == way.address) {
            true => stays = true,
            false => new.push(way),
        }
    }
    if let Err(error) = may_be_asked(&*tx, ctx, &new).await {
        drop(tx);
        return Err(counted(store, ctx, error).await);
    }
    if before.agreed() {
        for told in gone(&known, &choice).into_iter().filter_map(|address| telling(address, before.locale)) {
            tell(&*tx, ctx.now, &told).await?;
        }
    }
    let known = tx.ways(ward.person).await?;
    let footing = Footing { chosen_at: before.chosen_at, agreed: false, rest: Rest::Dropped };
    let mut follow = choice.apply(&*tx, ctx.now, (ward.person, &town), footing, offered).await?;
    let ways = tx.ways(ward.person).await?;
    if !ways.iter().any(|way| way.agreed && channels.uses(way.channel)) {
        follow.chosen_at = None;
    }
    let agreed = if before.agreed() { before.channels } else { Channels::default() };
    let begins_anew = !stays || (!agreed.is_empty() && !follow.agreed());
    settle(&*tx, &follow, &agreed, &by_proxy(ctx, &ward)).await?;
    if begins_anew {
        ward.state = WardState::Invited;
        ward.settled_at = None;
        ward.registered_at = ctx.now;
    }
    welcome(&*tx, ctx, (&ward, &follow), if begins_anew { &[] } else { &known }).await?;
    tx.update_ward(&ward).await?;
    ward.version += 1;
    let shown = Shown::of(&*tx, &town, ward).await?;
    tx.commit().await?;
    Ok(shown)
}

/// Addresses that are not among those of the new choice, each once: a mobile number takes calls as well.
fn gone(known: &[(Channel, String)], choice: &WardChoice) -> Vec<Address> {
    let stays = choice.contacts.ways();
    let mut gone = Vec::new();
    for (channel, text) in known {
        let address = match channel {
            Channel::Email => EmailAddress::parse(text).map(Address::from).ok(),
            Channel::Sms | Channel::Voice => Phone::stored(text.clone()).map(Address::from).ok(),
            Channel::Push => None,
        };
        let stays = stays.iter().any(|way| way.address == text);
        if let Some(address) = address.filter(|address| !stays && !gone.contains(address)) {
            gone.push(address);
        }
    }
    gone
}

/// Changes contact data, choice and papers of a ward, seen at `version`. Whoever is reached by another number or
/// mailbox than before is told there.
///
/// # Errors
/// As [`register_by_staff`]; stale where it changed since.
pub async fn change_by_staff(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    town: &Municipality,
    (person, version): (PersonId, i64),
    (mut new, registration): (NewWard, Registration),
    offered: &[Channel],
) -> Result<Shown> {
    ctx.require(Permission::RegisterWards)?;
    checked(&registration, ctx, town)?;
    let tx = store.begin(ctx.scope()).await?;
    // Only what is there is held: holding makes a tie.
    found(&*tx, person).await?;
    tx.hold_follow(ctx.now, person, town.id).await?;
    let known = tx.ward(person).await?.filter(|ward| ward.state.is_open()).ok_or_else(Error::not_found)?;
    let before = tx.follow_of(person, town.id).await?.ok_or_else(Error::not_found)?;
    let Registration { means, document, valid_until } = registration;
    let mut ward = Ward {
        name: new.name,
        state: WardState::Active,
        means,
        text_version: new.text_version,
        document,
        valid_until,
        settled_at: Some(ctx.now),
        version,
        ..known
    };
    let known_ways = tx.ways(person).await?;
    new.choice.keep_further(&tx.contact_addresses(person).await?);
    let chosen_at = before.chosen_at.or(Some(ctx.now));
    let footing = Footing { chosen_at, agreed: true, rest: Rest::Dropped };
    let follow = new.choice.apply(&*tx, ctx.now, (person, town), footing, offered).await?;
    let agreed = if before.agreed() { before.channels } else { Channels::default() };
    settle(&*tx, &follow, &agreed, &by_staff(ctx, &ward)).await?;
    welcome(&*tx, ctx, (&ward, &follow), &known_ways).await?;
    tx.update_ward(&ward).await?;
    note(&*tx, ctx, Deed::Changed, Subject::Person(person)).await?;
    ward.version += 1;
    let shown = Shown::of(&*tx, town, ward).await?;
    tx.commit().await?;
    Ok(shown)
}

fn checked(registration: &Registration, ctx: &Ctx<Staff>, town: &Municipality) -> Result<()> {
    if !matches!(registration.means, Means::Paper | Means::Phone | Means::InPerson) {
        return Err(Error::invalid("/means", Code::NotAllowed));
    }
    if registration.means == Means::Paper && registration.document.is_none() {
        return Err(Error::invalid("/document", Code::Required));
    }
    if registration.valid_until.is_some_and(|until| until < town.calendar().date(ctx.now)) {
        return Err(Error::invalid("/valid_until", Code::OutOfRange));
    }
    Ok(())
}

/// Whether a ward said no, and it is remembered.
pub(super) fn said_no(ward: &Ward, now: DateTime<Utc>) -> bool {
    ward.state.is_a_no() && ward.settled_at.is_some_and(|at| at > now - REMEMBERED_FOR)
}

/// The person, their tie and the ward.
pub(super) async fn add<A: Sync>(
    tx: &dyn Tx,
    ctx: &Ctx<A>,
    town: &Municipality,
    (ward, choice): (&Ward, WardChoice),
    offered: &[Channel],
) -> Result<Follow> {
    let person = citizens::Person {
        id: ward.person,
        kind: PersonKind::Ward,
        locale: choice.language(town),
        version: 1,
        created_at: ctx.now,
    };
    tx.insert_person(&person).await?;
    tx.hold_follow(ctx.now, ward.person, town.id).await?;
    tx.insert_ward(ward).await?;
    let agreed = ward.state == WardState::Active;
    let footing = Footing { chosen_at: agreed.then_some(ctx.now), agreed, rest: Rest::Dropped };
    choice.apply(tx, ctx.now, (ward.person, town), footing, offered).await
}

/// A yes by telephone says nothing about a mailbox, which may be somebody else's: whom a citizen registers has
/// the one or the other. The town hall, which has their form, may enter both.
fn one_contact(choice: &WardChoice) -> Result<()> {
    match (&choice.contacts.phone, &choice.contacts.email) {
        (Some(_), Some(_)) => Err(Error::invalid("/email", Code::ExactlyOne)),
        _ => Ok(()),
    }
}

/// Counts a refusal as a question, once its transaction is over: otherwise it would tell for nothing who said no.
async fn counted(store: &dyn Store, ctx: &Ctx<Person>, error: Error) -> Error {
    let count = async || {
        let tx = store.begin(Scope::Installation).await?;
        spend(&*tx, ctx.now, ASKED_BY_PROXY, &ctx.actor.person.to_string()).await?;
        Ok(tx.commit().await?)
    };
    match &error {
        Error::Refused(refusal) if refusal.code == Code::WardRefused => count().await.err().unwrap_or(error),
        _ => error,
    }
}

/// Whether whoever answers at these may be bothered with a question: each number and mailbox is one.
async fn may_be_asked(tx: &dyn Tx, ctx: &Ctx<Person>, ways: &[Lead<'_>]) -> Result<()> {
    let mut addresses: Vec<&str> = Vec::new();
    for way in ways {
        if !addresses.contains(&way.address) {
            addresses.push(way.address);
        }
    }
    for address in addresses {
        spend(tx, ctx.now, ASKED_BY_PROXY, &ctx.actor.person.to_string()).await?;
        for way in ways.iter().filter(|way| way.address == address) {
            let Some(point) = tx.contact_point(way.channel, address).await? else { continue };
            for (person, _) in tx.reached_by(point).await? {
                let Some(ward) = tx.ward(person).await? else { continue };
                if said_no(&ward, ctx.now) {
                    return Err(Error::refused(Code::WardRefused));
                }
            }
        }
        spend(tx, ctx.now, ASKED_AT_ADDRESS, address).await?;
    }
    Ok(())
}

fn by_staff(ctx: &Ctx<Staff>, ward: &Ward) -> Circumstances {
    Circumstances {
        at: ctx.now,
        means: ward.means,
        text_version: ward.text_version,
        proof: ward.document.clone().map(Name::into_string),
        by: By::Staff(ctx.actor.staff),
    }
}

fn by_proxy(ctx: &Ctx<Person>, ward: &Ward) -> Circumstances {
    Circumstances {
        at: ctx.now,
        means: Means::App,
        text_version: ward.text_version,
        proof: None,
        by: By::Proxy(ctx.actor.person),
    }
}

/// Tells whoever answers at a number or mailbox what it is registered for, and how to say no, or asks them: at each
/// number that is not among those known before, by its way on the lowest rung.
async fn welcome<A: Sync>(
    tx: &dyn Tx,
    ctx: &Ctx<A>,
    (ward, follow): (&Ward, &Follow),
    known: &[Way],
) -> Result<()> {
    let mut ways = tx.ways(ward.person).await?;
    let is_known = |way: &Way| known.iter().any(|other| other.contact_point == way.contact_point);
    ways.retain(|way| follow.channels.uses(way.channel) && !is_known(way));
    ways.sort_by_key(|way| (way.place, rung(way.channel)));
    ways.dedup_by_key(|way| way.place);
    for way in ways {
        let asked = ward.state == WardState::Invited || !way.agreed;
        let message = NewMessage {
            id: ctx.id(),
            severity: Severity::Notice,
            topic: Topic::WardWelcome { ward: ward.person, asked },
            expires_at: ctx.now + WELCOME_LIFE,
            to: Recipients::Contact(way.contact_point, way.channel, ward.person),
        };
        tx.enqueue(ctx.now, &message).await?;
    }
    Ok(())
}

/// A ward as staff of the town hall or a proxy may see them: whoever may not finds nothing.
pub(super) async fn found<R: Reads + ?Sized>(reads: &R, person: PersonId) -> Result<Ward> {
    reads.ward(person).await?.ok_or_else(Error::not_found)
}
