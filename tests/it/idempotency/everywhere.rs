//! Every request that creates something happens once per key.

use std::collections::BTreeSet;

use domain::{Scope, Store, complaints::Status, municipalities::Municipality, staff::Role};
use reqwest::{Method, header};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::{KEY, town};
use crate::{
    auth::access,
    complaints::{COMPLAINTS, report, report_with},
    content::{OTHER_PDF, PDF},
    photos::jpeg,
    support::{http::Call, installation::Installation, on_both},
};

on_both!(whatever_is_created_is_created_once, a_withdrawal_is_answered_again, only_who_may_ask_is_answered);

const TOWN: &str = "/v1/municipalities/bad-dueben";

/// A way to create something: its path in the document, the rows it adds to, and the request with one
/// body or another.
struct Creation<'a> {
    path: &'static str,
    table: &'static str,
    send: Box<dyn Fn(bool) -> Call + 'a>,
}

/// Somebody of the staff adds something to the register.
fn registering<'a>(
    installation: &'a Installation,
    admin: &'a str,
    path: &'static str,
    table: &'static str,
    body: Value,
    other: Value,
) -> Creation<'a> {
    let place = path.replace("{municipality}", "bad-dueben");
    let send = move |same: bool| {
        let mut body = body.clone();
        if !same {
            body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        }
        installation.post(&place, &body).bearer(admin)
    };
    Creation { path, table, send: Box::new(send) }
}

/// Somebody invites another one to represent a ward.
fn inviting<'a>(
    installation: &'a Installation,
    token: &'a str,
    path: String,
) -> Box<dyn Fn(bool) -> Call + 'a> {
    Box::new(move |same| installation.post(&path, &json!({"days": if same { 7 } else { 1 }})).bearer(token))
}

