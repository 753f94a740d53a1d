//! What is sent rests on consent at the moment it is sent, not when it was planned.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use chrono::TimeDelta;
use domain::{
    Scope, Store, Tx,
    consents::{
        By, CURRENT, Means,
        entry::Circumstances,
        service::{Withdrawal, withdraw},
    },
    deliveries::{Channel, DeliveryState, Severity, Topic, Verdict, budget::Budget},
    follows::{Channels, Follow, FollowRole, service::settle},
    ids::{MessageId, MunicipalityId, PersonId, WorkerId},
};
use infrastructure::db::{Batch, Lease, Progress, Served, Settled};
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sea_orm::{
    ConnectionTrait, ExprTrait,
    sea_query::{Expr, Order, Query},
};
use uuid::Uuid;

use super::{
    seeds::Seeds,
    town::{Town, id},
};
use crate::support::{TestDatabase, on_both};

on_both!(consent_histories);

/// People in one message, and messages.
const PEOPLE: usize = 200;
const MESSAGES: usize = 50;
/// Deliveries in a batch: few, so that minds can be changed between several.
const BATCH: u64 = 20;
const ROUTINE: [Severity; 2] = [Severity::Information, Severity::Important];

/// What somebody does.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Give(Severity),
    Withdraw(Severity),
    Unsubscribe,
    Stop,
}

/// What somebody did before a message was planned, and what they do while it is being sent.
pub type History = (Vec<Step>, Option<(u8, Step)>);

fn step() -> impl Strategy<Value = Step> {
    let severity =
        || prop::sample::select(vec![Severity::Information, Severity::Important, Severity::Crisis]);
    prop_oneof![
        4 => severity().prop_map(Step::Give),
        3 => severity().prop_map(Step::Withdraw),
        1 => Just(Step::Unsubscribe),
        1 => Just(Step::Stop),
    ]
}

pub fn history() -> impl Strategy<Value = History> {
    (vec(step(), 0..4), prop::option::of((0_u8..5, step())))
}

/// What the ledger should say.
pub type Agreed = HashMap<PersonId, BTreeSet<String>>;

pub fn model(agreed: &mut BTreeSet<String>, step: Step) {
    match step {
        Step::Give(severity) => {
            agreed.insert(severity.to_string());
        }
        Step::Withdraw(severity) => {
            agreed.remove(&severity.to_string());
        }
        Step::Unsubscribe => agreed.retain(|severity| severity == "crisis"),
        Step::Stop => agreed.clear(),
    }
}

/// The same, as the program does it.
pub async fn act(tx: &dyn Tx, town: &Town, person: PersonId, step: Step) {
    let municipality = town.municipality;
    let circumstances = Circumstances {
        at: town.clock.now(),
        means: Means::App,
        text_version: CURRENT,
        proof: None,
        by: By::Person,
    };
    let withdrawal = |crisis_too| Withdrawal { channel: Channel::Email, crisis_too };
    match step {
        Step::Unsubscribe | Step::Stop => {
            let withdrawal = withdrawal(matches!(step, Step::Stop));
            withdraw(tx, (person, municipality), withdrawal, &circumstances).await.unwrap();
        }
        Step::Give(severity) | Step::Withdraw(severity) => {
            let before = tx.follow_of(person, municipality).await.unwrap();
            let agreed = before.map(|follow| follow.channels).unwrap_or_default();
            let mut channels = agreed.without(|_, other| other == severity);
            if matches!(step, Step::Give(_)) {
                channels.add(Channel::Email, severity);
            }
            settle(tx, &tie(person, municipality, town, channels), &agreed, &circumstances).await.unwrap();
        }
    }
}

fn tie(person: PersonId, municipality: MunicipalityId, town: &Town, channels: Channels) -> Follow {
    Follow {
        person,
        municipality,
        role: FollowRole::Resident,
        chosen_at: Some(town.clock.now()),
        home: None,
        age_group: None,
        locale: Default::default(),
        channels,
    }
}

/// A message planned for everybody, whatever they agreed to.
pub async fn plant(town: &Town, severity: Severity, people: &[PersonId]) -> MessageId {
    let message: MessageId = id();
    let chunk = Uuid::new_v4();
    let now = town.clock.now();
    let topic = serde_json::to_value(Topic::DeviceTest).unwrap();
    let messages: [(&'static str, sea_orm::Value); 7] = [
        ("municipality_id", town.municipality.0.into()),
        ("id", message.0.into()),
        ("severity", severity.to_string().into()),
        ("kind", "device_test".into()),
        ("params", topic.into()),
        ("expires_at", (now + TimeDelta::days(1)).into()),
        ("created_at", now.into()),
    ];
    town.insert(town.scope(), "messages", messages).await;
    let rows = Query::select()
        .column("contact_point_id")
        .column("person_id")
        .exprs([
            Expr::val(town.municipality.0),
            Expr::val(message.0),
            Expr::val("email"),
            Expr::val("pending"),
            Expr::val(chunk),
            Expr::val(now),
            Expr::val(0_i32),
            Expr::val(now),
        ])
        .from("contacts")
        .and_where(Expr::col("person_id").is_in(people.iter().map(|person| person.0)))
        .take();
    let plan = Query::insert()
        .into_table("deliveries")
        .columns([
            "contact_point_id",
            "person_id",
            "municipality_id",
            "message_id",
            "channel",
            "state",
            "chunk_id",
            "due_at",
            "attempts",
            "updated_at",
        ])
        .select_from(rows)
        .unwrap()
        .take();
    let db = town.store.transaction(town.scope()).await.unwrap();
    assert_eq!(db.connection().execute(&plan).await.unwrap().rows_affected(), people.len() as u64);
    db.finish().await.unwrap();
    let chunks: [(&'static str, sea_orm::Value); 10] = [
        ("id", chunk.into()),
        ("municipality_id", town.municipality.0.into()),
        ("message_id", message.0.into()),
        ("channel", "email".into()),
        ("lane", severity.to_string().into()),
        ("state", "pending".into()),
        ("due_at", now.into()),
        ("size", (people.len() as i32).into()),
        ("epoch", 0_i64.into()),
        ("created_at", now.into()),
    ];
    town.insert(Scope::Installation, "work_chunks", chunks).await;
    message
}

pub async fn lease(town: &Town) -> Lease {
    let now = town.clock.now();
    let turn = town.store.installation().next_turn(now, Served::default()).await.unwrap().unwrap();
    let db = town.store.transaction(Scope::Installation).await.unwrap();
    let owner = WorkerId(Uuid::new_v4());
    let lease = db.claim(owner, now, Duration::from_secs(60), turn, 1).await.unwrap().pop().unwrap();
    db.finish().await.unwrap();
    lease
}

pub fn sent(batch: &Batch, town: &Town) -> Vec<Settled> {
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
        number: 1,
        at: town.clock.now(),
        verdict: verdict.clone(),
    });
    settled.collect()
}

