//! What is wrong is refused with a code and a sentence in the asked language, and nothing is written.

use std::{collections::BTreeSet, fmt::Debug};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use domain::staff::Role;
use futures::future::join;
use reqwest::{
    Method,
    header::{self, HeaderValue},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    admin::Desk,
    auth::access,
    complaints::{COMPLAINTS, report, report_with},
    support::{
        Fixture,
        http::{Answer, Call},
        installation::Installation,
        on_both,
    },
};

on_both!(
    addresses_and_bodies_nobody_can_read,
    reports_with_a_wrong_field,
    dates_that_cannot_be,
    pictures_that_are_none,
    tokens_that_open_nothing,
    what_belongs_to_others_is_not_there,
    one_key_for_two_requests,
    edits_of_what_was_not_seen,
    headers_nobody_can_read,
);

const TOWN: &str = "/v1/municipalities/bad-dueben";

/// A town hall to send bad input to.
async fn desk(installation: Installation) -> Desk {
    let desk = Desk::open(installation).await;
    desk.installation.add_category(&desk.town, "illegal-waste", 1).await;
    desk
}

impl Installation {
    /// Refuses `call` with these sentences, German and English, about the field if one is wrong, and
    /// writes nothing. Gives the last answer.
    async fn refuses(&self, call: Call, status: u16, code: &str, sentences: [&str; 2]) -> Answer {
        let before = self.rows().await;
        let again = Call(call.0.try_clone().unwrap());
        for (call, language, sentence) in [(call, "de", sentences[0]), (again, "en", sentences[1])] {
            let answer = call.problem_in(language, status, code).await;
            let problem: Value = answer.json();
            let said = problem.pointer("/errors/0/detail").unwrap_or(&problem["detail"]);
            assert_eq!(said, sentence, "{problem}");
            if language == "en" {
                assert_eq!(self.rows().await, before, "nothing was written");
                return answer;
            }
        }
        unreachable!("English is the last one")
    }

