//! A citizen who left traces everywhere, each in words found nowhere else.

use std::process::Command;

use domain::{
    Store,
    complaints::{Complaint, Place, photo::ContentHash},
    consents::{By, CURRENT, Entry, Means},
    deliveries::{Channel, Severity},
    geo::Point,
    ids::PersonId,
    phone::Phone,
    staff::Role,
    text::{AddressLine, Description, EmailAddress, Line},
};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};

use crate::{
    auth::access,
    complaints::{COMPLAINTS, report_with},
    desk::town::Town,
    photos::jpeg,
    support::{Engine, http::Call, postgres::server_programs},
    tenancy::catalogue::tables,
};

/// What is planted, and found again by searching for it.
pub const PLANTED: [&str; 22] = [
    "Erika Quittenbaum",
    "quitte02@planted.example",
    "+4915112345678",
    "planted-token-04",
    "9.87.planted05",
    "Handy planted06",
    "planted07 Reifen am Ufer",
    "51.59192731",
    "12.58536492",
    "planted10 noch eine Felge",
    "planted11 bitte anrufen",
    "planted12 wir kommen morgen",
    "planted13 Titel",
    "planted14-key",
    "planted15 Beschreibung",
    "Plantedweg 16",
    "planted17@confirm.example",
    "planted18 Titel",
    "planted19 Wunsch",
    "planted20 bleibt liegen",
    "planted21@new.example",
    "planted22 Formular",
];

/// Where staff work.
pub const INBOX: &str = "/v1/municipalities/bad-dueben/staff/complaints";

/// The citizen, and the staff who worked on what they reported.
pub struct Planted {
    pub person: PersonId,
    pub token: String,
    pub admin: String,
    /// What they reported over HTTP.
    pub complaint: String,
}

impl Town {
    /// Somebody who left every one of [`PLANTED`] behind.
    pub async fn plant(&self) -> Planted {
        let rathaus = &self.rathaus;
        let (_, admin) = self.staff(Role::Admin, &[]).await;
        let code = rathaus.code(PLANTED[1]).await;
        let sign_in = json!({"email": PLANTED[1], "code": code, "device_name": PLANTED[5]});
        let session: Value = rathaus.post("/v1/auth/sessions", &sign_in).expect(201).await;
        let token = access(&session).to_owned();
        let name = json!({"name": PLANTED[0]});
        let named = Call(rathaus.request(Method::PATCH, "/v1/me").json(&name)).bearer(&token);
        let me: Value = named.header("if-match", "\"v1\"").expect(200).await;
        let person: PersonId = me["id"].as_str().unwrap().parse().unwrap();
        let device = json!({
            "platform": "android", "token": PLANTED[3], "app_version": PLANTED[4], "locale": "de",
        });
        let path = format!("/v1/me/devices/{}", rathaus.clock.uuid());
        assert_eq!(rathaus.put(&path, &device).bearer(&token).send().await.status, 204);

        let photo: Value = rathaus.upload("", jpeg(7)).bearer(&token).expect(201).await;
        let report = report_with(json!({
            "anonymous": null, "description": PLANTED[6], "photos": [photo["id"]],
            "location": {"lat": PLANTED[7].parse::<f64>().unwrap(), "lon": PLANTED[8].parse::<f64>().unwrap()},
        }));
        let filed = rathaus.post(COMPLAINTS, &report).bearer(&token).header("idempotency-key", PLANTED[13]);
        let filed: Value = filed.expect(201).await;
        let id = filed["id"].as_str().unwrap().to_owned();
        for text in [PLANTED[9], PLANTED[18], PLANTED[19]] {
            let comment = rathaus.post(&format!("{COMPLAINTS}/{id}/comments"), &json!({"text": text}));
            assert_eq!(comment.bearer(&token).send().await.status, 201);
        }
        let note = json!({"internal_text": PLANTED[10]});
        let noted = rathaus.post(&format!("{INBOX}/{id}/comments"), &note).bearer(&admin).send().await;
        assert!(noted.status.is_success(), "{}", noted.body);
        let accepted = json!({"to": "accepted", "public_text": PLANTED[11]});
        self.change(Method::POST, &format!("{id}/transitions"), &admin, &id, &accepted).await;
        self.change(Method::PATCH, &id, &admin, &id, &json!({"title": PLANTED[12]})).await;
        let tester = json!({"email": PLANTED[1]});
        let testers = "/v1/municipalities/bad-dueben/admin/testers";
        let _: Value = rathaus.post(testers, &tester).bearer(&admin).expect(201).await;
        self.plant_in_rows(person).await;
        // An address that is not proved yet, and a code that is still on its way.
        let asked = rathaus.post("/v1/me/address-changes", &json!({"email": PLANTED[20]})).bearer(&token);
        let _: Value = asked.expect(202).await;
        let _: Value = rathaus.post("/v1/auth/codes", &json!({"email": PLANTED[1]})).expect(202).await;
        Planted { person, token, admin, complaint: id }
    }

