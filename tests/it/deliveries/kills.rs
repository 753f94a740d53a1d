//! The process is killed (SIGKILL), and nothing is lost.

use std::{path::Path, time::Duration};

use reqwest::{Client, Method, RequestBuilder, header};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use simulators::Recording;
use uuid::Uuid;

use crate::support::{
    Engine, TestDatabase,
    http::{Answer, Call},
    killable::{ADMIN, Killable, PASSWORD, TOWN},
    on_both,
};

on_both!(
    killed_between_a_step_and_its_push_the_phone_shows_it_once,
    killed_at_any_moment_a_repeated_report_is_answered_as_the_first_time,
);

const SOON: Duration = Duration::from_secs(60);

/// A town hall behind a server in a process of its own.
struct Rathaus {
    installation: Killable,
    http: Client,
    admin: String,
}

impl Rathaus {
    async fn open(database: &TestDatabase) -> Self {
        let owner = database.serving_role.map(|_| format!("owner_url = \"{}\"", database.owner_url));
        let settings = format!("url = \"{}\"\n{}", database.url, owner.unwrap_or_default());
        // One piece of work at a time: the second waits while a provider holds back its answer.
        let worker = "concurrency = 1";
        let program = Path::new(env!("CARGO_BIN_EXE_chaos"));
        let mut installation = Killable::prepare(Recording::Full, program, &settings, worker).await;
        installation.found();
        installation.start().await;
        let mut rathaus = Self { installation, http: Client::new(), admin: String::new() };
        let session = json!({"email": ADMIN, "password": PASSWORD});
        rathaus.admin = token(&rathaus.post("/v1/auth/staff-sessions", &session).expect(201).await);
        let waste = json!({
            "code": "illegal-waste", "names": {"de": "Illegale Müllablagerung"}, "accepts_guests": true,
            "accepts_anonymous": true, "promise": {"first_answer_days": 2, "solution_days": 10},
        });
        let made = rathaus.post(&format!("{TOWN}/admin/categories"), &waste).bearer(&rathaus.admin);
        made.expect::<Value>(201).await;
        rathaus
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.installation.address))
    }

    fn post(&self, path: &str, body: &Value) -> Call {
        Call(self.request(Method::POST, path).json(body))
    }

    fn report(&self, text: &str, anonymous: bool) -> Call {
        let report = json!({
            "category": "illegal-waste", "description": text, "location": {"lat": 51.59, "lon": 12.58},
            "anonymous": anonymous,
        });
        self.post(&format!("{TOWN}/complaints"), &report)
    }

    /// A guest with an iPhone and an Android phone; gives the access token.
    async fn guest(&self, iphone: &str, android: &str) -> String {
        let guest = token(&self.post("/v1/auth/guest-sessions", &json!({})).expect(201).await);
        for (platform, device) in [("ios", iphone), ("android", android)] {
            let path = format!("/v1/me/devices/{}", Uuid::new_v4());
            let phone = json!({"platform": platform, "token": device});
            let put = Call(self.request(Method::PUT, &path).json(&phone)).bearer(&guest).send().await;
            assert_eq!(put.status, 204, "{}", put.body);
        }
        guest
    }

    /// The desk accepts a complaint, which was just filed.
    async fn accept(&self, filed: &Value) {
        let place = format!("{TOWN}/staff/complaints/{}/transitions", filed["id"].as_str().unwrap());
        let accepted = self.post(&place, &json!({"to": "accepted"})).bearer(&self.admin);
        accepted.header("if-match", "\"v1\"").expect::<Value>(200).await;
    }

    /// All complaints on the desk.
    async fn filed(&self) -> Vec<Value> {
        let inbox = Call(self.request(Method::GET, &format!("{TOWN}/staff/complaints?limit=100")));
        let inbox: Value = inbox.bearer(&self.admin).expect(200).await;
        inbox["items"].as_array().unwrap().clone()
    }

    /// No provider holds back an answer any more, and the dead worker's lease is over: on SQLite whoever starts is
    /// the only one and frees it, on PostgreSQL it runs out.
    async fn restart(&mut self, database: &TestDatabase) {
        self.installation.apns.set_latency(Duration::ZERO);
        self.installation.fcm.set_latency(Duration::ZERO);
        if database.engine == Engine::Postgres {
            let connection = Database::connect(&database.owner_url).await.unwrap();
            let ended = "UPDATE work_chunks SET lease_until = created_at WHERE lease_until IS NOT NULL";
            connection.execute_unprepared(ended).await.unwrap();
            connection.close().await.unwrap();
        }
        self.installation.start().await;
    }
}

fn token(session: &Value) -> String {
    session["access_token"].as_str().unwrap().to_owned()
}

