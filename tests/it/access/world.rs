//! Two towns with one of everything each, and everybody who may ask for it.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::TimeDelta;
use domain::{
    Scope, Store,
    citizens::{Session, SessionKind},
    context::Operator,
    deliveries::{NewMessage, Recipients, Severity, Topic},
    ids::{AccountId, DepartmentId, MessageId, PersonId},
    municipalities::{Municipality, street_key},
    staff::{
        Member, Role,
        team::{NewMember, employ},
    },
    text::{EmailAddress, Name},
};
use infrastructure::passwords::Passwords;
use reqwest::header;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Operation,
    callers::{Caller, Desk, ROLES, SCOPES},
    table::{Body, Row},
};
use crate::{
    photos::jpeg,
    support::{
        Engine, Fixture,
        http::{Answer, Call},
        installation::Installation,
    },
};

/// The towns by their names in addresses: the one that is asked, the other one, and none.
const TOWNS: [&str; 3] = ["bad-dueben", "eilenburg", "nirgendwo"];

/// Whose objects a request is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The town's, or the citizen's whose objects they are.
    Own,
    /// The other town's, under the name of this one.
    Foreign,
    /// Nobody's: nothing has this id, and where a path names no object, no town has this name.
    Missing,
}

type Ids = BTreeMap<&'static str, String>;

/// Two towns and everybody.
pub struct World {
    pub rathaus: Installation,
    own: Ids,
    foreign: Ids,
    people: BTreeMap<&'static str, (PersonId, Option<AccountId>)>,
    staff: Vec<(Caller, Member)>,
    keys: Vec<(Caller, String)>,
    requests: AtomicU64,
    /// One session each, until a row ends it.
    tokens: Mutex<Vec<(Caller, String)>>,
}

impl Fixture for World {
    async fn on(engine: Engine) -> Self {
        let rathaus =
            Installation::with(engine, |config| config.http.trusted_proxies = "127.0.0.1".parse().unwrap())
                .await;
        let mut world = Self {
            rathaus,
            own: Ids::new(),
            foreign: Ids::new(),
            people: BTreeMap::new(),
            staff: Vec::new(),
            keys: Vec::new(),
            requests: AtomicU64::new(0),
            tokens: Mutex::default(),
        };
        for name in ["erika", "max", "paula", "petra"] {
            let session = world.rathaus.citizen(&format!("{name}@example.org")).await;
            world.meet(name, &session).await;
        }
        let guest = world.rathaus.guest().await;
        world.meet("guest", &guest).await;
        world.own = world.furnish(TOWNS[0], Caller::CitizenSelf).await;
        world.share_ward().await;
        world.foreign = world.furnish(TOWNS[1], Caller::CitizenElsewhere).await;
        world
    }
}

impl World {
    async fn meet(&mut self, name: &'static str, session: &Value) {
        let person = self.rathaus.me(session).await["id"].as_str().unwrap().parse().unwrap();
        let account = session["account_id"].as_str().map(|id| id.parse().unwrap());
        self.people.insert(name, (person, account));
    }

    /// Lets somebody else represent the ward too.
    async fn share_ward(&self) {
        let (one, other) =
            (self.token(Caller::CitizenSelf).await.unwrap(), self.token(Caller::Proxy).await.unwrap());
        let path = format!("/v1/me/wards/{}/proxy-invitations", self.own["ward"]);
        let invitation: Value = self.rathaus.post(&path, &json!({})).bearer(&one).expect(201).await;
        let accepted = json!({"code": invitation["code"]});
        let accepted = self.rathaus.post("/v1/me/ward-invitations", &accepted).bearer(&other).send().await;
        assert!(accepted.status.is_success(), "{}", accepted.body);
    }

