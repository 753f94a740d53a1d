//! The values settings take, parsed once.

use std::{fmt, net::IpAddr, path::PathBuf};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

/// A text that no log and no message shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[secret]")
    }
}

/// The address of a database. Shown without user and password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address with its credentials.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is the embedded database.
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }

    /// The file of the embedded database.
    pub fn file(&self) -> Option<PathBuf> {
        let path = self.0.strip_prefix("sqlite://")?;
        Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
    }
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self("sqlite://data/rathaus.db".into())
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let postgres = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
            && Url::parse(&text).is_ok_and(|url| url.has_host());
        if postgres || (text.starts_with("sqlite://") && text.len() > "sqlite://".len()) {
            Ok(Self(text))
        } else {
            Err("must look like sqlite://data/rathaus.db or postgres://user:password@host:5432/rathaus")
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_once("://") {
            Some((scheme, rest)) => {
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                let place = place.split_once('?').map_or(place, |(place, _)| place);
                write!(f, "{scheme}://{place}")
            }
            None => f.write_str("[database]"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Networks in CIDR form or single addresses: a list in the file, separated by commas in the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether everybody lies in one of them.
    pub fn are_all(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }

    /// Whether `address` lies in one of them. An IPv4 address written as IPv6 counts as IPv4.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl std::str::FromStr for Networks {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "must be networks such as 10.0.0.0/8 or addresses such as 10.0.0.1".into())
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> de::Visitor<'de> for List {
            type Value = Networks;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of networks")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Networks, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Networks, A::Error> {
                let mut networks = Vec::new();
                while let Some(text) = items.next_element::<String>()? {
                    networks.push(network(&text).map_err(de::Error::custom)?);
                }
                Ok(Networks(networks))
            }
        }
        deserializer.deserialize_any(List)
    }
}

/// Dial codes without `+`: a list in the file, separated by commas in the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DialCodes(Vec<u16>);

impl Default for DialCodes {
    fn default() -> Self {
        Self(vec![49])
    }
}

impl DialCodes {
    /// Whether a country is served.
    pub fn contain(&self, dial_code: u16) -> bool {
        self.0.contains(&dial_code)
    }
}

impl<'de> Deserialize<'de> for DialCodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> de::Visitor<'de> for List {
            type Value = DialCodes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of dial codes such as [49, 43]")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<DialCodes, E> {
                let codes = text.split(',').map(|code| code.trim().trim_start_matches('+').parse());
                let codes = codes.collect::<Result<_, _>>();
                codes.map(DialCodes).map_err(|_| E::custom("must be dial codes such as 49,43"))
            }
            fn visit_i64<E: de::Error>(self, code: i64) -> Result<DialCodes, E> {
                let code = u16::try_from(code).map_err(|_| E::custom("must be dial codes such as 49,43"))?;
                Ok(DialCodes(vec![code]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<DialCodes, A::Error> {
                let mut codes = Vec::new();
                while let Some(code) = items.next_element()? {
                    codes.push(code);
                }
                Ok(DialCodes(codes))
            }
        }
        deserializer.deserialize_any(List)
    }
}

#[expect(clippy::expect_used, reason = "a constant that parses; a test reads it")]
fn constant(url: &'static str) -> Url {
    Url::parse(url).expect("a valid constant")
}

pub(super) fn local_url() -> Url {
    constant("http://127.0.0.1:8080")
}

pub(super) fn fcm_url() -> Url {
    constant("https://fcm.googleapis.com")
}

pub(super) fn apns_url() -> Url {
    constant("https://api.push.apple.com")
}

pub(super) fn twilio_url() -> Url {
    constant("https://api.twilio.com")
}
