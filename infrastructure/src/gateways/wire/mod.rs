//! Gateways against simulators: real sockets, TLS and HTTP/2.

mod apns;
mod email;
mod fcm;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    deliveries::{Content, Gateway, Outcome, Outgoing, Platform},
    ids::{ContactPointId, MessageId},
    text::PushToken,
};
use futures::future::join_all;
use uuid::Uuid;

use super::{Limits, tests::push};

/// A push of this moment to a phone of its own.
fn push_to(platform: Platform, token: &str, number: u128) -> Outgoing {
    let mut item = push(platform, token);
    item.message = MessageId(Uuid::from_u128(0x0019_0000_0000_7000_8000_0000_0000_0001));
    item.contact_point = ContactPointId(Uuid::from_u128(number));
    item.expires_at = now() + TimeDelta::hours(1);
    item
}

fn now() -> DateTime<Utc> {
    simulators::clock::now()
}

fn to(item: &mut Outgoing, new: String) {
    if let Content::Push { to, .. } = &mut item.content {
        to.token = PushToken::parse(new).unwrap();
    }
}

fn impatient() -> Limits {
    Limits { timeout: Duration::from_millis(300), ..Limits::default() }
}

/// Sends all at once, and what was not taken again at once, until everything was sent. How many
/// sends it took.
async fn send_all(gateway: &impl Gateway, items: &[Outgoing]) -> usize {
    let mut open: Vec<&Outgoing> = items.iter().collect();
    let mut sends = 0;
    while !open.is_empty() {
        sends += open.len();
        assert!(sends < items.len() * 20, "never ends");
        let outcomes = join_all(open.iter().map(|item| gateway.send(now(), item))).await;
        let mut again = Vec::new();
        for (item, outcome) in open.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Sent { .. } => {}
                Outcome::Retry { .. } => again.push(item),
                other => panic!("{other:?}"),
            }
        }
        open = again;
    }
    sends
}