    /// A town with one of everything, and its staff. `citizen` owns what is a citizen's.
    async fn furnish(&mut self, slug: &str, citizen: Caller) -> Ids {
        let town = self.rathaus.found(slug, slug).await;
        self.rathaus.add_category(&town, "illegal-waste", 1).await;
        let admin = self.rathaus.employ(&town, &format!("admin@{slug}.example"), Role::Admin).await;
        let admin = self.rathaus.token(&admin).await;
        let (owner, _) = self.people[citizen.name().unwrap()];
        let citizen = self.token(citizen).await.unwrap();

        let place = |path: &str| format!("/v1/municipalities/{slug}/{path}");
        let add = async |path: &str, body: Value| {
            let made: Value = self.rathaus.post(&place(path), &body).bearer(&admin).expect(201).await;
            made["id"].as_str().unwrap().to_owned()
        };
        let ring = json!([[12.55, 51.58], [12.57, 51.58], [12.57, 51.6], [12.55, 51.6], [12.55, 51.58]]);
        let ring = json!({"type": "Polygon", "coordinates": [ring]});
        let category = json!({
            "code": "light", "names": {"de": "Licht"}, "duplicate_radius_m": 50, "public": true,
            "promise": {"first_answer_days": 2, "solution_days": 10},
        });
        let area = json!({"code": "schnaditz", "name": "Schnaditz", "kind": "district", "geometry": ring});
        let department = add("admin/departments", json!({"name": "Bauhof"})).await;
        let rule = json!({
            "name": "Alles", "condition": {"words": ["reifen"]}, "actions": {"department": department},
        });
        let clerk = json!({"name": "Kim", "email": format!("kim@{slug}.example"), "role": "clerk"});
        let mut ids = Ids::from([
            ("category", add("admin/categories", category).await),
            ("area", add("admin/areas", area).await),
            ("address", add("admin/addresses", json!({"street": slug, "house_number": "1"})).await),
            ("street", street_key(slug)),
            (
                "waste_type",
                add("admin/waste-types", json!({"code": "organic", "names": {"de": "Bio"}})).await,
            ),
            ("calendar", add("admin/waste-calendars", json!({"name": slug})).await),
            ("source", add("staff/content-sources", json!({"name": slug, "format": "calendar"})).await),
            ("topic", add("admin/topics", json!({"code": "kita", "names": {"de": "Kita"}})).await),
            ("rule", add("admin/routing-rules", rule).await),
            ("staff", add("admin/staff", clerk).await),
            (
                "broadcast",
                add(
                    "staff/broadcasts",
                    json!({
                        "severity": "information", "sender": "Ordnungsamt", "audience": {"everyone": true},
                        "texts": {"de": {"title": "Probe", "body": "Nur eine Probe."}},
                        "expires_at": self.tomorrow(),
                    }),
                )
                .await,
            ),
            (
                "template",
                add(
                    "staff/broadcast-templates",
                    json!({
                        "name": "Sperrung", "severity": "important", "sender": "Bauamt",
                        "texts": {"de": {"title": "Sperrung", "body": "Gesperrt."}},
                    }),
                )
                .await,
            ),
            ("segment", add("staff/segments", json!({"name": "Alle", "audience": {"everyone": true}})).await),
            ("tester", add("admin/testers", json!({"email": "tester@example.org"})).await),
            ("api_key", add("admin/api-keys", json!({"name": "Karte", "scopes": ["register.read"]})).await),
        ]);

        let desk = if slug == TOWNS[0] { Desk::Here } else { Desk::OtherTown };
        for scope in SCOPES {
            let body = json!({"name": format!("{scope}"), "scopes": [scope]});
            let made: Value =
                self.rathaus.post(&place("admin/api-keys"), &body).bearer(&admin).expect(201).await;
            self.keys.push((Caller::Program(desk, scope), made["key"].as_str().unwrap().to_owned()));
        }

        let photo = self.rathaus.request(reqwest::Method::POST, &place("photos")).body(jpeg(1));
        let photo = Call(photo.header(header::CONTENT_TYPE, "image/jpeg")).bearer(&citizen);
        let photo: Value = photo.expect(201).await;
        let report = async |category: &str, photos: &[&Value]| {
            let report = json!({
                "category": category, "description": "Alte Reifen am Waldrand.", "photos": photos,
                "location": {"lat": 51.59, "lon": 12.58},
            });
            let filed = self.rathaus.post(&place("complaints"), &report).bearer(&citizen);
            filed.expect::<Value>(201).await["id"].as_str().unwrap().to_owned()
        };
        ids.insert("complaint", report("illegal-waste", &[&photo["id"]]).await);
        ids.insert("public_complaint", report("light", &[]).await);
        ids.insert("photo", photo["id"].as_str().unwrap().to_owned());

        let written = crate::content::furnish(&self.rathaus, slug, &admin).await;
        ids.extend(written);

        let device = Uuid::new_v4().to_string();
        let phone = json!({"platform": "android", "token": format!("token of {slug}")});
        let registered = self.rathaus.put(&format!("/v1/me/devices/{device}"), &phone).bearer(&citizen);
        assert_eq!(registered.send().await.status, 204);
        ids.insert("device_id", device);
        // Somebody who reported here and nowhere else, unlike those who try every operation.
        let resident = self.rathaus.citizen(&format!("resident@{slug}.example")).await;
        let theirs = json!({
            "category": "illegal-waste", "description": "Noch mehr Reifen.", "location": {"lat": 51.59, "lon": 12.58},
        });
        let theirs = self.rathaus.post(&place("complaints"), &theirs);
        let _: Value = theirs.bearer(resident["access_token"].as_str().unwrap()).expect(201).await;
        let me = self.rathaus.me(&resident).await;
        ids.insert("person", me["id"].as_str().unwrap().to_owned());
        self.tell(&town, &ids["broadcast"], &ids["person"]).await;
        // What went out to the citizen and to nobody else, with a question.
        let question = json!({
            "severity": "information", "sender": "Marktamt", "audience": {"everyone": true},
            "texts": {"de": {"title": "Markt", "body": "Wann?"}}, "expires_at": self.tomorrow(),
            "poll": {"question": {"de": "Wann?"}, "options": [{"de": "Um 7 Uhr"}, {"de": "Um 8 Uhr"}]},
        });
        ids.insert("told", add("staff/broadcasts", question).await);
        self.tell(&town, &ids["told"], &owner.to_string()).await;
        self.send_out(&town, &ids["told"]).await;

        let ward = json!({"municipality": slug, "name": "Oma Erna", "email": format!("erna@{slug}.example")});
        let ward: Value = self.rathaus.post("/v1/me/wards", &ward).bearer(&citizen).expect(201).await;
        ids.insert("ward", ward["id"].as_str().unwrap().to_owned());

        let sessions: Value = self.rathaus.get("/v1/me/sessions").bearer(&citizen).expect(200).await;
        let oldest = sessions["items"].as_array().unwrap().last().unwrap();
        ids.insert("old_session", oldest["id"].as_str().unwrap().to_owned());

        let department = department.parse().unwrap();
        self.employ_all(&town, department).await;
        ids.insert("department", department.to_string());
        ids
    }

