//! Choosing what a municipality may tell one, and by which ways.

use chrono::TimeDelta;

use super::{Followed, NewHome, find_home, find_streets};
use crate::{
    Code, Ctx, Error, Reads, Result, Scope, Store, Tx,
    citizens::Account,
    consents::{By, Means, TextVersion, entry::Circumstances},
    context::{Locale, Person},
    deliveries::Channel,
    follows::{
        AgeGroup, Channels, Follow, FollowRole, Way,
        follow::{Interests, MOST, MOST_TOPICS},
        reach,
    },
    ids::{PersonId, TopicId},
    limits::{Quota, spend},
    municipalities::{Municipality, Topic, service::legal::may_follow},
    phone::PhoneKind,
    text::{Slug, Street},
};

/// Every change may add to a ledger that nobody can shorten.
const CHANGES: Quota = Quota::new("follow_changes_per_person", 120, TimeDelta::days(1));

/// What somebody chooses, as a whole.
#[derive(Clone, Debug)]
pub struct NewFollow {
    /// Resident or guest.
    pub role: FollowRole,
    /// Where they live.
    pub address: Option<NewHome>,
    /// Streets they want to hear about besides.
    pub watched_streets: Vec<Street>,
    /// Codes of topics.
    pub topics: Vec<Slug>,
    /// How old they are.
    pub age_group: Option<AgeGroup>,
    /// The language of what comes.
    pub locale: Locale,
    /// What comes by which way.
    pub channels: Channels,
    /// The words they agree to.
    pub text_version: TextVersion,
}

/// Follows a municipality, or changes what was chosen. What is chosen anew is an entry in the ledger, and
/// so is what is not chosen any more. `offered` are the channels this installation has.
///
/// # Errors
/// [`Code::NotStarted`] before the service starts, [`Code::UnknownReference`] for a topic, [`Code::AddressUnknown`] for an address, [`Code::ContactMissing`]
/// and [`Code::ChannelUnavailable`] for a channel, [`Code::TooMany`] beyond the bounds.
pub async fn choose(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    town: &Municipality,
    new: NewFollow,
    offered: &[Channel],
) -> Result<Followed> {
    let person = ctx.actor.person;
    let tx = store.begin(Scope::Municipality(town.id)).await?;
    tx.hold_follow(ctx.now, person, town.id).await?;
    spend(&*tx, ctx.now, CHANGES, &person.to_string()).await?;
    let before = tx.follow_of(person, town.id).await?;
    if before.is_none() {
        if !may_follow(&*tx, town, ctx.actor.account, ctx.now).await? {
            return Err(Error::refused(Code::NotStarted));
        }
        if tx.follows(person).await?.len() >= MOST {
            return Err(Error::invalid("", Code::TooMany));
        }
    }
    let topics = tx.topics().await?;
    let interests = Interests {
        topics: chosen_topics(&*tx, person, &topics, &new.topics).await?,
        streets: find_streets(&*tx, new.watched_streets).await?,
    };
    let home = match new.address {
        Some(address) => Some(find_home(&*tx, address, "/address").await?),
        None => None,
    };
    let account = match ctx.actor.account {
        Some(account) => tx.account(account).await?,
        None => None,
    };
    reachable(&new.channels, account.as_ref(), offered)?;
    if let Some(account) = &account {
        tie_contacts(&*tx, ctx, account, &new.channels, new.locale).await?;
    }
    let follow = Follow {
        person,
        municipality: town.id,
        role: new.role,
        chosen_at: before.as_ref().and_then(|before| before.chosen_at).or(Some(ctx.now)),
        home,
        age_group: new.age_group,
        locale: new.locale,
        channels: new.channels,
    };
    let circumstances = Circumstances {
        at: ctx.now,
        means: Means::App,
        text_version: new.text_version,
        proof: None,
        by: By::Person,
    };
    let agreed = before.filter(Follow::agreed).map(|before| before.channels).unwrap_or_default();
    settle(&*tx, &follow, &agreed, &circumstances).await?;
    tx.put_interests(person, &interests).await?;
    let followed = Followed::of(&*tx, town, follow, interests, &topics).await?;
    tx.commit().await?;
    Ok(followed)
}

