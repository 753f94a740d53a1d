use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::{Scope, Store, citizens::CodePurpose, staff::Role, text::EmailAddress};
use infrastructure::secrets::Secrets;
use serde_json::{Value, json};

use super::{Desk, first_pointer};
use crate::{
    auth::{PASSWORD, access},
    support::{
        http::Call,
        installation::{Installation, SECRET},
        on_both,
    },
};

on_both!(
    admins_keep_the_staff,
    an_invitation_becomes_a_password,
    invitations_cannot_be_guessed_and_end,
    another_invitation_replaces_the_first,
    whoever_leaves_is_locked_out_at_once,
    whoever_works_in_two_town_halls_goes_on_in_the_other,
    somebody_can_always_let_others_in,
    two_admins_cannot_unseat_each_other,
    who_is_needed_stays,
);

const PATH: &str = "/v1/municipalities/bad-dueben/admin/staff";
const INVITATIONS: &str = "/v1/auth/staff-invitations";
const CLEO: &str = "cleo@example.org";

fn cleo() -> Value {
    json!({"name": "Cleo Clerk", "email": CLEO, "role": "clerk"})
}

impl Desk {
    /// The code in the letter that is due.
    async fn invited(&self, email: &str) -> String {
        let due = self.installation.codes_due().await;
        let letter = due.iter().rfind(|code| code.address.as_str() == email).expect("a letter");
        assert_eq!(letter.purpose, CodePurpose::StaffInvitation);
        assert_eq!(letter.municipality, Some(self.town.id));
        Secrets::new(SECRET).unwrap().open_code(letter.id, &letter.sealed).unwrap()
    }

    fn accept(&self, email: &str, code: &str, password: &str) -> Call {
        let body = json!({"email": email, "code": code, "password": password});
        self.installation.post(INVITATIONS, &body)
    }

    fn sign_in(&self, email: &str, password: &str) -> Call {
        self.installation.post("/v1/auth/staff-sessions", &json!({"email": email, "password": password}))
    }

    fn inbox(&self, session: &Value) -> Call {
        self.installation.get("/v1/municipalities/bad-dueben/staff/complaints").bearer(access(session))
    }

    /// Cleo, with a password; their address in the API and their session.
    async fn with_cleo(&self) -> (String, Value) {
        let place = self.add(PATH, &cleo()).await;
        let code = self.invited(CLEO).await;
        assert_eq!(self.accept(CLEO, &code, "a long enough password").send().await.status, 204);
        (place, self.sign_in(CLEO, "a long enough password").expect(201).await)
    }

    /// Where the admin's own entry is.
    async fn own_place(&self) -> String {
        let staff = self.items(PATH).await;
        let own = staff.iter().find(|member| member["email"] == "admin@example.org").unwrap();
        format!("{PATH}/{}", own["id"].as_str().unwrap())
    }
}

