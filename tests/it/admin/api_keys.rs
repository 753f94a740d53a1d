//! Keys for programs.

use std::{path::Path, time::Duration};

use api::{config::Secret, sending};
use chrono::TimeDelta;
use domain::{Ctx, context, ids::ApiKeyId, integrations::service, staff::Role};
use reqwest::{Method, header};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};
use simulators::smtp::SmtpSink;
use uuid::Uuid;

use super::Desk;
use crate::{
    complaints::{COMPLAINTS, report, report_with},
    photos::jpeg,
    support::{Engine, http::Call, installation::Installation, on_both},
};

on_both!(
    admins_keep_keys,
    a_key_is_shown_once_and_stored_nowhere,
    two_of_one_name_live_for_the_change,
    a_key_opens_what_its_scopes_say,
    forged_keys_open_nothing,
    a_key_ends_by_time_and_by_hand,
    another_instance_notices_within_a_minute,
    a_key_in_an_address_is_refused,
    a_test_key_leaves_nothing_behind,
    a_test_key_sends_nothing,
    programs_number_their_requests_apart,
);

const PATH: &str = "/v1/municipalities/bad-dueben/admin/api-keys";
const PHOTOS: &str = "/v1/municipalities/bad-dueben/photos";
const INBOX: &str = "/v1/municipalities/bad-dueben/staff/complaints";
const DEPARTMENTS: &str = "/v1/municipalities/bad-dueben/admin/departments";
const ALL: [&str; 3] = ["complaints.file", "complaints.read", "register.read"];

fn map() -> Value {
    json!({"name": "Stadtplan", "scopes": ["complaints.read"]})
}

impl Desk {
    async fn make_key(&self, body: &Value) -> (String, String) {
        let made = self.post(PATH, body).send().await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(made.headers[header::CACHE_CONTROL], "no-store");
        let place = made.headers["location"].to_str().unwrap().to_owned();
        (made.json::<Value>()["key"].as_str().unwrap().to_owned(), place)
    }

    fn with_key(&self, key: &str, path: &str) -> Call {
        self.installation.get(path).bearer(key)
    }
}

async fn admins_keep_keys(installation: Installation) {
    let desk = Desk::open(installation).await;
    let wrong = [
        ("colour", json!("red"), "/colour"),
        ("name", json!(""), "/name"),
        ("scopes", json!([]), "/scopes"),
        ("scopes", json!(["staff.manage"]), "/scopes/0"),
        ("scopes", json!("complaints.read"), "/scopes"),
        ("mode", json!("free"), "/mode"),
        ("expires_at", json!("2026-11-23T08:59:59Z"), "/expires_at"),
        ("expires_at", json!("2029-11-24T09:00:00Z"), "/expires_at"),
        ("expires_at", json!("tomorrow"), "/expires_at"),
    ];
    desk.guards(PATH, &map(), &wrong).await;
    let place = desk.add(PATH, &map()).await;
    let shown = desk.get(&place).send().await;
    assert_eq!(shown.json::<Value>()["expires_at"], "2027-11-23T09:00:00Z", "a year");
    let revoke = |tag: &str| desk.delete(&place, tag);
    desk.installation.delete(&place).bearer(&desk.admin).expect_problem(428, "precondition_required").await;
    revoke("\"v7\"").expect_problem(412, "stale").await;
    assert_eq!(revoke(shown.headers["etag"].to_str().unwrap()).send().await.status, 204);
    revoke("\"v1\"").expect_problem(412, "stale").await;
    let kept: Value = desk.get(&place).expect(200).await;
    assert_eq!(kept["revoked_at"], "2026-11-23T09:00:00Z", "who looks later sees that there was one");
    let missing = desk.delete(&format!("{PATH}/{}", Uuid::new_v4()), "\"v1\"");
    missing.expect_problem(404, "not_found").await;
}

