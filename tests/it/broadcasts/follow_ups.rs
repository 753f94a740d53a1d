//! What follows a broadcast up: to whom it goes, and what an all-clear ends.

use std::time::Duration;

use api::cli::Role;
use chrono::TimeDelta;
use domain::deliveries::{
    Channel::{Email, Push, Sms, Voice},
    Platform,
};
use infrastructure::worker::{Lines, Running, Settings};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::telephony::Answer;

use super::town::{CASTS, Mulde};
use crate::{
    admin::first_pointer,
    deliveries::providers::Providers,
    support::{Engine, Fixture, eventually::eventually, on_both},
};

on_both!(
    an_all_clear_ends_a_large_warning_to_the_last_row,
    nobody_is_warned_after_the_all_clear,
    what_waits_in_the_queue_does_not_leave_after_it,
    who_is_being_told_hears_that_it_is_over,
    who_may_have_been_told_before_a_crash_hears_it_too,
    an_all_clear_ends_all_that_followed_the_warning,
    what_was_to_come_later_does_not_come_after_it,
    who_was_called_is_called_that_it_is_over,
    a_correction_ends_nothing,
    a_drill_is_followed_up_by_drills_only,
    a_proxy_is_told_once_of_an_incident,
);

const SOON: Duration = Duration::from_secs(30);
/// Has nobody look after the only broadcast before it has expired.
const LATER: &str = "UPDATE broadcast_turns SET due_at = (SELECT expires_at FROM broadcasts)";

impl Mulde {
    /// A draft that follows another broadcast up.
    fn following(&self, first: &str, kind: &str, more: Value) -> Value {
        let mut draft = self.draft(json!({
            "severity": "important",
            "follows_up": {"first": first, "kind": kind},
            "texts": {"de": {"title": "Das Wasser fällt", "body": "Es gibt etwas Neues."}},
        }));
        let members = draft.as_object_mut().unwrap();
        members.remove("audience");
        members.extend(more.as_object().unwrap().clone());
        draft
    }

    /// Writes, submits and approves it.
    async fn follow_up(&self, first: &str, kind: &str, more: Value) -> String {
        let draft = self.following(first, kind, more);
        let draft = self.post(CASTS, &draft).bearer(&self.editor().await).expect(201).await;
        self.decide(&draft).await
    }
}

/// A town whose process only serves. What is sent are drills, by a worker that a test can stop.
struct Driven(Mulde);

impl Fixture for Driven {
    async fn on(engine: Engine) -> Self {
        Self(Mulde::with(engine, Role::Api, |_| {}).await)
    }
}

impl Driven {
    async fn work(&self, settings: Settings) -> Running {
        self.0.exchange.town.worker_with(Lines::default(), settings).await
    }

    async fn warn(&self) -> String {
        self.0.send(json!({"severity": "crisis", "drill": true})).await
    }

    async fn all_clear(&self, first: &str) -> String {
        self.0.follow_up(first, "all_clear", json!({"drill": true})).await
    }
}

async fn an_all_clear_ends_a_large_warning_to_the_last_row(driven: Driven) {
    let mulde = &driven.0;
    for house in 1..=5 {
        mulde.resident("Muldestraße", house, &[Push, Sms]).await;
    }
    // Two rows are as few of five as twenty thousand are of sixty.
    let worker = driven.work(Settings { stopped: 2, ..Settings::default() }).await;
    let first = driven.warn().await;
    let told = ["push sent"; 5];
    mulde.until_deliveries(&first, &[told, ["sms waiting"; 5]].concat()).await;
    let clear = driven.all_clear(&first).await;
    mulde.until(&clear, "sent").await;
    mulde.until(&first, "sent").await;
    mulde.exchange.clock.advance(TimeDelta::minutes(20));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(mulde.deliveries(&first).await, [told, ["sms cancelled"; 5]].concat());
    let town = &mulde.exchange.town;
    let reasons = "SELECT DISTINCT reason FROM deliveries WHERE state = 'cancelled'";
    assert_eq!(town.ask(reasons).await, ["all_clear"]);
    let on_the_ladder = "SELECT count(*) FROM audience WHERE next_at IS NOT NULL";
    assert_eq!(town.ask(on_the_ladder).await, ["0"]);
    assert_eq!(mulde.show(&first).await["ended_by"], clear.as_str());
    let again = mulde.post(&format!("{CASTS}/{first}/retries"), &json!({"people": []}));
    again.bearer(&mulde.lead().await).expect_problem(409, "transition_illegal").await;
    assert_eq!(mulde.report(&clear).await["people"], 5);
    mulde.assert_laws(&first).await;
    mulde.assert_laws(&clear).await;
    worker.stop().await;
}