async fn admins_keep_the_staff(installation: Installation) {
    let desk = Desk::open(installation).await;
    let unknown = "0199aaaa-0000-7000-8000-000000000000";
    let wrong = [
        ("colour", json!("red"), "/colour"),
        ("name", json!(""), "/name"),
        ("name", json!("x".repeat(81)), "/name"),
        ("email", json!("nobody"), "/email"),
        ("role", json!("king"), "/role"),
        ("active", json!(true), "/active"),
        ("password", json!("a long enough password"), "/password"),
        ("departments", json!([unknown]), "/departments/0"),
        ("departments", json!(["x"]), "/departments/0"),
        ("departments", json!(vec![unknown; 101]), "/departments"),
    ];
    desk.guards(PATH, &cleo(), &wrong).await;
    assert!(desk.installation.codes_due().await.is_empty(), "nobody was invited");
    let place = desk.add(PATH, &cleo()).await;
    desk.post(PATH, &cleo()).expect_problem(409, "already_exists").await;
    assert_eq!(desk.installation.codes_due().await.len(), 1, "one letter");
    let departments = desk.items("/v1/municipalities/bad-dueben/admin/departments").await;
    let id = &departments[0]["id"];
    let changed = desk.guards_versions(&place, &json!({"role": "lead", "departments": [id, id]})).await;
    assert_eq!(changed["name"], "Cleo Clerk", "what is absent stays");
    assert_eq!((&changed["role"], &changed["departments"]), (&json!("lead"), &json!([id])));
    for (bad, pointer) in [
        (json!({"email": "new@example.org"}), "/email"),
        (json!({"role": null}), "/role"),
        (json!({"departments": [id, unknown]}), "/departments/1"),
    ] {
        let refused = desk.patch(&place, &bad).header("if-match", "\"v2\"");
        assert_eq!(first_pointer(&refused.expect_problem(422, "validation_failed").await), pointer);
    }
    let staff = desk.items(PATH).await;
    let names: BTreeSet<_> = staff.iter().map(|member| member["name"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["Cleo Clerk", "admin@example.org", "clerk@example.org"]));

    let other = desk.installation.store().read(Scope::Installation).await.unwrap();
    let account =
        other.account_of_email(&EmailAddress::parse("stranger@example.org").unwrap()).await.unwrap();
    let eilenburg = other.municipality(&"eilenburg".to_owned().try_into().unwrap()).await.unwrap().unwrap();
    let there = desk.installation.store().read(Scope::Municipality(eilenburg.id)).await.unwrap();
    let stranger = there.member_of_account(account.unwrap().id).await.unwrap().unwrap();
    let foreign = format!("{PATH}/{}", stranger.id);
    desk.get(&foreign).expect_problem(404, "not_found").await;
    desk.patch(&foreign, &json!({"active": false}))
        .header("if-match", "\"v1\"")
        .expect_problem(404, "not_found")
        .await;
    desk.delete(&foreign, "\"v1\"").expect_problem(404, "not_found").await;
    desk.post(&format!("{foreign}/invitations"), &json!({})).expect_problem(404, "not_found").await;
    desk.removes(&place, "\"v2\"").await;
}

async fn an_invitation_becomes_a_password(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.add(PATH, &cleo()).await;
    let code = desk.invited(CLEO).await;
    assert!(code.len() >= 16, "too long to be guessed in a week");
    for (email, code, password, pointer) in [
        (CLEO, code.as_str(), "short", "/password"),
        (CLEO, code.as_str(), &"x".repeat(129), "/password"),
        (CLEO, "x", "a long enough password", "/code"),
        (CLEO, "aaaa-bbbb-cccc-dddd", "a long enough password", "/code"),
        ("somebody@example.org", code.as_str(), "a long enough password", "/code"),
    ] {
        let refused = desk.accept(email, code, password).expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{}", refused.body);
    }
    desk.sign_in(CLEO, "a long enough password").expect_problem(401, "credentials_wrong").await;
    let shouted = format!(" {} ", code.to_uppercase());
    assert_eq!(desk.accept(CLEO, &shouted, "a long enough password").send().await.status, 204);
    let session: Value = desk.sign_in(CLEO, "a long enough password").expect(201).await;
    desk.inbox(&session).expect::<Value>(200).await;
    desk.accept(CLEO, &code, "another long password").expect_problem(422, "validation_failed").await;
    desk.sign_in(CLEO, "another long password").expect_problem(401, "credentials_wrong").await;
}

async fn invitations_cannot_be_guessed_and_end(installation: Installation) {
    let desk = Desk::open(installation).await;
    let place = desk.add(PATH, &cleo()).await;
    let code = desk.invited(CLEO).await;
    for _ in 0..5 {
        assert_eq!(
            desk.accept(CLEO, "aaaa-bbbb-cccc-dddd", "a long enough password").send().await.status,
            422
        );
    }
    assert_eq!(
        desk.accept(CLEO, &code, "a long enough password").send().await.status,
        422,
        "guessed at too often"
    );

    desk.installation.clock.advance(TimeDelta::minutes(1));
    desk.post(&format!("{place}/invitations"), &json!({})).expect::<Value>(202).await;
    let code = desk.invited(CLEO).await;
    desk.installation.clock.advance(TimeDelta::days(8));
    assert_eq!(desk.accept(CLEO, &code, "a long enough password").send().await.status, 422, "too old");
}

