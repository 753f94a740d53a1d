//! What it costs, before and after.

use domain::{
    deliveries::Channel::{Push, Sms, Voice},
    staff::Role,
};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::telephony::Answer;

use super::town::{CASTS, Mulde};
use crate::{admin::first_pointer, support::on_both};

on_both!(a_price_makes_a_cost, wrong_prices_and_waits_are_refused);

const SETTINGS: &str = "/v1/municipalities/bad-dueben/admin/settings";

impl Mulde {
    /// Changes the town hall's settings.
    pub async fn settle(&self, change: Value) -> Value {
        let admin = self.staff("runs@example.org", Role::Admin).await;
        let seen = self.get(SETTINGS).bearer(&admin).send().await;
        let tag = seen.headers["etag"].to_str().unwrap().to_owned();
        self.call(Method::PATCH, SETTINGS, Some(&change))
            .bearer(&admin)
            .header("if-match", &tag)
            .expect(200)
            .await
    }
}

async fn a_price_makes_a_cost(mulde: Mulde) {
    let texter = mulde.resident("Muldestraße", 1, &[Sms]).await;
    let listener = mulde.resident("Muldestraße", 2, &[Voice]).await;
    mulde.resident("Muldestraße", 3, &[Push, Sms]).await;
    let draft = mulde.write(json!({"severity": "crisis"})).await;
    let preview = mulde.preview(draft["id"].as_str().unwrap()).await;
    assert!(preview["at_once"].get("euro_cents").is_none(), "nobody said what it costs");
    let settings = mulde.settle(json!({"prices": {"sms_segment": 75, "voice_minute": 120}})).await;
    assert_eq!(settings["prices"], json!({"sms_segment": 75, "voice_minute": 120}));
    let preview = mulde.preview(draft["id"].as_str().unwrap()).await;
    // One text message and one minute; then another text message and a second call.
    assert_eq!(preview["at_once"], json!({"sms_segments": 1, "voice_minutes": 1, "euro_cents": 20}));
    let all = json!({"sms_segments": 2, "voice_minutes": 2, "euro_cents": 39});
    assert_eq!(preview["if_nobody_answers"], all);
    mulde.exchange.phone.script(listener.address(Voice).to_owned(), [Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&id, "sent").await;
    let report = mulde.report(&id).await;
    assert_eq!(report["cost"], json!({"sms_segments": 1, "voice_minutes": 1, "euro_cents": 20}));
    assert_eq!(mulde.exchange.sms.messages_to(texter.address(Sms)).len(), 1);
    let table =
        mulde.get(&format!("{CASTS}/{id}/report?format=csv")).bearer(&mulde.lead().await).send().await;
    assert!(table.body.lines().any(|line| line == "cost;euro_cents;20"), "{}", table.body);
    let drill = mulde.send(json!({"severity": "important", "drill": true})).await;
    mulde.until(&drill, "sent").await;
    assert_eq!(mulde.report(&drill).await["cost"]["euro_cents"], 0, "a drill costs nothing");
}

async fn wrong_prices_and_waits_are_refused(mulde: Mulde) {
    let admin = mulde.staff("admin@example.org", Role::Admin).await;
    let seen = mulde.get(SETTINGS).bearer(&admin).send().await;
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();
    for (change, pointer) in [
        (json!({"prices": {"sms_segment": 100_001}}), "/prices/sms_segment"),
        (json!({"prices": {"sms_segment": -1}}), "/prices/sms_segment"),
        (json!({"prices": {"letter": 80}}), "/prices/letter"),
        (json!({"waits": {"push": 9}}), "/waits/push"),
        (json!({"waits": {"voice": 3601}}), "/waits/voice"),
    ] {
        let refused = mulde.call(Method::PATCH, SETTINGS, Some(&change)).bearer(&admin);
        let refused = refused.header("if-match", &tag).expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{}", refused.body);
    }
    let same = mulde.get(SETTINGS).bearer(&admin).send().await;
    assert_eq!(same.headers["etag"].to_str().unwrap(), tag);
}
