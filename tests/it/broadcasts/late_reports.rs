//! What providers and people say about a time that is over, while the next one is still to come.

use chrono::TimeDelta;
use domain::{
    Locale,
    deliveries::{
        Channel::{Push, Sms, Voice},
        Keys,
    },
};
use infrastructure::secrets::CallScript;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};

use super::{by_hand::ByHand, town::CASTS};
use crate::support::on_both;

on_both!(
    a_report_on_the_first_call_does_not_end_the_second,
    a_report_on_what_was_sent_before_does_not_end_what_is_sent_again,
    an_answer_by_text_is_about_what_was_texted,
    a_key_is_noted_and_acknowledges_or_neither,
);

impl ByHand {
    async fn told(&self, path: &str, fields: &[(&str, &str)]) -> u16 {
        let url = self.0.exchange.url(path);
        self.0.exchange.phone.tell(&url, fields).await.status
    }

    async fn reported(&self, token: &str, status: &str) {
        let told = self.told(&format!("/callbacks/twilio/reports/{token}"), &[("CallStatus", status)]).await;
        assert_eq!(told, 200, "{status}");
    }
}

async fn a_report_on_the_first_call_does_not_end_the_second(town: ByHand) {
    let erna = town.0.resident("Muldestraße", 7, &[Voice]).await;
    let warning = town.begun("crisis").await;
    town.plan(&warning, "Muldestraße", None).await;
    town.send().await;
    town.0.exchange.clock.advance(TimeDelta::minutes(6));
    // The first telephone still rings when the town does not wait any longer.
    town.climb(&warning).await;
    assert_eq!(town.states("voice").await, ["pending"]);
    let name = |generation| town.token(town.name(warning.id, erna.ways[0].1, generation));
    for status in ["completed", "busy", "no-answer"] {
        town.reported(&name(0), status).await;
        assert_eq!(town.states("voice").await, ["pending"], "{status} is about the first call");
    }
    town.send().await;
    town.reported(&name(1), "busy").await;
    assert_eq!(town.states("voice").await, ["failed"], "that is about the second");
}

async fn a_report_on_what_was_sent_before_does_not_end_what_is_sent_again(town: ByHand) {
    let erna = town.0.resident("Muldestraße", 7, &[Sms]).await;
    let news = town.begun("important").await;
    town.plan(&news, "Muldestraße", None).await;
    town.send().await;
    let name = |generation| town.token(town.name(news.id, erna.ways[0].1, generation));
    let reported = async |token: String, status: u32| {
        let url = town.0.exchange.url(&format!("/callbacks/kannel/reports/{token}?status=%d"));
        assert_eq!(town.0.exchange.sms.report(&url, status).await.status, 200);
    };
    reported(name(0), 2).await;
    assert_eq!(town.states("sms").await, ["failed"]);
    let again = town.0.post(&format!("{CASTS}/{}/retries", news.id), &json!({"people": []}));
    let again: Value = again.bearer(&town.0.lead().await).expect(202).await;
    assert_eq!(again["again"], 1);
    for status in [8, 2, 16] {
        reported(name(0), status).await;
        assert_eq!(town.states("sms").await, ["pending"], "{status} is about the first time");
    }
    town.send().await;
    reported(name(1), 2).await;
    assert_eq!(town.states("sms").await, ["failed"]);
    // That it arrived is true whichever of them did.
    reported(name(0), 1).await;
    assert_eq!(town.states("sms").await, ["delivered"]);
}

async fn an_answer_by_text_is_about_what_was_texted(town: ByHand) {
    let erna = town.0.resident("Muldestraße", 7, &[Push, Sms]).await;
    let (flood, fire) = (town.begun("crisis").await, town.begun("crisis").await);
    town.plan(&flood, "Muldestraße", None).await;
    town.0.exchange.clock.advance(TimeDelta::minutes(3));
    town.climb(&flood).await;
    let known = async |id: String| town.0.report(&id).await["acknowledged"].clone();
    let answered = async || {
        let fields = [("From", erna.address(Sms)), ("Body", "OK")];
        assert_eq!(town.told("/callbacks/twilio/messages", &fields).await, 200);
    };
    // It is to be sent, and was not yet.
    answered().await;
    assert_eq!(known(flood.id.to_string()).await, json!([]));
    town.0.exchange.town.execute("UPDATE deliveries SET state = 'sent' WHERE channel = 'sms'").await;
    town.plan(&fire, "Muldestraße", None).await;
    answered().await;
    assert_eq!(known(flood.id.to_string()).await, json!([{"name": "sms", "count": 1}]));
    assert_eq!(known(fire.id.to_string()).await, json!([]), "of that her telephone does not know yet");
    assert_eq!(town.states("sms").await, ["sent", "waiting"]);
}

async fn a_key_is_noted_and_acknowledges_or_neither(town: ByHand) {
    let erna = town.0.resident("Muldestraße", 7, &[Voice]).await;
    let warning = town.begun("crisis").await;
    town.plan(&warning, "Muldestraße", None).await;
    town.send().await;
    let script = CallScript {
        delivery: Some(town.name(warning.id, erna.ways[0].1, 0)),
        locale: Locale::De,
        text: "Hochwasser".into(),
        keys: Keys::Heard,
        placed_at: town.0.exchange.clock.now(),
        expires_at: warning.draft.expires_at,
    };
    let path = format!("/callbacks/twilio/calls/{}/keys", script.seal(&ByHand::secrets()).unwrap());
    let books = Database::connect(&town.0.exchange.database.superuser_url).await.unwrap();
    books.execute_unprepared("ALTER TABLE audience RENAME TO audience_away").await.unwrap();
    assert!(town.told(&path, &[("Digits", "1")]).await >= 500, "nobody could be written down");
    assert_eq!(town.states("voice").await, ["sent"], "she will be called again");
    books.execute_unprepared("ALTER TABLE audience_away RENAME TO audience").await.unwrap();
    books.close().await.unwrap();
    assert_eq!(town.told(&path, &[("Digits", "1")]).await, 200);
    assert_eq!(town.states("voice").await, ["read"]);
    let known = town.0.report(&warning.id.to_string()).await["acknowledged"].clone();
    assert_eq!(known, json!([{"name": "voice", "count": 1}]));
}