    /// Has a broadcast be for somebody.
    async fn tell(&self, town: &Municipality, broadcast: &str, person: &str) {
        let (broadcast, person) = (MessageId(broadcast.parse().unwrap()), person.parse::<Uuid>().unwrap());
        let now = self.rathaus.clock.now();
        let message = NewMessage {
            id: broadcast,
            severity: Severity::Information,
            topic: Topic::Broadcast { broadcast, drill: false },
            expires_at: now + TimeDelta::days(1),
            to: Recipients::Mailboxes(Vec::new()),
        };
        let db = self.rathaus.store().transaction(Scope::Municipality(town.id)).await.unwrap();
        db.store_message(now, &message).await.unwrap();
        let sql =
            "INSERT INTO audience (municipality_id, message_id, person_id, rung) VALUES ($1, $2, $3, 0)";
        let values: [sea_orm::Value; 3] = [town.id.0.into(), broadcast.0.into(), person.into()];
        let told = Statement::from_sql_and_values(db.backend(), sql, values);
        db.connection().execute_raw(told).await.unwrap();
        db.finish().await.unwrap();
    }

    /// Has it gone out.
    async fn send_out(&self, town: &Municipality, broadcast: &str) {
        let db = self.rathaus.store().transaction(Scope::Municipality(town.id)).await.unwrap();
        let sql =
            "UPDATE broadcasts SET state = 'sent', sending_at = $3 WHERE municipality_id = $1 AND id = $2";
        let values: [sea_orm::Value; 3] =
            [town.id.0.into(), broadcast.parse::<Uuid>().unwrap().into(), self.rathaus.clock.now().into()];
        let sent = Statement::from_sql_and_values(db.backend(), sql, values);
        assert_eq!(db.connection().execute_raw(sent).await.unwrap().rows_affected(), 1);
        db.finish().await.unwrap();
    }

    /// Somebody in each role: with the department, with another one.
    async fn employ_all(&mut self, town: &Municipality, department: DepartmentId) {
        let reads = self.rathaus.store().read(Scope::Municipality(town.id)).await.unwrap();
        let other = reads.default_department().await.unwrap().id;
        assert_ne!(department, other);
        let ctx = self.rathaus.clock.ctx(Default::default(), Uuid::nil(), Operator);
        let hash = Passwords::default().hash("a password nobody guesses".into(), [7; 16]).await.unwrap();
        let desks = match self.staff.is_empty() {
            true => vec![(Desk::Here, department), (Desk::OtherDepartment, other)],
            false => vec![(Desk::OtherTown, department)],
        };
        for (desk, department) in desks {
            for role in ROLES {
                let new = NewMember {
                    name: Name::parse("Kim Muster").unwrap(),
                    email: EmailAddress::parse(&format!("{role}.{desk:?}@example.org")).unwrap(),
                    role,
                    departments: vec![department],
                    categories: Vec::new(),
                };
                let employed = employ(self.rathaus.store(), &ctx, town, new, &hash).await.unwrap();
                self.staff.push((Caller::Staff(desk, role), employed.member));
            }
        }
    }

