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

/// Numbers one person may have besides the first.
pub const MOST_FURTHER: usize = 2;

/// How a ward is reached: at least one number or mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contacts {
    /// A landline or a mobile.
    pub phone: Option<Phone>,
    /// Those that are tried after it, in this order; those that are there already where absent.
    further: Option<Vec<Phone>>,
    /// A mailbox.
    pub email: Option<EmailAddress>,
}

/// One way to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead<'a> {
    /// What it takes.
    pub channel: Channel,
    /// Its place in the order of their numbers, the first is 0.
    pub place: i32,
    /// The number or mailbox.
    pub address: &'a str,
}

impl Contacts {
    /// Ways to somebody.
    ///
    /// # Errors
    /// At `/further_phones`: [`Code::TooMany`], and [`Code::Contradiction`] for a number that is there twice;
    /// [`Code::Required`] at `/phone` where only further ones are given.
    pub fn new(
        phone: Option<Phone>,
        further: Option<Vec<Phone>>,
        email: Option<EmailAddress>,
    ) -> Result<Self> {
        let contacts = Self { phone, further, email };
        if contacts.further().len() > MOST_FURTHER {
            return Err(Error::invalid("/further_phones", Code::TooMany));
        }
        if contacts.phone.is_none() && !contacts.further().is_empty() {
            return Err(Error::invalid("/phone", Code::Required));
        }
        for (at, number) in contacts.further().iter().enumerate() {
            if contacts.numbers().take(at.saturating_add(1)).any(|(_, known)| known == number) {
                return Err(Error::invalid(format!("/further_phones/{at}"), Code::Contradiction));
            }
        }
        Ok(contacts)
    }

    /// The numbers that are tried after the first.
    pub fn further(&self) -> &[Phone] {
        self.further.as_deref().unwrap_or_default()
    }

    /// The numbers with their places.
    fn numbers(&self) -> impl Iterator<Item = (i32, &Phone)> {
        (0..).zip(self.phone.iter().chain(self.further()))
    }

    /// The addresses with the channels they take.
    pub fn ways(&self) -> Vec<Lead<'_>> {
        let mut ways = Vec::new();
        for (place, phone) in self.numbers() {
            let address = phone.as_str();
            ways.push(Lead { channel: Channel::Voice, place, address });
            if phone.kind() == PhoneKind::Mobile {
                ways.push(Lead { channel: Channel::Sms, place, address });
            }
        }
        if let Some(email) = &self.email {
            ways.push(Lead { channel: Channel::Email, place: 0, address: email.as_str() });
        }
        ways
    }

    /// The channel that disturbs least among those that lead there: a text message, a call, a letter.
    fn usual(&self) -> Option<Channel> {
        let takes = |channel| self.ways().iter().any(|way| way.channel == channel);
        [Channel::Sms, Channel::Voice, Channel::Email].into_iter().find(|channel| takes(*channel))
    }
}

/// On what footing a choice is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Footing {
    /// When they agreed; none while they are asked.
    pub chosen_at: Option<DateTime<Utc>>,
    /// Whether they agreed for all their numbers and mailboxes. Whoever answers at one that is new is asked
    /// otherwise.
    pub agreed: bool,
    /// What becomes of ways that are not used.
    pub rest: Rest,
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
    /// What comes by which way. Where absent: warnings and what is to be read today, by the usual way; with
    /// several numbers, warnings by call as well.
    pub channels: Option<Channels>,
}

impl WardChoice {
    /// Where nothing was said about further numbers, those that are known and that a channel leads to stay behind
    /// the first.
    pub(super) fn keep_further(&mut self, known: &[(Channel, String)]) {
        if self.contacts.further.is_some() || self.contacts.phone.is_none() {
            return;
        }
        let leads = |number: &Phone| {
            let takes_texts = number.kind() == PhoneKind::Mobile;
            let uses = |channels: &Channels| {
                channels.uses(Channel::Voice) || (takes_texts && channels.uses(Channel::Sms))
            };
            self.channels.as_ref().is_none_or(uses)
        };
        let mut numbers: Vec<Phone> = Vec::new();
        for (channel, address) in known {
            let number = Phone::stored(address.as_str()).ok();
            let number = number.filter(|_| matches!(channel, Channel::Sms | Channel::Voice));
            if let Some(number) = number.filter(|number| !numbers.contains(number)) {
                numbers.push(number);
            }
        }
        let stays = |number: &Phone| self.contacts.phone.as_ref() != Some(number) && leads(number);
        let further = numbers.into_iter().skip(1).filter(stays).collect();
        self.contacts.further = Some(further);
    }

    /// The language they are spoken to in.
    pub(super) fn language(&self, town: &Municipality) -> Locale {
        self.locale.unwrap_or(town.settings.default_locale)
    }

