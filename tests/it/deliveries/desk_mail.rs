//! Letters: to a desk about a complaint, to whoever signs in.

use chrono::TimeDelta;
use domain::{
    Locale, Scope,
    citizens::{CodePurpose, OneTimeCode, port::CodeWrites},
    deliveries::{Channel, NewMessage, Recipients, Topic},
    ids::{CodeId, RoutingRuleId},
    text::EmailAddress,
};

use super::{
    providers::Providers,
    town::{Town, id},
};
use crate::support::{TestDatabase, on_both};

on_both!(a_letter_about_nothing_is_not_sent, a_broken_rule_is_reported, a_code_reaches_its_mailbox_once);

fn mailbox() -> EmailAddress {
    EmailAddress::parse("ordnungsamt@bad-dueben.example").unwrap()
}

async fn a_letter_about_nothing_is_not_sent(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let topic = Topic::DeskArrival { complaint: id(), department: id() };
    let notice = NewMessage { topic, ..town.notice(Recipients::Mailboxes(vec![mailbox()])) };
    town.enqueue(&notice).await.unwrap();
    let worker = town.worker(providers.lines()).await;
    town.until_states(&["failed"]).await;
    worker.stop().await;
    assert_eq!(town.ask("SELECT reason FROM deliveries").await, ["subject_gone"]);
    assert!(providers.mail.mails().is_empty());
    town.assert_laws().await;
}

async fn a_broken_rule_is_reported(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let topic = Topic::RuleBroken { rule: id::<RoutingRuleId>() };
    let notice = NewMessage { topic, ..town.notice(Recipients::Mailboxes(vec![mailbox()])) };
    town.enqueue(&notice).await.unwrap();
    let worker = town.worker(providers.lines()).await;
    town.until_states(&["sent"]).await;
    worker.stop().await;
    assert_eq!(providers.mail.mails_to(mailbox().as_str()).len(), 1);
    providers.assert_obeyed();
    town.assert_laws().await;
}

async fn a_code_reaches_its_mailbox_once(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let now = town.clock.now();
    let code = OneTimeCode {
        id: id::<CodeId>(),
        purpose: CodePurpose::SignIn,
        address: EmailAddress::parse("erika@example.org").unwrap().into(),
        channel: Channel::Email,
        locale: Locale::De,
        subject: None,
        account: None,
        hash: "0".repeat(64),
        created_at: now,
        expires_at: now + TimeDelta::minutes(10),
    };
    let sealed = town.secrets().seal_code(code.id, "042117", [7; 12]).unwrap();
    let db = town.store.transaction(Scope::Installation).await.unwrap();
    db.insert_code(&code, &sealed).await.unwrap();
    db.finish().await.unwrap();
    let worker = town.worker(providers.lines()).await;
    town.until("SELECT count(*) FROM one_time_codes WHERE sealed_code IS NULL", &["1"]).await;
    worker.stop().await;
    let mails = providers.mail.mails_to("erika@example.org");
    assert_eq!(mails.len(), 1);
    providers.assert_obeyed();
}
