//! The second factor of staff.

use chrono::TimeDelta;
use domain::{
    Scope, Store,
    context::Operator,
    staff::{Role, team},
    text::EmailAddress,
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::{PASSWORD, access};
use crate::support::{http::Call, installation::Installation, on_both};

on_both!(
    a_second_factor_is_asked_for_from_then_on,
    no_code_is_good_twice,
    recovery_codes_are_good_once,
    codes_cannot_be_tried_through,
    a_town_hall_can_require_it,
    only_who_knows_the_password_changes_it,
    an_operator_takes_it_away,
    nothing_readable_is_stored,
);

pub const AMT: &str = "amt@example.org";
const FACTOR: &str = "/v1/auth/second-factor";
const INBOX: &str = "/v1/municipalities/bad-dueben/staff/complaints";

impl Installation {
    fn sign_in(&self, totp: Option<&str>) -> Call {
        let mut body = json!({"email": AMT, "password": PASSWORD});
        if let Some(totp) = totp {
            body["totp"] = json!(totp);
        }
        self.post("/v1/auth/staff-sessions", &body)
    }

    /// What the authenticator shows now, or `steps` later.
    pub fn shown(&self, authenticator: &Totp, steps: i64) -> String {
        let time = self.clock.now().timestamp() + 30 * steps;
        authenticator.generate(time.try_into().unwrap()).to_string()
    }

    /// Begins a second factor; gives the session it was begun in and the authenticator.
    async fn begin(&self) -> (Value, Totp) {
        let session: Value = self.sign_in(None).expect(201).await;
        let begun = self.post(FACTOR, &json!({"password": PASSWORD})).bearer(access(&session));
        let begun: Value = begun.expect(201).await;
        let uri = begun["otpauth_uri"].as_str().unwrap();
        assert!(uri.starts_with("otpauth://totp/127.0.0.1:amt%40example.org?secret="), "{uri}");
        let secret = Secret::try_from_base32(begun["secret"].as_str().unwrap()).unwrap();
        (session, Builder::new().with_secret(secret).with_account_name("amt").build().unwrap())
    }

    /// An account with a second factor; gives the authenticator and the recovery codes.
    pub async fn guarded(&self) -> (Totp, Vec<String>) {
        self.staff_account(AMT).await;
        let (session, authenticator) = self.begin().await;
        let confirm = json!({"totp": self.shown(&authenticator, 0)});
        let confirm = self.post(&format!("{FACTOR}/confirmation"), &confirm).bearer(access(&session));
        let codes: Value = confirm.expect(200).await;
        let codes = codes["recovery_codes"].as_array().unwrap().iter();
        (authenticator, codes.map(|code| code.as_str().unwrap().to_owned()).collect())
    }
}

async fn a_second_factor_is_asked_for_from_then_on(rathaus: Installation) {
    rathaus.staff_account(AMT).await;
    let (session, authenticator) = rathaus.begin().await;
    let _: Value = rathaus.sign_in(None).expect(201).await;
    let confirm = |totp: &str| {
        let path = format!("{FACTOR}/confirmation");
        rathaus.post(&path, &json!({"totp": totp})).bearer(access(&session))
    };
    let wrong = confirm("000000").expect_problem(422, "validation_failed").await;
    assert_eq!(wrong.json::<Value>()["errors"][0]["pointer"], "/totp");
    let codes: Value = confirm(&rathaus.shown(&authenticator, 0)).expect(200).await;
    assert_eq!(codes["recovery_codes"].as_array().unwrap().len(), 10);

    rathaus.get(FACTOR).bearer(access(&session)).expect_problem(401, "unauthenticated").await;
    rathaus.sign_in(None).expect_problem(401, "second_factor_required").await;
    rathaus.sign_in(Some("000000")).expect_problem(401, "credentials_wrong").await;
    let session: Value = rathaus.sign_in(Some(&rathaus.shown(&authenticator, 1))).expect(201).await;
    let view: Value = rathaus.get(FACTOR).bearer(access(&session)).expect(200).await;
    assert_eq!(view, json!({"in_use": true, "recovery_codes_left": 10}));
    let again = rathaus.post(FACTOR, &json!({"password": PASSWORD})).bearer(access(&session));
    again.expect_problem(409, "already_exists").await;

    rathaus.clock.advance(TimeDelta::minutes(2));
    let removal = json!({"password": PASSWORD, "totp": rathaus.shown(&authenticator, 0)});
    let gone = rathaus.post(&format!("{FACTOR}/removal"), &removal).bearer(access(&session)).send().await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    let _: Value = rathaus.sign_in(None).expect(201).await;
}

async fn no_code_is_good_twice(rathaus: Installation) {
    let (authenticator, _) = rathaus.guarded().await;
    let used = rathaus.shown(&authenticator, 0);
    rathaus.sign_in(Some(&used)).expect_problem(401, "credentials_wrong").await;
    rathaus.clock.advance(TimeDelta::minutes(1));
    let code = rathaus.shown(&authenticator, 0);
    let both = tokio::join!(rathaus.sign_in(Some(&code)).send(), rathaus.sign_in(Some(&code)).send());
    let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    statuses.sort();
    assert_eq!(statuses, [201, 401], "one code, one session");
    let earlier = rathaus.shown(&authenticator, -1);
    rathaus.sign_in(Some(&earlier)).expect_problem(401, "credentials_wrong").await;
}

async fn recovery_codes_are_good_once(rathaus: Installation) {
    let (_, codes) = rathaus.guarded().await;
    let typed = format!(" {} ", codes[3].to_uppercase());
    let session: Value = rathaus.sign_in(Some(&typed)).expect(201).await;
    let view: Value = rathaus.get(FACTOR).bearer(access(&session)).expect(200).await;
    assert_eq!(view["recovery_codes_left"], 9);
    rathaus.sign_in(Some(&codes[3])).expect_problem(401, "credentials_wrong").await;
    let _: Value = rathaus.sign_in(Some(&codes[4])).expect(201).await;
}

async fn codes_cannot_be_tried_through(rathaus: Installation) {
    let (authenticator, _) = rathaus.guarded().await;
    let mut wrong = 0;
    while rathaus.sign_in(Some("000000")).send().await.status == 401 {
        wrong += 1;
    }
    assert!(wrong <= 10, "{wrong} guesses");
    let right = rathaus.shown(&authenticator, 1);
    rathaus.sign_in(Some(&right)).expect_problem(429, "too_many_requests").await;
}

async fn a_town_hall_can_require_it(rathaus: Installation) {
    let town = rathaus.found("bad-dueben", "Bad Düben").await;
    rathaus.staff_account(AMT).await;
    rathaus.employ(&town, AMT, Role::Admin).await;
    let session: Value = rathaus.sign_in(None).expect(201).await;
    let settings = "/v1/municipalities/bad-dueben/admin/settings";
    let require = rathaus.request(reqwest::Method::PATCH, settings);
    let require = Call(require.json(&json!({"requires_second_factor": true}))).bearer(access(&session));
    let settings: Value = require.header("if-match", "\"v1\"").expect(200).await;
    assert_eq!(settings["requires_second_factor"], true);
    rathaus.get(INBOX).bearer(access(&session)).expect_problem(403, "second_factor_missing").await;

    let (session, authenticator) = rathaus.begin().await;
    let missing = rathaus.get(INBOX).bearer(access(&session));
    missing.expect_problem(403, "second_factor_missing").await;
    let confirm = json!({"totp": rathaus.shown(&authenticator, 0)});
    let confirm = rathaus.post(&format!("{FACTOR}/confirmation"), &confirm).bearer(access(&session));
    let _: Value = confirm.expect(200).await;
    let session: Value = rathaus.sign_in(Some(&rathaus.shown(&authenticator, 1))).expect(201).await;
    let _: Value = rathaus.get(INBOX).bearer(access(&session)).expect(200).await;
}

async fn only_who_knows_the_password_changes_it(rathaus: Installation) {
    rathaus.staff_account(AMT).await;
    let session: Value = rathaus.sign_in(None).expect(201).await;
    let guest = rathaus.guest().await;
    let begin = |password: &str| rathaus.post(FACTOR, &json!({"password": password}));
    begin(PASSWORD).expect_problem(401, "unauthenticated").await;
    begin(PASSWORD).bearer(access(&guest)).expect_problem(403, "forbidden").await;
    let refused = begin("guess").bearer(access(&session)).expect_problem(422, "validation_failed").await;
    assert_eq!(refused.json::<Value>()["errors"][0]["pointer"], "/password");
    for (path, body) in [
        ("", json!({})),
        ("", json!({"password": PASSWORD, "totp": "000000"})),
        ("/confirmation", json!({"totp": "12345"})),
        ("/confirmation", json!({"totp": "1".repeat(41)})),
        ("/removal", json!({"password": PASSWORD})),
    ] {
        let call = rathaus.post(&format!("{FACTOR}{path}"), &body).bearer(access(&session));
        call.expect_problem(422, "validation_failed").await;
    }
    let nothing = json!({"totp": "123456"});
    let nothing = rathaus.post(&format!("{FACTOR}/confirmation"), &nothing).bearer(access(&session));
    nothing.expect_problem(422, "validation_failed").await;
    let nothing = json!({"password": PASSWORD, "totp": "123456"});
    let nothing = rathaus.post(&format!("{FACTOR}/removal"), &nothing).bearer(access(&session));
    nothing.expect_problem(422, "validation_failed").await;
    let _: Value = rathaus.sign_in(None).expect(201).await;
}

async fn an_operator_takes_it_away(rathaus: Installation) {
    let (authenticator, _) = rathaus.guarded().await;
    let session: Value = rathaus.sign_in(Some(&rathaus.shown(&authenticator, 1))).expect(201).await;
    let ctx = rathaus.clock.ctx(Default::default(), Uuid::nil(), Operator);
    let email = EmailAddress::parse(AMT).unwrap();
    team::reset_second_factor(rathaus.store(), &ctx, &email).await.unwrap();
    assert!(
        team::reset_second_factor(rathaus.store(), &ctx, &email).await.is_err(),
        "there is none any more"
    );
    // The command runs in another process; this one notices within a minute.
    rathaus.clock.advance(TimeDelta::seconds(60));
    rathaus.get(FACTOR).bearer(access(&session)).expect_problem(401, "unauthenticated").await;
    let _: Value = rathaus.sign_in(None).expect(201).await;
}

async fn nothing_readable_is_stored(rathaus: Installation) {
    let (authenticator, codes) = rathaus.guarded().await;
    let view = rathaus.store().view(Scope::Installation).await.unwrap();
    let all = "SELECT sealed_secret || CAST(recovery_hashes AS TEXT) FROM second_factors";
    let all = Statement::from_string(view.backend(), all);
    let row = view.connection().query_one_raw(all).await.unwrap().unwrap();
    let stored: String = row.try_get_by_index(0).unwrap();
    assert!(stored.len() > 700, "{stored}");
    let secret = authenticator.secret().to_base32();
    for plain in codes.iter().chain([&secret]) {
        assert!(!stored.contains(plain), "{plain} in {stored}");
    }
    let reads = rathaus.store().read(Scope::Installation).await.unwrap();
    let account = reads.account_of_email(&EmailAddress::parse(AMT).unwrap()).await.unwrap().unwrap();
    assert!(reads.second_factor(account.id).await.unwrap().unwrap().confirmed_at.is_some());
}