    async fn change(&self, method: Method, path: &str, token: &str, id: &str, body: &Value) {
        let version = self.stored(id.parse().unwrap()).await.version;
        let call = Call(self.rathaus.request(method, &format!("{INBOX}/{path}")).json(body)).bearer(token);
        let done = call.header("if-match", &format!("\"v{version}\"")).send().await;
        assert!(done.status.is_success(), "{}", done.body);
    }

    /// What no route writes in this test.
    async fn plant_in_rows(&self, person: PersonId) {
        let template = self.complaint(900, &self.front).await;
        let tx = self.rathaus.store().begin(self.scope()).await.unwrap();
        let account = tx.account_of_email(&EmailAddress::parse(PLANTED[1]).unwrap()).await.unwrap().unwrap();
        let phone = Phone::parse(PLANTED[2]).unwrap();
        tx.update_account(&domain::citizens::Account { phone: Some(phone), ..account }).await.unwrap();
        tx.insert_complaint(&Complaint {
            id: self.rathaus.clock.uuid().into(),
            reference: domain::complaints::Reference::new("BD", 2026, 901).unwrap(),
            description: Description::parse(PLANTED[14]).unwrap(),
            place: Place {
                point: Some(Point { lat: 51.6, lon: 12.6 }),
                address: Some(AddressLine::parse(PLANTED[15]).unwrap()),
            },
            confirm_email: Some(EmailAddress::parse(PLANTED[16]).unwrap()),
            title: Some(Line::parse(PLANTED[17]).unwrap()),
            content: ContentHash([9; 32]),
            anonymous: false,
            reporter: Some(person),
            ..template
        })
        .await
        .unwrap();
        let agreed = Entry {
            channel: Channel::Sms,
            purpose: Severity::Crisis,
            given: true,
            text_version: CURRENT,
            at: self.now(),
            means: Means::Import,
            proof: Some(PLANTED[21].to_owned()),
            by: By::System,
        };
        tx.hold_follow(self.now(), person, self.town.id).await.unwrap();
        tx.add_consents(person, &[agreed]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Everything in the database as text, past row-level security, as somebody with a copy reads it.
    pub async fn dump(&self) -> String {
        let database = self.rathaus.database();
        if database.engine == Engine::Postgres {
            let beside = server_programs().unwrap().join("pg_dump");
            let program = if beside.is_file() { beside } else { "pg_dump".into() };
            let output =
                Command::new(program).arg("--data-only").arg(&database.superuser_url).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            return String::from_utf8(output.stdout).unwrap();
        }
        let connection = Database::connect(&database.url).await.unwrap();
        let mut text = String::new();
        for (name, table) in tables(database).await {
            let columns: Vec<_> = table.columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
            let sql = format!("SELECT {} AS line FROM {name}", columns.join(" || ',' || "));
            let statement = Statement::from_string(connection.get_database_backend(), sql);
            for row in connection.query_all_raw(statement).await.unwrap() {
                let line: String = row.try_get("", "line").unwrap();
                text.push_str(&format!("{name}: {line}\n"));
            }
        }
        connection.close().await.unwrap();
        text
    }

    /// Which of these are in the bytes of the database's own files. On PostgreSQL those belong to the
    /// server, which gives the room of deleted rows to others in its own time.
    pub fn in_files_of_the_database(&self, words: &[&'static str]) -> Vec<&'static str> {
        let database = self.rathaus.database();
        if database.engine == Engine::Postgres {
            return Vec::new();
        }
        let path = database.url.trim_start_matches("sqlite://");
        let bytes: Vec<u8> = ["", "-wal"]
            .iter()
            .flat_map(|end| std::fs::read(format!("{path}{end}")).unwrap_or_default())
            .collect();
        let holds = |word: &&&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        words.iter().filter(holds).copied().collect()
    }

    /// How many files there are of photos.
    pub fn files_of_photos(&self) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries
                .map(|entry| match entry.file_type().unwrap().is_dir() {
                    true => count(&entry.path()),
                    false => usize::from(entry.path().extension().is_some_and(|end| end == "jpg")),
                })
                .sum()
        }
        count(self.rathaus.files())
    }
}
