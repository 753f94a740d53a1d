//! Planning: one delivery for each contact point, once.

use std::time::Duration;

use domain::{
    Scope,
    deliveries::{NewMessage, Platform, Recipients, port::Outbox},
    ids::{ContactPointId, MunicipalityId, PersonId},
    text::EmailAddress,
};

use futures::future::join_all;
use infrastructure::db::NextTurn;

use super::town::{Town, id};
use crate::support::{TestDatabase, on_both};

on_both!(
    every_phone_of_a_person_gets_a_delivery_once,
    mailboxes_become_contact_points_once,
    letters_of_new_messages_are_planned_alike,
    letters_to_one_new_mailbox_at_the_same_moment_share_it,
    nobody_to_reach_is_no_chunk,
    what_is_rolled_back_was_never_planned,
    a_chunk_nobody_can_read_keeps_no_other_waiting,
);

async fn every_phone_of_a_person_gets_a_delivery_once(database: TestDatabase) {
    let town = Town::new(&database).await;
    let person = town.person().await;
    town.phone(person, Platform::Ios, &"a1".repeat(32)).await;
    town.phone(person, Platform::Android, "android-token").await;
    let stranger = town.person().await;
    let other = town.phone(stranger, Platform::Ios, &"b2".repeat(32)).await;

    let notice = town.notice(Recipients::Devices(person));
    assert_eq!(town.enqueue(&notice).await.unwrap(), 2);
    assert_eq!(town.enqueue(&notice).await.unwrap(), 0, "a replay adds nothing");
    assert_eq!(town.ask("SELECT state FROM deliveries").await, ["pending", "pending"]);
    assert_eq!(town.ask("SELECT CAST(size AS bigint) FROM work_chunks").await, ["2"]);

    // Registered since: the replay plans what is missing, in the same chunk.
    town.phone(person, Platform::Android, "another-token").await;
    assert_eq!(town.enqueue(&notice).await.unwrap(), 1);
    assert_eq!(town.ask("SELECT CAST(size AS bigint) FROM work_chunks").await, ["3"]);

    let test = town.notice(Recipients::Device(other));
    assert_eq!(town.enqueue(&test).await.unwrap(), 1);
    assert_eq!(town.ask("SELECT count(*) FROM deliveries WHERE person_id IS NOT NULL").await, ["4"]);
}

async fn mailboxes_become_contact_points_once(database: TestDatabase) {
    let town = Town::new(&database).await;
    let mailbox = |name: &str| EmailAddress::parse(&format!("{name}@bad-dueben.example")).unwrap();
    let to = Recipients::Mailboxes(vec![mailbox("ordnungsamt"), mailbox("Ordnungsamt"), mailbox("bauhof")]);
    let notice = town.notice(to.clone());
    assert_eq!(town.enqueue(&notice).await.unwrap(), 2, "one mailbox, however it is written");
    assert_eq!(town.enqueue(&notice).await.unwrap(), 0);
    assert_eq!(town.enqueue(&town.notice(to)).await.unwrap(), 2);
    assert_eq!(town.ask("SELECT count(*) FROM contact_points WHERE kind = 'email'").await, ["2"]);
    assert_eq!(town.ask("SELECT count(*) FROM work_chunks WHERE channel = 'email'").await, ["2"]);
}

async fn letters_of_new_messages_are_planned_alike(database: TestDatabase) {
    let town = Town::new(&database).await;
    let mailbox = |name: &str| EmailAddress::parse(&format!("{name}@bad-dueben.example")).unwrap();
    let to = Recipients::Mailboxes(vec![mailbox("bauhof"), mailbox("ordnungsamt"), mailbox("Ordnungsamt")]);
    // One of them is known already.
    let known = town.notice(Recipients::Mailboxes(vec![mailbox("bauhof")]));
    assert_eq!(town.enqueue(&known).await.unwrap(), 1);
    for _ in 0..2 {
        let db = town.store.transaction(town.scope()).await.unwrap();
        db.enqueue_new(town.clock.now(), &town.notice(to.clone())).await.unwrap();
        // What was written is seen by the next statement of the same transaction.
        assert!(db.ledger().await.unwrap().balances());
        db.finish().await.unwrap();
    }
    assert_eq!(town.ask("SELECT count(*) FROM contact_points WHERE kind = 'email'").await, ["2"]);
    assert_eq!(town.ask(REACHABLE).await, ["5"]);
    assert_eq!(town.ask("SELECT CAST(sum(size) AS bigint) FROM work_chunks").await, ["5"]);
    town.assert_laws().await;

    // An empty list plans nothing.
    let db = town.store.transaction(town.scope()).await.unwrap();
    let nobody = town.notice(Recipients::Mailboxes(Vec::new()));
    db.enqueue_new(town.clock.now(), &nobody).await.unwrap();
    db.finish().await.unwrap();
    assert_eq!(town.ask("SELECT count(*) FROM work_chunks").await, ["3"]);
}

