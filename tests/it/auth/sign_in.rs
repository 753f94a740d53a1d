use chrono::TimeDelta;
use domain::Scope;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{PASSWORD, access};
use crate::support::{installation::Installation, on_both};

on_both!(
    a_citizen_signs_in_by_mail,
    five_wrong_tries_kill_a_code,
    codes_end_and_are_good_once,
    codes_are_limited,
    a_code_nobody_can_read_keeps_no_other_waiting,
    bad_requests_are_named,
    a_guest_becomes_a_citizen,
    a_guest_joins_a_citizen,
    staff_sign_in_by_password,
    passwords_cannot_be_tried_through,
    profiles_change_and_go,
);

const ERIKA: &str = "erika@example.org";

async fn a_citizen_signs_in_by_mail(rathaus: Installation) {
    let unknown = rathaus.post("/v1/auth/codes", &json!({"email": ERIKA})).send().await;
    assert_eq!(rathaus.codes_due().await.len(), 1);
    rathaus.clock.advance(TimeDelta::seconds(1));
    let session = rathaus.citizen(ERIKA).await;
    let me = rathaus.me(&session).await;
    assert_eq!((&me["kind"], &me["email"]), (&json!("citizen"), &json!(ERIKA)));
    assert_eq!(me["account_id"], session["account_id"]);
    let known = rathaus.post("/v1/auth/codes", &json!({"email": "Erika@Example.org"})).send().await;
    assert_eq!((unknown.status, &unknown.body), (known.status, &known.body));
    let names = |answer: &crate::support::http::Answer| {
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(names(&unknown), names(&known));
}

async fn five_wrong_tries_kill_a_code(rathaus: Installation) {
    let code = rathaus.code(ERIKA).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        let guess = rathaus.post("/v1/auth/sessions", &json!({"email": ERIKA, "code": wrong})).send().await;
        assert_eq!(guess.status, 401);
    }
    let call = rathaus.post("/v1/auth/sessions", &json!({"email": ERIKA, "code": code}));
    call.expect_problem(401, "credentials_wrong").await;
}

async fn codes_end_and_are_good_once(rathaus: Installation) {
    let late = rathaus.code(ERIKA).await;
    rathaus.clock.advance(TimeDelta::minutes(10));
    let call = rathaus.post("/v1/auth/sessions", &json!({"email": ERIKA, "code": late}));
    assert_eq!(call.send().await.status, 401);
    rathaus.clock.advance(TimeDelta::minutes(10));
    let code = rathaus.code(ERIKA).await;
    let body = json!({"email": ERIKA, "code": code});
    let _: Value = rathaus.post("/v1/auth/sessions", &body).expect(201).await;
    assert_eq!(rathaus.post("/v1/auth/sessions", &body).send().await.status, 401);
    assert!(rathaus.codes_due().await.is_empty(), "claimed mails are not claimed twice");
}

async fn codes_are_limited(rathaus: Installation) {
    let ask = async |email: &str| rathaus.post("/v1/auth/codes", &json!({"email": email})).send().await;
    for _ in 0..3 {
        assert_eq!(ask(ERIKA).await.status, 202);
    }
    let refused = ask(ERIKA).await;
    assert_eq!(refused.status, 429);
    assert!(refused.headers.contains_key("retry-after"));
    for n in 0..7 {
        assert_eq!(ask(&format!("n{n}@example.org")).await.status, 202);
    }
    assert_eq!(ask("one-too-many@example.org").await.status, 429, "ten an hour for one client");
    assert_eq!(rathaus.codes_due().await.len(), 10, "what was refused is not sent");
    rathaus.clock.advance(TimeDelta::minutes(70));
    for _ in 0..3 {
        assert_eq!(ask(ERIKA).await.status, 202);
    }
    rathaus.clock.advance(TimeDelta::minutes(70));
    assert_eq!(ask(ERIKA).await.status, 429, "six a day");
}

async fn a_code_nobody_can_read_keeps_no_other_waiting(rathaus: Installation) {
    let _: Value = rathaus.post("/v1/auth/codes", &json!({"email": ERIKA})).expect(202).await;
    let db = rathaus.store().transaction(Scope::Installation).await.unwrap();
    db.connection()
        .execute_unprepared("UPDATE one_time_codes SET purpose = 'of a later version'")
        .await
        .unwrap();
    db.finish().await.unwrap();
    rathaus.citizen("max@example.org").await;
}

