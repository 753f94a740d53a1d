//! What is sent about a ward.

use chrono::NaiveDate;
use domain::{
    Code, Error, Locale, Result,
    consents::{CURRENT, Means, TextVersion},
    follows::{
        AgeGroup,
        follow::{MOST_STREETS, MOST_TOPICS},
    },
    phone::Phone,
    text::{EmailAddress, Name, Slug, Street},
    wards::service::{Contacts, NewWard, Registration, WardChoice},
};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::follows::{ChannelChoice, HomeAddress};

/// Contact data and choice, as a whole. At least one of `phone` and `email`.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "030 23125014", "topics": [], "channels": {"crisis": ["voice"]}}))]
pub struct PutWard {
    /// A landline, which is called, or a mobile, which also gets text messages.
    #[schema(nullable = false)]
    phone: Option<Phone>,
    /// Numbers that are tried after `phone`, in this order, where it leads nowhere. Where absent, those that are
    /// there stay; without any, `[]`.
    #[schema(nullable = false, max_items = 2)]
    further_phones: Option<Vec<Phone>>,
    /// A mailbox.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// Where they live.
    #[schema(nullable = false)]
    #[validate(nested)]
    address: Option<HomeAddress>,
    /// Streets to hear about besides their own.
    #[serde(default)]
    #[schema(max_items = 10)]
    watched_streets: Vec<Street>,
    /// Codes of topics.
    #[serde(default)]
    #[schema(max_items = 100)]
    topics: Vec<Slug>,
    /// How old they are, roughly.
    #[schema(nullable = false)]
    age_group: Option<AgeGroup>,
    /// The language they are spoken to in; the town hall's where absent.
    #[schema(nullable = false)]
    language: Option<Locale>,
    /// What comes by which way: `voice`, `sms`, `email`. Where absent, warnings and what is to be read today,
    /// by text message where a number takes them, else by call, else by e-mail; with further numbers, warnings
    /// by call as well.
    #[schema(nullable = false)]
    #[validate(nested)]
    channels: Option<ChannelChoice>,
}

impl PutWard {
    /// The choice.
    ///
    /// # Errors
    /// Violations of lists and the address.
    pub fn read(self) -> Result<WardChoice> {
        choice(
            Contacts::new(self.phone, self.further_phones, self.email)?,
            (self.address, self.watched_streets, self.topics),
            (self.age_group, self.language),
            self.channels,
        )
    }
}

fn choice(
    contacts: Contacts,
    (address, watched_streets, topics): (Option<HomeAddress>, Vec<Street>, Vec<Slug>),
    (age_group, locale): (Option<AgeGroup>, Option<Locale>),
    channels: Option<ChannelChoice>,
) -> Result<WardChoice> {
    if watched_streets.len() > MOST_STREETS {
        return Err(Error::invalid("/watched_streets", Code::TooMany));
    }
    if topics.len() > MOST_TOPICS {
        return Err(Error::invalid("/topics", Code::TooMany));
    }
    Ok(WardChoice {
        contacts,
        address: address.map(|address| address.read("/address")).transpose()?,
        watched_streets,
        topics,
        age_group,
        locale,
        channels: channels.map(ChannelChoice::read).transpose()?,
    })
}

/// Somebody one knows.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWard, example = json!({"municipality": "bad-dueben", "name": "Oma Erna", "phone": "030 23125014"}))]
pub struct NewBody {
    /// The municipality they are told by.
    pub municipality: Slug,
    /// Their name.
    name: Name,
    /// A landline, which is called, or a mobile, which also gets text messages.
    #[schema(nullable = false)]
    phone: Option<Phone>,
    /// Numbers that are tried after `phone`, in this order, where it leads nowhere.
    #[schema(nullable = false, max_items = 2)]
    further_phones: Option<Vec<Phone>>,
    /// A mailbox.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// Where they live.
    #[schema(nullable = false)]
    #[validate(nested)]
    address: Option<HomeAddress>,
    /// Streets to hear about besides their own.
    #[serde(default)]
    #[schema(max_items = 10)]
    watched_streets: Vec<Street>,
    /// Codes of topics.
    #[serde(default)]
    #[schema(max_items = 100)]
    topics: Vec<Slug>,
    /// How old they are, roughly.
    #[schema(nullable = false)]
    age_group: Option<AgeGroup>,
    /// The language they are spoken to in; the town hall's where absent.
    #[schema(nullable = false)]
    language: Option<Locale>,
    /// What comes by which way, as in `putWard`.
    #[schema(nullable = false)]
    #[validate(nested)]
    channels: Option<ChannelChoice>,
    /// The words they are asked to agree to: `version` of `getConsentText`.
    #[schema(nullable = false)]
    consent_text: Option<TextVersion>,
}

