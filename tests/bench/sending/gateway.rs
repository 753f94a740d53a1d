//! Our gateways alone: no database, no queue.

use std::sync::Arc;

use api::clock::Clock;
use chrono::TimeDelta;
use domain::{
    deliveries::{Content, Gateway, Outcome, Outgoing, Platform, PushAddress, PushText, Severity},
    text::{PushToken, Slug},
};
use futures::{StreamExt, stream};
use infrastructure::gateways::{Apns, ApnsConfig, Fcm, FcmConfig, Limits, ProcessTokens};
use serde::{Deserialize, Serialize};
use simulators::{
    apns::{ApnsSimulator, Credentials},
    fcm::FcmSimulator,
};

use super::{
    child::answer,
    raw::{CONNECTIONS, IN_FLIGHT, Target},
};

/// What to send by which gateway.
#[derive(Serialize, Deserialize)]
pub struct Alone {
    pub ca_pem: String,
    pub base_url: String,
    pub provider: Provider,
    pub sends: u32,
}

/// Whose gateway, and what it signs in with.
#[derive(Serialize, Deserialize)]
pub enum Provider {
    Apns(Credentials),
    Fcm(String),
}

impl Alone {
    pub fn apns(simulator: &ApnsSimulator, sends: u32) -> Self {
        let (ca_pem, base_url) = (simulator.ca_pem().to_owned(), simulator.base_url());
        Self { ca_pem, base_url, provider: Provider::Apns(simulator.credentials().clone()), sends }
    }

    pub fn fcm(simulator: &FcmSimulator, sends: u32) -> Self {
        let (ca_pem, base_url) = (simulator.ca_pem().to_owned(), simulator.base_url());
        Self { ca_pem, base_url, provider: Provider::Fcm(simulator.account().to_json()), sends }
    }

    fn gateway(&self) -> Arc<dyn Gateway> {
        let limits = Limits { connections: CONNECTIONS, in_flight: IN_FLIGHT, ..Limits::default() };
        let (base_url, ca_pem) = (self.base_url.parse().unwrap(), Some(self.ca_pem.clone().into_bytes()));
        match &self.provider {
            Provider::Apns(credentials) => {
                let config = ApnsConfig {
                    name: "apns".into(),
                    key_pem: credentials.key_pem.clone().into_bytes(),
                    key_id: credentials.key_id.clone(),
                    team_id: credentials.team_id.clone(),
                    topic: credentials.topic.clone(),
                    base_url,
                    sandbox_url: None,
                    ca_pem,
                    critical_alerts: false,
                    limits,
                };
                Arc::new(Apns::new(config, Arc::new(ProcessTokens::default())).unwrap())
            }
            Provider::Fcm(account) => {
                let service_account = account.clone().into_bytes();
                let config = FcmConfig { name: "fcm".into(), service_account, base_url, ca_pem, limits };
                Arc::new(Fcm::new(config).unwrap())
            }
        }
    }

    fn platform(&self) -> Platform {
        match self.provider {
            Provider::Apns(_) => Platform::Ios,
            Provider::Fcm(_) => Platform::Android,
        }
    }
}

/// The process that sends.
pub fn serve() {
    answer(async |alone: Alone| {
        let (gateway, platform, clock) = (alone.gateway(), alone.platform(), Clock::system());
        let sends = (0..alone.sends).map(|number| {
            let (gateway, clock) = (gateway.clone(), clock.clone());
            // A task each, as chunks are.
            tokio::spawn(async move {
                let item = push(&clock, platform, number);
                matches!(gateway.send(clock.now(), &item).await, Outcome::Sent { .. })
            })
        });
        let sent = stream::iter(sends).buffer_unordered(CONNECTIONS * IN_FLIGHT);
        let sent = sent.filter(|sent| std::future::ready(*sent.as_ref().unwrap())).count().await;
        u32::try_from(sent).unwrap()
    });
}

fn push(clock: &Clock, platform: Platform, number: u32) -> Outgoing {
    let token = match platform {
        Platform::Ios => format!("1{number:063x}"),
        Platform::Android => format!("phone:APA91b{number:0140}"),
    };
    let to = PushAddress { platform, token: PushToken::parse(token).unwrap(), environment: None };
    let text = PushText { title: TITLE.into(), body: BODY.into() };
    Outgoing {
        message: clock.uuid().into(),
        contact_point: clock.uuid().into(),
        generation: 0,
        municipality: clock.uuid().into(),
        slug: Slug::parse("bad-dueben").unwrap(),
        severity: Severity::Important,
        kind: "broadcast".into(),
        subject: Some(clock.uuid()),
        expires_at: clock.now() + TimeDelta::hours(6),
        content: Content::Push { to, text },
    }
}

const TITLE: &str = "Bad Düben";
const BODY: &str = "Hochwasser an der Mulde";

/// What the raw client sends to Apple: as much as ours.
pub fn raw_apns(simulator: &ApnsSimulator, sends: u32) -> Target {
    let id = Clock::system().uuid().to_string();
    let expires_at = (Clock::system().now() + TimeDelta::hours(6)).timestamp().to_string();
    let headers = [
        ("authorization", format!("bearer {}", simulator.credentials().provider_token().unwrap())),
        ("apns-topic", simulator.credentials().topic.clone()),
        ("apns-push-type", "alert".to_owned()),
        ("apns-id", id.clone()),
        ("apns-collapse-id", id.clone()),
        ("apns-expiration", expires_at),
        ("apns-priority", "10".to_owned()),
    ];
    Target {
        ca_pem: simulator.ca_pem().to_owned(),
        address: simulator.address(),
        path: format!("/3/device/1{:063x}", 1),
        headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        body: serde_json::json!({
            "aps": {"alert": {"title": TITLE, "body": BODY}, "sound": "default", "interruption-level": "time-sensitive"},
            "data": {"message_id": id, "kind": "broadcast", "municipality": "bad-dueben", "id": id},
        })
        .to_string(),
        sends,
    }
}

/// What the raw client sends to Google.
pub fn raw_fcm(simulator: &FcmSimulator, sends: u32) -> Target {
    let id = Clock::system().uuid().to_string();
    let headers = [
        ("authorization", format!("Bearer {}", simulator.issue_access_token())),
        ("content-type", "application/json".to_owned()),
    ];
    Target {
        ca_pem: simulator.ca_pem().to_owned(),
        address: simulator.address(),
        path: format!("/v1/projects/{}/messages:send", simulator.account().project_id),
        headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        body: serde_json::json!({"message": {
            "token": format!("phone:APA91b{:0140}", 1),
            "data": {"message_id": id, "kind": "broadcast", "municipality": "bad-dueben", "id": id},
            "notification": {"title": TITLE, "body": BODY},
            "android": {"priority": "HIGH", "ttl": "21600s", "notification": {"tag": id}},
        }})
        .to_string(),
        sends,
    }
}
