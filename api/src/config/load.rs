//! Reading the settings, and the sentences for those that are wrong.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use config::{Environment, File, FileFormat};
use url::Url;

use super::{Config, Secret};

/// Read where no other file is named, if it exists.
const FILE: &str = "rathaus.toml";

/// Why the settings cannot be used. One sentence for whoever runs the installation; values are not
/// repeated, as they may be secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// One setting is wrong, missing or unknown.
    #[error(
        "Setting {name} {problem}. Set it in rathaus.toml ({place}) or as {variable} in the environment."
    )]
    Setting {
        /// Its name, such as `http.listen`.
        name: String,
        /// What is wrong with it.
        problem: String,
        /// Where it stands in the file.
        place: String,
        /// Its environment variable.
        variable: String,
    },
    /// There is no such setting.
    #[error("There is no setting {0}. rathaus.example.toml lists them all.")]
    Unknown(String),
    /// The file cannot be read.
    #[error("The configuration file {} cannot be read: {problem}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        problem: String,
    },
}

impl ConfigError {
    /// The sentence about one setting.
    pub fn setting(name: &str, problem: impl Into<String>) -> Self {
        let (section, key) = name.rsplit_once('.').unwrap_or(("", name));
        Self::Setting {
            name: name.into(),
            problem: problem.into(),
            place: format!("[{section}] {key} = …"),
            variable: format!("RATHAUS__{}", name.to_uppercase().replace('.', "__")),
        }
    }
}