    /// A request with a body as it is.
    fn raw(&self, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Call {
        Call(self.request(Method::POST, path).header(header::CONTENT_TYPE, content_type).body(body))
    }
}

async fn addresses_and_bodies_nobody_can_read(installation: Installation) {
    let desk = desk(installation).await;
    let rathaus = &desk.installation;
    let nothing = [
        "Unter dieser Adresse gibt es nichts, oder es ist nicht für Sie bestimmt.",
        "There is nothing here, or it is not meant for you.",
    ];
    rathaus.refuses(rathaus.post("/v1/nothing", &report()), 404, "not_found", nothing).await;
    let method = [
        "Diese Adresse kennt die Methode nicht. Erlaubte Methoden stehen in der Kopfzeile Allow.",
        "This address does not know the method. The header Allow names those it knows.",
    ];
    let refused = rathaus.refuses(rathaus.delete(COMPLAINTS), 405, "method_not_allowed", method).await;
    assert_eq!(refused.headers["allow"], "GET, HEAD, POST");

    let kind = [
        "Content-Type fehlt oder passt hier nicht. Senden Sie application/json, Fotos als image/jpeg, image/png oder \
         image/webp, Dokumente als application/pdf.",
        "Content-Type is missing or does not fit here. Send application/json; photos as image/jpeg, image/png or \
         image/webp; documents as application/pdf.",
    ];
    let text = report().to_string();
    let other = rathaus.raw(COMPLAINTS, "text/plain", text.clone());
    rathaus.refuses(other, 415, "unsupported_media_type", kind).await;
    let none = Call(rathaus.request(Method::POST, COMPLAINTS).body(text.clone()));
    rathaus.refuses(none, 415, "unsupported_media_type", kind).await;

    let json =
        ["Der Inhalt der Anfrage ist kein gültiges JSON.", "The body of the request is not valid JSON."];
    for broken in [&text[..text.len() - 1], "", "{", "\u{feff}{}", "\0", "{\"category\": NaN}"] {
        let call = rathaus.raw(COMPLAINTS, "application/json", broken.to_owned());
        rathaus.refuses(call, 400, "malformed_json", json).await;
    }
    let id = [
        "Adresse, Suchparameter oder Kopfzeile enthält einen Wert, der sich nicht lesen lässt.",
        "The path, the query or a header holds a value that cannot be read.",
    ];
    let wrong = rathaus.get(&format!("{COMPLAINTS}/01a21a87-78fa-7e84-9a85-9a0d7821ca5"));
    rathaus.refuses(wrong, 400, "malformed_parameter", id).await;

    let large = [
        "Der Inhalt ist größer als erlaubt: 256 KiB, Fotos und Dokumente 10 MiB.",
        "The body is larger than allowed: 256 KiB, photos and documents 10 MiB.",
    ];
    let heavy = vec![b' '; 11 * 1024 * 1024];
    for (path, kind) in
        [(COMPLAINTS.to_owned(), "application/json"), (format!("{TOWN}/photos"), "image/jpeg")]
    {
        let call = rathaus.raw(&path, kind, heavy.clone());
        rathaus.refuses(call, 413, "payload_too_large", large).await;
    }
}

async fn reports_with_a_wrong_field(installation: Installation) {
    let desk = desk(installation).await;
    let rathaus = &desk.installation;
    let kind = [
        "Der Wert ist von der falschen Art oder nicht lesbar.",
        "The value is of the wrong type or cannot be read.",
    ];
    let range =
        ["Der Wert liegt außerhalb des erlaubten Bereichs.", "The value lies outside the allowed range."];
    let character = [
        "Der Text enthält ein Zeichen, das nicht erlaubt ist, zum Beispiel ein Steuerzeichen.",
        "The text contains a character that is not allowed, such as a control character.",
    ];
    for (changes, pointer, code, sentences) in [
        (
            json!({"colour": "red"}),
            "/colour",
            "unknown_field",
            ["Dieses Feld gibt es nicht.", "There is no such field."],
        ),
        (
            json!({"description": "x".repeat(4001)}),
            "/description",
            "too_long",
            [
                "Der Text ist zu lang. Erlaubt sind höchstens 4000 Zeichen.",
                "The text is too long. At most 4000 characters are allowed.",
            ],
        ),
        (
            json!({"description": "x"}),
            "/description",
            "too_short",
            [
                "Der Text ist zu kurz. Nötig sind mindestens 3 Zeichen.",
                "The text is too short. Characters needed: 3 or more.",
            ],
        ),
        (json!({"description": "Reifen\0am Wald"}), "/description", "character_not_allowed", character),
        (json!({"category": "illegal\0waste"}), "/category", "character_not_allowed", character),
        (json!({"id": "01a21a87-78fa-7e84-9a85"}), "/id", "wrong_type", kind),
        (json!({"photos": ["01a21a87"]}), "/photos/0", "wrong_type", kind),
        (json!({"location": {"lat": 90.1, "lon": 12.5}}), "/location", "out_of_range", range),
        (json!({"location": {"lat": 51.5, "lon": -180.1}}), "/location", "out_of_range", range),
        (json!({"location": {"lat": 51.5, "lon": "12.5"}}), "/location/lon", "wrong_type", kind),
    ] {
        let call = rathaus.file(&report_with(changes));
        let refused = rathaus.refuses(call, 422, "validation_failed", sentences).await;
        let problem: Value = refused.json();
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!(pointer), &json!(code))
        );
    }
}

