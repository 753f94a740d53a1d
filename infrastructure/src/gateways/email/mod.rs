//! E-mail over SMTP (RFC 5321), with `lettre` for letters and for the protocol.
//!
//! lettre's own transport reports neither at which command a server refused (a refused sender is
//! our mistake, a refused recipient is not) nor lets `TCP_NODELAY` be set, which costs 40 ms a
//! letter. So its connections are pooled here.

mod answers;
mod bounces;
mod letter;
mod smtp;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    deliveries::{Channel, Content, Gateway, Outcome, Outgoing},
    text::EmailAddress,
};
use url::Url;

use super::{Limits, SetupError, delivery_id};
use crate::secrets::{BounceName, Secrets};
pub use bounces::bounce_report;
use letter::{Letter, Sender};
use smtp::Smtp;

/// Settings of the mail server that takes our letters.
#[derive(Clone)]
pub struct EmailConfig {
    /// Names the gateway in logs and metrics: `email`.
    pub name: String,
    /// `smtps://user:password@host` (port 465), `smtp://user:password@host?tls=required` (STARTTLS,
    /// port 587), or `smtp://host` (port 25, not encrypted). User and password are percent-encoded.
    /// A password goes without encryption to this machine only.
    pub smtp_url: Url,
    /// The address letters come from.
    pub from: EmailAddress,
    /// Trusted besides the system's certificate authorities.
    pub ca_pem: Option<Vec<u8>>,
    /// Connections to the server, each with one letter at a time, and the longest time one letter
    /// may take; `in_flight` has no meaning here.
    pub limits: Limits,
}

/// The gateway to a mail server.
pub struct Email {
    name: String,
    sender: Sender,
    smtp: Smtp,
    concurrency: usize,
    returns: Option<Returns>,
}

/// Where letters are sent back to that a server took and cannot deliver.
#[derive(Clone)]
pub struct Returns {
    /// A domain whose letters come to us, each to an address of its own.
    pub domain: String,
    /// Signs the addresses.
    pub secrets: Secrets,
}

impl Returns {
    /// The address to which the letter of a delivery is sent back.
    fn address(&self, item: &Outgoing) -> Option<lettre::Address> {
        let local_part = BounceName::of(item)?.local_part(&self.secrets);
        lettre::Address::new(local_part, &self.domain).ok()
    }
}

impl Email {
    /// Nothing is connected yet.
    pub fn new(config: EmailConfig) -> Result<Self, SetupError> {
        Ok(Self {
            sender: Sender::new(&config.from)?,
            smtp: Smtp::new(&config.smtp_url, config.ca_pem.as_deref(), config.limits)?,
            concurrency: config.limits.connections,
            name: config.name,
            returns: None,
        })
    }

    /// The same, with a return address for each letter. None where the domain is none.
    pub fn with_returns(self, returns: Returns) -> Option<Self> {
        lettre::Address::new("b", &returns.domain).ok()?;
        Some(Self { returns: Some(returns), ..self })
    }
}

impl Email {
    /// A letter in an envelope that comes back to where its delivery is known.
    fn returning(&self, letter: Letter, item: &Outgoing) -> Letter {
        match self.returns.as_ref().and_then(|returns| returns.address(item)) {
            Some(from) => Letter { from, ..letter },
            None => letter,
        }
    }
}

#[async_trait]
impl Gateway for Email {
    fn name(&self) -> &str {
        &self.name
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    async fn send(&self, now: DateTime<Utc>, item: &Outgoing) -> Outcome {
        let Content::Mail(mail) = &item.content else {
            return Outcome::Permanent { reason: "wrong_channel" };
        };
        if item.expires_at <= now {
            return Outcome::Permanent { reason: "expired" };
        }
        let id = delivery_id(item);
        let letter = match self.sender.letter(mail, id, now) {
            Ok(letter) => self.returning(letter, item),
            Err(reason) => return Outcome::Permanent { reason },
        };
        match self.smtp.send(&letter).await {
            Ok(()) => Outcome::Sent { provider_id: Some(id.to_string()) },
            Err((stage, fault)) => {
                let outcome = answers::outcome(stage, fault);
                // Never the server's words: they repeat the address.
                tracing::info!(
                    %stage,
                    %fault,
                    reason = outcome.reason(),
                    message = %item.message,
                    contact_point = %item.contact_point,
                    "a letter was not taken"
                );
                outcome
            }
        }
    }
}

#[cfg(test)]
mod tests;
