//! Ladders of a town's own, and what ends a rung.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    deliveries::{
        Channel::{Email, Push, Sms, Voice},
        Platform,
    },
    staff::Role,
};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::{sms, telephony::Answer};

use super::town::{MESSAGES, Mulde, Resident};
use crate::{
    admin::first_pointer,
    support::{eventually::eventually, on_both},
};

on_both!(
    an_important_message_climbs_where_the_town_says_so,
    what_was_delivered_ends_a_rung,
    a_broadcast_keeps_the_ladder_it_began_with,
    who_is_on_no_rung_is_told_all_the_same,
    a_preview_counts_each_rung,
    wrong_ladders_are_refused,
);

const SOON: Duration = Duration::from_secs(30);
const SETTINGS: &str = "/v1/municipalities/bad-dueben/admin/settings";

impl Mulde {
    async fn texted(&self, resident: &Resident) {
        let number = resident.address(Sms);
        eventually("the text message", SOON, async || self.exchange.sms.messages_to(number).pop()).await;
    }
}

async fn an_important_message_climbs_where_the_town_says_so(mulde: Mulde) {
    let town = &mulde.exchange.town;
    let reader = mulde.resident("Muldestraße", 1, &[Push, Sms]).await;
    let silent = mulde.resident("Muldestraße", 2, &[Push, Sms]).await;
    mulde.resident("Muldestraße", 3, &[Sms]).await;
    let proxy = town.person().await;
    town.phone(proxy, Platform::Android, "phone-of-the-proxy").await;
    town.represent(proxy, silent.person).await;
    let important = json!([
        {"channel": "push", "wait": 60, "ends": "delivered"},
        {"channel": "sms", "wait": 60}
    ]);
    let settings = mulde.settle(json!({"ladders": {"important": important}})).await;
    assert_eq!(settings["ladders"]["important"][1]["ends"], "acknowledged");
    assert!(settings["ladders"].get("crisis").is_none());
    let id = mulde.send(json!({"severity": "important"})).await;
    let begun = ["push sent", "push sent", "sms delivered", "sms waiting", "sms waiting"];
    mulde.until_deliveries(&id, &begun).await;
    let read = mulde.post(&format!("{MESSAGES}/{id}/read"), &json!({}));
    assert_eq!(read.bearer(&mulde.app(&reader).await).send().await.status, 204);
    mulde.exchange.clock.advance(TimeDelta::seconds(61));
    mulde.texted(&silent).await;
    let over = ["push sent", "push sent", "sms cancelled", "sms delivered", "sms delivered"];
    mulde.until_deliveries(&id, &over).await;
    assert_eq!(town.ask("SELECT reason FROM deliveries WHERE state = 'cancelled'").await, ["delivered"]);
    mulde.exchange.clock.advance(TimeDelta::seconds(61));
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.standings(&id).await.get("delivered"), Some(&3));
    assert_eq!(mulde.fcm.requests_for("phone-of-the-proxy").len(), 0, "nobody is in danger");
    mulde.assert_laws(&id).await;
    // News never climb, whatever the town decides.
    let news = mulde.send(json!({"severity": "information"})).await;
    eventually("planned", SOON, async || (mulde.show(&news).await["people"] == 3).then_some(())).await;
    assert_eq!(mulde.deliveries(&news).await.len(), 3);
}

async fn what_was_delivered_ends_a_rung(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Sms, Voice]).await;
    let emil = mulde.resident("Muldestraße", 9, &[Sms, Voice]).await;
    mulde.exchange.sms.script(emil.address(Sms), [sms::Answer::Accept(vec![8, 2])]);
    mulde.exchange.phone.script(emil.address(Voice).to_owned(), [Answer::PickUp("1")]);
    let crisis = json!([
        {"channel": "sms", "wait": 60, "ends": "delivered"},
        {"channel": "voice", "wait": 60, "ends": "delivered"}
    ]);
    mulde.settle(json!({"ladders": {"crisis": crisis}})).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["sms delivered", "sms failed", "voice waiting", "voice waiting"]).await;
    assert_eq!(mulde.exchange.phone.heard().len(), 0);
    mulde.exchange.clock.advance(TimeDelta::seconds(61));
    let heard = eventually("the call", SOON, async || mulde.exchange.phone.heard().pop()).await;
    assert_eq!(heard.to, emil.address(Voice));
    mulde.until_deliveries(&id, &["sms delivered", "sms failed", "voice cancelled", "voice read"]).await;
    mulde.until(&id, "sent").await;
    mulde.exchange.clock.advance(TimeDelta::minutes(10));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(mulde.exchange.phone.heard().iter().filter(|call| call.to == erna.address(Voice)).count(), 0);
    mulde.assert_laws(&id).await;
}

