//! `Idempotency-Key`: one effect and one answer, however often the request comes.

mod everywhere;

use chrono::TimeDelta;
use domain::{Scope, Store, complaints::port::InboxFilter, municipalities::Municipality, page::PageRequest};
use futures::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::{
    auth::access,
    complaints::{COMPLAINTS, in_bad_dueben, report, report_with},
    support::{http::Call, installation::Installation, on_both},
};

on_both!(
    the_same_request_gets_the_same_answer,
    another_body_is_refused,
    fifty_at_once_have_one_effect,
    somebody_elses_key_is_another_key,
    a_key_is_free_after_a_day,
    a_refused_request_uses_no_key,
    a_stored_answer_shows_nothing,
    bad_keys_are_refused,
    a_rule_is_made_once,
);

const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";

impl Installation {
    fn file_once(&self, report: &Value, key: &str) -> Call {
        self.file(report).header("idempotency-key", key)
    }
}

async fn town(installation: &Installation) -> Municipality {
    in_bad_dueben(installation).await;
    let reads = installation.store().read(Scope::Installation).await.unwrap();
    reads.municipality(&domain::text::Slug::parse("bad-dueben").unwrap()).await.unwrap().unwrap()
}

async fn filed(installation: &Installation, town: &Municipality) -> usize {
    let reads = installation.store().read(Scope::Municipality(town.id)).await.unwrap();
    let all = PageRequest { limit: 100, after: None };
    reads.inbox(&InboxFilter::default(), &all).await.unwrap().items.len()
}

async fn the_same_request_gets_the_same_answer(installation: Installation) {
    let town = town(&installation).await;
    let first = installation.file_once(&report(), KEY).send().await;
    assert_eq!(first.status, 201, "{}", first.body);
    assert!(first.json::<Value>()["return_key"].is_string(), "{}", first.body);
    installation.clock.advance(TimeDelta::hours(23));
    // Members in another order, and the quotes of the draft: the same request.
    let report = report();
    let turned: Vec<_> = report.as_object().unwrap().iter().rev().collect();
    let turned: Vec<_> = turned.into_iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    let again = installation.request(reqwest::Method::POST, COMPLAINTS);
    let again = again.header("content-type", "application/json").body(format!("{{{}}}", turned.join(", ")));
    let again = Call(again).header("idempotency-key", &format!("\"{KEY}\"")).send().await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    for name in ["location", "content-type", "cache-control"] {
        assert_eq!(again.headers[name], first.headers[name], "{name}");
    }
    assert_eq!(again.headers.len(), first.headers.len(), "{:?} {:?}", again.headers, first.headers);
    assert_eq!(filed(&installation, &town).await, 1);

    let without = installation.file(&report).send().await;
    assert_eq!(without.status, 201);
    assert_ne!(without.body, first.body);
    assert_eq!(filed(&installation, &town).await, 2, "without a key each request counts");
}

async fn another_body_is_refused(installation: Installation) {
    let town = town(&installation).await;
    installation.file_once(&report(), KEY).expect::<Value>(201).await;
    let other = report_with(json!({"description": "Etwas ganz anderes."}));
    let refused = installation.file_once(&other, KEY).expect_problem(422, "idempotency_key_reused").await;
    assert!(!refused.body.contains(KEY), "{}", refused.body);
    assert_eq!(filed(&installation, &town).await, 1);
}