    /// The channels, each of which must be there and lead to the ward.
    ///
    /// # Errors
    /// [`Code::Required`] without any contact, [`Code::ChannelUnavailable`] and [`Code::ContactMissing`] at a
    /// channel, [`Code::Contradiction`] at a further number that no channel leads to.
    pub fn channels(&self, offered: &[Channel]) -> Result<Channels> {
        let Some(usual) = self.contacts.usual() else { return Err(Error::invalid("/phone", Code::Required)) };
        let channels = self.channels.clone().unwrap_or_else(|| {
            let mut channels = Channels::default();
            channels.add(usual, Severity::Crisis);
            channels.add(usual, Severity::Important);
            if !self.contacts.further().is_empty() && offered.contains(&Channel::Voice) {
                channels.add(Channel::Voice, Severity::Crisis);
            }
            channels
        });
        let ways = self.contacts.ways();
        for (channel, severity) in channels.pairs() {
            let wrong = |code| Err(Error::invalid(format!("/channels/{severity}"), code));
            if !ways.iter().any(|way| way.channel == channel) {
                return wrong(Code::ContactMissing);
            }
            if !offered.contains(&channel) {
                return wrong(Code::ChannelUnavailable);
            }
        }
        if channels.is_empty() {
            return Err(Error::invalid("/channels", Code::Required));
        }
        // Whoever names a number counts on it.
        for (at, number) in self.contacts.further().iter().enumerate() {
            if !ways.iter().any(|way| way.address == number.as_str() && channels.uses(way.channel)) {
                return Err(Error::invalid(format!("/further_phones/{at}"), Code::Contradiction));
            }
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
        footing: Footing,
        offered: &[Channel],
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
            let used = ways.iter().filter(|way| way.channel == channel && channels.uses(channel));
            let addresses: Vec<_> = used.map(|way| (way.place, way.address)).collect();
            if !addresses.is_empty() {
                tx.put_contacts(now, person, channel, &addresses, locale, footing.agreed).await?;
            } else if footing.rest == Rest::Dropped {
                tx.drop_contacts(person, channel).await?;
            }
        }
        tx.put_interests(person, &interests).await?;
        Ok(Follow {
            person,
            municipality: town.id,
            role: FollowRole::Resident,
            chosen_at: footing.chosen_at,
            home,
            age_group: self.age_group,
            locale,
            channels,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANDLINE: &str = "+493023125014";
    const MOBILE: &str = "+4915228817386";

    fn phone(text: &str) -> Phone {
        Phone::parse(text).unwrap()
    }

    fn contacts(further: Option<&[&str]>) -> Result<Contacts> {
        let further = further.map(|numbers| numbers.iter().map(|number| phone(number)).collect());
        Contacts::new(Some(phone(LANDLINE)), further, None)
    }

    fn pointer(error: Error) -> (String, Code) {
        let Error::Refused(refusal) = error else { panic!("{error}") };
        let first = refusal.violations.into_iter().next().unwrap();
        (first.pointer, first.code)
    }

    fn choice(contacts: Contacts, channels: Option<Channels>) -> WardChoice {
        WardChoice {
            contacts,
            address: None,
            watched_streets: Vec::new(),
            topics: Vec::new(),
            age_group: None,
            locale: None,
            channels,
        }
    }

    #[test]
    fn each_number_stands_in_the_order_once_and_there_are_three_at_most() {
        let both = contacts(Some(&[MOBILE])).unwrap();
        let ways: Vec<_> = both.ways().iter().map(|way| (way.channel, way.place, way.address)).collect();
        use Channel::{Sms, Voice};
        assert_eq!(ways, [(Voice, 0, LANDLINE), (Voice, 1, MOBILE), (Sms, 1, MOBILE)]);
        for (further, at, code) in [
            (vec![LANDLINE], "/further_phones/0", Code::Contradiction),
            (vec![MOBILE, MOBILE], "/further_phones/1", Code::Contradiction),
            (vec![MOBILE; 3], "/further_phones", Code::TooMany),
        ] {
            assert_eq!(pointer(contacts(Some(&further)).unwrap_err()), (at.to_owned(), code));
        }
        let alone = Contacts::new(None, Some(vec![phone(MOBILE)]), None).unwrap_err();
        assert_eq!(pointer(alone), ("/phone".to_owned(), Code::Required));
    }

    #[test]
    fn whoever_says_nothing_about_further_numbers_keeps_them() {
        let known = |channel, number: &str| (channel, number.to_owned());
        let known = [
            known(Channel::Email, "erna@example.org"),
            known(Channel::Voice, "+493023125015"),
            known(Channel::Sms, MOBILE),
            known(Channel::Voice, MOBILE),
        ];
        let mut letters = Channels::default();
        letters.add(Channel::Email, Severity::Crisis);
        for (given, channels, kept) in [
            (None, None, vec![MOBILE]),
            (Some(vec![]), None, vec![]),
            // Nothing would lead there any more.
            (None, Some(letters), vec![]),
        ] {
            let mut choice = choice(contacts(given.as_deref()).unwrap(), channels);
            choice.keep_further(&known);
            let further: Vec<_> = choice.contacts.further().iter().map(Phone::as_str).collect();
            assert_eq!(further, kept);
        }
    }

    #[test]
    fn a_further_number_is_called_and_one_that_nothing_leads_to_is_refused() {
        let offered = [Channel::Voice, Channel::Sms, Channel::Email];
        let usual = choice(contacts(Some(&[MOBILE])).unwrap(), None).channels(&offered).unwrap();
        assert_eq!(usual.crisis, [Channel::Sms, Channel::Voice]);
        assert_eq!(usual.important, [Channel::Sms]);
        let mut texts = Channels::default();
        texts.add(Channel::Sms, Severity::Crisis);
        let landlines = Contacts::new(Some(phone(MOBILE)), Some(vec![phone(LANDLINE)]), None).unwrap();
        let refused = choice(landlines, Some(texts)).channels(&offered).unwrap_err();
        assert_eq!(pointer(refused), ("/further_phones/0".to_owned(), Code::Contradiction));
    }
}