async fn another_invitation_replaces_the_first(installation: Installation) {
    let desk = Desk::open(installation).await;
    let (place, session) = desk.with_cleo().await;
    let (clerk, stranger) = desk.others().await;
    let again = format!("{place}/invitations");
    desk.installation.post(&again, &json!({})).expect_problem(401, "unauthenticated").await;
    desk.installation.post(&again, &json!({})).bearer(&clerk).expect_problem(403, "forbidden").await;
    desk.installation.post(&again, &json!({})).bearer(&stranger).expect_problem(404, "not_found").await;
    assert!(desk.installation.codes_due().await.is_empty());

    desk.installation.clock.advance(TimeDelta::minutes(1));
    let answer: Value = desk.post(&again, &json!({})).expect(202).await;
    assert_eq!(answer["expires_in"], 7 * 24 * 3600);
    let first = desk.invited(CLEO).await;
    desk.installation.clock.advance(TimeDelta::minutes(1));
    desk.post(&again, &json!({})).expect::<Value>(202).await;
    let second = desk.invited(CLEO).await;
    desk.inbox(&session).expect::<Value>(200).await;
    desk.accept(CLEO, &first, "another long password").expect_problem(422, "validation_failed").await;
    assert_eq!(desk.accept(CLEO, &second, "another long password").send().await.status, 204);
    desk.inbox(&session).expect_problem(401, "unauthenticated").await;
    desk.sign_in(CLEO, "a long enough password").expect_problem(401, "credentials_wrong").await;
    desk.sign_in(CLEO, "another long password").expect::<Value>(201).await;
    for _ in 0..3 {
        desk.post(&again, &json!({})).expect::<Value>(202).await;
    }
    desk.post(&again, &json!({})).expect_problem(429, "too_many_requests").await;
}

async fn whoever_leaves_is_locked_out_at_once(installation: Installation) {
    let desk = Desk::open(installation).await;
    let (place, session) = desk.with_cleo().await;
    desk.inbox(&session).expect::<Value>(200).await;
    let off: Value =
        desk.patch(&place, &json!({"active": false})).header("if-match", "\"v1\"").expect(200).await;
    assert_eq!(off["active"], false);
    desk.inbox(&session).expect_problem(401, "unauthenticated").await;
    let renewal = json!({"refresh_token": session["refresh_token"]});
    desk.installation
        .post("/v1/auth/sessions/refresh", &renewal)
        .expect_problem(401, "unauthenticated")
        .await;
    let elsewhere: Value = desk.sign_in(CLEO, "a long enough password").expect(201).await;
    desk.inbox(&elsewhere).expect_problem(404, "not_found").await;
    desk.post(&format!("{place}/invitations"), &json!({})).expect_problem(404, "not_found").await;

    desk.patch(&place, &json!({"active": true, "role": "auditor"}))
        .header("if-match", "\"v2\"")
        .expect::<Value>(200)
        .await;
    desk.inbox(&elsewhere).expect::<Value>(200).await;
    assert_eq!(desk.delete(&place, "\"v3\"").send().await.status, 204);
    desk.inbox(&elsewhere).expect_problem(401, "unauthenticated").await;
}

