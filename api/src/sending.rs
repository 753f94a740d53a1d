//! From the settings to a worker with its gateways.

mod telephony;

use std::{fs, path::Path, sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::{broadcasts::Waits, deliveries::Platform, text::EmailAddress};
use infrastructure::{
    db::{SharedTokens, SqlStore},
    gateways::{Apns, ApnsConfig, Email, EmailConfig, Fcm, FcmConfig, Limits, ProviderTokens, Returns, apns},
    photos::PhotoStore,
    secrets::Secrets,
    worker::{Composer, DEFAULT_APP, Lines, Running, Settings, Worker},
};

use crate::{
    cli::Failure,
    clock::Clock,
    config::{self, Config, ConfigError},
};

/// Connections to one push provider: more only add latency.
const CONNECTIONS: usize = 2;

/// Starts the worker of this process.
///
/// # Errors
/// A sentence that names the setting a gateway cannot work with.
pub async fn start(
    config: &Config,
    clock: &Clock,
    secrets: &Secrets,
    store: &SqlStore,
    photos: &PhotoStore,
) -> Result<Running, Failure> {
    let tokens = SharedTokens { store: store.clone(), secrets: secrets.clone(), entropy: clock.entropy() };
    let lines = lines(config, secrets, Arc::new(tokens))?;
    let now = clock.clone();
    let worker = Worker {
        store: store.clone(),
        lines: Arc::new(lines),
        composer: Composer {
            secrets: secrets.clone(),
            public_url: config.http.public_url.clone(),
            staff_url: config.links.staff.clone(),
            photos: Some(photos.clone()),
        },
        now: Arc::new(move || now.now()),
        entropy: clock.entropy(),
        fetcher: config.sources.fetcher(),
        settings: Settings {
            lease: Duration::from_secs(config.worker.lease_seconds.into()),
            concurrency: usize::try_from(config.worker.concurrency)?,
            waits: Waits {
                push: TimeDelta::seconds(config.broadcasts.push_wait_seconds.into()),
                sms: TimeDelta::seconds(config.broadcasts.sms_wait_seconds.into()),
                voice: TimeDelta::seconds(config.broadcasts.voice_wait_seconds.into()),
            },
            budget: config.sms.budget(),
            ..Settings::default()
        },
    };
    Ok(worker.start().await?)
}

/// The gateways there are settings for; `tokens` is where those of one team share Apple's token.
///
/// # Errors
/// A sentence that names the setting.
pub fn lines(config: &Config, secrets: &Secrets, tokens: Arc<dyn ProviderTokens>) -> Result<Lines, Failure> {
    let ca = config.push.ca_file.as_deref().map(|file| read(file, "push.ca_file")).transpose()?;
    let limits = Limits {
        connections: CONNECTIONS,
        in_flight: usize::try_from(config.worker.in_flight)?,
        ..Limits::default()
    };
    let mut lines = Lines::default();
    for (app, credentials) in &config.push.apps {
        if let Some(fcm) = &credentials.fcm {
            let setting = format!("push.apps.{app}.fcm.service_account");
            let gateway = Fcm::new(FcmConfig {
                name: named("fcm", app),
                service_account: read(&fcm.service_account, &setting)?,
                base_url: fcm.base_url.clone(),
                ca_pem: ca.clone(),
                limits,
            });
            let gateway = gateway.map_err(|error| ConfigError::setting(&setting, error.to_string()))?;
            lines = lines.with_push(Platform::Android, app, Arc::new(gateway));
        }
        if let Some(apns) = &credentials.apns {
            let setting = format!("push.apps.{app}.apns.key");
            let gateway =
                Apns::new(apns_config(app, apns, read(&apns.key, &setting)?, &ca, limits), tokens.clone());
            let gateway = gateway.map_err(|error| ConfigError::setting(&setting, error.to_string()))?;
            lines = lines.with_push(Platform::Ios, app, Arc::new(gateway));
        }
    }
    if let Some(url) = &config.email.smtp_url {
        let unusable = |setting: &str, what: String| ConfigError::setting(setting, what);
        let gateway = Email::new(EmailConfig {
            name: "email".into(),
            // What a URL is made of may be a password: the error says nothing of it.
            smtp_url: url.expose().parse().map_err(|_| unusable("email.smtp_url", "is not a URL".into()))?,
            from: EmailAddress::parse(&config.email.from)
                .map_err(|_| unusable("email.from", "is not an e-mail address with a domain".into()))?,
            ca_pem: None,
            limits: Limits::default(),
        });
        let mut gateway = gateway.map_err(|error| unusable("email.smtp_url", error.to_string()))?;
        if let Some(domain) = &config.email.bounce_domain {
            let returns = Returns { domain: domain.clone(), secrets: secrets.clone() };
            let returning = gateway.with_returns(returns);
            gateway = returning.ok_or_else(|| unusable("email.bounce_domain", "is not a domain".into()))?;
        }
        lines = lines.with_email(Arc::new(gateway));
    }
    telephony::lines(lines, config, secrets)
}

fn apns_config(
    app: &str,
    settings: &config::Apns,
    key_pem: Vec<u8>,
    ca_pem: &Option<Vec<u8>>,
    limits: Limits,
) -> ApnsConfig {
    // Of a phone that runs an app from Xcode only Apple's sandbox knows. Simulators have none.
    let apples_own = settings.base_url.host_str() == Some(apns::PRODUCTION_HOST);
    ApnsConfig {
        name: named("apns", app),
        key_pem,
        key_id: settings.key_id.clone(),
        team_id: settings.team_id.clone(),
        topic: settings.topic.clone(),
        base_url: settings.base_url.clone(),
        sandbox_url: apples_own.then(|| apns::SANDBOX.parse().ok()).flatten(),
        ca_pem: ca_pem.clone(),
        critical_alerts: settings.critical_alerts,
        limits,
    }
}

fn named(provider: &str, app: &str) -> String {
    if app == DEFAULT_APP { provider.to_owned() } else { format!("{provider}:{app}") }
}

fn read(file: &Path, setting: &str) -> Result<Vec<u8>, ConfigError> {
    fs::read(file)
        .map_err(|error| ConfigError::setting(setting, format!("names a file that cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_of_developers_are_reached_through_apples_sandbox() {
        let sandbox = |base_url: &str| {
            let apns = config::Apns {
                key: "key.p8".into(),
                key_id: "ABC123DEFG".into(),
                team_id: "DEF123GHIJ".into(),
                topic: "org.example.rathaus".into(),
                base_url: base_url.parse().unwrap(),
                critical_alerts: true,
            };
            let config = apns_config(DEFAULT_APP, &apns, Vec::new(), &None, Limits::default());
            assert!(config.critical_alerts);
            config.sandbox_url.map(|url| url.to_string())
        };
        let apples = Some("https://api.sandbox.push.apple.com/".to_owned());
        assert_eq!(sandbox("https://api.push.apple.com/"), apples);
        assert_eq!(sandbox("https://api.sandbox.push.apple.com/"), None);
        assert_eq!(sandbox("https://localhost:8443/"), None);
    }
}
