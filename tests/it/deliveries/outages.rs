//! Providers that hang, refuse or are away for a while: nothing is lost, and nobody else waits.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    Locale, Scope,
    citizens::{CodePurpose, OneTimeCode, code::Subject, port::CodeWrites},
    deliveries::{Channel, NewMessage, Platform, Recipients, Topic},
    ids::{CodeId, MunicipalityId, RoutingRuleId},
    text::EmailAddress,
};
use infrastructure::gateways::Limits;
use simulators::{fcm, smtp, smtp::SmtpSink};

use super::{
    providers::Providers,
    town::{Town, id},
};
use crate::support::{TestDatabase, eventually::eventually, on_both};

on_both!(
    a_hanging_provider_is_left_alone_and_holds_up_no_other,
    a_provider_over_its_quota_rests_as_long_as_it_says,
    a_mail_server_that_was_away_gets_its_letters_later,
    a_code_that_cannot_be_dressed_up_delays_no_other,
);

const SOON: Duration = Duration::from_secs(30);

fn mailbox() -> EmailAddress {
    EmailAddress::parse("ordnungsamt@bad-dueben.example").unwrap()
}

/// The only word a desk gets that needs no complaint.
fn letter(town: &Town) -> NewMessage {
    let topic = Topic::RuleBroken { rule: id::<RoutingRuleId>() };
    NewMessage { topic, ..town.notice(Recipients::Mailboxes(vec![mailbox()])) }
}

async fn a_hanging_provider_is_left_alone_and_holds_up_no_other(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let (iphone, android) = (town.person().await, town.person().await);
    town.phone(iphone, Platform::Ios, &"ab".repeat(32)).await;
    town.phone(android, Platform::Android, "android-token").await;
    // Longer than anybody waits.
    providers.apns.set_latency(Duration::from_secs(60));
    for _ in 0..40 {
        town.enqueue(&town.notice(Recipients::Devices(iphone))).await.unwrap();
    }
    town.enqueue(&town.notice(Recipients::Devices(android))).await.unwrap();
    let impatient = Limits { timeout: Duration::from_secs(1), ..Limits::default() };
    let worker = town.worker(providers.lines_within(impatient)).await;
    providers.fcm.wait_for_accepted(1, SOON).await.unwrap();
    town.until("SELECT count(*) FROM work_chunks WHERE state = 'leased'", &["0"]).await;
    let states = "SELECT DISTINCT state FROM deliveries ORDER BY state";
    town.until(states, &["pending", "sent"]).await;
    // The clock stands still, so the rest does not end: the four at work asked, hardly anybody else.
    let asked = town.ask("SELECT count(*) FROM attempts WHERE outcome = 'retry'").await;
    assert!(asked[0].parse::<u32>().unwrap() <= 8, "{asked:?}");

    providers.apns.set_latency(Duration::ZERO);
    eventually("all of them", SOON, async || {
        town.clock.advance(TimeDelta::seconds(15));
        (town.ask(states).await == ["sent"]).then_some(())
    })
    .await;
    worker.stop().await;
    assert_eq!(providers.apns.phones().visible_duplicates(), 0);
    town.assert_laws().await;
}

async fn a_provider_over_its_quota_rests_as_long_as_it_says(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let (one, other) = (town.person().await, town.person().await);
    town.phone(one, Platform::Android, "android-token").await;
    town.phone(other, Platform::Ios, &"ab".repeat(32)).await;
    providers.fcm.script("android-token", [fcm::Answer::retry_after(fcm::Error::QuotaExceeded, 30)]);
    let worker = town.worker(providers.lines()).await;
    // Apple's token is made while the simulator's clock and the town's are the same.
    town.enqueue(&town.notice(Recipients::Devices(other))).await.unwrap();
    providers.apns.wait_for_accepted(1, SOON).await.unwrap();
    town.enqueue(&town.notice(Recipients::Devices(one))).await.unwrap();
    providers.fcm.wait_for(1, SOON).await.unwrap();
    town.until("SELECT state FROM work_chunks ORDER BY state", &["done", "pending"]).await;
    town.clock.advance(TimeDelta::seconds(29));
    town.enqueue(&town.notice(Recipients::Devices(one))).await.unwrap();
    town.enqueue(&town.notice(Recipients::Devices(other))).await.unwrap();
    // Apple is not Google.
    providers.apns.wait_for_accepted(2, SOON).await.unwrap();
    assert_eq!(providers.fcm.counts().total, 1, "not before it said");
    town.clock.advance(TimeDelta::seconds(31));
    providers.fcm.wait_for_accepted(2, SOON).await.unwrap();
    worker.stop().await;
    town.assert_laws().await;
}

async fn a_mail_server_that_was_away_gets_its_letters_later(database: TestDatabase) {
    let (town, mut providers) = (Town::new(&database).await, Providers::start().await);
    let lines = providers.lines();
    let address = providers.mail.address();
    let elsewhere = SmtpSink::start(Default::default()).await.unwrap();
    std::mem::replace(&mut providers.mail, elsewhere).stop().await;
    let worker = town.worker(lines).await;
    town.enqueue(&letter(&town)).await.unwrap();
    town.until("SELECT outcome FROM attempts", &["retry"]).await;
    town.until_states(&["pending"]).await;

    providers.mail = SmtpSink::start(smtp::Config { address, ..Default::default() }).await.unwrap();
    town.clock.advance(TimeDelta::seconds(13));
    town.until_states(&["sent"]).await;
    worker.stop().await;
    assert_eq!(providers.mail.mails_to(mailbox().as_str()).len(), 1);
    providers.assert_obeyed();
    town.assert_laws().await;
}

async fn a_code_that_cannot_be_dressed_up_delays_no_other(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let elsewhere: MunicipalityId = id();
    town.another(elsewhere, "aachen").await;
    let db = town.store.transaction(Scope::Installation).await.unwrap();
    for (number, subject) in [(1, Some((elsewhere, Subject::Member(id())))), (2, None), (3, None)] {
        let code = OneTimeCode {
            id: id::<CodeId>(),
            purpose: if subject.is_some() { CodePurpose::StaffInvitation } else { CodePurpose::SignIn },
            address: EmailAddress::parse(&format!("n{number}@example.org")).unwrap().into(),
            channel: Channel::Email,
            locale: Locale::De,
            subject,
            account: None,
            hash: "0".repeat(64),
            created_at: town.clock.now() - TimeDelta::seconds(10 - number),
            expires_at: town.clock.now() + TimeDelta::minutes(10),
        };
        let sealed = town.secrets().seal_code(code.id, "042117", [7; 12]).unwrap();
        db.insert_code(&code, &sealed).await.unwrap();
    }
    db.finish().await.unwrap();
    let unreadable = "UPDATE municipalities SET state = 'XX' WHERE slug = 'aachen'";
    town.execute(unreadable).await;
    // The clock stands still: nothing that was put off would be sent.
    let worker = town.worker(providers.lines()).await;
    providers.mail.wait_for(3, SOON).await.unwrap();
    worker.stop().await;
    for number in 1..=3 {
        assert_eq!(providers.mail.mails_to(&format!("n{number}@example.org")).len(), 1);
    }
}