async fn dates_that_cannot_be(installation: Installation) {
    let desk = desk(installation).await;
    let rathaus = &desk.installation;
    let filed: Value = rathaus.file(&report()).expect(201).await;
    let place = format!("{TOWN}/staff/complaints/{}", filed["id"].as_str().unwrap());
    let seen = desk.get(&place).send().await;
    let tag = seen.headers["etag"].to_str().unwrap();
    let range =
        ["Der Wert liegt außerhalb des erlaubten Bereichs.", "The value lies outside the allowed range."];
    let kind = [
        "Der Wert ist von der falschen Art oder nicht lesbar.",
        "The value is of the wrong type or cannot be read.",
    ];
    for (date, code, sentences) in [
        ("1970-01-01T00:00:00Z", "out_of_range", range),
        ("2026-11-23T08:59:59Z", "out_of_range", range),
        ("9999-12-31T23:59:59Z", "out_of_range", range),
        ("2026-02-30T12:00:00Z", "wrong_type", kind),
        ("+99999-01-01T00:00:00Z", "out_of_range", range),
        ("99999999999-01-01T00:00:00Z", "wrong_type", kind),
        ("tomorrow", "wrong_type", kind),
    ] {
        let patch = json!({"solution_due_at": date, "public_text": "Es dauert länger."});
        let call = desk.patch(&place, &patch).header("if-match", tag);
        let problem: Value = rathaus.refuses(call, 422, "validation_failed", sentences).await.json();
        assert_eq!(problem["errors"][0]["pointer"], "/solution_due_at", "{date}");
        assert_eq!(problem["errors"][0]["code"], code, "{date}");
    }
    assert_eq!(desk.get(&place).send().await.body, seen.body);
    for far in ["%2B262142-12-31T23:59:59Z", "-262143-01-01T00:00:00Z", "1999-12-31T23:59:59Z"] {
        let call = rathaus.get(&format!("{TOWN}/events?from={far}"));
        let refused = rathaus.refuses(call, 400, "malformed_parameter", range).await;
        assert_eq!(refused.json::<Value>()["errors"][0]["pointer"], "/from", "{far}");
    }
}

async fn pictures_that_are_none(installation: Installation) {
    let desk = desk(installation).await;
    let rathaus = &desk.installation;
    // The header of a PNG (ISO/IEC 15948, 11.2.2) that claims 50,000 × 50,000 pixels.
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bomb.extend([50_000_u32.to_be_bytes(), 50_000_u32.to_be_bytes()].concat());
    bomb.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    let unreadable = [
        "Das Bild lässt sich nicht lesen. Erlaubt sind JPEG, PNG und WebP.",
        "The picture cannot be read. JPEG, PNG and WebP are accepted.",
    ];
    let large = [
        "Das Bild hat zu viele Pixel. Erlaubt sind 50 Megapixel und 12.000 Pixel je Seite.",
        "The picture has too many pixels. 50 megapixels and 12,000 pixels a side are allowed.",
    ];
    let html = b"<!DOCTYPE html><html><script>alert(1)</script></html>".to_vec();
    for (kind, bytes, code, sentences) in
        [("image/png", bomb, "photo_too_large", large), ("image/jpeg", html, "photo_unreadable", unreadable)]
    {
        let call = rathaus.raw(&format!("{TOWN}/photos"), kind, bytes);
        let call = call.header("content-disposition", "attachment; filename=\"tyres.jpg\"");
        rathaus.refuses(call, 422, code, sentences).await;
    }
}

async fn tokens_that_open_nothing(installation: Installation) {
    let engine = installation.database().engine;
    let desk = desk(installation).await;
    let rathaus = &desk.installation;
    let elsewhere = Installation::on(engine).await;
    let foreign = elsewhere.guest().await;
    let own = rathaus.guest().await;
    let parts: Vec<&str> = desk.admin.split('.').collect();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    claims["exp"] = json!(4_000_000_000_i64);
    let forged = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2]);
    let sentences = [
        "Das Zugriffstoken fehlt, ist abgelaufen oder gilt hier nicht. Bitte melden Sie sich an.",
        "The access token is missing, expired or not valid here. Please sign in.",
    ];
    rathaus.clock.advance(TimeDelta::minutes(16));
    let mine = report_with(json!({"anonymous": false}));
    let department = json!({"name": "Ordnungsamt"});
    let departments = format!("{TOWN}/admin/departments");
    for token in [access(&foreign), access(&own), &forged, &desk.admin, "nonsense"] {
        for call in [rathaus.file(&mine), rathaus.post(&departments, &department)] {
            rathaus.refuses(call.bearer(token), 401, "unauthenticated", sentences).await;
        }
    }
}

/// What must be equal of two answers: all but the request's id, the date, the quota left and
/// whether the connection stays open, in any order.
fn told(answer: &Answer) -> impl PartialEq + Debug {
    let mut body: Value = answer.json();
    body["instance"].take();
    let headers = answer.headers.iter().map(|(name, value)| {
        let mut parts: Vec<_> = value.to_str().unwrap().split(", ").map(str::to_owned).collect();
        parts.sort();
        (name.to_string(), parts)
    });
    let passing = ["x-request-id", "date", "ratelimit", "connection"];
    let headers: BTreeSet<_> = headers.filter(|(name, _)| !passing.contains(&name.as_str())).collect();
    (answer.status, headers, body)
}