async fn killed_between_a_step_and_its_push_the_phone_shows_it_once(database: TestDatabase) {
    let mut rathaus = Rathaus::open(&database).await;
    let (iphone, android) = ("c3".repeat(32), "android-token");
    let guest = rathaus.guest(&iphone, android).await;
    let before: Value = rathaus.report("Reifen am Fluss.", false).bearer(&guest).expect(201).await;
    let first: Value = rathaus.report("Reifen am Waldrand.", false).bearer(&guest).expect(201).await;
    let second: Value = rathaus.report("Reifen im Wald.", false).bearer(&guest).expect(201).await;

    // Connected and signed in at both providers, as a server is in daily life.
    rathaus.accept(&before).await;
    rathaus.installation.apns.wait_for(1, SOON).await.unwrap();
    rathaus.installation.fcm.wait_for(1, SOON).await.unwrap();
    rathaus.installation.apns.set_latency(SOON);
    rathaus.installation.fcm.set_latency(SOON);
    rathaus.accept(&first).await;
    // Both providers took the first push, and nobody hears so.
    rathaus.installation.apns.wait_for(2, SOON).await.unwrap();
    rathaus.installation.fcm.wait_for(2, SOON).await.unwrap();
    // The second step is durable and its push has not left.
    rathaus.accept(&second).await;
    rathaus.installation.kill();
    assert_eq!(rathaus.installation.apns.counts().total, 2);
    assert_eq!(rathaus.installation.fcm.counts().total, 2);

    rathaus.restart(&database).await;
    let Killable { apns, fcm, .. } = &rathaus.installation;
    apns.wait_for(4, SOON).await.unwrap();
    fcm.wait_for(4, SOON).await.unwrap();
    for (phone, requests, visible_duplicates) in [
        (
            apns.phones().phone(&iphone),
            calls(&apns.requests(), "/data/id"),
            apns.phones().visible_duplicates(),
        ),
        (
            fcm.phones().phone(android),
            calls(&fcm.requests(), "/message/data/id"),
            fcm.phones().visible_duplicates(),
        ),
    ] {
        assert_eq!((phone.visible.len(), visible_duplicates), (3, 0), "{phone:?}");
        assert_eq!(phone.visible.iter().map(|shown| shown.replaced).sum::<u32>(), 1, "{phone:?}");
        let sent = |complaint: &Value| requests.iter().filter(|id| **id == complaint["id"]).count();
        assert_eq!((sent(&first), sent(&second)), (2, 1), "what may have left is sent again");
    }
    let pushes = apns.requests();
    for name in ["apns-id", "apns-collapse-id"] {
        let same = pushes.iter().filter(|push| push.header(name) == pushes[1].header(name));
        assert_eq!(same.count(), 2, "{name}");
    }
    assert_eq!(apns.violations(), Vec::<String>::new());
    assert_eq!(fcm.violations(), Vec::<String>::new());
}

/// Which complaint each push was about.
fn calls<A>(requests: &[simulators::Received<A>], id: &str) -> Vec<Value> {
    requests.iter().map(|request| request.json().pointer(id).cloned().unwrap()).collect()
}

async fn killed_at_any_moment_a_repeated_report_is_answered_as_the_first_time(database: TestDatabase) {
    const KILLS: u32 = 6;
    let mut rathaus = Rathaus::open(&database).await;
    for number in 0..KILLS {
        let text = format!("Reifen am Waldrand, {number}.");
        let key = Uuid::new_v4().to_string();
        let send = || rathaus.report(&text, true).header("idempotency-key", &key);
        let cut = tokio::spawn(send().0.send());
        // From before the request arrives until after it is answered.
        tokio::time::sleep(Duration::from_millis(8) * number).await;
        rathaus.installation.kill();
        let heard = cut.await.unwrap().ok();
        rathaus.restart(&database).await;

        let send = || rathaus.report(&text, true).header("idempotency-key", &key);
        let answers: [Answer; 2] = [send().send().await, send().send().await];
        assert_eq!(answers[0].status, 201, "{}", answers[0].body);
        assert_eq!(answers[0].body, answers[1].body);
        assert!(answers[0].json::<Value>()["return_key"].is_string(), "{}", answers[0].body);
        assert_eq!(answers[0].headers[header::LOCATION], answers[1].headers[header::LOCATION]);
        // Perhaps the first try was answered, perhaps to its end.
        if let Some(heard) = heard
            && let Ok(body) = heard.text().await
        {
            assert_eq!(body, answers[0].body);
        }
        let filed = rathaus.filed().await;
        let same = filed.iter().filter(|complaint| complaint["description"] == text).count();
        assert_eq!((same, filed.len()), (1, number as usize + 1), "one effect");
    }
}
