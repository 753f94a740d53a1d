//! What is logged, and in which form. Panics are logged by their place, never by their message, which
//! may hold personal data.

use std::panic::PanicHookInfo;

use tracing_subscriber::{EnvFilter, filter::LevelFilter, fmt::MakeWriter};

use super::Failure;
use crate::config::{ConfigError, Log, LogFormat};

/// Starts logging to standard output.
pub fn start(log: &Log) -> Result<(), Failure> {
    start_to(log, std::io::stdout)
}

/// Starts logging to somewhere else: whatever runs in this process, once.
///
/// # Errors
/// A sentence that names the setting, or says that logging was started before.
pub fn start_to<W>(log: &Log, writer: W) -> Result<(), Failure>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = filter(log)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_target(true).with_writer(writer);
    // A line that cannot be written, to a full disk for one, is lost. Complaining about it on standard error
    // would fail alike, and end the process.
    let lines = lines.log_internal_errors(false);
    match log.format {
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()?
        }
        LogFormat::Text => lines.try_init()?,
    }
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    Ok(())
}

/// What is logged of its own accord for each client that speaks no HTTP: nothing an operator can mend.
const NOISE: &str = "actix_http=off";

/// The filter of `log.level`.
pub fn filter(log: &Log) -> Result<EnvFilter, ConfigError> {
    let wrong = || {
        ConfigError::setting("log.level", "must be a level such as info or a filter such as info,api=debug")
    };
    // A word that is no level would be taken for a part of the program, and all others say nothing.
    let mut levels = log.level.split(',').map(str::trim).filter(|part| !part.contains(['=', '[']));
    if levels.any(|level| level.is_empty() || level.parse::<LevelFilter>().is_err()) {
        return Err(wrong());
    }
    EnvFilter::try_new(format!("{NOISE},{}", log.level)).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_one_of_five_or_off() {
        let of = |level: &str| filter(&Log { level: level.into(), ..Log::default() });
        for level in ["info", "DEBUG", "off", "warn,api=debug", "info,sqlx=error"] {
            assert!(of(level).is_ok(), "{level}");
        }
        for level in ["warning", "loud", "", "info,api", "info,api=loud"] {
            assert!(of(level).unwrap_err().to_string().contains("log.level"), "{level}");
        }
    }
}