impl NewBody {
    /// Who is to be registered.
    ///
    /// # Errors
    /// Violations of lists and the address.
    pub fn read(self) -> Result<NewWard> {
        Ok(NewWard {
            name: self.name,
            choice: choice(
                Contacts::new(self.phone, self.further_phones, self.email)?,
                (self.address, self.watched_streets, self.topics),
                (self.age_group, self.language),
                self.channels,
            )?,
            text_version: self.consent_text.unwrap_or(CURRENT),
        })
    }
}

/// How somebody told the town hall.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TownMeans {
    /// On a signed form.
    Paper,
    /// By telephone.
    Phone,
    /// At the town hall.
    InPerson,
}

impl From<TownMeans> for Means {
    fn from(means: TownMeans) -> Self {
        match means {
            TownMeans::Paper => Self::Paper,
            TownMeans::Phone => Self::Phone,
            TownMeans::InPerson => Self::InPerson,
        }
    }
}

/// Somebody who agreed before the town hall.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Erna Muster", "phone": "030 23125014", "means": "paper", "document": "A-2026-17"}))]
pub struct StaffWard {
    /// Their name.
    name: Name,
    /// A landline, which is called, or a mobile, which also gets text messages.
    #[schema(nullable = false)]
    phone: Option<Phone>,
    /// Numbers that are tried after `phone`, in this order, where it leads nowhere. Where absent, those that are
    /// there stay; without any, `[]`.
    #[schema(nullable = false, max_items = 2)]
    further_phones: Option<Vec<Phone>>,
    /// A mailbox.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// Where they live.
    #[schema(nullable = false)]
    #[validate(nested)]
    address: Option<HomeAddress>,
    /// Streets to hear about besides their own.
    #[serde(default)]
    #[schema(max_items = 10)]
    watched_streets: Vec<Street>,
    /// Codes of topics.
    #[serde(default)]
    #[schema(max_items = 100)]
    topics: Vec<Slug>,
    /// How old they are, roughly.
    #[schema(nullable = false)]
    age_group: Option<AgeGroup>,
    /// The language they are spoken to in; the town hall's where absent.
    #[schema(nullable = false)]
    language: Option<Locale>,
    /// What comes by which way, as in `putWard`.
    #[schema(nullable = false)]
    #[validate(nested)]
    channels: Option<ChannelChoice>,
    /// The words they agreed to: `version` of `getConsentText`.
    #[schema(nullable = false)]
    consent_text: Option<TextVersion>,
    /// How they agreed.
    means: TownMeans,
    /// Where the signed form lies; required for one.
    #[schema(nullable = false)]
    document: Option<Name>,
    /// The last day it is good for; without one, until somebody ends it.
    #[schema(nullable = false)]
    valid_until: Option<NaiveDate>,
}

impl StaffWard {
    /// Who is to be registered, and what the town hall keeps about it.
    ///
    /// # Errors
    /// Violations of lists and the address.
    pub fn read(self) -> Result<(NewWard, Registration)> {
        let registration =
            Registration { means: self.means.into(), document: self.document, valid_until: self.valid_until };
        let new = NewWard {
            name: self.name,
            choice: choice(
                Contacts::new(self.phone, self.further_phones, self.email)?,
                (self.address, self.watched_streets, self.topics),
                (self.age_group, self.language),
                self.channels,
            )?,
            text_version: self.consent_text.unwrap_or(CURRENT),
        };
        Ok((new, registration))
    }
}
