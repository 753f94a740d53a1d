//! By one's own telephone: joining by text message, agreeing, leaving topics.

use chrono::{DateTime, TimeDelta, Utc};

use super::answering::{Answer, answer};
use crate::{
    Ctx, Error, Reads, Result, Scope, Store, Tx,
    citizens::{self, PersonKind},
    consents::entry::Circumstances,
    context::Visitor,
    deliveries::{Channel, NewMessage, Recipients, Severity, Topic},
    follows::{Channels, Follow, FollowRole, service::settle},
    ids::{ContactPointId, MunicipalityId, PersonId},
    limits::{Quota, spend},
    municipalities::{self, Municipality, service::legal::may_follow},
    page::PageRequest,
    phone::Phone,
    text::{Name, Slug},
    wards::{RegisteredBy, Ward, WardState},
};

/// Joinings by one number: each is confirmed by a message that costs.
const JOINS: Quota = Quota::new("joins_per_number", 5, TimeDelta::days(1));
/// Answers to one number that wanted to join and named no town of ours: each costs.
const PUZZLED: Quota = Quota::new("puzzled_answers_per_number", 2, TimeDelta::days(1));
/// How long the confirmation is tried.
const CONFIRMED_WITHIN: TimeDelta = TimeDelta::days(1);
/// Towns looked at for a name.
const TOWNS: PageRequest = PageRequest { limit: 100, after: None };

/// A name without capitals, umlauts, blanks and hyphens.
fn folded(text: &str) -> String {
    let mut folded = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            'ä' => folded.push_str("ae"),
            'ö' => folded.push_str("oe"),
            'ü' => folded.push_str("ue"),
            'ß' => folded.push_str("ss"),
            c if c.is_alphanumeric() => folded.push(c),
            _ => {}
        }
    }
    folded
}

/// Whom a number reaches, by text message or call, and one of the contact points it does by.
async fn people_at(
    reads: &dyn Reads,
    number: &Phone,
) -> Result<Vec<(PersonId, MunicipalityId, ContactPointId)>> {
    let mut people: Vec<(PersonId, MunicipalityId, ContactPointId)> = Vec::new();
    for channel in [Channel::Sms, Channel::Voice] {
        if let Some(point) = reads.contact_point(channel, number.as_str()).await? {
            for (person, municipality) in reads.reached_by(point).await? {
                if !people.iter().any(|known| (known.0, known.1) == (person, municipality)) {
                    people.push((person, municipality, point));
                }
            }
        }
    }
    Ok(people)
}

/// Says yes for everybody at a number who was asked. Answers how many were.
///
/// # Errors
/// Those of storage.
pub async fn agree_by_number(store: &dyn Store, number: &Phone, said: &Circumstances) -> Result<usize> {
    let people = people_at(&*store.read(Scope::Installation).await?, number).await?;
    let mut agreed = 0;
    for (person, municipality, at) in people {
        let reads = store.read(Scope::Municipality(municipality)).await?;
        let is_asked = match reads.ward(person).await?.map(|ward| ward.state) {
            Some(WardState::Invited) => true,
            // At this number, while they agreed at another.
            Some(WardState::Active) => {
                reads.ways(person).await?.iter().any(|way| way.contact_point == at && !way.agreed)
            }
            _ => false,
        };
        drop(reads);
        if is_asked {
            let proof = said.proof.clone().unwrap_or_default();
            let yes = Answer { yes: true, means: said.means, proof, asked_at: said.at, at };
            answer(store, said.at, (municipality, person), yes).await?;
            agreed += 1;
        }
    }
    Ok(agreed)
}

