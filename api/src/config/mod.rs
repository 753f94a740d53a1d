//! Every setting, with its default. `rathaus.toml` holds them, the environment overrides them:
//! `http.listen` is `RATHAUS__HTTP__LISTEN`. `rathaus.example.toml` explains each one; a test keeps
//! the two together.
//!
//! ```no_run
//! let config = api::config::Config::load(None)?;
//! println!("listening on {}", config.http.listen);
//! # Ok::<(), api::config::ConfigError>(())
//! ```

mod broadcasts;
mod load;
mod sources;
mod telephony;
#[cfg(test)]
mod tests;
mod values;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use domain::{categories::Names, text::AppVersion};
use serde::{Deserialize, Serialize};
use url::Url;

pub use broadcasts::Broadcasts;
pub use load::ConfigError;
pub use sources::Sources;
pub use telephony::{Kannel, Sms, Twilio, Voice};
pub use values::{DatabaseUrl, DialCodes, Networks, Secret};

/// All settings of one process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where everything is stored.
    pub database: Database,
    /// How the API is reached.
    pub http: Http,
    /// Where photos are kept.
    pub files: Files,
    /// Push messages to phones.
    pub push: Push,
    /// Places that links in messages lead to.
    pub links: Links,
    /// E-mail.
    pub email: Email,
    /// Text messages.
    pub sms: Sms,
    /// Calls.
    pub voice: Voice,
    /// Sign-in.
    pub auth: Auth,
    /// Broadcasts.
    pub broadcasts: Broadcasts,
    /// What others publish and is asked for.
    pub sources: Sources,
    /// Background work.
    pub worker: Worker,
    /// What is logged.
    pub log: Log,
}

/// Where everything is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// The database that serves requests: `sqlite://…` or `postgres://…`.
    pub url: DatabaseUrl,
    /// PostgreSQL only: the owner of the tables, who migrates. `url` then names a role without rights to
    /// change them.
    pub owner_url: Option<DatabaseUrl>,
    /// Connections that serve requests at the same time. More only makes the database's cores wait for
    /// each other.
    pub connections: u32,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: DatabaseUrl::default(), owner_url: None, connections: 16 }
    }
}

/// How the API is reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address and port of the API.
    pub listen: SocketAddr,
    /// The address people and apps reach it under, without a path.
    pub public_url: Url,
    /// Address and port for metrics and readiness details. Keep it away from the internet.
    pub ops_listen: SocketAddr,
    /// Networks of the reverse proxies whose `Forwarded` and `X-Forwarded-For` are believed.
    pub trusted_proxies: Networks,
    /// Requests one client address may send in a minute, to all instances together.
    pub requests_per_minute: u32,
    /// How long the body of one request may take to arrive, 1 to 3600 seconds.
    pub body_seconds: u32,
    /// Requests one account, guest or key may send in a minute, to all instances together.
    pub account_requests_per_minute: u32,
}

impl Default for Http {
    fn default() -> Self {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self {
            listen: SocketAddr::new(loopback, 8080),
            public_url: values::local_url(),
            ops_listen: SocketAddr::new(loopback, 9090),
            trusted_proxies: Networks::default(),
            requests_per_minute: 600,
            body_seconds: 120,
            account_requests_per_minute: 600,
        }
    }
}

/// Where photos are kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// A folder, `file://data/files`, or a bucket, `s3://bucket/prefix`. The bucket's credentials come
    /// from the usual `AWS_…` environment variables.
    pub url: String,
}

impl Default for Files {
    fn default() -> Self {
        Self { url: "file://data/files".into() }
    }
}

/// Push messages to phones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// Credentials by app name. A device that names no app belongs to `default`.
    pub apps: BTreeMap<String, PushApp>,
    /// Certificates (PEM) to trust besides the public ones. Only for simulators.
    pub ca_file: Option<PathBuf>,
}

