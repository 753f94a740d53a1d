//! What people see of their choice.

use domain::{
    deliveries::Channel,
    follows::{
        Channels, Home,
        service::{Followed, Tie},
    },
    text::{Name, Slug, Street},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

/// A home address.
#[derive(Serialize, ToSchema)]
pub struct HomeView {
    /// The street as on its sign.
    street: Street,
    /// The house number with its suffix.
    #[schema(max_length = 16, example = "12a")]
    house_number: String,
}

impl From<Home> for HomeView {
    fn from(home: Home) -> Self {
        Self { street: home.street, house_number: home.house.to_string() }
    }
}

/// Channels for each severity.
#[derive(Serialize, ToSchema)]
pub struct ChannelsView {
    /// For danger: `push`, `email`, `sms`, `voice`.
    #[schema(max_items = 4)]
    crisis: Vec<ChannelWord>,
    /// For what is to be read today.
    #[schema(max_items = 4)]
    important: Vec<ChannelWord>,
    /// For what can wait.
    #[schema(max_items = 4)]
    information: Vec<ChannelWord>,
    /// For one's own matters.
    #[schema(max_items = 4)]
    notice: Vec<ChannelWord>,
}

/// `push`, `email`, `sms` or `voice`.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, max_length = 10, example = "push")]
pub struct ChannelWord(pub Channel);

impl From<Channels> for ChannelsView {
    fn from(channels: Channels) -> Self {
        let words = |chosen: Vec<Channel>| chosen.into_iter().map(ChannelWord).collect();
        let Channels { crisis, important, information, notice } = channels;
        Self {
            crisis: words(crisis),
            important: words(important),
            information: words(information),
            notice: words(notice),
        }
    }
}

/// A municipality one follows, in short.
#[derive(Serialize, ToSchema)]
pub struct FollowEntry {
    /// The municipality's name in addresses.
    #[schema(example = "bad-dueben")]
    municipality: Slug,
    /// Its name for people.
    #[schema(example = "Bad Düben")]
    name: Name,
    /// `resident` or `guest`.
    #[schema(max_length = 10, example = "resident")]
    role: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    since: Option<Time>,
}

impl From<Tie> for FollowEntry {
    fn from(Tie { town, follow }: Tie) -> Self {
        Self {
            municipality: town.slug,
            name: town.name,
            role: follow.role.to_string(),
            since: follow.chosen_at.map(Time),
        }
    }
}

/// What one chose in a municipality.
#[derive(Serialize, ToSchema)]
#[schema(as = Follow)]
pub struct FollowView {
    /// The municipality's name in addresses.
    #[schema(example = "bad-dueben")]
    municipality: Slug,
    /// `resident` or `guest`.
    #[schema(max_length = 10, example = "resident")]
    role: String,
    /// Where one lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    address: Option<HomeView>,
    /// The code of the district the address lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    area: Option<Slug>,
    /// Streets to hear about besides one's own.
    #[schema(max_items = 20)]
    watched_streets: Vec<Street>,
    /// Codes of topics.
    #[schema(max_items = 200)]
    topics: Vec<Slug>,
    /// How old one is, roughly: `under_18`, `18_to_29`, `30_to_49`, `50_to_64`, `65_and_over`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 16, example = "30_to_49")]
    age_group: Option<String>,
    /// The language of what comes: `de` or `en`.
    #[schema(max_length = 5, example = "de")]
    language: String,
    /// What comes by which way.
    channels: ChannelsView,
    /// Since when it is followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    since: Option<Time>,
}

impl From<Followed> for FollowView {
    fn from(followed: Followed) -> Self {
        let Followed { town, follow, area, topics, streets } = followed;
        Self {
            municipality: town.slug,
            role: follow.role.to_string(),
            address: follow.home.map(HomeView::from),
            area: area.map(|area| area.code),
            watched_streets: streets,
            topics,
            age_group: follow.age_group.map(|age| age.to_string()),
            language: follow.locale.to_string(),
            channels: follow.channels.into(),
            since: follow.chosen_at.map(Time),
        }
    }
}