/// Deliveries whose contact point is there.
const REACHABLE: &str =
    "SELECT count(*) FROM deliveries JOIN contact_points ON contact_points.id = contact_point_id";

async fn letters_to_one_new_mailbox_at_the_same_moment_share_it(database: TestDatabase) {
    let town = Town::new(&database).await;
    let mailbox = EmailAddress::parse("bauhof@bad-dueben.example").unwrap();
    let enqueue = async |message: NewMessage| {
        let db = town.store.transaction(town.scope()).await.unwrap();
        db.enqueue_new(town.clock.now(), &message).await.unwrap();
        db.finish().await.unwrap();
    };
    let letters = (0..10).map(|_| enqueue(town.notice(Recipients::Mailboxes(vec![mailbox.clone()]))));
    join_all(letters).await;
    assert_eq!(town.ask("SELECT count(*) FROM contact_points").await, ["1"]);
    assert_eq!(town.ask(REACHABLE).await, ["10"]);
    town.assert_laws().await;
}

async fn nobody_to_reach_is_no_chunk(database: TestDatabase) {
    let town = Town::new(&database).await;
    for to in [
        Recipients::Devices(town.person().await),
        Recipients::Devices(id::<PersonId>()),
        Recipients::Device(id::<ContactPointId>()),
        Recipients::Mailboxes(Vec::new()),
    ] {
        assert_eq!(town.enqueue(&town.notice(to)).await.unwrap(), 0);
    }
    assert_eq!(town.ask("SELECT count(*) FROM work_chunks").await, ["0"]);
    assert_eq!(town.ask("SELECT count(*) FROM messages").await, ["4"]);
}

async fn a_chunk_nobody_can_read_keeps_no_other_waiting(database: TestDatabase) {
    let town = Town::new(&database).await;
    let person = town.person().await;
    town.phone(person, Platform::Android, "android-token").await;
    town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
    town.execute("UPDATE work_chunks SET channel = 'fax'").await;
    let notice = town.notice(Recipients::Devices(person));
    town.enqueue(&notice).await.unwrap();
    let turn = NextTurn { municipality: town.municipality, crisis: false };
    let db = town.store.transaction(Scope::Installation).await.unwrap();
    let leases = db.claim(id(), town.clock.now(), Duration::from_secs(60), turn, 10).await.unwrap();
    assert_eq!(leases.iter().map(|lease| lease.message).collect::<Vec<_>>(), [notice.id]);
}

async fn what_is_rolled_back_was_never_planned(database: TestDatabase) {
    let town = Town::new(&database).await;
    let person = town.person().await;
    town.phone(person, Platform::Android, "android-token").await;
    let notice = town.notice(Recipients::Devices(person));
    let db = town.store.transaction(town.scope()).await.unwrap();
    assert_eq!(db.enqueue(town.clock.now(), &notice).await.unwrap(), 1);
    drop(db);
    for table in ["messages", "deliveries", "work_chunks"] {
        assert_eq!(town.ask(&format!("SELECT count(*) FROM {table}")).await, ["0"], "{table}");
    }

    // Another town hall sees nothing of it.
    assert_eq!(town.enqueue(&notice).await.unwrap(), 1);
    let neighbour: MunicipalityId = id();
    town.another(neighbour, "eilenburg").await;
    let rows = town.store.view(Scope::Municipality(neighbour)).await.unwrap();
    assert!(rows.message(notice.id).await.unwrap().is_none());
    assert!(town.store.view(town.scope()).await.unwrap().message(notice.id).await.unwrap().is_some());
}