async fn bad_requests_are_named(rathaus: Installation) {
    for (body, code) in [
        (json!({}), "validation_failed"),
        (json!({"email": ERIKA, "phone": "+4934243722000"}), "validation_failed"),
        (json!({"email": "nobody"}), "validation_failed"),
        (json!({"email": ERIKA, "foo": 1}), "validation_failed"),
        (json!({"phone": "+4934243722000"}), "channel_unavailable"),
    ] {
        rathaus.post("/v1/auth/codes", &body).expect_problem(422, code).await;
    }
    assert!(rathaus.codes_due().await.is_empty());
}

async fn a_guest_becomes_a_citizen(rathaus: Installation) {
    let guest = rathaus.guest().await;
    assert!(guest["account_id"].is_null());
    let before = rathaus.me(&guest).await;
    let code = rathaus.code(ERIKA).await;
    let body = json!({"email": ERIKA, "code": code});
    let citizen: Value = rathaus.post("/v1/auth/sessions", &body).bearer(access(&guest)).expect(201).await;
    let after = rathaus.me(&citizen).await;
    assert_eq!(before["id"], after["id"], "everything of the guest's is the citizen's");
    assert_eq!(after["kind"], "citizen");
    rathaus.get("/v1/me").bearer(access(&guest)).expect_problem(401, "unauthenticated").await;
}

async fn a_guest_joins_a_citizen(rathaus: Installation) {
    let citizen = rathaus.me(&rathaus.citizen(ERIKA).await).await;
    let guest = rathaus.guest().await;
    let device = format!("/v1/me/devices/{}", uuid::Uuid::new_v4());
    let phone = json!({"platform": "ios", "token": "a1b2c3d4e5f60718"});
    assert_eq!(rathaus.put(&device, &phone).bearer(access(&guest)).send().await.status, 204);
    let code = rathaus.code(ERIKA).await;
    let body = json!({"email": ERIKA, "code": code});
    let joined: Value = rathaus.post("/v1/auth/sessions", &body).bearer(access(&guest)).expect(201).await;
    assert_eq!(rathaus.me(&joined).await["id"], citizen["id"]);
    assert_eq!(rathaus.get("/v1/me").bearer(access(&guest)).send().await.status, 401);
    assert_eq!(
        rathaus.delete(&device).bearer(access(&joined)).send().await.status,
        204,
        "the device came along"
    );
}

async fn staff_sign_in_by_password(rathaus: Installation) {
    rathaus.staff_account("amt@example.org").await;
    let sign_in = |email: &str, password: &str| {
        rathaus.post("/v1/auth/staff-sessions", &json!({"email": email, "password": password}))
    };
    let session: Value = sign_in("amt@example.org", PASSWORD).expect(201).await;
    rathaus.get("/v1/me").bearer(access(&session)).expect_problem(403, "forbidden").await;
    let wrong = sign_in("amt@example.org", "guess").expect_problem(401, "credentials_wrong").await;
    let unknown = sign_in("nobody@example.org", "guess").expect_problem(401, "credentials_wrong").await;
    let (wrong, unknown): (Value, Value) = (wrong.json(), unknown.json());
    assert_eq!(wrong["detail"], unknown["detail"]);
}

async fn passwords_cannot_be_tried_through(rathaus: Installation) {
    rathaus.staff_account("amt@example.org").await;
    let sign_in = async |password: &str| {
        let body = json!({"email": "amt@example.org", "password": password});
        rathaus.post("/v1/auth/staff-sessions", &body).send().await.status
    };
    for _ in 0..10 {
        assert_eq!(sign_in("guess").await, 401);
    }
    assert_eq!(sign_in(PASSWORD).await, 429, "not even the right one");
    rathaus.clock.advance(TimeDelta::minutes(20));
    assert_eq!(sign_in(PASSWORD).await, 201);
}

async fn profiles_change_and_go(rathaus: Installation) {
    let session = rathaus.citizen(ERIKA).await;
    let patch = |tag: &str, body: Value| {
        let request = rathaus.request(reqwest::Method::PATCH, "/v1/me").json(&body);
        crate::support::http::Call(request).bearer(access(&session)).header("if-match", tag)
    };
    let seen = rathaus.get("/v1/me").bearer(access(&session)).send().await;
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();
    let changed: Value = patch(&tag, json!({"name": "Erika", "locale": "en"})).expect(200).await;
    assert_eq!((&changed["name"], &changed["locale"]), (&json!("Erika"), &json!("en")));
    patch(&tag, json!({"name": null})).expect_problem(412, "stale").await;
    assert_eq!(rathaus.delete("/v1/me").bearer(access(&session)).send().await.status, 204);
    rathaus.get("/v1/me").bearer(access(&session)).expect_problem(401, "unauthenticated").await;
    assert_eq!(rathaus.refresh(super::renewal(&session)).send().await.status, 401);
}
