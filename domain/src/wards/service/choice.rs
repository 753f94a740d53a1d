//! What is chosen for a ward, and how it reaches them.

use chrono::{DateTime, Utc};

use crate::{
    Code, Error, Result, Tx,
    context::Locale,
    deliveries::{Channel, Severity},
    follows::{
        AgeGroup, Channels, Follow, FollowRole,
        follow::{Interests, MOST_TOPICS},
        service::{NewHome, find_home, find_streets},
    },
    ids::PersonId,
    municipalities::Municipality,
    phone::{Phone, PhoneKind},
    text::{EmailAddress, Slug, Street},
};

/// How a ward is reached: at least one of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contacts {
    /// A landline or a mobile.
    pub phone: Option<Phone>,
    /// A mailbox.
    pub email: Option<EmailAddress>,
}

impl Contacts {
    /// The addresses with the channels they take.
    pub fn ways(&self) -> Vec<(Channel, &str)> {
        let mut ways = Vec::new();
        if let Some(phone) = &self.phone {
            ways.push((Channel::Voice, phone.as_str()));
            if phone.kind() == PhoneKind::Mobile {
                ways.push((Channel::Sms, phone.as_str()));
            }
        }
        if let Some(email) = &self.email {
            ways.push((Channel::Email, email.as_str()));
        }
        ways
    }

    /// The channel that disturbs least among those that lead there: a text message, a call, a letter.
    fn usual(&self) -> Option<Channel> {
        let takes = |channel| self.ways().iter().any(|(known, _)| *known == channel);
        [Channel::Sms, Channel::Voice, Channel::Email].into_iter().find(|channel| takes(*channel))
    }
}

/// What becomes of the ways to somebody that a choice does not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// They go.
    Dropped,
    /// They stay: they may be used elsewhere.
    Kept,
}

/// What is chosen for a ward, as a whole.
#[derive(Clone, Debug)]
pub struct WardChoice {
    /// How they are reached.
    pub contacts: Contacts,
    /// Where they live.
    pub address: Option<NewHome>,
    /// Streets they want to hear about besides.
    pub watched_streets: Vec<Street>,
    /// Codes of topics.
    pub topics: Vec<Slug>,
    /// How old they are.
    pub age_group: Option<AgeGroup>,
    /// Their language; the town hall's where absent. Never that of who registers them.
    pub locale: Option<Locale>,
    /// What comes by which way; warnings and what is to be read today, by the usual way, where absent.
    pub channels: Option<Channels>,
}

impl WardChoice {
    /// The language they are spoken to in.
    pub(super) fn language(&self, town: &Municipality) -> Locale {
        self.locale.unwrap_or(town.settings.default_locale)
    }

    /// The channels, each of which must be there and lead to the ward.
    ///
    /// # Errors
    /// [`Code::ExactlyOne`] without any contact, [`Code::ChannelUnavailable`] and [`Code::ContactMissing`] at a
    /// channel.
    pub fn channels(&self, offered: &[Channel]) -> Result<Channels> {
        let Some(usual) = self.contacts.usual() else { return Err(Error::invalid("/phone", Code::Required)) };
        let channels = self.channels.clone().unwrap_or_else(|| {
            let mut channels = Channels::default();
            channels.add(usual, Severity::Crisis);
            channels.add(usual, Severity::Important);
            channels
        });
        let ways = self.contacts.ways();
        for (channel, severity) in channels.pairs() {
            let wrong = |code| Err(Error::invalid(format!("/channels/{severity}"), code));
            if !ways.iter().any(|(known, _)| *known == channel) {
                return wrong(Code::ContactMissing);
            }
            if !offered.contains(&channel) {
                return wrong(Code::ChannelUnavailable);
            }
        }
        if channels.is_empty() {
            return Err(Error::invalid("/channels", Code::Required));
        }
        Ok(channels)
    }

    /// Writes contacts and interests of a ward and gives the tie, which is not written yet.
    ///
    /// # Errors
    /// As [`WardChoice::channels`], and violations of topics and addresses.
    pub(super) async fn apply(
        self,
        tx: &dyn Tx,
        now: DateTime<Utc>,
        (person, town): (PersonId, &Municipality),
        chosen_at: Option<DateTime<Utc>>,
        offered: &[Channel],
        rest: Rest,
    ) -> Result<Follow> {
        let channels = self.channels(offered)?;
        let locale = self.language(town);
        if self.topics.len() > MOST_TOPICS {
            return Err(Error::invalid("/topics", Code::TooMany));
        }
        let topics = tx.topics().await?;
        let mut chosen = Vec::new();
        for (place, code) in self.topics.iter().enumerate() {
            let topic = topics.iter().find(|topic| topic.code == *code && topic.active);
            let unknown = || Error::invalid(format!("/topics/{place}"), Code::UnknownReference);
            let topic = topic.ok_or_else(unknown)?.id;
            if !chosen.contains(&topic) {
                chosen.push(topic);
            }
        }
        let interests = Interests { topics: chosen, streets: find_streets(tx, self.watched_streets).await? };
        let home = match self.address {
            Some(address) => Some(find_home(tx, address, "/address").await?),
            None => None,
        };
        let ways = self.contacts.ways();
        for channel in [Channel::Sms, Channel::Voice, Channel::Email] {
            match ways.iter().find(|(known, _)| *known == channel && channels.uses(channel)) {
                Some((_, address)) => {
                    tx.put_contact(now, person, channel, address, locale).await?;
                }
                None if rest == Rest::Dropped => tx.drop_contacts(person, channel).await?,
                None => {}
            }
        }
        tx.put_interests(person, &interests).await?;
        Ok(Follow {
            person,
            municipality: town.id,
            role: FollowRole::Resident,
            chosen_at,
            home,
            age_group: self.age_group,
            locale,
            channels,
        })
    }
}