async fn fifty_at_once_have_one_effect(installation: Installation) {
    let town = town(&installation).await;
    let report = report();
    let answers = join_all((0..50).map(|_| installation.file_once(&report, KEY).send())).await;
    let mut bodies: Vec<_> = Vec::new();
    for answer in answers {
        match answer.status.as_u16() {
            201 => bodies.push(answer.body),
            409 => assert_eq!(answer.json::<Value>()["code"], "idempotency_in_progress"),
            status => panic!("{status}: {}", answer.body),
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "whoever got an answer got the same");
    assert_eq!(filed(&installation, &town).await, 1);
    let after = installation.file_once(&report, KEY).send().await;
    assert_eq!(after.body, bodies[0]);
}

async fn somebody_elses_key_is_another_key(installation: Installation) {
    let town = town(&installation).await;
    let report = report_with(json!({"anonymous": false}));
    let [erika, max] = [installation.guest().await, installation.guest().await];
    let hers = installation.file_once(&report, KEY).bearer(access(&erika)).send().await;
    let his = installation.file_once(&report, KEY).bearer(access(&max)).send().await;
    assert_eq!((hers.status.as_u16(), his.status.as_u16()), (201, 201), "{} {}", hers.body, his.body);
    assert_ne!(hers.json::<Value>()["id"], his.json::<Value>()["id"]);
    let again = installation.file_once(&report, KEY).bearer(access(&erika)).send().await;
    assert_eq!(again.body, hers.body);
    assert_eq!(filed(&installation, &town).await, 2);
}

async fn a_key_is_free_after_a_day(installation: Installation) {
    let town = town(&installation).await;
    let first: Value = installation.file_once(&report(), KEY).expect(201).await;
    installation.clock.advance(TimeDelta::hours(24));
    let other = report_with(json!({"description": "Ein neuer Tag, ein neuer Fall."}));
    let second = installation.file_once(&other, KEY).send().await;
    assert_eq!(second.status, 201, "{}", second.body);
    assert_ne!(second.json::<Value>()["id"], first["id"]);
    assert_eq!(installation.file_once(&other, KEY).send().await.body, second.body);
    assert_eq!(filed(&installation, &town).await, 2);
}

async fn a_refused_request_uses_no_key(installation: Installation) {
    let town = town(&installation).await;
    let wrong = report_with(json!({"category": "no-such"}));
    installation.file_once(&wrong, KEY).expect_problem(422, "validation_failed").await;
    installation.file_once(&report(), KEY).expect::<Value>(201).await;
    assert_eq!(filed(&installation, &town).await, 1);
}

async fn a_stored_answer_shows_nothing(installation: Installation) {
    town(&installation).await;
    let guest = installation.guest().await;
    let answer: Value = installation.file_once(&report(), KEY).bearer(access(&guest)).expect(201).await;
    let view = installation.store().view(Scope::Installation).await.unwrap();
    let sql = "SELECT actor, sealed_answer FROM idempotency_keys";
    let rows = view.connection().query_all_raw(Statement::from_string(view.backend(), sql)).await.unwrap();
    let [row] = &rows[..] else { panic!("{} rows", rows.len()) };
    // A signed-in person who reports anonymously is not found in the stored answer either.
    assert_eq!(row.try_get::<String>("", "actor").unwrap(), "nobody");
    let sealed: String = row.try_get("", "sealed_answer").unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &sealed).unwrap();
    for secret in ["return_key", "id"] {
        let secret = answer[secret].as_str().unwrap().as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        assert!(!sealed.as_bytes().windows(secret.len()).any(|window| window == secret));
    }
}

async fn bad_keys_are_refused(installation: Installation) {
    let town = town(&installation).await;
    for key in ["", "two words", &"k".repeat(256)] {
        installation.file_once(&report(), key).expect_problem(400, "malformed_parameter").await;
    }
    assert_eq!(filed(&installation, &town).await, 0);
    let longest = "k".repeat(255);
    installation.file_once(&report(), &longest).expect::<Value>(201).await;
    assert_eq!(filed(&installation, &town).await, 1);
}

async fn a_rule_is_made_once(installation: Installation) {
    const RULES: &str = "/v1/municipalities/bad-dueben/admin/routing-rules";
    let town = town(&installation).await;
    let reads = installation.store().read(Scope::Municipality(town.id)).await.unwrap();
    let desk = reads.default_department().await.unwrap().id;
    drop(reads);
    let admin = installation.employ(&town, "admin@example.org", domain::staff::Role::Admin).await;
    let admin = installation.token(&admin).await;
    let clerk = installation.employ(&town, "clerk@example.org", domain::staff::Role::Clerk).await;
    let clerk = installation.token(&clerk).await;
    let rule = json!({"name": "Tyres", "condition": {"words": ["reifen"]}, "actions": {"department": desk}});
    let make = |token: &str| installation.post(RULES, &rule).bearer(token).header("idempotency-key", KEY);
    let first = make(&admin).send().await;
    assert_eq!(first.status, 201, "{}", first.body);
    let again = make(&admin).send().await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    for name in ["location", "etag"] {
        assert_eq!(again.headers[name], first.headers[name], "{name}");
    }
    make(&clerk).expect_problem(403, "forbidden").await;
    let list: Value = installation.get(RULES).bearer(&admin).expect(200).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}
