//! What operators read says nothing about people, not even at level `debug`.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use api::{
    cli::logging,
    clock::Clock,
    config::{Log, LogFormat},
};
use domain::{Store, staff::Role, text::EmailAddress};
use infrastructure::worker::{Composer, Settings, Worker};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::record::Outcome;

use crate::{
    auth::{PASSWORD, access, renewal},
    complaints::{COMPLAINTS, report_with},
    deliveries::providers::Providers,
    desk::town::Town,
    support::{http::Call, on_both},
};

on_both!(the_main_job_leaves_no_trace_of_people);

const WITHIN: Duration = Duration::from_secs(20);
/// Everything a person of this test writes holds this word.
const PLANTED: &str = "quittenbaum";
const CITIZEN: &str = "quittenbaum@example.org";
const DESK: &str = "amt.quittenbaum@example.org";
/// The place in full; anything rounder could be a coincidence.
const PLACE: (f64, f64) = (51.591_927_31, 12.585_364_92);

/// Reads along with the log of this process and keeps little of it.
#[derive(Default)]
struct Reader {
    lines: u64,
    with_request: u64,
    /// What may not be in it, found out as the test goes on.
    secrets: Vec<String>,
    offending: Vec<String>,
    not_json: Vec<String>,
}

#[derive(Clone, Default)]
pub struct Along(Arc<Mutex<Reader>>);

