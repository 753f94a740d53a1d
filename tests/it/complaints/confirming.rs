//! Guests confirm by e-mail where the town hall asks them to.

use chrono::TimeDelta;
use domain::{Scope, Store, citizens::CodePurpose, complaints::Status};
use infrastructure::secrets::Secrets;
use serde_json::{Value, json};

use super::{in_bad_dueben, report_with};
use crate::{
    auth::access,
    support::{
        installation::{Installation, SECRET},
        on_both,
    },
};

on_both!(a_confirmed_report_is_on_a_desk, five_wrong_codes_are_enough, a_lost_code_is_sent_again);

/// A report of a guest that waits for its code.
async fn waiting(installation: &Installation) -> (Value, Value, String) {
    in_bad_dueben(installation).await;
    let mut town = installation.town().await;
    town.settings.guests_confirm_by_email = true;
    town.settings.accepts_guests = true;
    let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
    tx.update_municipality(&town).await.unwrap();
    tx.touch_register().await.unwrap();
    tx.commit().await.unwrap();
    let guest = installation.guest().await;
    let unreachable = report_with(json!({"anonymous": false}));
    let refused = installation.file(&unreachable).bearer(access(&guest));
    refused.expect_problem(422, "validation_failed").await;
    let mine = report_with(json!({"anonymous": false, "email": "gast@example.org"}));
    let filed: Value = installation.file(&mine).bearer(access(&guest)).expect(201).await;
    assert_eq!(filed["status"], "unconfirmed");
    let [mail] = &installation.codes_due().await[..] else { panic!("one mail") };
    assert_eq!(mail.purpose, CodePurpose::ComplaintConfirmation);
    let digits = Secrets::new(SECRET).unwrap().open_code(mail.id, &mail.sealed).unwrap();
    (guest, filed, digits)
}

/// Six digits that are not these.
fn wrong(digits: &str) -> &'static str {
    if digits == "000000" { "000001" } else { "000000" }
}

async fn a_confirmed_report_is_on_a_desk(installation: Installation) {
    let (guest, filed, digits) = waiting(&installation).await;
    let confirm =
        |code: &str| installation.act(&filed, "confirmation", &json!({"code": code})).bearer(access(&guest));
    let refused = confirm(wrong(&digits)).expect_problem(422, "validation_failed").await;
    assert_eq!(refused.json::<Value>()["errors"][0]["code"], "code_wrong");
    let foreign = installation.act(&filed, "confirmation", &json!({"code": digits}));
    foreign.expect_problem(404, "not_found").await;

    // Steps of one moment have no order between two requests.
    installation.clock.advance(TimeDelta::minutes(1));
    let confirmed: Value = confirm(&digits).expect(200).await;
    assert_eq!(confirmed["status"], "routed");
    assert_eq!(confirmed["due_at"], "2026-11-25T22:59:59Z");
    let (complaint, steps) = installation.complaint(&filed).await;
    assert_eq!(complaint.confirm_email, None, "the address was for this alone");
    let taken: Vec<_> = steps.iter().map(|step| step.to.unwrap()).collect();
    assert_eq!(taken, [Status::Unconfirmed, Status::Submitted, Status::Routed]);
    confirm(&digits).expect_problem(409, "transition_illegal").await;
}

async fn five_wrong_codes_are_enough(installation: Installation) {
    let (guest, filed, digits) = waiting(&installation).await;
    let confirm =
        |code: &str| installation.act(&filed, "confirmation", &json!({"code": code})).bearer(access(&guest));
    for _ in 0..5 {
        assert_eq!(confirm(wrong(&digits)).send().await.status, 422);
    }
    confirm(&digits).expect_problem(422, "validation_failed").await;
    assert_eq!(installation.complaint(&filed).await.0.status, Status::Unconfirmed);
}

async fn a_lost_code_is_sent_again(installation: Installation) {
    let (guest, filed, first) = waiting(&installation).await;
    let again = |installation: &Installation| {
        installation.act(&filed, "confirmation/codes", &json!({})).bearer(access(&guest))
    };
    let confirm =
        |code: &str| installation.act(&filed, "confirmation", &json!({"code": code})).bearer(access(&guest));
    let foreign = installation.act(&filed, "confirmation/codes", &json!({}));
    foreign.expect_problem(404, "not_found").await;

    // The first one has run out by now.
    installation.clock.advance(TimeDelta::minutes(11));
    assert_eq!(confirm(&first).send().await.status, 422);
    let answer: Value = again(&installation).expect(202).await;
    assert_eq!(answer["expires_in"], 600);
    let [mail] = &installation.codes_due().await[..] else { panic!("one mail") };
    assert_eq!(mail.address.as_str(), "gast@example.org", "where the report was filed from");
    let second = Secrets::new(SECRET).unwrap().open_code(mail.id, &mail.sealed).unwrap();
    for _ in 0..2 {
        installation.clock.advance(TimeDelta::seconds(5));
        again(&installation).expect::<Value>(202).await;
    }
    again(&installation).expect_problem(429, "too_many_requests").await;
    let latest = installation.codes_due().await;
    assert_eq!(latest.len(), 2, "what was refused sent nothing");
    let newest = latest.iter().max_by_key(|mail| (mail.expires_at, mail.id)).unwrap();
    let digits = Secrets::new(SECRET).unwrap().open_code(newest.id, &newest.sealed).unwrap();
    assert_eq!(confirm(&second).send().await.status, 422, "another one replaced it");
    assert_eq!(confirm(&digits).expect::<Value>(200).await["status"], "routed");
    again(&installation).expect_problem(409, "transition_illegal").await;
}
