//! From the approval to phones, telephones and mailboxes; once for each number.

use api::cli::Role;
use chrono::TimeDelta;
use domain::deliveries::Channel::{Push, Sms, Voice};
use serde_json::{Value, json};
use simulators::fcm;

use super::town::{CASTS, Mulde};
use crate::support::{Engine, Fixture, eventually::eventually, on_both};

on_both!(
    everybody_is_told_once_and_both_laws_hold,
    a_drill_takes_every_step_and_reaches_nobody,
    a_schedule_is_kept,
    nobody_decides_in_time,
    an_all_clear_goes_to_exactly_those_it_concerns,
    danger_passes_what_was_planned_before,
    who_said_stop_gets_nothing,
    a_report_is_a_table_as_well,
    a_provider_that_breaks_off_answers_pages_or_lies_loses_nothing,
    news_end_with_their_budget_and_a_crisis_does_not,
);

const SOON: std::time::Duration = std::time::Duration::from_secs(30);

async fn everybody_is_told_once_and_both_laws_hold(mulde: Mulde) {
    let phone = mulde.resident("Muldestraße", 1, &[Push, Sms]).await;
    let texter = mulde.resident("Muldestraße", 2, &[Sms]).await;
    let shares = mulde.resident("Muldestraße", 2, &[]).await;
    mulde.reach(shares.person, Sms, texter.ways[0].1, true).await;
    mulde.resident("Muldestraße", 3, &[]).await;
    let asked = mulde.resident("Muldestraße", 4, &[]).await;
    mulde.reach(asked.person, Sms, phone.ways[1].1, false).await;
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&id, "sent").await;
    mulde.assert_laws(&id).await;
    let report = mulde.report(&id).await;
    assert_eq!(report["people"], 5);
    assert_eq!(
        report["unreachable"],
        json!([{"name": "no_channel", "count": 1}, {"name": "not_agreed", "count": 1}])
    );
    let pushes = mulde.fcm.accepted();
    assert_eq!(pushes.len(), 1);
    let push = pushes[0].json();
    assert_eq!(push["message"]["data"]["message_id"], id.as_str());
    assert_eq!(push["message"]["data"]["kind"], "broadcast");
    assert!(push.to_string().contains("Hochwasser an der Mulde"), "{push}");
    assert!(!push.to_string().contains("Keller"), "a push says no more than the first line");
    assert_eq!(mulde.exchange.sms.messages().len(), 1, "a number that two share is told once");
    let text = mulde.exchange.sms.messages_to(texter.address(Sms)).pop().unwrap().text;
    assert_eq!(text, "Bad Düben: Hochwasser an der Mulde. Bitte Keller und Ufer verlassen. STOPP beendet.");
}

async fn a_drill_takes_every_step_and_reaches_nobody(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push, Sms, Voice]).await;
    let id = mulde.send(json!({"severity": "crisis", "drill": true})).await;
    mulde.until_deliveries(&id, &["push sent", "sms waiting", "voice waiting"]).await;
    mulde.exchange.clock.advance(TimeDelta::minutes(3));
    mulde.until_deliveries(&id, &["push sent", "sms sent", "voice waiting"]).await;
    assert_eq!(mulde.fcm.counts().total, 0);
    assert_eq!(mulde.exchange.sms.messages().len(), 0);
    mulde.assert_laws(&id).await;
    let told: Value = mulde.get(super::town::MESSAGES).bearer(&mulde.app(&one).await).expect(200).await;
    assert_eq!(told["items"], json!([]));
}

async fn a_schedule_is_kept(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Sms]).await;
    let at = mulde.exchange.clock.now() + TimeDelta::hours(2);
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let id = mulde.send(json!({"severity": "important", "send_at": at})).await;
    mulde.exchange.clock.advance(TimeDelta::minutes(119));
    // What is due now is found by the look that would have found the other.
    let now = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&now, "sent").await;
    assert_eq!(mulde.show(&id).await["state"], "approved");
    assert_eq!(mulde.exchange.sms.messages().len(), 1);
    mulde.exchange.clock.advance(TimeDelta::minutes(2));
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.exchange.sms.messages().len(), 2);
}

async fn nobody_decides_in_time(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Push]).await;
    let draft = mulde.write(json!({"severity": "important"})).await;
    let id = draft["id"].as_str().unwrap();
    let _: Value = mulde.step(id, "submit", &mulde.editor().await, &json!({})).await.expect(200).await;
    mulde.exchange.clock.advance(TimeDelta::hours(7));
    mulde.until(id, "expired").await;
    assert_eq!(mulde.fcm.counts().total, 0, "a late phone does not ring with yesterday's warning");
}