async fn a_key_is_shown_once_and_stored_nowhere(installation: Installation) {
    let desk = Desk::open(installation).await;
    let retry = |key: &str| desk.post(PATH, &map()).header("idempotency-key", key);
    let first = retry("one").send().await;
    assert_eq!(first.body, retry("one").send().await.body, "a lost answer comes again");
    let made: Value = first.json();
    let key = made["key"].as_str().unwrap();
    let prefix = made["prefix"].as_str().unwrap();
    let rest = key.strip_prefix(prefix).unwrap().strip_prefix('_').unwrap();
    assert_eq!(rest.len(), 40 + 8, "160 bits and a checksum");
    let list = desk.get(PATH).send().await;
    assert!(list.body.contains(prefix) && !list.body.contains(rest));

    let database = desk.installation.database();
    let connection = Database::connect(&database.superuser_url).await.unwrap();
    let tables = match database.engine {
        Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table'",
        Engine::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
    };
    let all = async |sql: String| {
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        connection.query_all_raw(statement).await.unwrap()
    };
    let mut looked_at = 0;
    for table in all(tables.to_owned()).await {
        let table: String = table.try_get_by_index(0).unwrap();
        let rows = match database.engine {
            Engine::Sqlite => texts_of(&all(format!("SELECT * FROM {table}")).await),
            Engine::Postgres => {
                let rows = all(format!("SELECT row_to_json(t)::text FROM {table} t")).await;
                rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect()
            }
        };
        looked_at += rows.len();
        assert!(!rows.iter().any(|row| row.contains(&rest[..40])), "the secret stands in {table}");
    }
    connection.close().await.unwrap();
    assert!(looked_at > 5);
}

/// Whatever of the rows is text.
fn texts_of(rows: &[sea_orm::QueryResult]) -> Vec<String> {
    let text = |row: &sea_orm::QueryResult| {
        let names = row.column_names();
        let texts = names.iter().filter_map(|name| row.try_get::<String>("", name).ok());
        texts.collect::<Vec<_>>().join("\n")
    };
    rows.iter().map(text).collect()
}

async fn two_of_one_name_live_for_the_change(installation: Installation) {
    let desk = Desk::open(installation).await;
    let (old, place) = desk.make_key(&map()).await;
    let (new, _) = desk.make_key(&map()).await;
    let third = desk.post(PATH, &map()).expect_problem(422, "validation_failed").await;
    assert_eq!(super::first_pointer(&third), "/name");
    for key in [&old, &new] {
        let _: Value = desk.with_key(key, INBOX).expect(200).await;
    }
    assert_eq!(desk.delete(&place, "\"v1\"").send().await.status, 204);
    desk.with_key(&old, INBOX).expect_problem(401, "unauthenticated").await;
    let _: Value = desk.with_key(&new, INBOX).expect(200).await;
    desk.make_key(&map()).await;
}

async fn a_key_opens_what_its_scopes_say(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.installation.add_category(&desk.town, "illegal-waste", 1).await;
    let (filing, _) = desk.make_key(&json!({"name": "Hotline", "scopes": ["complaints.file"]})).await;
    let (reading, place) = desk.make_key(&map()).await;

    let photo = desk.installation.request(Method::POST, "/v1/municipalities/bad-dueben/photos");
    let photo = Call(photo.header(header::CONTENT_TYPE, "image/jpeg").body(jpeg(3))).bearer(&filing);
    let photo: Value = photo.expect(201).await;
    let mut told = report();
    told["photos"] = json!([photo["id"]]);
    let filed: Value = desk.installation.file(&told).bearer(&filing).expect(201).await;
    let place_of = format!("{COMPLAINTS}/{}", filed["id"].as_str().unwrap());
    let key = filed["return_key"].as_str().unwrap();
    let own: Value = desk.installation.get(&place_of).header("return-key", key).expect(200).await;
    assert_eq!(own["own"], true, "the program keeps the return key");
    desk.installation.file(&report()).bearer(&reading).expect_problem(403, "forbidden").await;

    let seen: Value = desk.with_key(&reading, INBOX).expect(200).await;
    assert_eq!(seen["items"][0]["id"], filed["id"]);
    desk.with_key(&filing, INBOX).expect_problem(403, "forbidden").await;
    desk.with_key(&reading, DEPARTMENTS).expect_problem(403, "forbidden").await;
    desk.with_key(&reading, PATH).expect_problem(403, "forbidden").await;
    let comment = format!("{INBOX}/{}/comments", filed["id"].as_str().unwrap());
    let comment = desk.installation.post(&comment, &json!({"internal_text": "Text"})).bearer(&reading);
    comment.expect_problem(403, "forbidden").await;
    desk.with_key(&reading, "/v1/me").expect_problem(403, "forbidden").await;
    let _: Value = desk.with_key(&reading, COMPLAINTS).expect(200).await;

    desk.installation.clock.advance(TimeDelta::minutes(5));
    let _: Value = desk.with_key(&reading, INBOX).expect(200).await;
    let shown: Value = desk.get(&place).expect(200).await;
    assert_eq!(shown["last_used_at"], "2026-11-23T09:05:00Z");
}

