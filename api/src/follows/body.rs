//! What apps send.

use domain::{
    Code, Error, Locale, Result,
    consents::{CURRENT, TextVersion},
    deliveries::Channel,
    follows::{
        AgeGroup, Channels, FollowRole,
        follow::{MOST_STREETS, MOST_TOPICS},
        service::{NewFollow, NewHome},
    },
    municipalities::House,
    text::{HouseNumber, Slug, Street},
};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// A home address, as in the town hall's register.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HomeAddress {
    /// The street.
    pub street: Street,
    /// The house number with its suffix.
    pub house_number: HouseNumber,
}

impl HomeAddress {
    /// The address at `pointer`.
    ///
    /// # Errors
    /// A violation of the house number.
    pub fn read(self, pointer: &str) -> Result<NewHome> {
        let wrong = |code| Error::invalid(format!("{pointer}/house_number"), code);
        let house = House::parse(self.house_number.as_str()).map_err(wrong)?;
        Ok(NewHome { street: self.street, house })
    }
}

/// Channels for each severity; none where absent.
#[derive(Deserialize, Validate, ToSchema, Default)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"crisis": ["push"], "important": ["push"]}))]
pub struct ChannelChoice {
    /// For danger.
    #[schema(max_items = 4)]
    pub crisis: Vec<Channel>,
    /// For what is to be read today.
    #[schema(max_items = 4)]
    pub important: Vec<Channel>,
    /// For what can wait.
    #[schema(max_items = 4)]
    pub information: Vec<Channel>,
    /// For one's own matters, such as complaints.
    #[schema(max_items = 4)]
    pub notice: Vec<Channel>,
}

impl ChannelChoice {
    /// The choice, each channel named once.
    ///
    /// # Errors
    /// [`Code::Contradiction`] where a severity names a channel twice.
    pub fn read(self) -> Result<Channels> {
        let Self { crisis, important, information, notice } = self;
        let channels = Channels { crisis, important, information, notice };
        for severity in <domain::deliveries::Severity as strum::IntoEnumIterator>::iter() {
            let chosen = channels.of(severity);
            if chosen
                .iter()
                .enumerate()
                .any(|(place, channel)| chosen.iter().take(place).any(|c| c == channel))
            {
                return Err(Error::invalid(format!("/channels/{severity}"), Code::Contradiction));
            }
        }
        Ok(channels)
    }
}

/// What is chosen, as a whole.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutFollow {
    /// `resident` for those who live there, else `guest`.
    role: FollowRole,
    /// Where one lives. Finds the district; a guest needs none.
    #[schema(nullable = false)]
    #[validate(nested)]
    address: Option<HomeAddress>,
    /// Streets to hear about besides one's own, as in the town hall's register.
    #[serde(default)]
    #[schema(max_items = 10)]
    watched_streets: Vec<Street>,
    /// Codes of topics.
    #[serde(default)]
    #[schema(max_items = 100)]
    topics: Vec<Slug>,
    /// How old one is, roughly. Nobody is asked for a birth date.
    #[schema(nullable = false)]
    age_group: Option<AgeGroup>,
    /// The language of what comes; that of the request where absent.
    #[schema(nullable = false)]
    language: Option<Locale>,
    /// What comes by which way.
    #[serde(default)]
    #[validate(nested)]
    channels: ChannelChoice,
    /// The words one agrees to: `version` of `getConsentText`; those of today where absent.
    #[schema(nullable = false)]
    consent_text: Option<TextVersion>,
}

impl PutFollow {
    /// The choice.
    ///
    /// # Errors
    /// Violations of lists and the address.
    pub fn read(self, locale: Locale) -> Result<NewFollow> {
        if self.watched_streets.len() > MOST_STREETS {
            return Err(Error::invalid("/watched_streets", Code::TooMany));
        }
        if self.topics.len() > MOST_TOPICS {
            return Err(Error::invalid("/topics", Code::TooMany));
        }
        Ok(NewFollow {
            role: self.role,
            address: self.address.map(|address| address.read("/address")).transpose()?,
            watched_streets: self.watched_streets,
            topics: self.topics,
            age_group: self.age_group,
            locale: self.language.unwrap_or(locale),
            channels: self.channels.read()?,
            text_version: self.consent_text.unwrap_or(CURRENT),
        })
    }
}