async fn consent_histories(database: TestDatabase) {
    let town = Town::new(&database).await;
    let mut runner = TestRunner::deterministic();
    let mut sends = 0;
    let mut suppressed = 0;
    let mut everybody = Agreed::new();
    for round in 0..MESSAGES {
        let histories = vec(history(), PEOPLE).new_tree(&mut runner).unwrap().current();
        let severity = ROUTINE[round % 2];
        let mut agreed = Agreed::new();
        let mut seeds = Seeds::default();
        let mut people: Vec<PersonId> = Vec::new();
        for (before, _) in &histories {
            let earlier = before.split_last().map(|(_, earlier)| earlier).unwrap_or_default();
            let person = id();
            let standing = agreed.entry(person).or_default();
            earlier.iter().for_each(|step| model(standing, *step));
            seeds.add(&town, person, standing);
            people.push(person);
        }
        seeds.sow(&town).await;
        // The last thing they did before is done by the program.
        let tx = town.store.begin(town.scope()).await.unwrap();
        for (person, (before, _)) in people.iter().zip(&histories) {
            if let Some(step) = before.last() {
                act(&*tx, &town, *person, *step).await;
                model(agreed.entry(*person).or_default(), *step);
            }
        }
        tx.commit().await.unwrap();

        plant(&town, severity, &people).await;
        let lease = lease(&town).await;
        let mut settled = Vec::new();
        let mut batches = 0_u8;
        let mut reached = BTreeSet::new();
        loop {
            let now = town.clock.now();
            let next = town
                .store
                .advance(&lease, now, Duration::from_secs(60), &settled, (BATCH, Budget::default()))
                .await
                .unwrap();
            let Progress::Next(batch) = next else { break };
            for due in &batch.due {
                let person = due.person.unwrap();
                let may = agreed.get(&person).is_some_and(|agreed| agreed.contains(&severity.to_string()));
                assert!(may, "{person} is sent {severity} without consent: {:?}", agreed.get(&person));
                assert!(reached.insert(person), "{person} is sent it twice");
            }
            sends += batch.due.len();
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
        suppressed += PEOPLE - reached.len();
        assert!(batches > 1, "nobody changed their mind while it was being sent");
        everybody.extend(agreed);
    }
    the_ledger_says_so(&town, &everybody).await;
    assert_eq!(
        town.ask(
            "SELECT count(*) FROM deliveries WHERE state = 'suppressed' AND reason = 'consent_withdrawn'"
        )
        .await,
        [suppressed.to_string()]
    );
    assert_eq!(town.ask("SELECT count(*) FROM deliveries WHERE state = 'pending'").await, ["0"]);
    assert!(sends > 1_000 && suppressed > 1_000, "{sends} {suppressed}");
    println!("consent_histories: {} histories, {sends} sent, {suppressed} suppressed", PEOPLE * MESSAGES);
}

/// The ledger, read entry by entry, says what people agreed to.
pub async fn the_ledger_says_so(town: &Town, agreed: &Agreed) {
    let view = town.store.view(town.scope()).await.unwrap();
    let entries = Query::select()
        .columns(["person_id", "purpose", "given"])
        .from("consents")
        .order_by("person_id", Order::Asc)
        .order_by("number", Order::Asc)
        .take();
    let mut standing = Agreed::new();
    for row in view.connection().query_all(&entries).await.unwrap() {
        let person = PersonId(row.try_get("", "person_id").unwrap());
        let (purpose, given): (String, bool) =
            (row.try_get("", "purpose").unwrap(), row.try_get("", "given").unwrap());
        let theirs = standing.entry(person).or_default();
        let changed = if given { theirs.insert(purpose) } else { theirs.remove(&purpose) };
        assert!(changed, "{person}: an entry that changes nothing");
    }
    for (person, agreed) in agreed {
        assert_eq!(&standing.remove(person).unwrap_or_default(), agreed, "{person}");
    }
    assert_eq!(standing.len(), 0, "entries of nobody");
}