async fn forged_keys_open_nothing(installation: Installation) {
    let desk = Desk::open(installation).await;
    let (key, _) = desk.make_key(&map()).await;
    let other = desk.installation.found("eilenburg", "Eilenburg").await;
    let stranger = desk.installation.employ(&other, "stranger@example.org", Role::Admin).await;
    let stranger = desk.installation.token(&stranger).await;
    let elsewhere = desk.installation.post("/v1/municipalities/eilenburg/admin/api-keys", &map());
    let elsewhere: Value = elsewhere.bearer(&stranger).expect(201).await;
    let elsewhere = elsewhere["key"].as_str().unwrap();
    let (body, _) = key.split_at(key.len() - 8);
    let summed = |body: &str| format!("{body}{:08x}", crc32fast::hash(body.as_bytes()));
    let (prefix, secret) = body.rsplit_once('_').unwrap();
    let unknown = format!("rh_live_{}", Uuid::new_v4().simple());
    let forged = [
        body.to_owned(),
        format!("{body}00000000"),
        key.to_uppercase(),
        summed(&format!("{prefix}_{}", "0".repeat(40))),
        summed(&format!("{prefix}_{}", &secret[1..])),
        summed(&format!("{unknown}_{secret}")),
        summed(&body.replace("rh_live", "rh_test")),
        format!("{key}x"),
        "rh_live_".to_owned(),
        "rh_".to_owned(),
        format!("{key} {key}"),
        elsewhere.to_owned(),
    ];
    for forged in &forged {
        desk.with_key(forged, INBOX).expect_problem(401, "unauthenticated").await;
    }
    let basic = desk.installation.get(INBOX).header("authorization", &format!("Basic {key}"));
    basic.expect_problem(401, "unauthenticated").await;
    let there = "/v1/municipalities/eilenburg/staff/complaints";
    desk.with_key(&key, there).expect_problem(401, "unauthenticated").await;
    let _: Value = desk.with_key(elsewhere, there).expect(200).await;
    let _: Value = desk.with_key(&key, INBOX).expect(200).await;
}

async fn a_key_ends_by_time_and_by_hand(installation: Installation) {
    let desk = Desk::open(installation).await;
    let mut short = map();
    short["expires_at"] = json!("2026-11-23T10:00:00Z");
    let (key, _) = desk.make_key(&short).await;
    desk.installation.clock.advance(TimeDelta::minutes(59));
    let _: Value = desk.with_key(&key, INBOX).expect(200).await;
    desk.installation.clock.advance(TimeDelta::minutes(1));
    desk.with_key(&key, INBOX).expect_problem(401, "unauthenticated").await;
}

async fn another_instance_notices_within_a_minute(installation: Installation) {
    let desk = Desk::open(installation).await;
    let (key, place) = desk.make_key(&map()).await;
    let _: Value = desk.with_key(&key, INBOX).expect(200).await;
    let id: ApiKeyId = place.rsplit('/').next().unwrap().parse().unwrap();
    // As another instance would, without a word to this one.
    let staff = context::Staff {
        credential: context::Credential::Session,
        account: Uuid::nil().into(),
        staff: Uuid::nil().into(),
        municipality: desk.town.id,
        name: String::new(),
        rights: Role::Admin.rights(),
        departments: Vec::new(),
        categories: Vec::new(),
    };
    let ctx: Ctx<context::Staff> = desk.installation.clock.ctx(Default::default(), Uuid::nil(), staff);
    service::revoke(desk.installation.store(), &ctx, id, 1).await.unwrap();
    desk.installation.clock.advance(TimeDelta::seconds(60));
    desk.with_key(&key, INBOX).expect_problem(401, "unauthenticated").await;
}

async fn a_key_in_an_address_is_refused(installation: Installation) {
    let desk = Desk::open(installation).await;
    let (key, _) = desk.make_key(&map()).await;
    for path in [format!("{INBOX}?key={key}"), format!("{COMPLAINTS}/{key}"), format!("/{key}")] {
        desk.installation.get(&path).expect_problem(400, "key_in_address").await;
        desk.with_key(&key, &path).expect_problem(400, "key_in_address").await;
    }
}

