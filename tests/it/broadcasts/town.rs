//! A town on a river, its staff and its people.

use std::{
    collections::BTreeMap,
    fs,
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use api::{
    cli::Role as ServerRole,
    config::{Config, Fcm, PushApp, Secret},
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Scope, Store,
    citizens::{Session, SessionKind},
    context::Operator,
    deliveries::{Channel, Platform, Recipients},
    follows::reach::rung,
    ids::{ContactPointId, PersonId},
    municipalities::street_key,
    staff::{
        Role,
        team::{NewMember, employ},
    },
    text::{EmailAddress, Name, Slug},
};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::{fcm::FcmSimulator, smtp::SmtpSink};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{
    support::{Engine, Fixture, eventually::eventually, http::Call},
    telephony::Exchange,
};

pub const CASTS: &str = "/v1/municipalities/bad-dueben/staff/broadcasts";
pub const MESSAGES: &str = "/v1/me/messages";

/// A serving and sending installation with phones, telephones and a town hall.
pub struct Mulde {
    pub exchange: Exchange,
    pub fcm: FcmSimulator,
    pub smtp: SmtpSink,
    /// Sessions of an editor and of somebody who leads.
    editor: Option<Session>,
    lead: Option<Session>,
    numbers: AtomicU16,
    _files: TempDir,
}

/// Somebody who follows.
pub struct Resident {
    pub person: PersonId,
    pub ways: Vec<(Channel, ContactPointId, String)>,
}

impl Resident {
    /// The address of one of their ways.
    pub fn address(&self, channel: Channel) -> &str {
        &self.ways.iter().find(|(way, _, _)| *way == channel).unwrap().2
    }
}

impl Fixture for Mulde {
    async fn on(engine: Engine) -> Self {
        Self::with(engine, ServerRole::All, |_| {}).await
    }
}

impl Mulde {
    /// A town whose process does only so much, with settings of its own.
    pub async fn with(engine: Engine, role: ServerRole, change: impl FnOnce(&mut Config)) -> Self {
        let files = tempfile::tempdir().unwrap();
        let fcm = FcmSimulator::start(Default::default()).await.unwrap();
        let smtp = SmtpSink::start(Default::default()).await.unwrap();
        let smtp_url = Secret::new(smtp.url());
        let account = files.path().join("account.json");
        let ca = files.path().join("ca.pem");
        fs::write(&account, fcm.account().to_json()).unwrap();
        fs::write(&ca, fcm.ca_pem()).unwrap();
        let base_url = fcm.base_url().parse().unwrap();
        let exchange = Exchange::within(engine, role, |config| {
            let fcm = Some(Fcm { service_account: account, base_url });
            config.push.apps =
                BTreeMap::from([("default".to_owned(), PushApp { fcm, ..Default::default() })]);
            config.push.ca_file = Some(ca);
            config.email.smtp_url = Some(smtp_url);
            config.broadcasts.usual_people = 5;
            change(config);
        })
        .await;
        let mut mulde = Self {
            exchange,
            fcm,
            smtp,
            editor: None,
            lead: None,
            numbers: AtomicU16::new(100),
            _files: files,
        };
        mulde.editor = Some(mulde.employed("editor@example.org", Role::Editor).await);
        mulde.lead = Some(mulde.employed("lead@example.org", Role::Lead).await);
        mulde
    }

    /// Has it be day in the town: news wait until morning, whenever the tests run. Google takes no assertions of
    /// tomorrow, so who is to be reached then is reached by text message.
    pub fn by_day(self) -> Self {
        self.exchange.town.by_day();
        self
    }

    /// Has it be that moment, which is later than now.
    pub async fn at(self, moment: DateTime<Utc>) -> Self {
        let clock = &self.exchange.clock;
        assert!(clock.now() <= moment);
        clock.advance(moment - clock.now());
        self.at_once().await
    }

    /// Has staff be there who signed in just now: a session ends after a day.
    pub async fn at_once(mut self) -> Self {
        let name = |role: &str| format!("{role}-{}@example.org", Uuid::new_v4().simple());
        self.editor = Some(self.employed(&name("editor"), Role::Editor).await);
        self.lead = Some(self.employed(&name("lead"), Role::Lead).await);
        self
    }

    /// Has Google give out its token while its clock and the town's are the same: it takes no request for one
    /// from the future. For tests that move the clock far.
    pub async fn know_google(&self) {
        self.fcm.set_access_token_lifetime(Duration::from_secs(86_400));
        let town = &self.exchange.town;
        let person = town.person().await;
        town.phone(person, Platform::Android, "a-phone-of-nobody-here").await;
        town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
        self.fcm.wait_for_accepted(1, Duration::from_secs(30)).await.unwrap();
    }

    /// An identifier as it stands in a statement.
    pub fn identifier(&self, id: Uuid) -> String {
        match self.exchange.server.store().connections().backend() {
            sea_orm::DbBackend::Sqlite => format!("X'{}'", id.simple()),
            _ => format!("'{id}'"),
        }
    }

    /// A fresh token of an editor: the clock is moved by hours.
    pub async fn editor(&self) -> String {
        self.token(self.editor.as_ref().unwrap()).await
    }

    /// A fresh token of somebody who leads.
    pub async fn lead(&self) -> String {
        self.token(self.lead.as_ref().unwrap()).await
    }

    async fn token(&self, session: &Session) -> String {
        let ctx = self.exchange.clock.ctx(Default::default(), Uuid::nil(), Operator);
        self.exchange.server.parts().gate.issue(&ctx, session).await.unwrap()
    }

    /// A token of somebody new on the staff.
    pub async fn staff(&self, email: &str, role: Role) -> String {
        self.token(&self.employed(email, role).await).await
    }

    async fn employed(&self, email: &str, role: Role) -> Session {
        let (server, clock) = (&self.exchange.server, &self.exchange.clock);
        let ctx = clock.ctx(Default::default(), Uuid::nil(), Operator);
        let reads = server.store().read(Scope::Installation).await.unwrap();
        let town = reads.municipality(&Slug::parse("bad-dueben").unwrap()).await.unwrap().unwrap();
        drop(reads);
        let new = NewMember {
            name: Name::parse(email).unwrap(),
            email: EmailAddress::parse(email).unwrap(),
            role,
            departments: Vec::new(),
            categories: Vec::new(),
        };
        let member = employ(server.store(), &ctx, &town, new, "no hash").await.unwrap().member;
        let session =
            Session::begin(&ctx, SessionKind::Staff, None, Some(member.account), TimeDelta::days(1));
        let tx = server.store().begin(Scope::Installation).await.unwrap();
        tx.insert_session(&session).await.unwrap();
        tx.commit().await.unwrap();
        session
    }

    /// A token of a guest with the app.
    pub async fn app(&self, resident: &Resident) -> String {
        let (server, clock) = (&self.exchange.server, &self.exchange.clock);
        let ctx = clock.ctx(Default::default(), Uuid::nil(), Operator);
        let session =
            Session::begin(&ctx, SessionKind::Guest, Some(resident.person), None, TimeDelta::days(1));
        let tx = server.store().begin(Scope::Installation).await.unwrap();
        tx.insert_session(&session).await.unwrap();
        tx.commit().await.unwrap();
        server.parts().gate.issue(&ctx, &session).await.unwrap()
    }

    /// Somebody who lives in a street and wants everything by these channels.
    pub async fn resident(&self, street: &str, house: i32, channels: &[Channel]) -> Resident {
        let person = self.person(street, house, channels).await;
        let mut ways = Vec::new();
        for channel in channels {
            let n = self.numbers.fetch_add(1, Ordering::Relaxed);
            let (point, address) = match channel {
                Channel::Push => {
                    let token = format!("android-token-{n}");
                    (self.exchange.town.phone(person, Platform::Android, &token).await, token)
                }
                Channel::Sms => {
                    let number = format!("+491711234{n}");
                    (self.exchange.town.telephone(Channel::Sms, &number).await, number)
                }
                Channel::Voice => {
                    let number = format!("+4934243722{n}");
                    (self.exchange.town.telephone(Channel::Voice, &number).await, number)
                }
                Channel::Email => {
                    let mailbox = format!("r{n}@example.org");
                    (self.exchange.town.telephone(Channel::Email, &mailbox).await, mailbox)
                }
            };
            self.reach(person, *channel, point, true).await;
            ways.push((*channel, point, address));
        }
        Resident { person, ways }
    }

    async fn person(&self, street: &str, house: i32, channels: &[Channel]) -> PersonId {
        let town = &self.exchange.town;
        let person = town.person().await;
        let now = town.clock.now();
        let names: Vec<String> = channels.iter().map(ToString::to_string).collect();
        let chosen = json!({"crisis": names, "important": names, "information": names, "notice": names});
        town.insert(
            Scope::Installation,
            "follows",
            [
                ("person_id", person.0.into()),
                ("municipality_id", town.municipality.0.into()),
                ("role", "resident".into()),
                ("created_at", now.into()),
                ("chosen_at", now.into()),
                ("street", street.into()),
                ("street_key", street_key(street).into()),
                ("house_number", house.into()),
                ("locale", "de".into()),
                ("channels", chosen.into()),
            ],
        )
        .await;
        person
    }

    /// Has somebody reached by a way, perhaps one that is somebody else's too.
    pub async fn reach(&self, person: PersonId, channel: Channel, point: ContactPointId, active: bool) {
        let town = &self.exchange.town;
        if channel != Channel::Push {
            let now = town.clock.now();
            let known = [
                ("person_id", person.0.into()),
                ("contact_point_id", point.0.into()),
                ("created_at", now.into()),
            ];
            town.insert(Scope::Installation, "contacts", known).await;
        }
        let wants = true;
        let row = [
            ("municipality_id", town.municipality.0.into()),
            ("person_id", person.0.into()),
            ("contact_point_id", point.0.into()),
            ("channel", channel.to_string().into()),
            ("position", rung(channel).into()),
            ("crisis", wants.into()),
            ("important", wants.into()),
            ("information", wants.into()),
            ("notice", wants.into()),
            ("active", active.into()),
        ];
        town.insert(town.scope(), "reach", row).await;
    }

    pub fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Call {
        let request = reqwest::Client::new().request(method, self.exchange.url(path));
        Call(match body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path, Some(body))
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path, None)
    }

    /// A broadcast as it is written, with `more` members or other ones.
    pub fn draft(&self, more: Value) -> Value {
        // News wait for the morning, whenever the tests run, and are refused where they are over by then.
        let is_news = more.get("severity").is_none_or(|severity| severity == "information");
        let until = self.exchange.clock.now() + TimeDelta::hours(if is_news { 12 } else { 6 });
        let mut draft = json!({
            "severity": "information",
            "sender": "Ordnungsamt",
            "texts": {"de": {"title": "Hochwasser an der Mulde", "body": "Bitte Keller und Ufer verlassen."},
                      "en": {"title": "Flood on the Mulde", "body": "Please leave cellars and the banks."}},
            "audience": {"everyone": true},
            "expires_at": until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        });
        draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        draft
    }

    /// Writes a draft.
    pub async fn write(&self, more: Value) -> Value {
        self.post(CASTS, &self.draft(more)).bearer(&self.editor().await).expect(201).await
    }

    /// Asks for a step of a broadcast at the version it has now.
    pub async fn step(&self, id: &str, step: &str, token: &str, body: &Value) -> Call {
        let place = format!("{CASTS}/{id}");
        let shown = self.get(&place).bearer(token).send().await;
        let tag = shown.headers["etag"].to_str().unwrap().to_owned();
        self.post(&format!("{place}/{step}"), body).bearer(token).header("if-match", &tag)
    }

    /// Writes, submits and approves a broadcast.
    pub async fn send(&self, more: Value) -> String {
        let draft = self.write(more).await;
        self.decide(&draft).await
    }

    /// Submits and approves what was written.
    pub async fn decide(&self, draft: &Value) -> String {
        let id = draft["id"].as_str().unwrap().to_owned();
        let _: Value = self.step(&id, "submit", &self.editor().await, &json!({})).await.expect(200).await;
        let people = self.preview(&id).await["people"].clone();
        let body = json!({"confirm_people": people});
        let _: Value = self.step(&id, "approve", &self.lead().await, &body).await.expect(200).await;
        id
    }

    pub async fn preview(&self, id: &str) -> Value {
        self.post(&format!("{CASTS}/{id}/preview"), &json!({})).bearer(&self.editor().await).expect(200).await
    }

    pub async fn show(&self, id: &str) -> Value {
        self.get(&format!("{CASTS}/{id}")).bearer(&self.lead().await).expect(200).await
    }

    /// Waits until a broadcast has this state.
    pub async fn until(&self, id: &str, state: &str) {
        eventually(state, Duration::from_secs(30), async || {
            (self.show(id).await["state"] == state).then_some(())
        })
        .await;
    }

    /// Waits until the deliveries of a broadcast are these, as `channel state`, in order.
    pub async fn until_deliveries(&self, id: &str, wanted: &[&str]) {
        let mut seen = Vec::new();
        eventually(&format!("{wanted:?}"), Duration::from_secs(30), async || {
            seen = self.deliveries(id).await;
            (seen == wanted).then_some(())
        })
        .await;
    }

    /// Deliveries of a broadcast as `channel state`, in order.
    pub async fn deliveries(&self, id: &str) -> Vec<String> {
        let report: Value = self.report(id).await;
        let mut all = Vec::new();
        for one in report["deliveries"].as_array().unwrap() {
            for _ in 0..one["count"].as_u64().unwrap() {
                all.push(format!("{} {}", one["channel"].as_str().unwrap(), one["state"].as_str().unwrap()));
            }
        }
        all.sort();
        all
    }

    pub async fn report(&self, id: &str) -> Value {
        self.get(&format!("{CASTS}/{id}/report")).bearer(&self.lead().await).expect(200).await
    }

    /// People of a broadcast by how they stand.
    pub async fn standings(&self, id: &str) -> BTreeMap<String, u64> {
        let report = self.report(id).await;
        let counted = report["standings"].as_array().unwrap().iter();
        counted
            .map(|one| (one["name"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap()))
            .collect()
    }

    /// Both laws: deliveries planned are the sum of their states, and everybody a broadcast is for has a
    /// delivery or a reason why not.
    pub async fn assert_laws(&self, id: &str) {
        let town = &self.exchange.town;
        town.assert_laws().await;
        let view = town.store.view(town.scope()).await.unwrap();
        let lost = view.people_unaccounted_for(id.parse().unwrap()).await.unwrap();
        assert_eq!(lost, 0, "people without a delivery and without a reason");
        let people = self.report(id).await["people"].clone();
        assert_eq!(self.show(id).await["people"], people, "people planned are people in the audience");
        assert_eq!(self.fcm.violations(), Vec::<String>::new());
        self.exchange.assert_obeyed();
    }
}