impl Write for Along {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut reader = self.0.lock().unwrap();
        let text = String::from_utf8_lossy(line).into_owned();
        reader.lines += 1;
        match serde_json::from_str::<Value>(&text) {
            Ok(json) => reader.with_request += u64::from(json.pointer("/span/request_id").is_some()),
            Err(_) => reader.not_json.push(text.clone()),
        }
        if reader.secrets.iter().any(|secret| text.contains(secret)) {
            reader.offending.push(text);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Along {
    /// The log of this process, which can be started once.
    pub fn with_the_log() -> &'static Self {
        static ALONG: OnceLock<Along> = OnceLock::new();
        ALONG.get_or_init(|| {
            let along = Self::default();
            let log = Log { format: LogFormat::Json, level: "debug".to_owned() };
            let writer = along.clone();
            logging::start_to(&log, move || writer.clone()).unwrap();
            along
        })
    }

    pub fn keep_out(&self, secrets: impl IntoIterator<Item = impl Into<String>>) {
        self.0.lock().unwrap().secrets.extend(secrets.into_iter().map(Into::into));
    }

    /// The lines that held what may not be in them.
    pub fn offending(&self) -> Vec<String> {
        self.0.lock().unwrap().offending.clone()
    }
}

async fn the_main_job_leaves_no_trace_of_people(town: Town) {
    let along = Along::with_the_log();
    along.keep_out([PLANTED.to_owned(), PASSWORD.to_owned(), PLACE.0.to_string(), PLACE.1.to_string()]);
    let rathaus = &town.rathaus;
    // The simulators know the real time.
    rathaus.clock.advance(Clock::system().now() - rathaus.clock.now());

    // A citizen signs in, also wrongly, and registers a phone.
    let citizen = rathaus.citizen(CITIZEN).await;
    along.keep_out([access(&citizen), renewal(&citizen)]);
    let wrong = json!({"email": CITIZEN, "code": "000000"});
    rathaus.post("/v1/auth/sessions", &wrong).send().await;
    let phone = format!("a1{}", "7b".repeat(31));
    along.keep_out([phone.as_str()]);
    let device = json!({"platform": "ios", "token": phone, "locale": "de"});
    let path = format!("/v1/me/devices/{}", rathaus.clock.uuid());
    let put = Call(rathaus.request(Method::PUT, &path).json(&device)).bearer(access(&citizen)).send().await;
    assert_eq!(put.status, 204, "{}", put.body);

    // A report, and what is refused.
    let tx = rathaus.store().begin(town.scope()).await.unwrap();
    let desk = domain::municipalities::Department {
        email: Some(EmailAddress::parse(DESK).unwrap()),
        ..town.front.clone()
    };
    tx.update_department(&desk).await.unwrap();
    tx.touch_register().await.unwrap();
    tx.commit().await.unwrap();
    let place = json!({"lat": PLACE.0, "lon": PLACE.1});
    let report = |more: Value| {
        let mut report = report_with(json!({
            "anonymous": null, "location": place, "description": format!("Bei Familie {PLANTED} liegen Reifen."),
        }));
        report.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        report
    };
    let file = |report: &Value| rathaus.post(COMPLAINTS, report).bearer(access(&citizen));
    let filed: Value = file(&report(json!({}))).expect(201).await;
    let id = filed["id"].as_str().unwrap();
    let anonymous: Value = rathaus.post(COMPLAINTS, &report(json!({"anonymous": true}))).expect(201).await;
    along.keep_out([anonymous["return_key"].as_str().unwrap()]);
    for refused in [
        json!({ PLANTED: 1 }),
        json!({ "category": PLANTED }),
        json!({ "photos": [PLANTED] }),
        json!({ "location": {"lat": 48.137_154_92, "lon": PLACE.1} }),
    ] {
        let status = file(&report(refused)).send().await.status;
        assert!(status.is_client_error(), "{status}");
    }
    rathaus
        .get(&format!("{COMPLAINTS}/nearby?lat={}&lon={}&category=illegal-waste", PLACE.0, PLACE.1))
        .send()
        .await;
    rathaus.get(&format!("/v1/{PLANTED}?{PLANTED}={PLANTED}")).send().await;
    let broken = rathaus.request(Method::POST, COMPLAINTS).header("content-type", "application/json");
    Call(broken.body(format!("{{\"description\": \"{PLANTED}"))).send().await;
    let comment = json!({"text": format!("Ihre {PLANTED}")});
    let said = rathaus.post(&format!("{COMPLAINTS}/{id}/comments"), &comment).bearer(access(&citizen));
    assert_eq!(said.send().await.status, 201);

    // The desk answers by its link, and a clerk in words.
    let link = town.link(id.parse().unwrap(), town.front.id);
    along.keep_out([link.strip_prefix("/desk/").unwrap()]);
    rathaus.get(&link).send().await;
    let version = town.stored(id.parse().unwrap()).await.version.to_string();
    let accept = rathaus.request(Method::POST, &format!("{link}/accept")).form(&[("version", version)]);
    assert_eq!(Call(accept).send().await.status, 200);
    let (_, clerk) = town.staff(Role::Clerk, &[&town.front]).await;
    along.keep_out([clerk.as_str()]);
    rathaus.staff_account(&format!("clerk.{CITIZEN}")).await;
    let sign_in = json!({"email": format!("clerk.{CITIZEN}"), "password": PASSWORD});
    let signed_in: Value = rathaus.post("/v1/auth/staff-sessions", &sign_in).expect(201).await;
    along.keep_out([access(&signed_in)]);
    let inbox = format!("/v1/municipalities/bad-dueben/staff/complaints/{id}/comments");
    let note = json!({"internal_text": format!("{PLANTED} anrufen")});
    let noted = rathaus.post(&inbox, &note).bearer(&clerk).send().await;
    assert!(noted.status.is_success(), "{}", noted.body);

    // They lose the password; the letter's code is typed into the page, and wrongly.
    let lost = json!({"email": format!("clerk.{CITIZEN}")});
    rathaus.post("/v1/auth/staff-password-resets", &lost).expect::<Value>(202).await;
    let code = rathaus.reset_code(&format!("clerk.{CITIZEN}")).await;
    along.keep_out([code.as_str()]);
    for (code, password) in [(code.as_str(), "quittenbaum"), (code.as_str(), "quittenbaum und pflaumenbaum")]
    {
        let fields = [
            ("email", format!("clerk.{CITIZEN}")),
            ("code", code.to_owned()),
            ("password", password.to_owned()),
        ];
        Call(rathaus.request(Method::POST, "/staff/password").form(&fields)).send().await;
    }
    let moved = json!({"email": format!("clerk.{CITIZEN}"), "password": "quittenbaum und pflaumenbaum"});
    rathaus.post("/v1/auth/staff-sessions", &moved).expect::<Value>(201).await;

    // Everything is sent: the push through Apple, the letters through a mail server.
    let providers = Providers::start().await;
    let parts = rathaus.server.parts();
    let clock = rathaus.clock.clone();
    let worker = Worker {
        store: rathaus.store().clone(),
        lines: Arc::new(providers.lines()),
        composer: Composer {
            secrets: parts.secrets.get_ref().clone(),
            public_url: parts.config.http.public_url.clone(),
            staff_url: None,
            photos: None,
        },
        now: Arc::new(move || clock.now()),
        entropy: rathaus.clock.entropy(),
        fetcher: Default::default(),
        settings: Settings { poll: Duration::from_millis(20), ..Settings::default() },
    };
    let worker = worker.start().await.unwrap();
    providers.apns.wait_until(WITHIN, |push| push.token == phone && push.answer.accepted()).await.unwrap();
    providers.mail.wait_until(WITHIN, |mail| mail.recipients == [DESK]).await.unwrap();
    worker.stop().await;
    providers.assert_obeyed();

    let reader = along.0.lock().unwrap();
    assert!(reader.with_request > 10, "{} of {} lines name their request", reader.with_request, reader.lines);
    assert_eq!(reader.offending, Vec::<String>::new());
    assert_eq!(reader.not_json, Vec::<String>::new());
}