/// Takes topics, as they were typed, from everybody at a number.
///
/// # Errors
/// Those of storage.
pub async fn leave_topics(
    store: &dyn Store,
    now: DateTime<Utc>,
    number: &Phone,
    words: &[String],
) -> Result<()> {
    let people = people_at(&*store.read(Scope::Installation).await?, number).await?;
    for (person, municipality, _) in people {
        let tx = store.begin(Scope::Municipality(municipality)).await?;
        tx.hold_follow(now, person, municipality).await?;
        let topics = tx.topics().await?;
        let mut interests = tx.interests(person).await?;
        let left = named(&topics, words);
        interests.topics.retain(|topic| !left.contains(topic));
        tx.put_interests(person, &interests).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The topics that words name.
fn named(topics: &[municipalities::Topic], words: &[String]) -> Vec<crate::ids::TopicId> {
    let means = |topic: &municipalities::Topic, word: &String| {
        let word = folded(word);
        let names = [
            Some(topic.code.as_str()),
            Some(topic.names.de.as_str()),
            topic.names.en.as_ref().map(Name::as_str),
        ];
        !word.is_empty() && names.into_iter().flatten().any(|name| folded(name) == word)
    };
    topics.iter().filter(|topic| words.iter().any(|word| means(topic, word))).map(|topic| topic.id).collect()
}

/// The town that the first words name, and the words after it. The longest name wins: `Bad Düben` is not `Bad`.
async fn town_of(reads: &dyn Reads, words: &[String]) -> Result<Option<(Municipality, Vec<String>)>> {
    let Some(first) = words.first() else { return Ok(None) };
    let mut towns = reads.municipalities(Some(first), &TOWNS).await?.items;
    if let Ok(slug) = Slug::parse(first.to_lowercase())
        && let Some(town) = reads.municipality(&slug).await?
    {
        return Ok(Some((town, words.iter().skip(1).cloned().collect())));
    }
    for many in (1..=words.len().min(5)).rev() {
        let name = folded(&words.iter().take(many).map(String::as_str).collect::<String>());
        if let Some(place) = towns.iter().position(|town| folded(town.name.as_str()) == name) {
            return Ok(Some((towns.swap_remove(place), words.iter().skip(many).cloned().collect())));
        }
    }
    Ok(None)
}

/// What came of a wish to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// They are asked for, and told so.
    Joined,
    /// No town hall of that name takes anybody.
    NoSuchTown,
}

/// Whether a number that named no town of ours may be told so once more.
///
/// # Errors
/// Those of storage.
pub async fn may_be_told(store: &dyn Store, now: DateTime<Utc>, number: &Phone) -> Result<bool> {
    let tx = store.begin(Scope::Installation).await?;
    match spend(&*tx, now, PUZZLED, number.as_str()).await {
        Ok(_) => {
            tx.commit().await?;
            Ok(true)
        }
        Err(Error::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Joins a town by a text message from one's own telephone: its words are the town's name and topics, all
/// topics where none is named. A name that nobody bears changes nothing, nor does one of a town that has not
/// started.
///
/// # Errors
/// [`crate::Code::TooManyRequests`] for the number.
pub async fn join_by_text(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    number: &Phone,
    words: &[String],
    said: &Circumstances,
) -> Result<Joining> {
    let reads = store.read(Scope::Installation).await?;
    let Some((town, words)) = town_of(&*reads, words).await? else { return Ok(Joining::NoSuchTown) };
    let people = people_at(&*reads, number).await?;
    drop(reads);
    let tx = store.begin(Scope::Municipality(town.id)).await?;
    if !may_follow(&*tx, &town, None, ctx.now).await? {
        return Ok(Joining::NoSuchTown);
    }
    spend(&*tx, ctx.now, JOINS, number.as_str()).await?;
    // What is over stays over: whoever comes back begins anew.
    let mut known = None;
    for (person, _, _) in people.into_iter().filter(|(_, municipality, _)| *municipality == town.id) {
        if tx.ward(person).await?.is_none_or(|ward| ward.state.is_open()) {
            known = Some(person);
            break;
        }
    }
    let person = match known {
        Some(person) => person,
        None => newcomer(&*tx, ctx, &town, number, said).await?,
    };
    tx.hold_follow(ctx.now, person, town.id).await?;
    let point =
        tx.use_contact(ctx.now, person, Channel::Sms, number.as_str(), town.settings.default_locale).await?;
    let before = tx.follow_of(person, town.id).await?;
    let agreed = before.clone().filter(Follow::agreed).map(|follow| follow.channels).unwrap_or_default();
    let mut channels = agreed.clone();
    for severity in [Severity::Crisis, Severity::Important, Severity::Information] {
        channels.add(Channel::Sms, severity);
    }
    let follow = joined(before, (person, &town), channels, ctx);
    settle(&*tx, &follow, &agreed, said).await?;
    let topics = tx.topics().await?;
    let mut interests = tx.interests(person).await?;
    let chosen = match named(&topics, &words) {
        none if none.is_empty() => topics.iter().filter(|topic| topic.active).map(|topic| topic.id).collect(),
        chosen => chosen,
    };
    for topic in chosen {
        if !interests.topics.contains(&topic) {
            interests.topics.push(topic);
        }
    }
    tx.put_interests(person, &interests).await?;
    active(&*tx, ctx.now, person).await?;
    confirm(&*tx, ctx, point, person).await?;
    tx.commit().await?;
    Ok(Joining::Joined)
}

fn joined(
    before: Option<Follow>,
    (person, town): (PersonId, &Municipality),
    channels: Channels,
    ctx: &Ctx<Visitor>,
) -> Follow {
    match before {
        Some(follow) => Follow { chosen_at: follow.chosen_at.or(Some(ctx.now)), channels, ..follow },
        None => Follow {
            person,
            municipality: town.id,
            role: FollowRole::Guest,
            chosen_at: Some(ctx.now),
            home: None,
            age_group: None,
            locale: town.settings.default_locale,
            channels,
        },
    }
}

/// Somebody of whom nothing is known but a number.
async fn newcomer(
    tx: &dyn Tx,
    ctx: &Ctx<Visitor>,
    town: &Municipality,
    number: &Phone,
    said: &Circumstances,
) -> Result<PersonId> {
    let id: PersonId = ctx.id();
    let locale = town.settings.default_locale;
    let person = citizens::Person { id, kind: PersonKind::Ward, locale, version: 1, created_at: ctx.now };
    tx.insert_person(&person).await?;
    let last: String = number.as_str().chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let ward = Ward {
        person: id,
        municipality: town.id,
        name: Name::parse(format!("SMS …{last}")).map_err(|code| Error::invalid("/name", code))?,
        state: WardState::Active,
        registered_by: RegisteredBy::Themselves,
        means: said.means,
        registered_at: ctx.now,
        text_version: said.text_version,
        document: None,
        valid_until: None,
        settled_at: Some(ctx.now),
        version: 1,
    };
    tx.insert_ward(&ward).await?;
    Ok(id)
}

/// Whoever joins by their own telephone has agreed to what they were asked.
async fn active(tx: &dyn Tx, now: DateTime<Utc>, person: PersonId) -> Result<()> {
    let asked = tx.ward(person).await?.filter(|ward| ward.state == WardState::Invited);
    if let Some(ward) = asked {
        tx.update_ward(&ward.becomes(WardState::Active, now)?).await?;
    }
    Ok(())
}

async fn confirm(tx: &dyn Tx, ctx: &Ctx<Visitor>, point: ContactPointId, person: PersonId) -> Result<()> {
    let message = NewMessage {
        id: ctx.id(),
        severity: Severity::Notice,
        topic: Topic::WardWelcome { ward: person, asked: false },
        expires_at: ctx.now + CONFIRMED_WITHIN,
        to: Recipients::Contact(point, Channel::Sms, person),
    };
    tx.enqueue(ctx.now, &message).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_however_it_is_typed() {
        for typed in ["Bad Düben", "bad dueben", "BAD-DÜBEN", "bad  düben"] {
            assert_eq!(folded(typed), "baddueben");
        }
    }
}