/// Writes a tie with its reach, and into the ledger what is different from what was `agreed` before. All
/// ties are written here, so that reach and ledger never part.
///
/// # Errors
/// Those of storage.
pub async fn settle(
    tx: &dyn Tx,
    follow: &Follow,
    agreed: &Channels,
    circumstances: &Circumstances,
) -> Result<()> {
    tx.put_follow(follow).await?;
    let ways = reach_again(tx, follow).await?;
    // A channel on which everybody was only asked is not agreed to.
    let of = |channel| ways.iter().filter(move |way| way.channel == channel);
    let is_asked = |channel| of(channel).next().is_some() && of(channel).all(|way| !way.agreed);
    let now_agreed = match follow.agreed() {
        true => follow.channels.without(|channel, _| is_asked(channel)),
        false => Channels::default(),
    };
    let entries: Vec<_> = agreed
        .changes_to(&now_agreed)
        .into_iter()
        .map(|(channel, purpose, given)| circumstances.entry(channel, purpose, given))
        .collect();
    if !entries.is_empty() {
        tx.add_consents(follow.person, &entries).await?;
    }
    Ok(())
}

/// Reaches a person by the ways they have now, and gives these.
///
/// # Errors
/// Those of storage.
pub async fn reach_again(tx: &dyn Tx, follow: &Follow) -> Result<Vec<Way>> {
    let ways = tx.ways(follow.person).await?;
    tx.put_reach(follow.person, &reach::rows(&follow.channels, &ways, follow.agreed())).await?;
    Ok(ways)
}

/// The topics of these codes. One that is switched off stays with those who chose it.
async fn chosen_topics<R: Reads + ?Sized>(
    reads: &R,
    person: PersonId,
    topics: &[Topic],
    codes: &[Slug],
) -> Result<Vec<TopicId>> {
    if codes.len() > MOST_TOPICS {
        return Err(Error::invalid("/topics", Code::TooMany));
    }
    let mut chosen = Vec::with_capacity(codes.len());
    let mut had = None;
    for (place, code) in codes.iter().enumerate() {
        let unknown = || Error::invalid(format!("/topics/{place}"), Code::UnknownReference);
        let topic = topics.iter().find(|topic| topic.code == *code).ok_or_else(unknown)?;
        if !topic.active {
            let had = match &had {
                Some(had) => had,
                None => had.insert(reads.interests(person).await?.topics),
            };
            if !had.contains(&topic.id) {
                return Err(unknown());
            }
        }
        if !chosen.contains(&topic.id) {
            chosen.push(topic.id);
        }
    }
    Ok(chosen)
}

/// Whether each channel is there and leads to somebody.
fn reachable(channels: &Channels, account: Option<&Account>, offered: &[Channel]) -> Result<()> {
    let phone = account.and_then(|account| account.phone.as_ref());
    for (channel, severity) in channels.pairs() {
        let wrong = |code| Err(Error::invalid(format!("/channels/{severity}"), code));
        if !offered.contains(&channel) {
            return wrong(Code::ChannelUnavailable);
        }
        let leads = match channel {
            // Phones register when they like.
            Channel::Push => true,
            Channel::Email => account.is_some_and(|account| account.email.is_some()),
            Channel::Sms => phone.is_some_and(|phone| phone.kind() == PhoneKind::Mobile),
            Channel::Voice => phone.is_some(),
        };
        if !leads {
            return wrong(Code::ContactMissing);
        }
    }
    Ok(())
}

/// Makes the account's addresses ways to reach its person, where something was chosen for them.
async fn tie_contacts(
    tx: &dyn Tx,
    ctx: &Ctx<Person>,
    account: &Account,
    channels: &Channels,
    locale: Locale,
) -> Result<()> {
    let email = account.email.as_ref().map(|email| email.as_str());
    let phone = account.phone.as_ref().map(|phone| phone.as_str());
    for (channel, address) in [(Channel::Email, email), (Channel::Sms, phone), (Channel::Voice, phone)] {
        if let Some(address) = address.filter(|_| channels.uses(channel)) {
            tx.use_contact(ctx.now, ctx.actor.person, channel, address, locale).await?;
        }
    }
    Ok(())
}
