//! A look at a draft before anybody else sees it.

use std::time::Duration;

use domain::deliveries::{Channel::Push, Platform};
use serde_json::{Value, json};

use super::town::{CASTS, Mulde};
use crate::{
    admin::first_pointer,
    support::{eventually::eventually, on_both},
};

on_both!(a_test_goes_to_staff_and_to_nobody_else);

const SOON: Duration = Duration::from_secs(30);

async fn a_test_goes_to_staff_and_to_nobody_else(mulde: Mulde) {
    let town = &mulde.exchange.town;
    mulde.resident("Muldestraße", 1, &[Push]).await;
    // The editor has the app as well.
    let person = town.person().await;
    town.phone(person, Platform::Android, "phone-of-the-editor").await;
    let id = mulde.identifier(person.0);
    let tie = format!("UPDATE accounts SET person_id = {id} WHERE email = 'editor@example.org'");
    town.execute(&tie).await;
    let draft = mulde.write(json!({"severity": "crisis"})).await;
    let tests = format!("{CASTS}/{}/tests", draft["id"].as_str().unwrap());
    let sent: Value = mulde.post(&tests, &json!({})).bearer(&mulde.editor().await).expect(202).await;
    assert_eq!(sent["contact_points"], 2);
    let push =
        eventually("the push", SOON, async || mulde.fcm.requests_for("phone-of-the-editor").pop()).await;
    assert_eq!(push.json()["message"]["data"]["kind"], "broadcast_test");
    assert!(push.json().to_string().contains("Test: Bad Düben"), "{}", push.json());
    let mail = eventually("the letter", SOON, async || mulde.smtp.mails_to("editor@example.org").pop()).await;
    assert!(mail.text.contains("Das ist ein Test.") && mail.text.contains("Keller"), "{}", mail.text);
    town.until("SELECT DISTINCT state FROM deliveries", &["sent"]).await;
    assert_eq!((mulde.fcm.counts().total, mulde.smtp.mails().len()), (1, 1), "residents get nothing");
    assert_eq!(mulde.show(draft["id"].as_str().unwrap()).await["state"], "draft");
    assert_eq!(town.ask("SELECT count(*) FROM audience").await, ["0"]);
    let stranger = json!({"staff": [uuid::Uuid::new_v4()]});
    let refused = mulde.post(&tests, &stranger).bearer(&mulde.editor().await);
    let refused = refused.expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/staff/0");
    let nothing = format!("{CASTS}/{}/tests", uuid::Uuid::new_v4());
    let nothing = mulde.post(&nothing, &json!({})).bearer(&mulde.editor().await);
    nothing.expect_problem(404, "not_found").await;
    town.assert_laws().await;
}