async fn nobody_is_warned_after_the_all_clear(driven: Driven) {
    let mulde = &driven.0;
    mulde.resident("Muldestraße", 1, &[Push]).await;
    let worker = driven.work(Settings::default()).await;
    let first = driven.warn().await;
    mulde.until_deliveries(&first, &["push sent"]).await;
    worker.stop().await;
    // One more whom it is for, and who is not planned yet: a worker is to go on with it in an hour.
    mulde.resident("Muldestraße", 2, &[Push]).await;
    mulde.exchange.town.execute("UPDATE broadcasts SET planned = false, planned_through = NULL").await;
    mulde.exchange.town.execute(LATER).await;
    let clear = driven.all_clear(&first).await;
    let worker = driven.work(Settings::default()).await;
    mulde.until(&clear, "sent").await;
    mulde.until(&first, "sent").await;
    mulde.exchange.town.until("SELECT count(*) FROM broadcast_turns", &["0"]).await;
    assert_eq!(mulde.deliveries(&first).await, ["push sent"]);
    assert_eq!(mulde.deliveries(&clear).await, ["push sent"]);
    mulde.assert_laws(&first).await;
    worker.stop().await;
}

async fn what_waits_in_the_queue_does_not_leave_after_it(driven: Driven) {
    let mulde = &driven.0;
    mulde.resident("Muldestraße", 1, &[Push]).await;
    let worker = driven.work(Settings::default()).await;
    let first = driven.warn().await;
    mulde.until_deliveries(&first, &["push sent"]).await;
    worker.stop().await;
    // Nobody has stopped what is due; the broadcast itself says that it is over.
    for queued in [
        "UPDATE broadcasts SET ended_by = id",
        LATER,
        "UPDATE deliveries SET state = 'pending'",
        "UPDATE work_chunks SET state = 'pending'",
    ] {
        mulde.exchange.town.execute(queued).await;
    }
    let worker = driven.work(Settings::default()).await;
    mulde.until_deliveries(&first, &["push cancelled"]).await;
    assert_eq!(mulde.standings(&first).await.get("called_back"), Some(&1));
    mulde.assert_laws(&first).await;
    worker.stop().await;
}

async fn who_is_being_told_hears_that_it_is_over(mulde: Mulde) {
    mulde.know_google().await;
    let phones =
        [mulde.resident("Muldestraße", 1, &[Push]).await, mulde.resident("Muldestraße", 2, &[Push]).await];
    mulde.resident("Muldestraße", 3, &[Sms]).await;
    // What is on its way to the phones takes so long that the all-clear is decided meanwhile.
    mulde.fcm.set_latency(Duration::from_secs(8));
    let first = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&first, &["push pending", "push pending", "sms delivered"]).await;
    mulde.exchange.town.until("SELECT count(*) FROM send_batches", &["1"]).await;
    mulde.fcm.set_latency(Duration::ZERO);
    let clear = mulde.follow_up(&first, "all_clear", json!({})).await;
    mulde.until(&clear, "sent").await;
    assert_eq!(mulde.report(&clear).await["people"], 3);
    mulde.until_deliveries(&first, &["push sent", "push sent", "sms delivered"]).await;
    for phone in &phones {
        let told: Vec<_> =
            mulde.fcm.requests_for(phone.address(Push)).iter().map(|push| push.json()).collect();
        let about = |push: &Value| push["message"]["data"]["message_id"].clone();
        assert_eq!(told.iter().map(about).collect::<Vec<_>>(), [first.as_str(), clear.as_str()]);
    }
    mulde.assert_laws(&first).await;
    mulde.assert_laws(&clear).await;
}

async fn who_may_have_been_told_before_a_crash_hears_it_too(driven: Driven) {
    let (mulde, providers) = (&driven.0, Providers::start().await);
    let town = &mulde.exchange.town;
    let settings = Settings { lease: Duration::from_secs(2), ..Settings::default() };
    mulde.resident("Muldestraße", 1, &[Push]).await;
    mulde.resident("Muldestraße", 2, &[Email]).await;
    providers.fcm.set_latency(Duration::from_secs(300));
    let worker = town.worker_with(providers.lines(), settings).await;
    let first = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&first, &["email sent", "push pending"]).await;
    town.until("SELECT count(*) FROM send_batches", &["1"]).await;
    worker.abort().await;
    providers.fcm.set_latency(Duration::ZERO);
    let clear = mulde.follow_up(&first, "all_clear", json!({})).await;
    let worker = town.worker_with(providers.lines(), settings).await;
    mulde.until(&clear, "sent").await;
    assert_eq!(mulde.report(&clear).await["people"], 2);
    mulde.assert_laws(&first).await;
    mulde.assert_laws(&clear).await;
    worker.stop().await;
}