async fn an_all_clear_goes_to_exactly_those_it_concerns(mulde: Mulde) {
    let near = mulde.resident("Muldestraße", 1, &[Push, Sms]).await;
    mulde.resident("Am Lauch", 1, &[Push]).await;
    mulde.resident("Muldestraße", 3, &[]).await;
    let first =
        mulde.send(json!({"severity": "crisis", "audience": {"street": {"name": "Muldestraße"}}})).await;
    mulde.until_deliveries(&first, &["push sent", "sms waiting"]).await;
    let mut clear = mulde.draft(json!({
        "severity": "important",
        "follows_up": {"first": first, "kind": "all_clear"},
        "texts": {"de": {"title": "Entwarnung", "body": "Das Wasser geht zurück."}},
    }));
    clear.as_object_mut().unwrap().remove("audience");
    let clear: Value = mulde.post(CASTS, &clear).bearer(&mulde.editor().await).expect(201).await;
    let id = clear["id"].as_str().unwrap();
    assert_eq!(mulde.preview(id).await["people"], 1);
    let _: Value = mulde.step(id, "submit", &mulde.editor().await, &json!({})).await.expect(200).await;
    let _: Value = mulde.step(id, "approve", &mulde.lead().await, &json!({})).await.expect(200).await;
    mulde.until(id, "sent").await;
    assert_eq!(mulde.fcm.requests_for(near.address(Push)).len(), 2);
    assert_eq!(mulde.fcm.counts().total, 2);
    // Nobody is texted any more because of a danger that is over.
    mulde.until_deliveries(&first, &["push sent", "sms cancelled"]).await;
    mulde.exchange.clock.advance(TimeDelta::minutes(20));
    mulde.until(&first, "sent").await;
    assert_eq!(mulde.exchange.sms.messages().len(), 0);
    mulde.assert_laws(&first).await;
    mulde.assert_laws(id).await;
}

async fn danger_passes_what_was_planned_before(mulde: Mulde) {
    for house in 1..=40 {
        mulde.resident("Muldestraße", house, &[Push]).await;
    }
    mulde.know_google().await;
    // Each push takes its time, so that news wait in a queue when the warning comes.
    mulde.fcm.set_latency(std::time::Duration::from_secs(3));
    let town = &mulde.exchange.town;
    let at = |seconds| {
        let at = mulde.exchange.clock.now() + TimeDelta::seconds(seconds);
        at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    let mut news = Vec::new();
    for _ in 0..12 {
        news.push(mulde.send(json!({"severity": "important", "send_at": at(60)})).await);
    }
    let crisis = mulde.send(json!({"severity": "crisis", "send_at": at(80)})).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(65));
    let planned = "SELECT count(*) FROM deliveries d JOIN broadcasts b ON b.id = d.message_id";
    eventually("all news to be planned", SOON, async || (town.ask(planned).await == ["480"]).then_some(()))
        .await;
    mulde.exchange.clock.advance(TimeDelta::seconds(20));
    mulde.until_deliveries(&crisis, &["push sent"; 40]).await;
    let left = "SELECT count(*) FROM work_chunks WHERE lane = 'important' AND state <> 'done'";
    println!("news still waiting when the last warning had left: {}", town.ask(left).await[0]);
    mulde.fcm.set_latency(std::time::Duration::ZERO);
    for id in &news {
        mulde.until(id, "sent").await;
    }
    let order: Vec<String> = mulde
        .fcm
        .accepted()
        .iter()
        .map(|push| push.json()["message"]["data"]["message_id"].as_str().unwrap().to_owned())
        .collect();
    let last_warning = order.iter().rposition(|id| *id == crisis).unwrap();
    let last_news = order.iter().rposition(|id| *id != crisis).unwrap();
    let behind = order.iter().skip(last_warning).filter(|id| **id != crisis).count();
    assert!(
        last_news > last_warning && behind >= 40,
        "danger waited behind news: {behind} of 480 came after it"
    );
    mulde.assert_laws(&crisis).await;
}