impl Config {
    /// Reads `file`, or `rathaus.toml` where it exists, and the environment over it.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let text = match file {
            Some(path) => read(path)?,
            None if Path::new(FILE).exists() => read(Path::new(FILE))?,
            None => String::new(),
        };
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::read(file.unwrap_or(Path::new(FILE)), &text, environment)
    }

    /// Reads the text of a configuration file and variables over it.
    pub fn read(
        file: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let unreadable = |error: config::ConfigError| ConfigError::File {
            file: file.into(),
            problem: match error {
                config::ConfigError::FileParse { cause, .. } => cause.to_string(),
                other => other.to_string(),
            },
        };
        let variables = environment.into_iter().filter(|(name, _)| name.starts_with("RATHAUS__")).collect();
        let source = Environment::with_prefix("RATHAUS")
            .prefix_separator("__")
            .separator("__")
            .source(Some(variables));
        let settings = config::Config::builder()
            .add_source(File::from_str(text, FileFormat::Toml))
            .add_source(source)
            .build()
            .map_err(unreadable)?;
        let config: Self = serde_path_to_error::deserialize(settings).map_err(|error| {
            let path = error.path().to_string();
            sentence(&path, error.into_inner())
        })?;
        config.check()?;
        Ok(config)
    }

    /// Variables that are read by nobody although they look like settings: `RATHAUS_HTTP_LISTEN`, where two
    /// underscores belong. A sentence for each. Others that begin so are somebody else's: Kubernetes gives every
    /// container the addresses of its neighbours.
    pub fn overlooked(names: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut settings = Vec::new();
        let defaults = serde_json::to_value(Self::default()).unwrap_or_default();
        leaves(String::new(), &defaults, &mut settings);
        let meant = |name: &str| {
            let rest = name.strip_prefix("RATHAUS_").filter(|rest| !rest.starts_with('_'))?;
            let rest = rest.to_lowercase().replace("__", "_");
            settings.iter().find_map(|(setting, is_open)| {
                let inner = rest.strip_prefix(&setting.replace('.', "_"))?;
                match inner.strip_prefix('_') {
                    None => inner.is_empty().then(|| setting.clone()),
                    // What stands in a section that is left out by default.
                    Some(inner) => is_open.then(|| format!("{setting}.{inner}")),
                }
            })
        };
        let sentence = |name: String| {
            let setting = meant(&name)?;
            let right = setting.to_uppercase().replace('.', "__");
            Some(format!(
                "{name} is not read: the setting {setting} is RATHAUS__{right}, with two underscores."
            ))
        };
        names.into_iter().filter_map(sentence).collect()
    }

    /// What only this installation may know.
    fn secrets(&self) -> impl Iterator<Item = (&'static str, &Secret)> {
        let kannel = self.sms.kannel.as_ref();
        let found = [
            ("auth.secret", self.auth.secret.as_ref()),
            ("email.smtp_url", self.email.smtp_url.as_ref()),
            ("sms.kannel.password", kannel.map(|kannel| &kannel.password)),
            ("sms.kannel.incoming_key", kannel.and_then(|kannel| kannel.incoming_key.as_ref())),
            ("sms.twilio.auth_token", self.sms.twilio.as_ref().map(|twilio| &twilio.auth_token)),
            ("voice.twilio.auth_token", self.voice.twilio.as_ref().map(|twilio| &twilio.auth_token)),
        ];
        found.into_iter().filter_map(|(name, secret)| Some((name, secret?)))
    }

    /// The rules types cannot carry.
    fn check(&self) -> Result<(), ConfigError> {
        let rule = |holds: bool, name: &str, problem: &str| {
            if holds { Ok(()) } else { Err(ConfigError::setting(name, problem)) }
        };
        rule(
            plain_origin(&self.http.public_url),
            "http.public_url",
            "must be an http or https address without path, such as https://rathaus.example.org",
        )?;
        rule(self.http.requests_per_minute > 0, "http.requests_per_minute", "must be at least 1")?;
        let accounts = self.http.account_requests_per_minute;
        rule(accounts > 0, "http.account_requests_per_minute", "must be at least 1")?;
        rule(
            (1..=3600).contains(&self.http.body_seconds),
            "http.body_seconds",
            "must be between 1 and 3600",
        )?;
        rule(
            self.files.url.starts_with("file://") || self.files.url.starts_with("s3://"),
            "files.url",
            "must start with file:// or s3://",
        )?;
        let owner = self.database.owner_url.as_ref();
        rule(
            owner.is_none() || !self.database.url.is_sqlite(),
            "database.owner_url",
            "is for PostgreSQL only; remove it or let database.url name a PostgreSQL database",
        )?;
        rule(
            owner.is_none_or(|owner| !owner.is_sqlite()),
            "database.owner_url",
            "must name the PostgreSQL database of database.url, as another role",
        )?;
        rule(
            (1..=1000).contains(&self.database.connections),
            "database.connections",
            "must be between 1 and 1000",
        )?;
        rule(
            self.auth.secret.as_ref().is_none_or(|secret| secret.expose().chars().count() >= 32),
            "auth.secret",
            "is too short; it needs at least 32 random characters",
        )?;
        rule(
            self.auth.secret.as_ref().is_none_or(|secret| {
                let characters: HashSet<char> = secret.expose().chars().collect();
                characters.len() >= 6
            }),
            "auth.secret",
            "is easily guessed; make one with `openssl rand -base64 32`",
        )?;
        for (name, secret) in self.secrets() {
            rule(
                !secret.expose().starts_with("replace-me"),
                name,
                "is still the one of the example, which everybody knows; replace it by your own",
            )?;
        }
        rule(
            (1..=15).contains(&self.auth.access_token_minutes),
            "auth.access_token_minutes",
            "must be between 1 and 15",
        )?;
        rule(
            (1..=180).contains(&self.auth.session_idle_days),
            "auth.session_idle_days",
            "must be between 1 and 180",
        )?;
        rule((1..=10).contains(&self.auth.code_minutes), "auth.code_minutes", "must be between 1 and 10")?;
        rule(
            self.email.smtp_url.as_ref().is_none_or(|url| {
                url.expose().starts_with("smtp://") || url.expose().starts_with("smtps://")
            }),
            "email.smtp_url",
            "must start with smtp:// or smtps://",
        )?;
        rule(self.email.from.contains('@'), "email.from", "must be an e-mail address")?;
        for (twilio, name) in [(&self.sms.twilio, "sms.twilio"), (&self.voice.twilio, "voice.twilio")] {
            rule(
                twilio.as_ref().is_none_or(|twilio| twilio.account_sid.starts_with("AC")),
                &format!("{name}.account_sid"),
                "must start with AC",
            )?;
        }
        rule(
            self.sms.kannel.as_ref().is_none_or(|kannel| fits_a_phone(&kannel.from)),
            "sms.kannel.from",
            "must be a number, or up to 11 letters and digits",
        )?;
        rule(
            (25..=3600).contains(&self.worker.lease_seconds),
            "worker.lease_seconds",
            "must be between 25 and 3600: a provider has 20 seconds to answer, and while a worker waits for it \
             nobody else may take its work over",
        )?;
        let waits = &self.broadcasts;
        for (seconds, name) in [
            (waits.push_wait_seconds, "broadcasts.push_wait_seconds"),
            (waits.sms_wait_seconds, "broadcasts.sms_wait_seconds"),
            (waits.voice_wait_seconds, "broadcasts.voice_wait_seconds"),
        ] {
            rule((1..=86_400).contains(&seconds), name, "must be between 1 and 86400")?;
        }
        rule((1..=64).contains(&self.worker.concurrency), "worker.concurrency", "must be between 1 and 64")?;
        rule((1..=1000).contains(&self.worker.in_flight), "worker.in_flight", "must be between 1 and 1000")
    }
}