async fn creations<'a>(
    installation: &'a Installation,
    town: &Municipality,
    (admin, proxy): (&'a str, &'a str),
) -> Vec<Creation<'a>> {
    let ward = json!({"municipality": "bad-dueben", "name": "Oma Erna", "email": "oma@example.org"});
    let ward: Value = installation.post("/v1/me/wards", &ward).bearer(proxy).expect(201).await;
    let ward = ward["id"].as_str().unwrap().to_owned();
    let desk = installation.store().read(Scope::Municipality(town.id)).await.unwrap();
    let desk = desk.default_department().await.unwrap().id;
    let spoken: Value = installation.file(&report()).expect(201).await;
    let settled: Value = installation.file(&report()).expect(201).await;
    settle(installation, town, &settled).await;
    let ring = json!([[[12.55, 51.58], [12.57, 51.58], [12.57, 51.6], [12.55, 51.6], [12.55, 51.58]]]);
    let say = |filed: &Value, step: &'static str| {
        let filed = filed.clone();
        Box::new(move |same| {
            let text = if same { "Es liegen dort zehn Reifen." } else { "Es sind elf." };
            let call = installation.act(&filed, step, &json!({"text": text}));
            call.header("return-key", filed["return_key"].as_str().unwrap())
        })
    };
    let staff_comments = format!("{TOWN}/staff/complaints/{}/comments", spoken["id"].as_str().unwrap());
    let register = |path, table, body, other| registering(installation, admin, path, table, body, other);
    vec![
        register(
            "/v1/municipalities/{municipality}/admin/departments",
            "departments",
            json!({"name": "Bauhof"}),
            json!({"name": "Forst"}),
        ),
        register(
            "/v1/municipalities/{municipality}/admin/testers",
            "testers",
            json!({"email": "erika@example.org"}),
            json!({"email": "kim@example.org"}),
        ),
        register(
            "/v1/municipalities/{municipality}/admin/categories",
            "categories",
            json!({
                "code": "noise", "names": {"de": "Lärm"}, "duplicate_radius_m": 50, "accepts_guests": true,
                "promise": {"first_answer_days": 2, "solution_days": 10},
            }),
            json!({"code": "light"}),
        ),
        register(
            "/v1/municipalities/{municipality}/admin/areas",
            "areas",
            json!({
                "code": "schnaditz", "name": "Schnaditz", "kind": "district",
                "geometry": {"type": "Polygon", "coordinates": ring},
            }),
            json!({"code": "wellaune"}),
        ),
        register(
            "/v1/municipalities/{municipality}/admin/topics",
            "topics",
            json!({"code": "road-closures", "names": {"de": "Straßensperrungen"}}),
            json!({"code": "kita"}),
        ),
        register(
            "/v1/municipalities/{municipality}/admin/waste-types",
            "waste_types",
            json!({"code": "organic", "names": {"de": "Biotonne"}}),
            json!({"code": "residual"}),
        ),
        register(
            "/v1/municipalities/{municipality}/admin/waste-calendars",
            "waste_calendars",
            json!({"name": "Tour 3", "sections": [{"street": "Am Lauch"}]}),
            json!({"name": "Tour 4"}),
        ),
        register(
            "/v1/municipalities/{municipality}/admin/addresses",
            "addresses",
            json!({"street": "Am Lauch", "house_number": "3"}),
            json!({"house_number": "5"}),
        ),
        register(
            "/v1/municipalities/{municipality}/admin/routing-rules",
            "routing_rules",
            json!({"name": "Tyres", "condition": {"words": ["reifen"]}, "actions": {"department": desk}}),
            json!({"name": "Wheels"}),
        ),
        register(
            "/v1/municipalities/{municipality}/admin/staff",
            "staff",
            json!({"name": "Cleo Clerk", "email": "cleo@example.org", "role": "clerk"}),
            json!({"email": "carl@example.org"}),
        ),
        register(
            "/v1/municipalities/{municipality}/admin/api-keys",
            "api_keys",
            json!({"name": "Karte", "scopes": ["complaints.read"]}),
            json!({"name": "Plan"}),
        ),
        register(
            "/v1/municipalities/{municipality}/staff/wards",
            "wards",
            json!({"name": "Erna Muster", "email": "erna@example.org", "means": "phone"}),
            json!({"email": "emma@example.org"}),
        ),
        register(
            "/v1/municipalities/{municipality}/staff/content",
            "contents",
            json!({"kind": "news", "texts": [{"language": "de", "title": "Das Freibad öffnet"}]}),
            json!({"texts": [{"language": "de", "title": "Das Freibad schließt"}]}),
        ),
        register(
            "/v1/municipalities/{municipality}/staff/content-sources",
            "content_sources",
            json!({"name": "Website", "format": "feed"}),
            json!({"name": "Verein"}),
        ),
        Creation {
            path: "/v1/municipalities/{municipality}/staff/content-pictures",
            table: "content_files",
            send: Box::new(|same| {
                let request = installation.request(Method::POST, &format!("{TOWN}/staff/content-pictures"));
                let request = request.header(header::CONTENT_TYPE, "image/jpeg").body(jpeg(u8::from(same)));
                Call(request).bearer(admin)
            }),
        },
        Creation {
            path: "/v1/municipalities/{municipality}/staff/content-documents",
            table: "content_files",
            send: Box::new(|same| {
                let request = installation.request(Method::POST, &format!("{TOWN}/staff/content-documents"));
                let pdf = if same { PDF } else { OTHER_PDF };
                Call(request.header(header::CONTENT_TYPE, "application/pdf").body(pdf)).bearer(admin)
            }),
        },
        register(
            "/v1/municipalities/{municipality}/staff/broadcasts",
            "broadcasts",
            json!({
                "severity": "information", "sender": "Ordnungsamt", "audience": {"everyone": true},
                "texts": {"de": {"title": "Probe", "body": "Nur eine Probe."}},
                "expires_at": (installation.clock.now() + chrono::TimeDelta::days(1)).to_rfc3339(),
            }),
            json!({"sender": "Bauamt"}),
        ),
        register(
            "/v1/municipalities/{municipality}/staff/broadcast-templates",
            "broadcast_templates",
            json!({
                "name": "Sperrung", "severity": "important", "sender": "Bauamt",
                "texts": {"de": {"title": "Sperrung", "body": "Gesperrt."}},
            }),
            json!({"sender": "Ordnungsamt"}),
        ),
        register(
            "/v1/municipalities/{municipality}/staff/segments",
            "segments",
            json!({"name": "Alle", "audience": {"everyone": true}}),
            json!({"name": "Wirklich alle"}),
        ),
        Creation {
            path: "/v1/municipalities/{municipality}/staff/wards/{ward}/proxy-invitations",
            table: "proxies",
            send: inviting(installation, admin, format!("{TOWN}/staff/wards/{ward}/proxy-invitations")),
        },
        Creation {
            path: "/v1/me/wards/{ward}/proxy-invitations",
            table: "proxies",
            send: inviting(installation, proxy, format!("/v1/me/wards/{ward}/proxy-invitations")),
        },
        Creation {
            path: "/v1/me/wards",
            table: "wards",
            send: Box::new(move |same| {
                let name = if same { "Opa Emil" } else { "Opa Egon" };
                let ward = json!({"municipality": "bad-dueben", "name": name, "email": "opa@example.org"});
                installation.post("/v1/me/wards", &ward).bearer(proxy)
            }),
        },
        Creation {
            path: "/v1/municipalities/{municipality}/complaints",
            table: "complaints",
            send: Box::new(|same| {
                let other = json!({"description": "Etwas ganz anderes."});
                installation.file(&if same { report() } else { report_with(other) })
            }),
        },
        Creation {
            path: "/v1/municipalities/{municipality}/photos",
            table: "photos",
            send: Box::new(|same| {
                let request = installation.request(Method::POST, &format!("{TOWN}/photos"));
                Call(request.header(header::CONTENT_TYPE, "image/jpeg").body(jpeg(u8::from(same))))
            }),
        },
        Creation {
            path: "/v1/municipalities/{municipality}/complaints/{complaint}/comments",
            table: "complaint_steps",
            send: say(&spoken, "comments"),
        },
        Creation {
            path: "/v1/municipalities/{municipality}/complaints/{complaint}/objections",
            table: "complaint_steps",
            send: say(&settled, "objections"),
        },
        Creation {
            path: "/v1/municipalities/{municipality}/staff/complaints/{complaint}/comments",
            table: "complaint_steps",
            send: Box::new(move |same| {
                let text = if same { "Der Bauhof weiß Bescheid." } else { "Der Forst weiß Bescheid." };
                installation.post(&staff_comments, &json!({"internal_text": text})).bearer(admin)
            }),
        },
    ]
}