async fn an_all_clear_ends_all_that_followed_the_warning(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 1, &[Push, Sms]).await;
    mulde.resident("Muldestraße", 2, &[Push, Sms]).await;
    for on_the_first in [true, false] {
        let first = mulde.send(json!({"severity": "crisis"})).await;
        let climbing = ["push sent", "push sent", "sms waiting", "sms waiting"];
        mulde.until_deliveries(&first, &climbing).await;
        let update = mulde.follow_up(&first, "update", json!({"severity": "crisis"})).await;
        mulde.until_deliveries(&update, &climbing).await;
        // Whom only one of them reached hears of the end all the same.
        let (person, id) = (mulde.identifier(erna.person.0), mulde.identifier(update.parse().unwrap()));
        let failed = format!(
            "UPDATE deliveries SET state = 'failed' WHERE person_id = {person} AND message_id = {id} \
             AND channel = 'push'"
        );
        mulde.exchange.town.execute(&failed).await;
        let clear =
            mulde.follow_up(if on_the_first { &first } else { &update }, "all_clear", json!({})).await;
        mulde.until(&clear, "sent").await;
        assert_eq!(mulde.report(&clear).await["people"], 2);
        for (ended, pushed) in [(&first, ["push sent", "push sent"]), (&update, ["push failed", "push sent"])]
        {
            mulde.until(ended, "sent").await;
            assert_eq!(mulde.deliveries(ended).await, [pushed, ["sms cancelled"; 2]].concat());
            assert_eq!(mulde.show(ended).await["ended_by"], clear.as_str());
        }
        assert_eq!(mulde.show(&clear).await.get("ended_by"), None);
        mulde.assert_laws(&clear).await;
    }
    mulde.exchange.clock.advance(TimeDelta::minutes(20));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(mulde.exchange.sms.messages().len(), 0);
}

async fn what_was_to_come_later_does_not_come_after_it(mulde: Mulde) {
    mulde.know_google().await;
    mulde.resident("Muldestraße", 1, &[Push]).await;
    let first = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&first, &["push sent"]).await;
    let at = mulde.exchange.clock.now() + TimeDelta::hours(1);
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let update = mulde.follow_up(&first, "update", json!({"severity": "crisis", "send_at": at})).await;
    let clear = mulde.follow_up(&first, "all_clear", json!({})).await;
    mulde.until(&clear, "sent").await;
    mulde.until(&update, "cancelled").await;
    // What is said about it afterwards is said.
    let after = mulde.follow_up(&first, "update", json!({})).await;
    mulde.until(&after, "sent").await;
    assert_eq!(mulde.report(&after).await["people"], 1);
}

async fn who_was_called_is_called_that_it_is_over(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    let person = mulde.identifier(erna.person.0);
    let only_danger = format!(
        "UPDATE reach SET important = false, information = false, notice = false WHERE person_id = {person}"
    );
    mulde.exchange.town.execute(&only_danger).await;
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), [Answer::PickUp("1"), Answer::PickUp("1")]);
    let first = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until(&first, "sent").await;
    let draft = mulde.following(&first, "all_clear", json!({}));
    let draft: Value = mulde.post(CASTS, &draft).bearer(&mulde.editor().await).expect(201).await;
    let preview = mulde.preview(draft["id"].as_str().unwrap()).await;
    assert_eq!((&preview["people"], &preview["unreachable"]), (&json!(1), &json!(0)));
    let clear = mulde.decide(&draft).await;
    eventually("the second call", SOON, async || {
        let heard = mulde.exchange.phone.heard();
        let is_over = |heard: &simulators::telephony::Heard| {
            heard.said.iter().any(|(_, words)| words.contains("Das Wasser fällt"))
        };
        (heard.len() == 2 && heard.iter().any(is_over)).then_some(())
    })
    .await;
    mulde.until(&clear, "sent").await;
    assert_eq!(mulde.standings(&clear).await.get("unreachable"), None);
    mulde.assert_laws(&clear).await;
    // What is no danger and follows up nothing she did not agree to.
    let news = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&news, "sent").await;
    assert_eq!(mulde.standings(&news).await.get("unreachable"), Some(&1));
}