async fn what_belongs_to_others_is_not_there(installation: Installation) {
    let desk = desk(installation).await;
    let rathaus = &desk.installation;
    let neighbour = rathaus.found("eilenburg", "Eilenburg").await;
    let stranger = rathaus.employ(&neighbour, "stranger@example.org", Role::Admin).await;
    let stranger = rathaus.token(&stranger).await;
    let (mine, other) = (rathaus.guest().await, rathaus.guest().await);
    let report = report_with(json!({"anonymous": false}));
    let filed: Value = rathaus.file(&report).bearer(access(&mine)).expect(201).await;
    let (id, missing) = (filed["id"].as_str().unwrap().to_owned(), Uuid::new_v4().to_string());
    let departments: Value = desk.get(&format!("{TOWN}/admin/departments")).expect(200).await;
    let department = departments["items"][0]["id"].as_str().unwrap().to_owned();
    let before = rathaus.rows().await;
    let get = |path: String, token: &str| rathaus.get(&path).bearer(token);
    let eilenburg = "/v1/municipalities/eilenburg";
    let comment = json!({"text": "Ich war das nicht."});
    let transition = json!({"to": "accepted"});
    let staff = |town: &str, id: &str| {
        let path = format!("{town}/staff/complaints/{id}/transitions");
        rathaus.post(&path, &transition).bearer(&stranger).header("if-match", "\"v1\"")
    };
    let pairs = [
        [&id, &missing].map(|id| get(format!("{COMPLAINTS}/{id}"), access(&other))),
        [&id, &missing].map(|id| rathaus.get(&format!("{COMPLAINTS}/{id}"))),
        [&id, &missing]
            .map(|id| rathaus.post(&format!("{COMPLAINTS}/{id}/comments"), &comment).bearer(access(&other))),
        [&id, &missing].map(|id| get(format!("{eilenburg}/complaints/{id}"), access(&mine))),
        [&id, &missing].map(|id| get(format!("{eilenburg}/staff/complaints/{id}"), &stranger)),
        [&id, &missing].map(|id| staff(TOWN, id)),
        [&id, &missing].map(|id| staff(eilenburg, id)),
        [&department, &missing].map(|id| get(format!("{eilenburg}/admin/departments/{id}"), &stranger)),
        [&department, &missing].map(|id| get(format!("{TOWN}/admin/departments/{id}"), &stranger)),
        [TOWN, "/v1/municipalities/nowhere"].map(|town| get(format!("{town}/admin/departments"), &stranger)),
    ];
    for [foreign, missing] in pairs {
        let foreign = foreign.header("accept-language", "en").send().await;
        let missing = missing.header("accept-language", "en").send().await;
        assert_eq!(foreign.status, 404, "{}", foreign.body);
        assert_eq!(foreign.json::<Value>()["detail"], "There is nothing here, or it is not meant for you.");
        assert_eq!(told(&foreign), told(&missing));
    }
    assert_eq!(rathaus.rows().await, before, "nothing was written");
}

async fn one_key_for_two_requests(installation: Installation) {
    let desk = desk(installation).await;
    let rathaus = &desk.installation;
    let key = Uuid::new_v4().to_string();
    let once = |report: &Value| rathaus.file(report).header("idempotency-key", &key);
    let before = rathaus.rows().await;
    let (report, other) = (report(), report_with(json!({"description": "Etwas ganz anderes."})));
    let (first, second) = join(once(&report).send(), once(&report).send()).await;
    for answer in [&first, &second] {
        match answer.status.as_u16() {
            201 => assert_eq!(answer.json::<Value>()["reference"], "BD-2026-000001"),
            409 => assert_eq!(answer.json::<Value>()["code"], "idempotency_in_progress"),
            status => panic!("{status}: {}", answer.body),
        }
    }
    assert!([&first, &second].iter().any(|answer| answer.status == 201));
    assert_eq!(rathaus.rows().await["complaints"], before["complaints"] + 1, "one effect");
    let sentences = [
        "Derselbe Idempotency-Key kam bereits mit einem anderen Inhalt. Verwenden Sie für eine neue Anfrage einen neuen.",
        "The same Idempotency-Key came with another body before. Use a new one for a new request.",
    ];
    rathaus.refuses(once(&other), 422, "idempotency_key_reused", sentences).await;
}