async fn who_said_stop_gets_nothing(mulde: Mulde) {
    let stops = mulde.resident("Muldestraße", 1, &[Sms]).await;
    mulde.resident("Muldestraße", 2, &[Sms]).await;
    let at = mulde.exchange.clock.now() + TimeDelta::hours(1);
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let id = mulde.send(json!({"severity": "important", "send_at": at})).await;
    let inbox = mulde.exchange.url("/callbacks/twilio/messages");
    let stop = [("From", stops.address(Sms)), ("Body", "STOPP"), ("MessageSid", "SM1")];
    assert_eq!(mulde.exchange.phone.tell(&inbox, &stop).await.status, 200);
    mulde.exchange.clock.advance(TimeDelta::minutes(61));
    mulde.until(&id, "sent").await;
    eventually("the text message", SOON, async || mulde.exchange.sms.messages().pop()).await;
    assert_eq!(mulde.exchange.sms.messages_to(stops.address(Sms)).len(), 0);
    assert_eq!(mulde.exchange.sms.messages().len(), 1);
    assert_eq!(mulde.standings(&id).await["unreachable"], 1);
    mulde.assert_laws(&id).await;
}

async fn a_report_is_a_table_as_well(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Push]).await;
    mulde.resident("Muldestraße", 2, &[]).await;
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&id, "sent").await;
    let table =
        mulde.get(&format!("{CASTS}/{id}/report?format=csv")).bearer(&mulde.lead().await).send().await;
    assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
    for line in [
        "what;name;count",
        "people;all;2",
        "standing;unreachable;1",
        "unreachable;no_channel;1",
        "push;sent;1",
    ] {
        assert!(table.body.lines().any(|there| there == line), "{line}: {}", table.body);
    }
    let seen = mulde.get(&format!("{CASTS}/{id}/report")).bearer(&mulde.lead().await).send().await;
    let tag = seen.headers["etag"].to_str().unwrap();
    let again =
        mulde.get(&format!("{CASTS}/{id}/report")).bearer(&mulde.lead().await).header("if-none-match", tag);
    assert_eq!(again.send().await.status, 304);
}

async fn a_provider_that_breaks_off_answers_pages_or_lies_loses_nothing(mulde: Mulde) {
    let once = |answer: fcm::Answer| vec![answer];
    // A page instead of an answer, a connection that dies, one that dies after the phone rang, an overload.
    for (house, answers) in [
        once(fcm::Error::BadGateway.into()),
        once(fcm::Answer::CutBefore),
        once(fcm::Answer::CutAfter),
        once(fcm::Error::Internal.into()),
    ]
    .into_iter()
    .enumerate()
    {
        let one = mulde.resident("Muldestraße", i32::try_from(house).unwrap() + 1, &[Push]).await;
        mulde.fcm.script(one.address(Push), answers);
    }
    mulde.know_google().await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    eventually("every phone", SOON, async || {
        mulde.exchange.clock.advance(TimeDelta::seconds(5));
        (mulde.deliveries(&id).await == ["push sent"; 4]).then_some(())
    })
    .await;
    assert_eq!(mulde.fcm.phones().visible_duplicates(), 0);
    mulde.assert_laws(&id).await;
}

/// A town hall that may send two paid messages a day besides warnings.
struct Poor(Mulde);

impl Fixture for Poor {
    async fn on(engine: Engine) -> Self {
        Self(Mulde::with(engine, Role::All, |config| config.sms.messages_per_day = 2).await)
    }
}

async fn news_end_with_their_budget_and_a_crisis_does_not(Poor(mulde): Poor) {
    for house in 1..=5 {
        mulde.resident("Muldestraße", house, &[Sms]).await;
    }
    let drill = mulde.send(json!({"severity": "important", "drill": true})).await;
    mulde.until(&drill, "sent").await;
    let news = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&news, "sent").await;
    assert_eq!(mulde.exchange.sms.messages().len(), 2, "a drill cost nothing");
    let why = "SELECT reason FROM deliveries WHERE state = 'suppressed'";
    assert_eq!(mulde.exchange.town.ask(why).await, ["budget_spent"; 3]);
    let unpaid = mulde.report(&news).await["deliveries"].clone();
    assert!(unpaid.as_array().unwrap().iter().any(|one| one["state"] == "suppressed"), "{unpaid}");
    let crisis = mulde.send(json!({"severity": "crisis"})).await;
    eventually("everybody", SOON, async || (mulde.exchange.sms.messages().len() == 7).then_some(())).await;
    assert_eq!(mulde.exchange.town.ask(why).await.len(), 3);
    mulde.assert_laws(&news).await;
    mulde.assert_laws(&crisis).await;
}