/// The credentials of one app.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushApp {
    /// Android.
    pub fcm: Option<Fcm>,
    /// iPhone.
    pub apns: Option<Apns>,
    /// The oldest version of the app that may go on; apps ask at their start.
    pub minimum_version: Option<AppVersion>,
    /// What apps show at their start, such as an interruption that was announced.
    pub maintenance_notice: Option<Names>,
}

/// Firebase Cloud Messaging, HTTP v1.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fcm {
    /// The service account's JSON file as Google hands it out.
    pub service_account: PathBuf,
    /// Where to send. Only simulators need another one.
    #[serde(default = "values::fcm_url")]
    pub base_url: Url,
}

/// Apple Push Notification service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apns {
    /// The signing key, a `.p8` file as Apple hands it out.
    pub key: PathBuf,
    /// The key's identifier, ten characters.
    pub key_id: String,
    /// The team's identifier, ten characters.
    pub team_id: String,
    /// The app's bundle identifier.
    pub topic: String,
    /// Where to send; only simulators need another one. Phones that say they run an app from Xcode are reached
    /// through Apple's sandbox.
    #[serde(default = "values::apns_url")]
    pub base_url: Url,
    /// Whether Apple granted the app the entitlement for critical alerts: a crisis then sounds on silent
    /// phones too.
    #[serde(default)]
    pub critical_alerts: bool,
}

/// Places that links in messages lead to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Links {
    /// A web application for staff, where there is one. E-mails to a desk then name it.
    pub staff: Option<Url>,
}

/// E-mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Email {
    /// The mail server, `smtps://user:password@host:465` or `smtp://host:587`. Without it no e-mail is
    /// sent and sign-in by e-mail is not offered.
    pub smtp_url: Option<Secret>,
    /// The sender's address.
    pub from: String,
    /// The domain letters are sent back to that a server took and cannot deliver.
    pub bounce_domain: Option<String>,
}

impl Default for Email {
    fn default() -> Self {
        Self { smtp_url: None, from: "rathaus@localhost.localdomain".into(), bounce_domain: None }
    }
}

/// Sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// Signs cursors and links and seals secrets at rest: at least 32 random characters. All instances
    /// share it; changing it invalidates what it signed.
    pub secret: Option<Secret>,
    /// The `iss` of access tokens. `http.public_url` where absent.
    pub issuer: Option<String>,
    /// How long an access token is valid, 1 to 15 minutes.
    pub access_token_minutes: u32,
    /// How long a session lives without being used, in days.
    pub session_idle_days: u32,
    /// How long a one-time code is valid, 1 to 10 minutes.
    pub code_minutes: u32,
}

impl Default for Auth {
    fn default() -> Self {
        Self { secret: None, issuer: None, access_token_minutes: 15, session_idle_days: 90, code_minutes: 10 }
    }
}

/// Background work.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Worker {
    /// How long a chunk of work belongs to a worker that shows no sign of life, 25 to 3600 seconds:
    /// longer than a provider may take to answer.
    pub lease_seconds: u32,
    /// Chunks worked on at the same time.
    pub concurrency: u32,
    /// Requests on their way to one provider at the same time.
    pub in_flight: u32,
}

impl Default for Worker {
    fn default() -> Self {
        Self { lease_seconds: 60, concurrency: 4, in_flight: 100 }
    }
}

/// What is logged.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// One JSON object a line, or text for people.
    pub format: LogFormat,
    /// The least important level shown, or a filter such as `info,api=debug`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Json, level: "info".into() }
    }
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Text,
}

impl Config {
    /// The secret, or the sentence that asks for it.
    pub fn secret(&self) -> Result<&Secret, ConfigError> {
        self.auth.secret.as_ref().ok_or_else(|| {
            ConfigError::setting(
                "auth.secret",
                "is not set; it needs at least 32 random characters, for example from `openssl rand -base64 48`",
            )
        })
    }

    /// Whom access tokens are for: this installation, whoever issues them.
    pub fn audience(&self) -> &str {
        self.http.public_url.as_str().trim_end_matches('/')
    }

    /// The issuer of access tokens.
    pub fn issuer(&self) -> &str {
        self.auth.issuer.as_deref().unwrap_or_else(|| self.audience())
    }
}
