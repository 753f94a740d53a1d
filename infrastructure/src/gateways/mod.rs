//! Adapters to providers. What an answer means is decided in one table per provider
//! (`*/answers.rs`), apart from how it is fetched.

pub mod apns;
mod callbacks;
pub mod email;
pub mod fcm;
mod http1;
pub mod http2;
pub mod kannel;
pub mod log;
mod push;
pub mod tls;
pub mod twilio;
#[cfg(test)]
mod wire;

use aws_lc_rs::digest;
use domain::deliveries::Outgoing;
use uuid::Uuid;

pub use apns::{Apns, ApnsConfig, IssuedToken, ProcessTokens, ProviderTokens};
pub use callbacks::Callbacks;
pub use email::{Email, EmailConfig, Returns, bounce_report};
pub use fcm::{Fcm, FcmConfig};
pub use http2::Limits;
pub use kannel::{Kannel, KannelConfig};
pub use log::Log;
pub use twilio::{TwilioConfig, TwilioSms, TwilioVoice};

/// What is wrong with a gateway's settings. Its text names the thing, never its content.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The APNs key is unreadable.
    #[error("the APNs key is not a P-256 private key in PEM form (Apple's AuthKey_….p8)")]
    ApnsKey,
    /// The APNs key id, team id or topic cannot stand in a header.
    #[error("the APNs key id, team id or topic contains characters that Apple never uses")]
    ApnsNames,
    /// The service account is unreadable.
    #[error("the FCM service account is not the JSON file that Google's console gives out: {0}")]
    ServiceAccount(&'static str),
    /// A provider's address is unusable.
    #[error("{0} is not an https address with a host")]
    Address(String),
    /// A gateway's address is unusable.
    #[error("{0} is not an http or https address with a host")]
    Gateway(String),
    /// The SMTP address is unusable.
    #[error("the SMTP address {0}")]
    Smtp(&'static str),
    /// No certificates to trust.
    #[error("the certificate authorities could not be loaded: {0}")]
    Authorities(&'static str),
}

/// Names a delivery to the outside, the same for each attempt and for each instance: `apns-id`, and
/// the left half of an e-mail's `Message-ID`. A UUIDv8 (RFC 9562, section 5.8) over the SHA-256 of
/// message and contact point, so it gives neither away.
pub(crate) fn delivery_id(item: &Outgoing) -> Uuid {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(item.message.0.as_bytes());
    hash.update(item.contact_point.0.as_bytes());
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(hash.finish().as_ref()) {
        *to = *from;
    }
    uuid::Builder::from_custom_bytes(id).into_uuid()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta, Utc};
    use domain::{
        deliveries::{Content, Platform, PushAddress, PushText, Severity},
        text::{PushToken, Slug},
    };

    pub(crate) fn noon() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    pub(crate) fn push(platform: Platform, token: &str) -> Outgoing {
        Outgoing {
            message: "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01".parse().unwrap(),
            contact_point: "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c02".parse().unwrap(),
            generation: 0,
            municipality: "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c03".parse().unwrap(),
            slug: Slug::parse("bad-dueben").unwrap(),
            severity: Severity::Notice,
            kind: "complaint_status".into(),
            subject: Some("019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c04".parse().unwrap()),
            expires_at: noon() + TimeDelta::hours(1),
            content: Content::Push {
                to: PushAddress { platform, token: PushToken::parse(token).unwrap(), environment: None },
                text: PushText {
                    title: "Bad Düben".into(), body: "Es gibt Neues zu Ihrem Anliegen.".into()
                },
            },
        }
    }

    #[test]
    fn a_delivery_keeps_its_name_and_shares_it_with_no_other() {
        let item = push(Platform::Ios, "aabbccdd");
        let mut other = item.clone();
        assert_eq!(delivery_id(&item), delivery_id(&other));
        assert_eq!(delivery_id(&item).get_version_num(), 8);
        other.contact_point = "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c05".parse().unwrap();
        assert_ne!(delivery_id(&item), delivery_id(&other));
    }
}