async fn a_correction_ends_nothing(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 1, &[Push, Sms]).await;
    mulde.resident("Muldestraße", 2, &[]).await;
    let first = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&first, &["push sent", "sms waiting"]).await;
    let correction = mulde.follow_up(&first, "correction", json!({})).await;
    mulde.until(&correction, "sent").await;
    assert_eq!(mulde.show(&correction).await["follows_up"], json!({"first": first, "kind": "correction"}));
    assert_eq!(mulde.report(&correction).await["people"], 1, "those whom the first one reached");
    assert_eq!(mulde.fcm.requests_for(erna.address(Push)).len(), 2);
    assert_eq!(mulde.show(&first).await.get("ended_by"), None);
    mulde.exchange.clock.advance(TimeDelta::minutes(3));
    eventually("the text message", SOON, async || mulde.exchange.sms.messages_to(erna.address(Sms)).pop())
        .await;
}

async fn a_drill_is_followed_up_by_drills_only(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Push]).await;
    let editor = mulde.editor().await;
    for drill in [true, false] {
        let first = mulde.send(json!({"severity": "crisis", "drill": drill})).await;
        mulde.until_deliveries(&first, &["push sent"]).await;
        let refused = mulde.post(CASTS, &mulde.following(&first, "all_clear", json!({"drill": !drill})));
        let refused = refused.bearer(&editor).expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), "/drill");
        let why: Value = refused.json();
        assert_eq!(why["errors"][0]["code"], "drill_mismatch");
        let draft = mulde.following(&first, "all_clear", json!({"drill": drill}));
        let draft: Value = mulde.post(CASTS, &draft).bearer(&editor).expect(201).await;
        let id = draft["id"].as_str().unwrap();
        let patch = json!({"drill": !drill});
        let patch = mulde.call(Method::PATCH, &format!("{CASTS}/{id}"), Some(&patch)).bearer(&editor);
        let refused = patch.header("if-match", "\"v1\"").expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), "/drill");
        // One that was written before this was asked.
        let is_drill = if drill { "false" } else { "true" };
        let old = format!(
            "UPDATE broadcasts SET drill = {is_drill} WHERE id = {}",
            mulde.identifier(id.parse().unwrap())
        );
        mulde.exchange.town.execute(&old).await;
        let refused = mulde.step(id, "submit", &editor, &json!({})).await;
        assert_eq!(first_pointer(&refused.expect_problem(422, "validation_failed").await), "/drill");
    }
}

async fn a_proxy_is_told_once_of_an_incident(mulde: Mulde) {
    mulde.know_google().await;
    let town = &mulde.exchange.town;
    let erna = mulde.resident("Muldestraße", 7, &[Push]).await;
    let grandchild = town.person().await;
    town.phone(grandchild, Platform::Android, "phone-of-the-grandchild").await;
    town.represent(grandchild, erna.person).await;
    let first = mulde.send(json!({"severity": "crisis"})).await;
    // She has no other way: her ladder ends when its only rung has.
    mulde.climb_to_the_end(&first).await;
    let told = async || mulde.fcm.requests_for("phone-of-the-grandchild").len();
    eventually("the proxy", SOON, async || (told().await == 1).then_some(())).await;
    let update = mulde.follow_up(&first, "update", json!({"severity": "crisis"})).await;
    mulde.climb_to_the_end(&update).await;
    let waits = "SELECT count(*) FROM work_chunks WHERE state <> 'done'";
    town.until(waits, &["0"]).await;
    assert_eq!(told().await, 1);
    // Another danger is another matter.
    let other = mulde.send(json!({"severity": "crisis"})).await;
    mulde.climb_to_the_end(&other).await;
    eventually("the proxy", SOON, async || (told().await == 2).then_some(())).await;
}

impl Mulde {
    /// Lets time pass until nothing of a warning is left to try.
    async fn climb_to_the_end(&self, id: &str) {
        self.until_deliveries(id, &["push sent"]).await;
        self.exchange.clock.advance(TimeDelta::minutes(3));
        eventually("the end of the ladder", SOON, async || {
            self.exchange.clock.advance(TimeDelta::seconds(1));
            (self.show(id).await["state"] == "sent").then_some(())
        })
        .await;
    }
}
