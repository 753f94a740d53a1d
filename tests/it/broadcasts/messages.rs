//! What people read in the app.

use chrono::TimeDelta;
use domain::deliveries::Channel::Push;
use serde_json::{Value, json};

use super::town::{MESSAGES, Mulde};
use crate::support::on_both;

on_both!(a_guest_reads_what_they_were_told, only_what_changed_comes_again);

async fn a_guest_reads_what_they_were_told(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push]).await;
    // Whoever chose no channel still finds it in the app.
    let quiet = mulde.resident("Muldestraße", 2, &[]).await;
    let elsewhere = mulde.resident("Am Lauch", 2, &[]).await;
    let audience = json!({"street": {"name": "Muldestraße"}});
    let id = mulde.send(json!({"severity": "important", "audience": audience})).await;
    mulde.until(&id, "sent").await;
    for (resident, many) in [(&one, 1), (&quiet, 1), (&elsewhere, 0)] {
        let told: Value = mulde.get(MESSAGES).bearer(&mulde.app(resident).await).expect(200).await;
        assert_eq!(told["items"].as_array().unwrap().len(), many);
    }
    let app = mulde.app(&one).await;
    let seen = mulde.get(MESSAGES).bearer(&app).send().await;
    let told: Value = seen.json();
    let message = &told["items"][0];
    assert_eq!(message["id"], id.as_str());
    assert_eq!(message["municipality"], "bad-dueben");
    assert_eq!(message["texts"]["en"]["title"], "Flood on the Mulde");
    assert!(message.get("read_at").is_none());
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();
    let same = mulde.get(MESSAGES).bearer(&app).header("if-none-match", &tag).send().await;
    assert_eq!(same.status, 304);
    for _ in 0..2 {
        let read = mulde.post(&format!("{MESSAGES}/{id}/read"), &json!({})).bearer(&app).send().await;
        assert_eq!(read.status, 204, "{}", read.body);
    }
    let told: Value = mulde.get(MESSAGES).bearer(&app).header("if-none-match", &tag).expect(200).await;
    assert!(told["items"][0]["read_at"].is_string());
    assert_eq!(mulde.standings(&id).await["delivered"], 1);
    mulde.get(MESSAGES).expect_problem(401, "unauthenticated").await;
}

async fn only_what_changed_comes_again(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push]).await;
    let first = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&first, "sent").await;
    mulde.exchange.clock.advance(TimeDelta::minutes(10));
    let since = mulde.exchange.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    mulde.exchange.clock.advance(TimeDelta::minutes(10));
    let second = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&second, "sent").await;
    let app = mulde.app(&one).await;
    let new = async || -> Vec<String> {
        let path = format!("{MESSAGES}?since={since}");
        let told: Value = mulde.get(&path).bearer(&app).expect(200).await;
        told["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(new().await, std::slice::from_ref(&second));
    let _ = mulde.post(&format!("{MESSAGES}/{first}/read"), &json!({})).bearer(&app).send().await;
    assert_eq!(new().await, [&second, &first].map(Clone::clone));
    // Page by page.
    let page: Value = mulde.get(&format!("{MESSAGES}?limit=1")).bearer(&app).expect(200).await;
    assert_eq!(page["items"][0]["id"], second.as_str());
    let cursor = page["next_cursor"].as_str().unwrap();
    let next: Value =
        mulde.get(&format!("{MESSAGES}?limit=1&cursor={cursor}")).bearer(&app).expect(200).await;
    assert_eq!(next["items"][0]["id"], first.as_str());
    assert!(next.get("next_cursor").is_none());
}
