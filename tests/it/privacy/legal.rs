//! What the law asks a town hall to say, and that nobody starts with a gap.

use chrono::TimeDelta;
use domain::{
    Scope, Store,
    municipalities::{Municipality, service::legal::may_follow},
    staff::Role,
};
use serde_json::{Value, json};

use crate::{
    admin::first_pointer,
    auth::access,
    support::{Engine, Fixture, http::Answer, installation::Installation, on_both},
};

/// A town whose service has not started.
struct Unstarted {
    rathaus: Installation,
    town: Municipality,
    admin: String,
    clerk: String,
}

impl Fixture for Unstarted {
    async fn on(engine: Engine) -> Self {
        let rathaus = Installation::on(engine).await;
        let town = rathaus.found_unstarted("bad-dueben", "Bad Düben").await;
        let admin = rathaus.employ(&town, "admin@example.org", Role::Admin).await;
        let clerk = rathaus.employ(&town, "clerk@example.org", Role::Clerk).await;
        let (admin, clerk) = (rathaus.token(&admin).await, rathaus.token(&clerk).await);
        Self { rathaus, town, admin, clerk }
    }
}

on_both!(a_town_with_a_gap_cannot_start, everybody_reads_it_in_their_language, before_it_testers_may_follow);

const LEGAL: &str = "/v1/municipalities/bad-dueben/legal";
const ADMIN: &str = "/v1/municipalities/bad-dueben/admin/legal";
const TESTERS: &str = "/v1/municipalities/bad-dueben/admin/testers";

/// Everything, and made up.
pub fn complete() -> Value {
    json!({
        "imprint": {"de": "Stadt Bad Düben", "en": "Town of Bad Düben"},
        "privacy_notice": {"de": "Was mit Ihren Daten geschieht."},
        "data_protection_officer": {"name": "D. Schutz", "email": "datenschutz@example.org"},
        "accessibility_statement": {"de": "Wie barrierefrei der Dienst ist."},
        "feedback_email": "barrieren@example.org",
        "arbitration_url": "https://schlichtung.example.org/",
        "contacts": [{
            "name": "F. Rage", "role": "Bürgerbüro", "phone": "+493424312345",
            "hours": "Montag bis Freitag 9 bis 12 Uhr", "email": "fragen@example.org",
        }],
    })
}

