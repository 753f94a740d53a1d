//! Wards as those see them who look after them.

use chrono::NaiveDate;
use domain::{
    consents::TextVersion,
    deliveries::Channel,
    ids::PersonId,
    phone::Phone,
    text::{Name, Slug, Street},
    wards::{RegisteredBy, Ward, service::Shown},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    follows::{ChannelsView, HomeView},
    time::Time,
};

/// A ward in a list.
#[derive(Serialize, ToSchema)]
pub struct WardEntry {
    /// Their identity.
    id: PersonId,
    /// Their name.
    name: Name,
    /// `invited`: asked, has not answered; `active`; or over: `refused`, `left`, `ended`, `expired`.
    #[schema(max_length = 16, example = "active")]
    state: String,
    /// When they were registered.
    registered_at: Time,
}

impl From<Ward> for WardEntry {
    fn from(ward: Ward) -> Self {
        Self {
            id: ward.person,
            name: ward.name,
            state: ward.state.to_string(),
            registered_at: ward.registered_at.into(),
        }
    }
}

/// A ward: who registered them, how, and what is chosen for them.
#[derive(Serialize, ToSchema)]
#[schema(as = Ward)]
pub struct WardView {
    /// Their identity.
    id: PersonId,
    /// The municipality's name in addresses.
    #[schema(example = "bad-dueben")]
    municipality: Slug,
    /// Their name.
    name: Name,
    /// `invited`: asked, has not answered; `active`; or over: `refused`, `left`, `ended`, `expired`.
    #[schema(max_length = 16, example = "active")]
    state: String,
    /// Their number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 20, example = "+493023125014")]
    phone: Option<String>,
    /// Numbers that are tried after it, in this order.
    #[schema(max_items = 2)]
    further_phones: Vec<Phone>,
    /// Their mailbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 254, example = "erna@example.org")]
    email: Option<String>,
    /// Where they live.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    address: Option<HomeView>,
    /// The code of the district they live in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    area: Option<Slug>,
    /// Streets they hear about besides their own.
    #[schema(max_items = 20)]
    watched_streets: Vec<Street>,
    /// Codes of topics.
    #[schema(max_items = 200)]
    topics: Vec<Slug>,
    /// How old they are, roughly.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 16, example = "65_and_over")]
    age_group: Option<String>,
    /// The language they are spoken to in: `de` or `en`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 5, example = "de")]
    language: Option<String>,
    /// What comes by which way; while they are `invited`, what they are asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    channels: Option<ChannelsView>,
    /// Who registered them: `staff`, `proxy`, or `themselves` by text message.
    #[schema(max_length = 16, example = "proxy")]
    registered_by: &'static str,
    /// By what means: `app`, `sms`, `paper`, `phone`, `in_person`, `import`.
    #[schema(max_length = 16, example = "app")]
    means: String,
    /// When.
    registered_at: Time,
    /// The words they agreed to, or are asked to agree to.
    consent_text: TextVersion,
    /// Where the signed form lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    document: Option<Name>,
    /// The last day it is good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    valid_until: Option<NaiveDate>,
    /// When they answered, or it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    settled_at: Option<Time>,
}

impl From<Shown> for WardView {
    fn from(shown: Shown) -> Self {
        let Shown { ward, town, contacts, followed } = shown;
        let of = |wanted: &'static [Channel]| {
            contacts.iter().filter(|(channel, _)| wanted.contains(channel)).map(|(_, address)| address)
        };
        let email = of(&[Channel::Email]).next().cloned();
        let mut phones: Vec<&String> = Vec::new();
        for phone in of(&[Channel::Sms, Channel::Voice]) {
            if !phones.contains(&phone) {
                phones.push(phone);
            }
        }
        let phone = phones.first().map(|phone| (*phone).clone());
        let further_phones = phones.iter().skip(1).filter_map(|phone| Phone::stored(*phone).ok()).collect();
        let (mut area, mut streets, mut topics, mut follow) = (None, Vec::new(), Vec::new(), None);
        if let Some(followed) = followed {
            area = followed.area.map(|area| area.code);
            streets = followed.streets;
            topics = followed.topics;
            follow = Some(followed.follow);
        }
        Self {
            id: ward.person,
            municipality: town.slug,
            name: ward.name,
            state: ward.state.to_string(),
            phone,
            further_phones,
            email,
            area,
            watched_streets: streets,
            topics,
            age_group: follow.as_ref().and_then(|follow| follow.age_group).map(|age| age.to_string()),
            language: follow.as_ref().map(|follow| follow.locale.to_string()),
            channels: follow.as_ref().map(|follow| follow.channels.clone().into()),
            address: follow.and_then(|follow| follow.home).map(HomeView::from),
            registered_by: match ward.registered_by {
                RegisteredBy::Staff(_) => "staff",
                RegisteredBy::Proxy(_) => "proxy",
                RegisteredBy::Themselves => "themselves",
            },
            means: ward.means.to_string(),
            registered_at: ward.registered_at.into(),
            consent_text: ward.text_version,
            document: ward.document,
            valid_until: ward.valid_until,
            settled_at: ward.settled_at.map(Time),
        }
    }
}
