//! A town in whose process nobody sends: a test takes each step itself, and something else in between.

use std::time::Duration;

use api::cli::Role;
use chrono::TimeDelta;
use domain::{
    Store,
    broadcasts::{
        Acknowledging, Audience, AudienceTree, Broadcast, BroadcastState, Ladder, Whom, broadcast::Who,
    },
    deliveries::{Channel, DeliveryState, NewMessage, Recipients, Topic, Verdict, budget::Budget},
    ids::{ContactPointId, MessageId, PersonId},
};
use infrastructure::{
    db::{Batch, Lease, Progress, Settled, Times},
    secrets::{DeliveryName, Secrets},
};
use serde_json::json;

use super::town::{Mulde, Resident};
use crate::{
    deliveries::consents,
    support::{Engine, Fixture, installation::SECRET},
};

/// The town.
pub struct ByHand(pub Mulde);

impl Fixture for ByHand {
    async fn on(engine: Engine) -> Self {
        Self(Mulde::with(engine, Role::Api, |_| {}).await)
    }
}

const LEASE: Duration = Duration::from_secs(3600);

impl ByHand {
    /// Two people in their streets who are reached by these channels; the first is planned before the second.
    pub async fn two(&self, first: (&str, &[Channel]), second: (&str, &[Channel])) -> (Resident, Resident) {
        loop {
            let one = self.0.resident(first.0, 7, first.1).await;
            let other = self.0.resident(second.0, 8, second.1).await;
            if one.person < other.person {
                return (one, other);
            }
            // Identifiers come in any order. These two do not follow the town.
            for resident in [one, other] {
                let person = self.0.identifier(resident.person.0);
                self.0
                    .exchange
                    .town
                    .execute(&format!("DELETE FROM follows WHERE person_id = {person}"))
                    .await;
            }
        }
    }

    /// A broadcast that has begun and for which nobody is written down yet.
    pub async fn begun(&self, severity: &str) -> Broadcast {
        let id = self.0.send(json!({"severity": severity})).await;
        let town = &self.0.exchange.town;
        let now = town.clock.now();
        let db = town.store.transaction(town.scope()).await.unwrap();
        let (mut broadcast, _) = db.take_broadcast(id.parse().unwrap()).await.unwrap().unwrap();
        broadcast.state = BroadcastState::Sending;
        broadcast.sending_at = Some(now);
        let message = NewMessage {
            id: broadcast.id,
            severity: broadcast.draft.severity,
            topic: Topic::Broadcast { broadcast: broadcast.id, drill: false },
            expires_at: broadcast.draft.expires_at,
            to: Recipients::Mailboxes(Vec::new()),
        };
        db.store_message(now, &message).await.unwrap();
        db.note_progress(&broadcast, None).await.unwrap();
        db.finish().await.unwrap();
        broadcast
    }

    /// The ladder of a broadcast.
    pub fn ladder(broadcast: &Broadcast) -> Option<Ladder> {
        broadcast.climbs(Default::default())
    }

    /// Plans those who live in a street, of those after somebody. Answers whether there were any.
    pub async fn plan(&self, broadcast: &Broadcast, street: &str, after: Option<&Resident>) -> bool {
        let town = &self.0.exchange.town;
        let now = town.clock.now();
        let tree: AudienceTree = serde_json::from_value(json!({"street": {"name": street}})).unwrap();
        let who = Who::Audience(Audience::parse(&tree, "/audience").unwrap());
        let whom = Whom { who, ..broadcast.whom().unwrap() };
        let db = town.store.transaction(town.scope()).await.unwrap();
        let times = Times { now, due_at: now };
        let through = after.map(|resident| resident.person.0);
        let planned = db
            .plan_slice(times, broadcast, (&whom, through), Self::ladder(broadcast).as_ref())
            .await
            .unwrap();
        db.finish().await.unwrap();
        planned.is_some()
    }

    /// Somebody says in the app that they know.
    pub async fn acknowledge(&self, id: MessageId, person: PersonId) {
        let town = &self.0.exchange.town;
        let tx = town.store.begin(town.scope()).await.unwrap();
        assert!(tx.acknowledge(town.clock.now(), id, &[person], Acknowledging::App).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// Takes everybody one rung up whose time is over.
    pub async fn climb(&self, broadcast: &Broadcast) {
        let town = &self.0.exchange.town;
        let db = town.store.transaction(town.scope()).await.unwrap();
        db.climb(town.clock.now(), broadcast, &Self::ladder(broadcast).unwrap()).await.unwrap();
        db.finish().await.unwrap();
    }

    /// Takes what is due of the chunk whose turn it is.
    pub async fn take(&self) -> (Lease, Option<Batch>) {
        let lease = consents::lease(&self.0.exchange.town).await;
        let batch = match self.step(&lease, &[]).await {
            Progress::Next(batch) => Some(batch),
            Progress::Over => None,
            Progress::Fenced => panic!("somebody else sends"),
        };
        (lease, batch)
    }

    /// Takes what is due of the chunk whose turn it is, and a provider takes all of it.
    pub async fn send(&self) -> Vec<PersonId> {
        let (lease, batch) = self.take().await;
        let batch = batch.expect("something is due");
        let at = self.0.exchange.town.clock.now();
        let verdict = Verdict {
            state: DeliveryState::Sent,
            due_at: None,
            counts: true,
            reason: None,
            provider_id: None,
            dead_since: None,
        };
        let settled = batch.due.iter().map(|due| Settled {
            contact_point: due.contact_point,
            number: due.attempts + 1,
            at,
            verdict: verdict.clone(),
        });
        let settled: Vec<_> = settled.collect();
        assert!(matches!(self.step(&lease, &settled).await, Progress::Over));
        batch.due.iter().filter_map(|due| due.person).collect()
    }

    async fn step(&self, lease: &Lease, settled: &[Settled]) -> Progress {
        let town = &self.0.exchange.town;
        let limits = (100, Budget::default());
        town.store.advance(lease, town.clock.now(), LEASE, settled, limits).await.unwrap()
    }

    /// The name by which a provider reports on the first, second, … time a delivery left.
    pub fn name(&self, message: MessageId, contact_point: ContactPointId, generation: u32) -> DeliveryName {
        DeliveryName { municipality: self.0.exchange.town.municipality, message, contact_point, generation }
    }

    /// The same as it stands in the address for reports.
    pub fn token(&self, name: DeliveryName) -> String {
        let until = self.0.exchange.town.clock.now() + TimeDelta::hours(6);
        name.token(&Self::secrets(), until).unwrap()
    }

    /// What the installation signs and seals with.
    pub fn secrets() -> Secrets {
        Secrets::new(SECRET).unwrap()
    }

    /// Somebody wants nothing more by any way.
    pub async fn leave(&self, resident: &Resident) {
        let person = self.0.identifier(resident.person.0);
        let sql = format!("UPDATE reach SET active = false WHERE person_id = {person}");
        self.0.exchange.town.execute(&sql).await;
    }

    /// The states of the deliveries of a channel.
    pub async fn states(&self, channel: &str) -> Vec<String> {
        let sql = format!("SELECT state FROM deliveries WHERE channel = '{channel}' ORDER BY state");
        self.0.exchange.town.ask(&sql).await
    }
}