/// What one town hall does about somebody is nothing to another: not even that they sign in again.
async fn whoever_works_in_two_town_halls_goes_on_in_the_other(installation: Installation) {
    let desk = Desk::open(installation).await;
    let eilenburg = desk.installation.found("eilenburg", "Eilenburg").await;
    desk.installation.staff_account(CLEO).await;
    let member = desk.installation.employ(&desk.town, CLEO, Role::Lead).await;
    desk.installation.employ(&eilenburg, CLEO, Role::Lead).await;
    let session: Value = desk.sign_in(CLEO, PASSWORD).expect(201).await;
    let there =
        || desk.installation.get("/v1/municipalities/eilenburg/staff/complaints").bearer(access(&session));
    let place = format!("{PATH}/{}", member.id);
    let _: Value = there().expect(200).await;
    for (n, change, here) in [(1, json!({"role": "clerk"}), 200), (2, json!({"active": false}), 404)] {
        let changed = desk.patch(&place, &change).header("if-match", &format!("\"v{n}\""));
        let _: Value = changed.expect(200).await;
        assert_eq!(desk.inbox(&session).send().await.status, here, "{change}");
        let _: Value = there().expect(200).await;
    }
    assert_eq!(desk.delete(&place, "\"v3\"").send().await.status, 204);
    let _: Value = there().expect(200).await;
}

async fn somebody_can_always_let_others_in(installation: Installation) {
    let desk = Desk::open(installation).await;
    let own = desk.own_place().await;
    for patch in [json!({"role": "lead"}), json!({"active": false})] {
        desk.patch(&own, &patch).header("if-match", "\"v1\"").expect_problem(409, "last_admin").await;
    }
    desk.delete(&own, "\"v1\"").expect_problem(409, "last_admin").await;
    let second = desk.installation.employ(&desk.town, "second@example.org", Role::Admin).await;
    let place = format!("{PATH}/{}", second.id);
    desk.patch(&place, &json!({"active": false})).header("if-match", "\"v1\"").expect::<Value>(200).await;
    desk.delete(&own, "\"v1\"").expect_problem(409, "last_admin").await;
    desk.patch(&place, &json!({"active": true})).header("if-match", "\"v2\"").expect::<Value>(200).await;
    desk.patch(&own, &json!({"role": "clerk"})).header("if-match", "\"v1\"").expect::<Value>(200).await;
    // Another role counts at once.
    desk.patch(&own, &json!({"role": "admin"}))
        .header("if-match", "\"v2\"")
        .expect_problem(403, "forbidden")
        .await;
}

async fn two_admins_cannot_unseat_each_other(installation: Installation) {
    let desk = Desk::open(installation).await;
    let own = desk.own_place().await;
    let second = desk.installation.employ(&desk.town, "second@example.org", Role::Admin).await;
    let token = desk.installation.token(&second).await;
    let off = json!({"active": false});
    let first_goes = Call(desk.installation.request(reqwest::Method::PATCH, &own).json(&off));
    let second_goes = desk.patch(&format!("{PATH}/{}", second.id), &off).header("if-match", "\"v1\"");
    let (a, b) =
        tokio::join!(first_goes.bearer(&token).header("if-match", "\"v1\"").send(), second_goes.send());
    assert!((a.status == 200) != (b.status == 200), "{} {}", a.body, b.body);
    let reads = desk.installation.store().read(Scope::Municipality(desk.town.id)).await.unwrap();
    assert_eq!(reads.staff().await.unwrap().iter().filter(|member| member.active).count(), 1);
}

async fn who_is_needed_stays(installation: Installation) {
    let desk = Desk::open(installation).await;
    let place = desk.add(PATH, &cleo()).await;
    let cleo: Value = desk.get(&place).expect(200).await;
    let departments = desk.items("/v1/municipalities/bad-dueben/admin/departments").await;
    let actions = json!({"department": departments[0]["id"], "assignee": cleo["id"]});
    let rule = json!({"name": "Tyres", "condition": {"anonymous": true}, "actions": actions});
    let rule = desk.add("/v1/municipalities/bad-dueben/admin/routing-rules", &rule).await;
    let refused = desk.delete(&place, "\"v1\"").expect_problem(409, "in_use").await;
    assert!(refused.json::<Value>()["detail"].as_str().unwrap().contains("Tyres"), "{}", refused.body);
    desk.removes(&rule, "\"v1\"").await;
    desk.removes(&place, "\"v1\"").await;
}
