//! Planning: one delivery for each contact point, once.

use std::time::Duration;

use domain::{
    Scope,
    deliveries::{Platform, Recipients},
    ids::{ContactPointId, MunicipalityId, PersonId},
    text::EmailAddress,
};

use infrastructure::db::NextTurn;

use super::town::{Town, id};
use crate::support::{TestDatabase, on_both};

on_both!(
    every_phone_of_a_person_gets_a_delivery_once,
    mailboxes_become_contact_points_once,
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
    use domain::deliveries::port::Outbox;

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