/// The names of all settings, and whether more may follow: one that is absent may be a section.
fn leaves(prefix: String, value: &serde_json::Value, found: &mut Vec<(String, bool)>) {
    match value.as_object().filter(|members| !members.is_empty()) {
        Some(members) => {
            for (key, member) in members {
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                leaves(name, member, found);
            }
        }
        None => found.push((prefix, value.is_null() || value.is_object())),
    }
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map_err(|error| ConfigError::File { file: path.into(), problem: error.to_string() })
}

/// A sender as phones show it (3GPP TS 23.040, 9.1.2.5).
fn fits_a_phone(sender: &str) -> bool {
    let is_number = sender.trim_start_matches('+').chars().all(|c| c.is_ascii_digit());
    match sender.chars().count() {
        0 => false,
        length if is_number => length <= 21,
        length => length <= 11,
    }
}

fn plain_origin(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
}

/// Says which setting is wrong, without its value.
fn sentence(path: &str, error: config::ConfigError) -> ConfigError {
    let name = |name: &str| {
        if path == "." || path.is_empty() { name.into() } else { format!("{path}.{name}") }
    };
    match error {
        config::ConfigError::At { error, .. } => sentence(path, *error),
        config::ConfigError::Type { expected, .. } => {
            ConfigError::setting(path, format!("has the wrong type: it must be {expected}"))
        }
        config::ConfigError::NotFound(key) if key.starts_with(path) => {
            ConfigError::setting(&key, "is missing")
        }
        config::ConfigError::NotFound(key) => ConfigError::setting(&name(&key), "is missing"),
        other => {
            let message = other.to_string();
            match (quoted(&message, "unknown field `"), quoted(&message, "missing field `")) {
                // The path of an unknown field ends in the field itself.
                (Some(field), _) if path.rsplit('.').next() == Some(field) => {
                    ConfigError::Unknown(path.into())
                }
                (Some(field), _) => ConfigError::Unknown(name(field)),
                (_, Some(field)) => ConfigError::setting(&name(field), "is missing"),
                _ if message.starts_with("must ") => ConfigError::setting(path, message),
                // Messages of other crates repeat the value.
                _ => {
                    ConfigError::setting(path, "cannot be read; rathaus.example.toml shows a value that can")
                }
            }
        }
    }
}

fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.split('`').next()
}
