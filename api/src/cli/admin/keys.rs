//! The keys that sign access tokens.

use chrono::TimeDelta;
use infrastructure::tokens::Keyring;

use super::{Desk, refusal};
use crate::{cli::Failure, clock::Clock, config::Config, server::secrets};

impl Desk {
    /// Makes a new key and retires the others.
    pub(super) async fn rotate_keys(&self, config: &Config, clock: &Clock) -> Result<(), Failure> {
        let keyring = Keyring::new(
            self.store.clone(),
            secrets(config, clock)?,
            clock.entropy(),
            (config.issuer().to_owned(), config.audience().to_owned()),
            TimeDelta::minutes(config.auth.access_token_minutes.into()),
        );
        let kid = keyring.rotate(self.ctx.now).await.map_err(refusal)?;
        println!(
            "Key {kid} signs from the next minute on. /.well-known/jwks.json shows both until tokens of the old one have ended."
        );
        Ok(())
    }
}
