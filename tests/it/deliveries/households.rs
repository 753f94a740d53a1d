//! A mailbox that several people share is told once, whoever of them leaves meanwhile.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    Store,
    deliveries::{Severity, budget::Budget},
    ids::{MessageId, PersonId},
};
use infrastructure::db::Progress;
use uuid::Uuid;

use super::{
    consents::{Step, act, lease, plant},
    seeds::Seeds,
    town::{Town, id},
};
use crate::support::{TestDatabase, on_both};

on_both!(a_household_is_told_once_while_one_leaves);

/// Whom the message is for besides the one whose name the delivery bears, who leaves before it is sent, and
/// in whose name it goes: 0 bears the name.
const HOUSEHOLDS: [(&[usize], &[usize], Option<usize>); 5] = [
    (&[1], &[], Some(0)),
    (&[1], &[0], Some(1)),
    (&[1], &[1], Some(0)),
    (&[1, 2], &[0, 1, 2], None),
    // The other one lives there and agreed to such messages, but this one is not for them.
    (&[], &[0], None),
];

async fn a_household_is_told_once_while_one_leaves(database: TestDatabase) {
    let town = Town::new(&database).await;
    let agreed = BTreeSet::from([Severity::Information.to_string()]);
    let mut seeds = Seeds::default();
    let mut households: Vec<(Uuid, [PersonId; 3])> = Vec::new();
    for number in 0..HOUSEHOLDS.len() {
        let mailbox = format!("household{number}@example.org");
        let (point, people) = (Uuid::new_v4(), [id(), id(), id()]);
        for person in people {
            seeds.add_at(&town, person, (point, &mailbox), &agreed);
        }
        households.push((point, people));
    }
    seeds.sow(&town).await;
    let bear: Vec<PersonId> = households.iter().map(|(_, people)| people[0]).collect();
    let message: MessageId = plant(&town, Severity::Information, &bear).await;
    for ((point, people), (others, _, _)) in households.iter().zip(HOUSEHOLDS) {
        for other in others {
            let row = [
                ("municipality_id", town.municipality.0.into()),
                ("message_id", message.0.into()),
                ("contact_point_id", (*point).into()),
                ("person_id", people[*other].0.into()),
            ];
            town.insert(town.scope(), "shared_deliveries", row).await;
        }
    }
    let lease = lease(&town).await;
    let tx = town.store.begin(town.scope()).await.unwrap();
    for ((_, people), (_, leave, _)) in households.iter().zip(HOUSEHOLDS) {
        for one in leave {
            act(&*tx, &town, people[*one], Step::Unsubscribe).await;
        }
    }
    tx.commit().await.unwrap();
    let hour = Duration::from_secs(3600);
    let next =
        town.store.advance(&lease, town.clock.now(), hour, &[], (100, Budget::default())).await.unwrap();
    let Progress::Next(batch) = next else { panic!("nothing is due") };
    let mut sent: Vec<PersonId> = batch.due.iter().map(|due| due.person.unwrap()).collect();
    let mut wanted: Vec<PersonId> = Vec::new();
    for ((_, people), (_, _, name)) in households.iter().zip(HOUSEHOLDS) {
        wanted.extend(name.map(|one| people[one]));
    }
    sent.sort();
    wanted.sort();
    assert_eq!(sent, wanted);
    // In the books it is theirs who are told, and nobody is counted who left.
    let counted = "SELECT count(*) FROM deliveries JOIN reach ON reach.person_id = deliveries.person_id \
                   AND reach.contact_point_id = deliveries.contact_point_id WHERE state = 'pending'";
    assert_eq!(town.ask(counted).await, ["3"]);
    let silent = "SELECT count(*) FROM deliveries WHERE reason = 'consent_withdrawn'";
    assert_eq!(town.ask(silent).await, ["2"]);
    assert_eq!(batch.message.id, message);
}