    /// A token of a session that just began; whoever is anonymous has none.
    async fn token(&self, caller: Caller) -> Option<String> {
        match caller {
            Caller::Program(..) => {
                return self.keys.iter().find(|(other, _)| *other == caller).map(|(_, key)| key.clone());
            }
            Caller::Staff(..) => {
                let (_, member) = self.staff.iter().find(|(other, _)| *other == caller).unwrap();
                return Some(self.rathaus.token(member).await);
            }
            _ => {}
        }
        let (person, account) = self.people[caller.name()?];
        let kind = if account.is_some() { SessionKind::Citizen } else { SessionKind::Guest };
        let ctx = self.rathaus.clock.ctx(Default::default(), Uuid::nil(), ());
        let session = Session::begin(&ctx, kind, Some(person), account, TimeDelta::days(1));
        let tx = self.rathaus.store().begin(Scope::Installation).await.unwrap();
        tx.insert_session(&session).await.unwrap();
        tx.commit().await.unwrap();
        Some(self.rathaus.server.parts().gate.issue(&ctx, &session).await.unwrap())
    }

    fn tomorrow(&self) -> String {
        let tomorrow = self.rathaus.clock.now() + TimeDelta::days(1);
        tomorrow.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    /// What the other town has, by what it is.
    pub fn foreign_ids(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.foreign.iter().map(|(name, id)| (*name, id.clone()))
    }

    /// The id of an object; of what is not made yet, a new one.
    fn named(&self, object: &str, whose: Whose) -> String {
        match (whose, object) {
            // Nobody's by itself.
            (_, "version") => Some("1".to_owned()),
            (Whose::Own, "app") => Some("default".to_owned()),
            (_, "app") => Some("of-somebody-else".to_owned()),
            (Whose::Missing, _) | (_, "new_device") => Some(Uuid::new_v4().to_string()),
            (Whose::Own, _) => self.own.get(object).cloned(),
            (Whose::Foreign, _) => self.foreign.get(object).cloned(),
        }
        .unwrap_or_else(|| panic!("access/world.rs makes no {object}"))
    }

    fn path(&self, row: &Row, operation: &Operation, whose: Whose) -> String {
        let town = match whose {
            Whose::Missing if !operation.names_an_object() => TOWNS[2],
            _ => TOWNS[0],
        };
        let mut path = operation.path.replace("{municipality}", town);
        while let Some((before, rest)) = path.split_once('{') {
            let (parameter, after) = rest.split_once('}').unwrap();
            let stand_in = row.stand_ins.iter().find(|(name, _)| *name == parameter);
            let object = stand_in.map_or(parameter, |(_, object)| object);
            path = format!("{before}{}{after}", self.named(object, whose));
        }
        if row.operation == "listNearbyComplaints" {
            path + "?lat=51.59&lon=12.58&category=light"
        } else if matches!(row.operation, "listCollections" | "getCollectionCalendar") {
            path + "?street=Am%20Lauch"
        } else {
            path
        }
    }

    /// Asks for a row's operation from an address of its own, with a token of its own.
    pub async fn send(&self, row: &Row, operation: &Operation, caller: Caller, whose: Whose) -> Answer {
        let n = self.requests.fetch_add(1, Ordering::Relaxed);
        let path = self.path(row, operation, whose);
        let mut request = self.rathaus.request(operation.method.clone(), &path);
        request = request.header("x-forwarded-for", format!("10.{}.{}.{}", n >> 16, (n >> 8) & 255, n & 255));
        if operation.conditional {
            request = request.header(header::IF_MATCH, "\"v999\"");
        }
        let media = operation.media.as_deref().unwrap_or("application/json");
        request = match &row.body {
            None => request,
            Some(Body::Json(body)) => {
                let body = body.to_string().replace("{n}", &n.to_string());
                let body = body
                    .replace("{department}", &self.own["department"])
                    .replace("{tomorrow}", &self.tomorrow());
                request.header(header::CONTENT_TYPE, media).body(body)
            }
            Some(Body::Photo) => request.header(header::CONTENT_TYPE, "image/jpeg").body(jpeg(7)),
            Some(Body::Pdf) => {
                request.header(header::CONTENT_TYPE, "application/pdf").body(crate::content::PDF)
            }
            Some(Body::Lines(lines)) => request.header(header::CONTENT_TYPE, "text/csv").body(*lines),
        };
        let call = Call(request);
        let kept = self.tokens.lock().unwrap().iter().find(|(other, _)| *other == caller).cloned();
        let token = match kept.filter(|_| !row.ends_sessions) {
            Some((_, token)) => Some(token),
            None => self.token(caller).await,
        };
        match token {
            Some(token) => {
                self.tokens.lock().unwrap().push((caller, token.clone()));
                call.bearer(&token).send().await
            }
            None => call.send().await,
        }
    }
}