fn pointers(refused: &Answer) -> Vec<String> {
    let problem: Value = refused.json();
    let errors = problem["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}

async fn a_town_with_a_gap_cannot_start(town: Unstarted) {
    let admin = &town.admin;
    let clerk = &town.clerk;
    let put = |body: &Value, tag: &str| town.rathaus.put(ADMIN, body).bearer(admin).header("if-match", tag);
    let nothing: Value = town.rathaus.get(ADMIN).bearer(admin).expect(200).await;
    let missing = [
        "/imprint",
        "/privacy_notice",
        "/data_protection_officer",
        "/accessibility_statement",
        "/feedback_email",
        "/arbitration_url",
        "/contacts",
    ];
    assert_eq!(nothing["missing"], json!(missing));
    let refused =
        put(&json!({"live_on": "2026-12-01"}), "\"v0\"").expect_problem(422, "validation_failed").await;
    assert_eq!(pointers(&refused), missing, "told each gap");
    for gap in missing {
        let mut facts = complete();
        facts["live_on"] = json!("2026-12-01");
        facts.as_object_mut().unwrap().remove(&gap[1..]);
        let refused = put(&facts, "\"v0\"").expect_problem(422, "validation_failed").await;
        assert_eq!(pointers(&refused), [gap]);
        facts.as_object_mut().unwrap().remove("live_on");
    }
    let begun: Value = put(&json!({"imprint": {"de": "Stadt Bad Düben"}}), "\"v0\"").expect(200).await;
    assert_eq!(begun["missing"].as_array().unwrap().len(), 6, "it may be written bit by bit");
    put(&complete(), "\"v0\"").expect_problem(412, "stale").await;
    let done: Value = put(&complete(), "\"v1\"").expect(200).await;
    assert_eq!(done["missing"], json!([]));
    for (wrong, pointer) in [
        (json!({"imprint": {"de": ""}}), "/imprint/de"),
        (json!({"feedback_email": "nobody"}), "/feedback_email"),
        (json!({"arbitration_url": "ftp://example.org"}), "/arbitration_url"),
        (json!({"colour": "red"}), "/colour"),
    ] {
        let refused = put(&wrong, "\"v2\"").expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer);
    }
    town.rathaus.get(ADMIN).bearer(clerk).expect_problem(403, "forbidden").await;
    town.rathaus.get(ADMIN).expect_problem(401, "unauthenticated").await;
}

async fn everybody_reads_it_in_their_language(town: Unstarted) {
    let admin = &town.admin;
    let before: Value = town.rathaus.get(LEGAL).expect(200).await;
    assert_eq!(before, json!({"contacts": [], "live": false}));
    let mut facts = complete();
    facts["live_on"] = json!("2026-11-24");
    let put = town.rathaus.put(ADMIN, &facts).bearer(admin).header("if-match", "\"v0\"");
    let _: Value = put.expect(200).await;
    let read = async |language: &str| {
        town.rathaus.get(LEGAL).header("accept-language", language).expect::<Value>(200).await
    };
    let (german, english) = (read("de").await, read("en").await);
    assert_eq!(
        (&german["imprint"], &english["imprint"]),
        (&json!("Stadt Bad Düben"), &json!("Town of Bad Düben"))
    );
    assert_eq!(english["privacy_notice"], "Was mit Ihren Daten geschieht.", "what there is");
    assert_eq!((&german["live"], &german["contacts"][0]["name"]), (&json!(false), &json!("F. Rage")));
    town.rathaus.clock.advance(TimeDelta::days(1));
    assert_eq!(read("de").await["live"], true);
}

async fn before_it_testers_may_follow(town: Unstarted) {
    let admin = &town.admin;
    let citizen = town.rathaus.citizen("erika@example.org").await;
    let account = citizen["account_id"].as_str().unwrap().parse().unwrap();
    let may = async |account| {
        let reads = town.rathaus.store().read(Scope::Municipality(town.town.id)).await.unwrap();
        may_follow(reads.as_ref(), &town.town, account, town.rathaus.clock.now()).await.unwrap()
    };
    assert!(!may(Some(account)).await);
    assert!(!may(None).await);
    let editor = town.rathaus.employ(&town.town, "editor@example.org", Role::Editor).await;
    assert!(may(Some(editor.account)).await, "the town hall's own people try it first");
    let follow = json!({"role": "guest", "language": "de", "topics": [], "channels": {"crisis": ["push"]}});
    let follows = |token: &str| town.rathaus.put("/v1/me/follows/bad-dueben", &follow).bearer(token);
    let ward = json!({"municipality": "bad-dueben", "name": "Oma Erna", "email": "erna@example.org"});
    let registers = || town.rathaus.post("/v1/me/wards", &ward).bearer(access(&citizen));
    let guest = town.rathaus.guest().await;
    let before = town.rathaus.rows().await;
    for (language, title) in [("de", "Noch nicht gestartet"), ("en", "Not started yet")] {
        let refused = follows(access(&citizen)).header("accept-language", language);
        let refused = refused.send().await;
        assert_eq!(refused.status, 403);
        let refused: Value = refused.json();
        assert_eq!((&refused["code"], &refused["title"]), (&json!("not_started"), &json!(title)));
    }
    follows(access(&guest)).expect_problem(403, "not_started").await;
    registers().expect_problem(403, "not_started").await;
    assert_eq!(town.rathaus.rows().await, before);
    let invite = || town.rathaus.post(TESTERS, &json!({"email": "Erika@example.org"})).bearer(admin);
    let tester: Value = invite().expect(201).await;
    invite().expect_problem(409, "already_exists").await;
    assert!(may(Some(account)).await);
    let _: Value = follows(access(&citizen)).expect(200).await;
    let listed: Value = town.rathaus.get(TESTERS).bearer(admin).expect(200).await;
    assert_eq!(listed["items"], json!([tester]));
    let place = format!("{TESTERS}/{}", tester["id"].as_str().unwrap());
    let take_back = |tag: &str| town.rathaus.delete(&place).bearer(admin).header("if-match", tag);
    take_back("\"v2\"").expect_problem(412, "stale").await;
    assert_eq!(take_back("\"v1\"").send().await.status, 204);
    take_back("\"v1\"").expect_problem(404, "not_found").await;
    assert!(!may(Some(account)).await);

    let mut facts = complete();
    facts["live_on"] = json!("2026-11-24");
    let put = town.rathaus.put(ADMIN, &facts).bearer(admin).header("if-match", "\"v0\"");
    let _: Value = put.expect(200).await;
    assert!(!may(None).await, "tomorrow");
    town.rathaus.clock.advance(TimeDelta::days(1));
    assert!(may(None).await);
    let guest = town.rathaus.guest().await;
    let _: Value = follows(access(&guest)).expect(200).await;
}