async fn a_broadcast_keeps_the_ladder_it_began_with(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push, Sms]).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent", "sms waiting"]).await;
    let other = json!([{"channel": "push", "wait": 600}, {"channel": "voice", "wait": 600}]);
    mulde.settle(json!({"ladders": {"crisis": other}})).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(121));
    mulde.texted(&one).await;
    mulde.assert_laws(&id).await;
}

async fn who_is_on_no_rung_is_told_all_the_same(mulde: Mulde) {
    let caller = mulde.resident("Muldestraße", 1, &[Voice]).await;
    let both = mulde.resident("Muldestraße", 2, &[Push, Sms]).await;
    let writer = mulde.resident("Muldestraße", 3, &[Sms, Email]).await;
    mulde.settle(json!({"ladders": {"crisis": [{"channel": "sms", "wait": 60}]}})).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    let called = eventually("the call", SOON, async || mulde.exchange.phone.heard().pop()).await;
    assert_eq!(called.to, caller.address(Voice));
    mulde.texted(&both).await;
    mulde.texted(&writer).await;
    // A letter disturbs nobody; push messages are none of this ladder.
    mulde.until_deliveries(&id, &["email sent", "sms delivered", "sms delivered", "voice sent"]).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(61));
    mulde.until(&id, "sent").await;
    mulde.assert_laws(&id).await;
}

async fn a_preview_counts_each_rung(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Sms]).await;
    mulde.resident("Muldestraße", 2, &[Voice]).await;
    mulde.resident("Muldestraße", 3, &[Push, Sms, Voice]).await;
    let draft = mulde.write(json!({"severity": "important"})).await;
    let id = draft["id"].as_str().unwrap();
    let alone = mulde.preview(id).await;
    assert_eq!(alone["at_once"]["sms_segments"], 1);
    assert_eq!(alone["if_nobody_answers"], alone["at_once"], "it comes by one channel");
    let rung = |channel: &str| json!({"channel": channel, "wait": 3600});
    let ladder = [rung("sms"), rung("sms"), rung("voice")];
    mulde.settle(json!({"ladders": {"important": ladder}})).await;
    let climbing = mulde.preview(id).await;
    assert_eq!(climbing["at_once"]["sms_segments"], 2);
    assert_eq!(climbing["if_nobody_answers"]["sms_segments"], 4);
    let minutes = |cost: &Value| cost["voice_minutes"].as_u64().unwrap();
    assert_eq!(minutes(&climbing["at_once"]), minutes(&alone["at_once"]));
    assert_eq!(minutes(&climbing["if_nobody_answers"]), 2 * minutes(&alone["at_once"]), "two are called");
    let push = climbing["channels"].as_array().unwrap().iter().filter(|way| way["channel"] == "push");
    assert_eq!(push.count(), 0, "it stands on no rung");
}

async fn wrong_ladders_are_refused(mulde: Mulde) {
    let admin = mulde.staff("admin@example.org", Role::Admin).await;
    let seen = mulde.get(SETTINGS).bearer(&admin).send().await;
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();
    let rung = json!({"channel": "sms", "wait": 60});
    for (ladders, pointer) in [
        (json!({"crisis": []}), "/ladders/crisis"),
        (json!({"important": vec![rung; 9]}), "/ladders/important"),
        (json!({"crisis": [{"channel": "sms", "wait": 9}]}), "/ladders/crisis/0/wait"),
        (json!({"crisis": [{"channel": "sms", "wait": 86_401}]}), "/ladders/crisis/0/wait"),
        (json!({"crisis": [{"channel": "letter", "wait": 60}]}), "/ladders/crisis/0/channel"),
        (json!({"crisis": [{"channel": "sms", "wait": 60, "ends": "read"}]}), "/ladders/crisis/0/ends"),
        (json!({"information": [{"channel": "sms", "wait": 60}]}), "/ladders/information"),
    ] {
        let change = json!({"ladders": ladders});
        let refused = mulde.call(Method::PATCH, SETTINGS, Some(&change)).bearer(&admin);
        let refused = refused.header("if-match", &tag).expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{}", refused.body);
    }
    let same = mulde.get(SETTINGS).bearer(&admin).send().await;
    assert_eq!(same.headers["etag"].to_str().unwrap(), tag);
}