async fn a_test_key_leaves_nothing_behind(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.installation.add_category(&desk.town, "illegal-waste", 1).await;
    let (key, place) = desk.make_key(&json!({"name": "Probe", "mode": "test", "scopes": ALL})).await;
    assert!(key.starts_with("rh_test_"));
    let before = desk.installation.rows().await;
    for keyed in [false, true] {
        let file = desk.installation.file(&report()).bearer(&key);
        let file = if keyed { file.header("idempotency-key", "one") } else { file };
        let filed: Value = file.expect(201).await;
        assert_eq!(filed["status"], "routed", "answered as if it counted");
        let gone = format!("{INBOX}/{}", filed["id"].as_str().unwrap());
        desk.with_key(&key, &gone).expect_problem(404, "not_found").await;
    }
    let wrong = json!({"category": "illegal-waste", "description": "x", "anonymous": true});
    desk.installation.file(&wrong).bearer(&key).expect_problem(422, "validation_failed").await;
    let own = format!("?id={}", Uuid::new_v4());
    for query in ["", &own] {
        let photo: Value = desk.installation.upload(query, jpeg(3)).bearer(&key).expect(201).await;
        let gone = format!("{PHOTOS}/{}", photo["id"].as_str().unwrap());
        desk.with_key(&key, &gone).expect_problem(404, "not_found").await;
        desk.installation.get(&gone).expect_problem(404, "not_found").await;
    }
    assert_eq!(desk.installation.rows().await, before, "no complaint, no message, no letter to send");
    assert_eq!(files(desk.installation.files()), 0, "and no picture");
    let _: Value = desk.with_key(&key, INBOX).expect(200).await;
    let shown: Value = desk.get(&place).expect(200).await;
    assert!(shown["last_used_at"].is_string(), "that it was used is kept");

    // Under the name of a photo that counts: it stays as it is.
    let photo: Value = desk.installation.upload("", jpeg(4)).expect(201).await;
    let query = format!("?id={}", photo["id"].as_str().unwrap());
    let filed: Value =
        desk.installation.file(&report_with(json!({"photos": [photo["id"]]}))).expect(201).await;
    let _: Value = desk.installation.upload(&query, jpeg(4)).bearer(&key).expect(201).await;
    desk.installation.upload(&query, jpeg(5)).bearer(&key).expect_problem(409, "already_exists").await;
    let kept = desk.installation.get(&format!("{PHOTOS}/{}", photo["id"].as_str().unwrap()));
    let kept = kept.header("return-key", filed["return_key"].as_str().unwrap()).send().await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    assert_eq!(files(desk.installation.files()), 2);
}

/// How many files lie in a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

/// With everything in place that would send: the same report with a live key is sent.
async fn a_test_key_sends_nothing(installation: Installation) {
    let mail = SmtpSink::start(Default::default()).await.unwrap();
    let desk = Desk::open(installation).await;
    desk.installation.add_category(&desk.town, "illegal-waste", 1).await;
    let office = desk.items(DEPARTMENTS).await.remove(0);
    let office = format!("{DEPARTMENTS}/{}", office["id"].as_str().unwrap());
    let email = json!({"email": "amt@example.org"});
    let _: Value = desk.patch(&office, &email).header("if-match", "\"v1\"").expect(200).await;
    let (tests, _) = desk.make_key(&json!({"name": "Probe", "mode": "test", "scopes": ALL})).await;
    let (live, _) = desk.make_key(&json!({"name": "Telefon", "scopes": ALL})).await;
    let parts = desk.installation.server.parts();
    let mut config = parts.config.get_ref().clone();
    config.email.smtp_url = Some(Secret::new(mail.url()));
    let store = desk.installation.store();
    let worker =
        sending::start(&config, &parts.clock, &parts.secrets, store, parts.photos.store()).await.unwrap();
    let said = |words: &str| desk.installation.file(&report_with(json!({"description": words})));
    for _ in 0..3 {
        let _: Value = said("Nur eine Probe.").bearer(&tests).expect(201).await;
    }
    let _: Value = said("Reifen am Waldrand.").bearer(&live).expect(201).await;
    let within = Duration::from_secs(20);
    let letter = mail.wait_until(within, |mail| mail.recipients == ["amt@example.org"]).await.unwrap();
    // What was filed first would have left first.
    worker.stop().await;
    assert!(letter.text.contains("Reifen am Waldrand."), "{}", letter.text);
    assert_eq!((mail.mails().len(), mail.violations()), (1, Vec::new()));
}

async fn programs_number_their_requests_apart(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.installation.add_category(&desk.town, "illegal-waste", 1).await;
    let scopes = json!(["complaints.file"]);
    let (one, _) = desk.make_key(&json!({"name": "Stadtplan", "scopes": scopes})).await;
    let (other, _) = desk.make_key(&json!({"name": "Telefon", "scopes": scopes})).await;
    let file = |key: &str, report: &Value| {
        desk.installation.file(report).bearer(key).header("idempotency-key", "case-1")
    };
    let first: Value = file(&one, &report()).expect(201).await;
    let second: Value = file(&other, &report()).expect(201).await;
    assert_ne!(first["return_key"], second["return_key"], "another program's request is another");
    let again: Value = file(&one, &report()).expect(201).await;
    assert_eq!(again["return_key"], first["return_key"]);
    let changed = report_with(json!({"description": "Etwas ganz anderes."}));
    file(&one, &changed).expect_problem(422, "idempotency_key_reused").await;
}
