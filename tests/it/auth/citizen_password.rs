//! A citizen's password.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{PASSWORD, access};
use crate::{
    admin::first_pointer,
    support::{http::Call, installation::Installation, on_both},
};

on_both!(
    whoever_wants_signs_in_with_a_password,
    a_password_changes_only_for_who_knows_it_or_just_signed_in,
    a_password_of_a_citizen_opens_no_town_hall,
    passwords_cannot_be_tried_through,
);

const ERIKA: &str = "erika@example.org";
const MINE: &str = "/v1/me/password";
const SIGN_IN: &str = "/v1/auth/password-sessions";

fn signs_in(rathaus: &Installation, email: &str, password: &str) -> Call {
    rathaus.post(SIGN_IN, &json!({"email": email, "password": password}))
}

async fn sets(rathaus: &Installation, session: &Value, body: Value) {
    let answer = rathaus.put(MINE, &body).bearer(access(session)).send().await;
    assert_eq!(answer.status, 204, "{}", answer.body);
}

async fn whoever_wants_signs_in_with_a_password(rathaus: Installation) {
    let elsewhere = rathaus.citizen(ERIKA).await;
    rathaus.clock.advance(TimeDelta::minutes(11));
    let here = rathaus.citizen(ERIKA).await;
    signs_in(&rathaus, ERIKA, PASSWORD).expect_problem(401, "credentials_wrong").await;
    sets(&rathaus, &here, json!({"password": PASSWORD})).await;
    assert_eq!(rathaus.get("/v1/me").bearer(access(&elsewhere)).send().await.status, 401);
    let anywhere = domain::ids::MunicipalityId(uuid::Uuid::nil());
    let stored = rathaus.ask(anywhere, "SELECT secret FROM credentials").await.concat();
    assert!(stored.contains("$argon2id$v=19$m=19456,t=2,p=1$") && !stored.contains(PASSWORD), "{stored}");

    // A guest becomes the citizen, as with a code.
    let guest = rathaus.guest().await;
    let session: Value = signs_in(&rathaus, ERIKA, PASSWORD).bearer(access(&guest)).expect(201).await;
    assert_eq!(session["account_id"], here["account_id"]);
    assert_eq!(rathaus.get("/v1/me").bearer(access(&guest)).send().await.status, 401);
    assert_eq!(rathaus.me(&session).await["email"], ERIKA);
    for wrong in ["guess", "Correct horse battery staple"] {
        signs_in(&rathaus, ERIKA, wrong).expect_problem(401, "credentials_wrong").await;
    }
    assert_eq!(rathaus.delete(MINE).bearer(access(&here)).send().await.status, 204);
    signs_in(&rathaus, ERIKA, PASSWORD).expect_problem(401, "credentials_wrong").await;
    assert_eq!(rathaus.get("/v1/me").bearer(access(&session)).send().await.status, 401);
}

async fn a_password_changes_only_for_who_knows_it_or_just_signed_in(rathaus: Installation) {
    let guest = rathaus.guest().await;
    let erika = rathaus.citizen(ERIKA).await;
    rathaus
        .put(MINE, &json!({"password": PASSWORD}))
        .bearer(access(&guest))
        .expect_problem(403, "forbidden")
        .await;
    sets(&rathaus, &erika, json!({"password": PASSWORD})).await;
    sets(&rathaus, &erika, json!({"password": "a password just as long"})).await;
    rathaus.clock.advance(TimeDelta::minutes(11));
    for (body, pointer) in [
        (json!({"password": PASSWORD}), "/current_password"),
        (json!({"password": PASSWORD, "current_password": "guess"}), "/current_password"),
        (json!({"password": "short"}), "/password"),
        (json!({"password": "x".repeat(129)}), "/password"),
    ] {
        let refused =
            rathaus.put(MINE, &body).bearer(access(&erika)).expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{body}");
    }
    sets(&rathaus, &erika, json!({"password": PASSWORD, "current_password": "a password just as long"}))
        .await;
    let _: Value = signs_in(&rathaus, ERIKA, PASSWORD).expect(201).await;
}

async fn a_password_of_a_citizen_opens_no_town_hall(rathaus: Installation) {
    rathaus.staff_account("amt@example.org").await;
    let staff = json!({"email": "amt@example.org", "password": PASSWORD});
    signs_in(&rathaus, "amt@example.org", PASSWORD).expect_problem(401, "credentials_wrong").await;
    let citizen = rathaus.citizen("amt@example.org").await;
    sets(&rathaus, &citizen, json!({"password": "a password just as long"})).await;
    let _: Value = rathaus.post("/v1/auth/staff-sessions", &staff).expect(201).await;
    let other = json!({"email": "amt@example.org", "password": "a password just as long"});
    rathaus.post("/v1/auth/staff-sessions", &other).expect_problem(401, "credentials_wrong").await;
    let _: Value = signs_in(&rathaus, "amt@example.org", "a password just as long").expect(201).await;
}

async fn passwords_cannot_be_tried_through(rathaus: Installation) {
    for email in [ERIKA, "nobody@example.org"] {
        if email == ERIKA {
            let erika = rathaus.citizen(ERIKA).await;
            sets(&rathaus, &erika, json!({"password": PASSWORD})).await;
        }
        for _ in 0..10 {
            assert_eq!(signs_in(&rathaus, email, "guess").send().await.status, 401);
        }
        signs_in(&rathaus, email, PASSWORD).expect_problem(429, "too_many_requests").await;
    }
}