/// Resolves a complaint.
async fn settle(installation: &Installation, town: &Municipality, filed: &Value) {
    let (mut complaint, _) = installation.complaint(filed).await;
    complaint.status = Status::Resolved;
    complaint.settled_at = Some(installation.clock.now());
    let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
    tx.update_complaint(&complaint).await.unwrap();
    tx.commit().await.unwrap();
}

async fn rows(installation: &Installation, town: &Municipality, table: &str) -> i64 {
    let view = installation.store().view(Scope::Municipality(town.id)).await.unwrap();
    let count = Statement::from_string(view.backend(), format!("SELECT count(*) FROM {table}"));
    view.connection().query_one_raw(count).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Paths of the requests that the document says create something, but for signing in.
fn documented() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(include_str!("../../../openapi/rathaus.json")).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let creating = paths.filter(|(path, item)| {
        item["post"]["responses"].get("201").is_some() && !path.starts_with("/v1/auth/")
    });
    creating.map(|(path, _)| path.clone()).collect()
}

async fn whatever_is_created_is_created_once(installation: Installation) {
    let town = town(&installation).await;
    let admin = installation.employ(&town, "admin@example.org", Role::Admin).await;
    let admin = installation.token(&admin).await;
    let proxy = installation.citizen("enkel@example.org").await;
    let proxy = access(&proxy);
    let creations = creations(&installation, &town, (&admin, proxy)).await;
    let paths: BTreeSet<_> = creations.iter().map(|creation| creation.path.to_owned()).collect();
    assert_eq!(paths, documented(), "each is tried here");
    for Creation { path, table, send } in creations {
        let before = rows(&installation, &town, table).await;
        let first = send(true).header("idempotency-key", KEY).send().await;
        assert_eq!(first.status, 201, "{path}: {}", first.body);
        let after = rows(&installation, &town, table).await;
        assert!(after > before, "{path}");

        let again = send(true).header("idempotency-key", KEY).send().await;
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
        for name in ["location", "etag", "content-type", "cache-control"] {
            assert_eq!(again.headers.get(name), first.headers.get(name), "{path}: {name}");
        }
        let other = send(false).header("idempotency-key", KEY);
        other.expect_problem(422, "idempotency_key_reused").await;
        assert_eq!(rows(&installation, &town, table).await, after, "{path}: one effect");
    }
}

async fn a_withdrawal_is_answered_again(installation: Installation) {
    town(&installation).await;
    let filed: Value = installation.file(&report()).expect(201).await;
    let take_back = || {
        let call = installation.act(&filed, "withdrawal", &json!({})).header("idempotency-key", KEY);
        call.header("return-key", filed["return_key"].as_str().unwrap())
    };
    let first = take_back().send().await;
    assert_eq!(first.status, 200, "{}", first.body);
    let steps = installation.complaint(&filed).await.1.len();
    let again = take_back().send().await;
    assert_eq!((again.status, again.body), (first.status, first.body));
    assert_eq!(installation.complaint(&filed).await.1.len(), steps);
}

/// The key alone opens nothing: all who show no token share theirs.
async fn only_who_may_ask_is_answered(installation: Installation) {
    town(&installation).await;
    let filed: Value = installation.file(&report()).expect(201).await;
    let say = |return_key: &str| {
        let call = installation.act(&filed, "comments", &json!({"text": "Es liegen dort zehn Reifen."}));
        call.header("idempotency-key", KEY).header("return-key", return_key)
    };
    say(filed["return_key"].as_str().unwrap()).expect::<Value>(201).await;
    say(&"0".repeat(40)).expect_problem(404, "not_found").await;
    let nobody = installation.post(
        &format!("{COMPLAINTS}/{}/comments", filed["id"].as_str().unwrap()),
        &json!({"text": "Es liegen dort zehn Reifen."}),
    );
    nobody.header("idempotency-key", KEY).expect_problem(404, "not_found").await;
}
