//! The waste calendar: kept by staff, read by everyone, told to those it is about.

mod calendars;
mod feed;
mod importing;
mod moving;
mod reaching;
mod reminding;
mod showing;

use async_trait::async_trait;
use domain::{
    context::System,
    waste::{Fault, Record, Source, Window, import::Report, service::refresh},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin::Desk,
    auth::access,
    follows::choice,
    support::{
        http::{Answer, Call},
        installation::Installation,
    },
};

pub const TYPES: &str = "/v1/municipalities/bad-dueben/admin/waste-types";
pub const CALENDARS: &str = "/v1/municipalities/bad-dueben/admin/waste-calendars";
pub const COLLECTIONS: &str = "/v1/municipalities/bad-dueben/waste/collections";
pub const REMINDERS: &str = "/v1/me/follows/bad-dueben/waste-reminders";

/// What a message says, one line for each delivery.
pub const TOLD: &str = "SELECT m.kind || ' ' || d.channel FROM deliveries d JOIN messages m ON m.id = d.message_id \
                        ORDER BY m.created_at, m.kind, d.channel";

/// A service with all the days it has of the organic bin.
struct Service(String);

#[async_trait]
impl Source for Service {
    async fn read(&self, _: Window) -> domain::Result<Vec<Result<Record, Fault>>> {
        let record = |(line, day): (u32, &str)| {
            let (waste, date) = ("Biotonne".to_owned(), day.parse().unwrap());
            Ok(Record { line, waste, date, section: None, stop: None })
        };
        Ok((1..).zip(self.0.split(' ')).map(record).collect())
    }

    fn tells_all(&self) -> bool {
        true
    }
}

/// A town hall with two kinds of waste and a calendar for the even side of a street.
pub struct Depot {
    pub desk: Desk,
    pub calendar: String,
}

impl Depot {
    pub async fn open(rathaus: Installation) -> Self {
        let desk = Desk::open(rathaus).await;
        for (code, name, word) in
            [("residual", "Restabfall", "Restmüll"), ("organic", "Biotonne", "Bioabfall")]
        {
            desk.add(TYPES, &json!({"code": code, "names": {"de": name}, "words": [word]})).await;
        }
        let calendar = json!({
            "name": "Tour 3",
            "sections": [{"street": "Leipziger Straße", "house_numbers": "2-20 gerade"}],
        });
        let calendar = desk.add(CALENDARS, &calendar).await;
        Self { desk, calendar }
    }

    /// Sends a file.
    pub fn upload(&self, query: &str, kind: &str, file: impl Into<reqwest::Body>) -> Call {
        let path = format!("{}/imports{query}", self.calendar);
        let request = self.desk.installation.request(Method::POST, &path);
        Call(request.header("content-type", kind).body(file)).bearer(&self.desk.admin)
    }

    /// Takes in days of the organic bin.
    pub async fn take(&self, days: &[&str]) -> Value {
        let lines: String = days.iter().map(|day| format!("Biotonne;{day}\n")).collect();
        self.upload("?from=2026-11-01&to=2026-12-31", "text/csv", format!("Abfallart;Datum\n{lines}"))
            .expect(200)
            .await
    }

    /// Has a service asked that answers with days of the organic bin, as a worker does at any hour.
    pub async fn asked(&self, days: &[&str]) -> Report {
        let rathaus = &self.desk.installation;
        let ctx = rathaus.clock.ctx(Default::default(), uuid::Uuid::nil(), System);
        let calendar = self.calendar.rsplit('/').next().unwrap().parse().unwrap();
        let which = (self.desk.town.id, calendar);
        refresh(rathaus.store(), &ctx, which, &Service(days.join(" "))).await.unwrap()
    }

    pub fn change(&self, body: &Value) -> Call {
        self.desk.post(&format!("{}/changes", self.calendar), body)
    }

    /// What is answered to an address.
    pub async fn shown(&self, query: &str) -> Value {
        self.desk.installation.get(&format!("{COLLECTIONS}?{query}")).expect(200).await
    }

    /// Somebody with a phone who lives at a house of the street and wants notices by push.
    pub async fn neighbour(&self, house: &str) -> String {
        let rathaus = &self.desk.installation;
        let session = rathaus.guest().await;
        let token = access(&session).to_owned();
        let phone =
            json!({"platform": "android", "token": format!("token of {house} {}", rathaus.clock.uuid())});
        let path = format!("/v1/me/devices/{}", rathaus.clock.uuid());
        assert_eq!(rathaus.put(&path, &phone).bearer(&token).send().await.status, 204);
        let lives = json!({
            "topics": [], "channels": {"notice": ["push"]},
            "address": {"street": "Leipziger Straße", "house_number": house},
        });
        rathaus.choose(&token, &choice(lives)).expect::<Value>(200).await;
        token
    }

    pub fn remind_me(&self, token: &str, reminders: Value) -> Call {
        let body = json!({"reminders": reminders});
        Call(self.desk.installation.request(Method::PUT, REMINDERS).json(&body)).bearer(token)
    }

    /// Moves the clock to a moment.
    pub fn at(&self, moment: &str) {
        let clock = &self.desk.installation.clock;
        let moment: chrono::DateTime<chrono::Utc> = moment.parse().unwrap();
        clock.advance(moment - clock.now());
    }

    /// A turn of reminding, now.
    pub async fn turn(&self) -> usize {
        let rathaus = &self.desk.installation;
        let ctx = rathaus.clock.ctx(Default::default(), uuid::Uuid::nil(), System);
        infrastructure::worker::remind(rathaus.store(), &ctx).await.unwrap()
    }

    /// What is on its way.
    pub async fn told(&self) -> Vec<String> {
        self.desk.installation.ask(self.desk.town.id, TOLD).await
    }

    /// What the messages say, in their order.
    pub async fn said(&self) -> Vec<String> {
        let params = "SELECT CAST(params AS text) FROM messages ORDER BY created_at, id";
        let said = self.desk.installation.ask(self.desk.town.id, params).await;
        let sentence = |params: String| {
            let topic: domain::deliveries::Topic = serde_json::from_str(&params).unwrap();
            domain::deliveries::texts::push(&topic, "Bad Düben", domain::Locale::De).unwrap().body
        };
        said.into_iter().map(sentence).collect()
    }
}

/// Days and what became of them.
pub fn days(shown: &Value) -> Vec<String> {
    let collections = shown["collections"].as_array().unwrap().iter();
    let one = |it: &Value| {
        format!(
            "{} {} {}",
            it["date"].as_str().unwrap(),
            it["waste_type"].as_str().unwrap(),
            it["status"].as_str().unwrap()
        )
    };
    collections.map(one).collect()
}

/// Pointers and codes of what was refused.
pub fn faults(refused: &Answer) -> Vec<String> {
    let problem: Value = refused.json();
    let errors = problem["errors"].as_array().unwrap().iter();
    errors
        .map(|error| format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect()
}
