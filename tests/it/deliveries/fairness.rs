//! Nobody waits behind a large broadcast of another town hall, be it news or danger.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    Scope,
    deliveries::{Channel, NewMessage, Platform, Recipients, Severity, Topic, port::Outbox},
    follows::reach::rung,
    ids::{MessageId, MunicipalityId, PersonId, WorkerId},
};
use infrastructure::db::Served;

use super::{
    providers::Providers,
    town::{Town, id},
};
use crate::support::{TestDatabase, on_both};

on_both!(
    town_halls_are_served_by_turns_in_danger_and_otherwise,
    a_small_warning_does_not_wait_for_a_large_one,
    small_news_do_not_wait_for_large_ones,
);

const SOON: Duration = Duration::from_secs(20);
/// Chunks of the large town, each of one delivery.
const LARGE: usize = 40;

/// Two town halls, the one with the smaller identifier first, and somebody with a phone who wants everything of both.
struct Neighbours {
    town: Town,
    halls: [MunicipalityId; 2],
    person: PersonId,
}

impl Neighbours {
    async fn new(database: &TestDatabase) -> Self {
        let town = Town::new(database).await;
        let other: MunicipalityId = id();
        town.another(other, "eilenburg").await;
        let person = town.person().await;
        let phone = town.phone(person, Platform::Android, "a-phone-for-both").await;
        let mut halls = [town.municipality, other];
        halls.sort();
        for hall in halls {
            let row = [
                ("municipality_id", hall.0.into()),
                ("person_id", person.0.into()),
                ("contact_point_id", phone.0.into()),
                ("channel", Channel::Push.to_string().into()),
                ("position", rung(Channel::Push).into()),
                ("crisis", true.into()),
                ("important", true.into()),
                ("information", true.into()),
                ("notice", true.into()),
                ("active", true.into()),
            ];
            town.insert(Scope::Municipality(hall), "reach", row).await;
        }
        Self { town, halls, person }
    }

    /// Plans so many messages of one town hall, each a chunk of its own.
    async fn plan(&self, hall: MunicipalityId, severity: Severity, many: usize) -> Vec<MessageId> {
        let now = self.town.clock.now();
        let db = self.town.store.transaction(Scope::Municipality(hall)).await.unwrap();
        let mut planned = Vec::new();
        for _ in 0..many {
            let message = NewMessage {
                severity,
                topic: Topic::DeviceTest,
                ..self.town.notice(Recipients::Devices(self.person))
            };
            assert_eq!(db.enqueue(now, &message).await.unwrap(), 1);
            planned.push(message.id);
        }
        db.finish().await.unwrap();
        planned
    }

    /// Plans a large broadcast of one town hall, then a small one of the other, and has all of it sent. Answers how
    /// many came before the small one.
    async fn before_the_small_one(&self, severity: Severity) -> usize {
        let providers = Providers::start().await;
        let [small, large] = self.halls;
        self.plan(large, severity, LARGE).await;
        self.town.clock.advance(TimeDelta::seconds(1));
        let small = self.plan(small, severity, 1).await;
        let worker = self.town.worker(providers.lines()).await;
        let all = u64::try_from(LARGE + 1).unwrap();
        providers.fcm.wait_for_accepted(all, SOON).await.unwrap();
        worker.stop().await;
        let is_small =
            |push: &serde_json::Value| push["message"]["data"]["message_id"] == small[0].to_string();
        providers.fcm.accepted().iter().position(|push| is_small(&push.json())).unwrap()
    }
}

async fn town_halls_are_served_by_turns_in_danger_and_otherwise(database: TestDatabase) {
    let neighbours = Neighbours::new(&database).await;
    let ([first, second], store) = (neighbours.halls, &neighbours.town.store);
    // The second was there before with all of it.
    for severity in [Severity::Crisis, Severity::Important] {
        neighbours.plan(second, severity, 4).await;
        neighbours.town.clock.advance(TimeDelta::seconds(1));
        neighbours.plan(first, severity, 2).await;
    }
    let (mut served, mut order) = (Served::default(), Vec::new());
    let now = neighbours.town.clock.now();
    while let Some(turn) = store.installation().next_turn(now, served).await.unwrap() {
        let db = store.transaction(Scope::Installation).await.unwrap();
        let leases = db.claim(id::<WorkerId>(), now, SOON, turn, 1).await.unwrap();
        db.finish().await.unwrap();
        served.note(turn);
        assert_eq!(leases.len(), 1);
        order.push((leases[0].municipality, leases[0].lane));
    }
    let by_turns = [first, second, first, second, second, second];
    let of = |lane| by_turns.map(|hall| (hall, lane));
    assert_eq!(order, [of(Severity::Crisis), of(Severity::Important)].concat(), "danger before all");
}

async fn a_small_warning_does_not_wait_for_a_large_one(database: TestDatabase) {
    let before = Neighbours::new(&database).await.before_the_small_one(Severity::Crisis).await;
    assert!(before < LARGE / 2, "{before} of {LARGE} came first");
}

async fn small_news_do_not_wait_for_large_ones(database: TestDatabase) {
    let before = Neighbours::new(&database).await.before_the_small_one(Severity::Important).await;
    assert!(before < LARGE / 2, "{before} of {LARGE} came first");
}
