//! From the settings to the gateways for text messages and calls.

use std::{path::PathBuf, sync::Arc};

use domain::deliveries::Gateway;
use infrastructure::{
    gateways::{Callbacks, Kannel, KannelConfig, Limits, SetupError, TwilioConfig, TwilioSms, TwilioVoice},
    secrets::Secrets,
    worker::Lines,
};

use super::read;
use crate::{
    cli::Failure,
    config::{Config, ConfigError, Twilio},
};

/// The lines and those of telephones there are settings for.
///
/// # Errors
/// A sentence that names the setting.
pub fn lines(mut lines: Lines, config: &Config, secrets: &Secrets) -> Result<Lines, Failure> {
    let callbacks = Callbacks { public_url: config.http.public_url.clone(), secrets: secrets.clone() };
    let limits = Limits { in_flight: usize::try_from(config.worker.in_flight)?, ..Limits::default() };
    let certificates =
        |file: &Option<PathBuf>, setting| file.as_deref().map(|file| read(file, setting)).transpose();
    let sms_ca = certificates(&config.sms.ca_file, "sms.ca_file")?;
    let account = |name: &str, twilio: &Twilio, ca_pem: &Option<Vec<u8>>| TwilioConfig {
        name: name.into(),
        account_sid: twilio.account_sid.clone(),
        auth_token: twilio.auth_token.expose().to_owned(),
        from: twilio.from.clone(),
        base_url: twilio.base_url.clone(),
        ca_pem: ca_pem.clone(),
        limits,
        callbacks: callbacks.clone(),
    };
    if let Some(kannel) = &config.sms.kannel {
        let gateway = Kannel::new(KannelConfig {
            name: "sms".into(),
            url: kannel.url.clone(),
            user: kannel.user.clone(),
            password: kannel.password.expose().to_owned(),
            from: kannel.from.clone(),
            ca_pem: sms_ca,
            limits,
            callbacks: callbacks.clone(),
        });
        lines = lines.with_sms(made(gateway, "sms.kannel.url")?);
    } else if let Some(twilio) = &config.sms.twilio {
        let gateway = TwilioSms::new(account("sms", twilio, &sms_ca));
        lines = lines.with_sms(made(gateway, "sms.twilio.base_url")?);
    }
    if let Some(twilio) = &config.voice.twilio {
        let ca = certificates(&config.voice.ca_file, "voice.ca_file")?;
        let gateway = TwilioVoice::new(account("voice", twilio, &ca));
        lines = lines.with_voice(made(gateway, "voice.twilio.base_url")?);
    }
    Ok(lines)
}

fn made<G: Gateway + 'static>(
    gateway: Result<G, SetupError>,
    setting: &str,
) -> Result<Arc<dyn Gateway>, ConfigError> {
    match gateway {
        Ok(gateway) => Ok(Arc::new(gateway)),
        Err(error) => Err(ConfigError::setting(setting, error.to_string())),
    }
}
