//! Consent inside a running broadcast: people change their mind while it is being sent, and who said no is sent
//! nothing routine from then on.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::TimeDelta;
use domain::{
    Store,
    broadcasts::{AudienceTree, Broadcast, BroadcastState, Draft, Texts, Wording, port::BroadcastWrites},
    deliveries::{NewMessage, Recipients, Severity, Topic, budget::Budget},
    ids::{MessageId, PersonId},
    text::{Announcement, Line, Name},
};
use infrastructure::db::{Progress, Times};
use proptest::{
    collection::vec,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use super::{
    consents::{Agreed, act, history, lease, model, sent, the_ledger_says_so},
    seeds::Seeds,
    town::{Town, id},
};
use crate::support::{TestDatabase, on_both};

on_both!(minds_change_while_broadcasts_are_sent);

const PEOPLE: usize = 100;
/// Deliveries in a batch: few, so that minds can be changed between several.
const BATCH: u64 = 15;
const BROADCASTS: usize = 12;

/// A broadcast to everybody, planned for those who agree at this moment.
async fn plan(town: &Town, severity: Severity) -> MessageId {
    let now = town.clock.now();
    let wording = Wording {
        title: Line::parse("Die Brücke ist gesperrt").unwrap(),
        body: Announcement::parse("Bis Freitag, die Umleitung ist ausgeschildert.").unwrap(),
        short: None,
    };
    let draft = Draft {
        severity,
        topic: None,
        sender: Name::parse("Bauamt").unwrap(),
        texts: Texts { de: wording, en: None },
        template: None,
        links: Vec::new(),
        attachments: Default::default(),
        poll: None,
        audience: Some(AudienceTree { everyone: Some(true), ..Default::default() }),
        follows_up: None,
        drill: false,
        send_at: None,
        expires_at: now + TimeDelta::hours(6),
    };
    let mut broadcast = Broadcast::new(id(), now, id(), draft);
    broadcast.state = BroadcastState::Sending;
    let message = NewMessage {
        id: broadcast.id,
        severity,
        topic: Topic::Broadcast { broadcast: broadcast.id, drill: false },
        expires_at: broadcast.draft.expires_at,
        to: Recipients::Mailboxes(Vec::new()),
    };
    let whom = broadcast.whom().unwrap();
    let db = town.store.transaction(town.scope()).await.unwrap();
    db.insert_broadcast(&broadcast).await.unwrap();
    db.store_message(now, &message).await.unwrap();
    let (times, mut through) = (Times { now, due_at: now }, None);
    while let Some((_, last)) = db.plan_slice(times, &broadcast, (&whom, through), None).await.unwrap() {
        through = Some(last);
    }
    db.finish().await.unwrap();
    broadcast.id
}

async fn minds_change_while_broadcasts_are_sent(database: TestDatabase) {
    let town = Town::new(&database).await;
    town.by_day();
    let mut runner = TestRunner::deterministic();
    let mut agreed = Agreed::new();
    let mut seeds = Seeds::default();
    let people: Vec<PersonId> = (0..PEOPLE).map(|_| id()).collect();
    for person in &people {
        let both: BTreeSet<String> = ["important".to_owned(), "information".to_owned()].into();
        seeds.add(&town, *person, &both);
        agreed.insert(*person, both);
    }
    seeds.sow(&town).await;
    let mut counted = BTreeMap::new();
    for number in 0..BROADCASTS {
        let severity = if number % 2 == 0 { Severity::Information } else { Severity::Important };
        let histories = vec(history(), PEOPLE).new_tree(&mut runner).unwrap().current();
        let tx = town.store.begin(town.scope()).await.unwrap();
        for (person, (before, _)) in people.iter().zip(&histories) {
            if let Some(step) = before.last() {
                act(&*tx, &town, *person, *step).await;
                model(agreed.entry(*person).or_default(), *step);
            }
        }
        tx.commit().await.unwrap();
        let agrees = |agreed: &Agreed, person: &PersonId| agreed[person].contains(&severity.to_string());
        let message = plan(&town, severity).await;
        let planned: BTreeSet<PersonId> =
            people.iter().filter(|person| agrees(&agreed, person)).copied().collect();

        let lease = lease(&town).await;
        assert_eq!(lease.message, message);
        let (mut settled, mut batches, mut reached) = (Vec::new(), 0_u8, BTreeSet::new());
        while let Progress::Next(batch) = town
            .store
            .advance(&lease, town.clock.now(), Duration::from_secs(60), &settled, (BATCH, Budget::default()))
            .await
            .unwrap()
        {
            for due in &batch.due {
                let person = due.person.unwrap();
                assert!(agrees(&agreed, &person), "{person} is sent {severity} without consent");
                assert!(reached.insert(person), "{person} is sent it twice");
            }
            settled = sent(&batch, &town);
            // While this batch is on its way, some change their mind.
            let tx = town.store.begin(town.scope()).await.unwrap();
            for (person, (_, meanwhile)) in people.iter().zip(&histories) {
                if let Some((_, step)) = meanwhile.filter(|(when, _)| *when == batches) {
                    act(&*tx, &town, *person, step).await;
                    model(agreed.entry(*person).or_default(), step);
                }
            }
            tx.commit().await.unwrap();
            batches += 1;
        }
        assert!(
            batches > 1 && reached.is_subset(&planned),
            "nobody changed their mind while it was being sent"
        );
        *counted.entry("sent").or_default() += reached.len();
        *counted.entry("suppressed").or_insert(0) += planned.len() - reached.len();
        let view = town.store.view(town.scope()).await.unwrap();
        assert_eq!(view.people_unaccounted_for(message).await.unwrap(), 0);
    }
    for (state, many) in &counted {
        let sql = format!("SELECT count(*) FROM deliveries WHERE state = '{state}'");
        assert_eq!(town.ask(&sql).await, [many.to_string()], "{state}");
        assert!(*many > 3, "{counted:?}");
    }
    assert_eq!(town.ask("SELECT count(*) FROM deliveries WHERE state = 'pending'").await, ["0"]);
    town.assert_laws().await;
    the_ledger_says_so(&town, &agreed).await;
}