/// The value of a header that is no text in any encoding a header has.
fn no_text() -> HeaderValue {
    HeaderValue::from_bytes(b"\"v1\xff\xfe\"").unwrap()
}

async fn headers_nobody_can_read(installation: Installation) {
    let desk = desk(installation).await;
    let rathaus = &desk.installation;
    let filed: Value = rathaus.file(&report()).expect(201).await;
    let (id, departments) = (filed["id"].as_str().unwrap(), format!("{TOWN}/admin/departments"));
    let department = desk.add(&departments, &json!({"name": "Ordnungsamt"})).await;
    let calls = || {
        [
            rathaus.get(TOWN),
            rathaus.get(&format!("{COMPLAINTS}/{id}")),
            desk.get(&department),
            desk.patch(&department, &json!({"name": "Bauamt"})),
            desk.post(&departments, &json!({"colour": "red"})),
            rathaus.raw(&format!("{TOWN}/photos"), "image/jpeg", "no picture"),
            rathaus.file(&report_with(json!({"category": "nothing"}))),
        ]
    };
    let before = rathaus.rows().await;
    for name in [
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "content-type",
        "cookie",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "idempotency-key",
        "origin",
        "range",
        "return-key",
        "user-agent",
        "x-forwarded-for",
        "x-request-id",
    ] {
        for call in calls() {
            let answer = Call(call.0.header(name, no_text())).send().await;
            assert!(answer.status.as_u16() < 500, "{name}: {} {}", answer.status, answer.body);
            if answer.status.is_client_error() {
                assert!(answer.json::<Value>()["code"].is_string(), "{name}: {}", answer.body);
            }
        }
    }
    assert_eq!(rathaus.rows().await, before, "nothing was written");
}

async fn edits_of_what_was_not_seen(installation: Installation) {
    let desk = desk(installation).await;
    let rathaus = &desk.installation;
    let filed: Value = rathaus.file(&report()).expect(201).await;
    let complaint = format!("{TOWN}/staff/complaints/{}", filed["id"].as_str().unwrap());
    let departments = format!("{TOWN}/admin/departments");
    let department = desk.add(&departments, &json!({"name": "Ordnungsamt"})).await;
    let transitions = format!("{complaint}/transitions");
    let missing = [
        "Senden Sie in der Kopfzeile If-Match das ETag der Fassung, die Sie ändern möchten.",
        "Send the ETag of the version you want to change in the header If-Match.",
    ];
    let stale = [
        "Jemand hat den Eintrag inzwischen geändert. Bitte laden Sie ihn neu und wiederholen Sie die Änderung.",
        "Somebody changed this meanwhile. Please load it again and repeat your change.",
    ];
    let unreadable = [
        "Adresse, Suchparameter oder Kopfzeile enthält einen Wert, der sich nicht lesen lässt. Betroffen: If-Match.",
        "The path, the query or a header holds a value that cannot be read. It is: If-Match.",
    ];
    let seen = [desk.get(&complaint).send().await.body, desk.get(&department).send().await.body];
    let edits = || {
        [
            desk.patch(&complaint, &json!({"priority": "high"})),
            desk.post(&transitions, &json!({"to": "accepted"})),
            desk.patch(&department, &json!({"name": "Bauamt"})),
            rathaus.delete(&department).bearer(&desk.admin),
        ]
    };
    for edit in edits() {
        rathaus.refuses(edit, 428, "precondition_required", missing).await;
    }
    for tag in ["\"v7\"", "\"another\"", "W/\"v1\""] {
        for edit in edits() {
            rathaus.refuses(edit.header("if-match", tag), 412, "stale", stale).await;
        }
    }
    for edit in edits() {
        rathaus.refuses(edit.header("if-match", "v1"), 400, "malformed_parameter", unreadable).await;
    }
    for edit in edits() {
        let edit = Call(edit.0.header("if-match", no_text()));
        rathaus.refuses(edit, 400, "malformed_parameter", unreadable).await;
    }
    assert_eq!([desk.get(&complaint).send().await.body, desk.get(&department).send().await.body], seen);
}
