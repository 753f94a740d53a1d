//! Rathaus as an operator runs it, with town halls, citizens and desks in it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use api::{cli::Role, clock::Clock, config::Config, server::Server as OwnServer};
use chrono::TimeDelta;
use domain::{
    Ctx, Locale, Scope, Store, Tx,
    categories::{Category, Names},
    citizens::{Account, Person, PersonKind, Session, SessionKind},
    complaints::promise::Promise,
    context::Operator,
    geo::{Geometry, MultiPolygon},
    ids::{CategoryId, DepartmentId},
    municipalities::{Department, Municipality, service},
    routing::{Actions, ConditionTree, Rule},
    staff::{self, Member},
    text::{EmailAddress, Name, Needle, Slug},
    time::FederalState,
};
use serde::{Deserialize, Serialize};

use crate::{
    ground::Ground,
    news,
    process::{Server, again, free_address},
    word,
};

/// Citizens of each town hall that report.
const CITIZENS: usize = 20;
/// Kinds of complaint of each town hall.
const CATEGORIES: i32 = 12;
/// Desks of each town hall besides its default.
const DEPARTMENTS: usize = 5;
/// Longer than a bench.
const SESSION: TimeDelta = TimeDelta::days(1);
/// South-west and north-east of a boundary; longitude first.
const BOUNDARY: [[f64; 2]; 2] = [[12.4, 51.5], [12.8, 51.8]];

/// A served installation.
pub struct Rathaus {
    pub server: Server,
    pub towns: Vec<Town>,
}

/// A town hall.
#[derive(Serialize, Deserialize)]
pub struct Town {
    pub slug: String,
    /// Access tokens of citizens.
    pub citizens: Vec<String>,
    /// The access token of one who sees every desk's complaints.
    pub auditor: String,
}

impl Rathaus {
    /// Puts town halls into the database, then serves it. A process each, since the embedded database
    /// serves one at a time.
    pub async fn serve(ground: &Ground, towns: usize, role: Role) -> Self {
        let address = free_address();
        let settings = settings(ground, &address.to_string());
        let seed = again("seed").arg(&settings).arg(towns.to_string()).output().unwrap();
        assert!(seed.status.success(), "{}", String::from_utf8_lossy(&seed.stderr));
        let towns = serde_json::from_slice(&seed.stdout).unwrap();
        let mut serve = again("serve");
        serve.arg("--config").arg(settings).arg("--role").arg(word(role));
        let server = Server::start(&mut serve, address).await;
        Self { server, towns }
    }
}

/// The process that makes town halls. Prints them.
#[tokio::main]
pub async fn seed(settings: &Path, towns: usize) {
    let config = Config::load(Some(settings)).unwrap();
    let own = OwnServer::start(config, Clock::system(), Role::Api).await.unwrap();
    let mut made = Vec::new();
    for number in 0..towns {
        made.push(town(&own, number).await);
    }
    serde_json::to_writer(io::stdout(), &made).unwrap();
}

/// Defaults, but for addresses and the quota of requests: they all come from one client.
fn settings(ground: &Ground, listen: &str) -> PathBuf {
    let folder = ground.folder.path();
    let owner = ground.owner_url.iter().map(|url| format!("owner_url = \"{url}\"\n")).collect::<String>();
    let text = format!(
        "[database]\nurl = \"{}\"\n{owner}[http]\nlisten = \"{listen}\"\nops_listen = \"{}\"\n\
         requests_per_minute = 1000000000\naccount_requests_per_minute = 1000000000\n[files]\nurl = \"file://{}\"\n\
         [auth]\nsecret = \"of a measured installation that nobody else uses\"\n",
        ground.url,
        free_address(),
        folder.join("files").display(),
    );
    let file = folder.join("rathaus.toml");
    fs::write(&file, text).unwrap();
    file
}

/// A town hall with its register and people.
async fn town(own: &OwnServer, number: usize) -> Town {
    let clock = &own.parts().clock;
    let ctx = clock.ctx(Locale::De, clock.uuid(), Operator);
    let town = service::found(own.store(), &ctx, new_municipality(number)).await.unwrap();
    let tx = own.store().begin(Scope::Municipality(town.id)).await.unwrap();
    register(&*tx, &ctx).await;
    news::publish(&*tx, &ctx).await;
    let mut citizens = Vec::new();
    for citizen in 0..CITIZENS {
        citizens.push(self::citizen(&*tx, &ctx, &town, citizen).await);
    }
    let auditor = auditor(&*tx, &ctx, &town).await;
    tx.commit().await.unwrap();
    let mut tokens = Vec::new();
    for session in &citizens {
        tokens.push(own.parts().gate.issue(&ctx, session).await.unwrap());
    }
    let auditor = own.parts().gate.issue(&ctx, &auditor).await.unwrap();
    Town { slug: town.slug.into_string(), citizens: tokens, auditor }
}

fn new_municipality(number: usize) -> service::NewMunicipality {
    let [[west, south], [east, north]] = BOUNDARY;
    let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    let square = Geometry { kind: "Polygon".into(), coordinates: serde_json::json!([ring]) };
    service::NewMunicipality {
        slug: Slug::parse(format!("town-{number}")).unwrap(),
        name: Name::parse(format!("Town {number}")).unwrap(),
        state: FederalState::Sn,
        time_zone: "Europe/Berlin".parse().unwrap(),
        reference_prefix: "BD".into(),
        ars: None,
        boundary: Some(MultiPolygon::parse(&square).unwrap()),
        default_department: Name::parse("Bürgerbüro").unwrap(),
        email: None,
    }
}

/// Desks with mailboxes, kinds of complaint, and rules that lead from these to those.
async fn register(tx: &dyn Tx, ctx: &Ctx<Operator>) {
    let mut desks = Vec::new();
    for number in 0..DEPARTMENTS {
        let department = Department {
            id: ctx.id::<DepartmentId>(),
            name: Name::parse(format!("Amt {number}")).unwrap(),
            email: Some(EmailAddress::parse(&format!("amt-{number}@town.example")).unwrap()),
            lead_email: None,
            is_default: false,
            version: 1,
        };
        tx.insert_department(ctx.now, &department).await.unwrap();
        desks.push(department.id);
    }
    let mut rules = Vec::new();
    for number in 0..CATEGORIES {
        let category = Category {
            id: ctx.id::<CategoryId>(),
            code: Slug::parse(format!("category-{number}")).unwrap(),
            names: Names { de: Name::parse(format!("Kategorie {number}")).unwrap(), en: None },
            position: number,
            promise: Promise::parse(2, 10).unwrap(),
            is_public: true,
            accepts_guests: true,
            accepts_anonymous: true,
            duplicate_radius_m: 50,
            active: true,
            version: 1,
        };
        tx.insert_category(ctx.now, &category).await.unwrap();
        let word = Needle::parse(format!("wort {number}")).unwrap();
        let of_kind = || ConditionTree { category: Some(vec![category.id]), ..ConditionTree::default() };
        let says = ConditionTree { words: Some(vec![word]), ..ConditionTree::default() };
        rules.push(ConditionTree { all: Some(vec![of_kind(), says]), ..ConditionTree::default() });
        rules.push(of_kind());
    }
    for ((number, condition), desk) in (0..).zip(rules).zip(desks.iter().cycle()) {
        let rule = Rule {
            id: ctx.id(),
            position: number,
            name: Name::parse(format!("Regel {number}")).unwrap(),
            condition,
            actions: Actions { department: *desk, assignee: None, priority: None, extra_emails: Vec::new() },
            active: true,
            broken: None,
            version: 1,
        };
        tx.insert_rule(ctx.now, &rule).await.unwrap();
    }
    tx.touch_register().await.unwrap();
}

/// A signed-in citizen of this installation, tied to the town.
async fn citizen(tx: &dyn Tx, ctx: &Ctx<Operator>, town: &Municipality, number: usize) -> Session {
    let person = Person {
        id: ctx.id(),
        kind: PersonKind::Citizen,
        locale: Locale::De,
        version: 1,
        created_at: ctx.now,
    };
    let email = EmailAddress::parse(&format!("citizen-{number}@{}.example", town.slug)).unwrap();
    let account = Account::new(ctx.id(), email, Some(person.id), ctx.now);
    let session = Session::begin(ctx, SessionKind::Citizen, Some(person.id), Some(account.id), SESSION);
    tx.insert_person(&person).await.unwrap();
    tx.insert_account(&account).await.unwrap();
    tx.insert_session(&session).await.unwrap();
    session
}

/// Somebody signed in who may read the complaints of every desk.
async fn auditor(tx: &dyn Tx, ctx: &Ctx<Operator>, town: &Municipality) -> Session {
    let email = EmailAddress::parse(&format!("auditor@{}.example", town.slug)).unwrap();
    let account = Account::new(ctx.id(), email.clone(), None, ctx.now);
    let member = Member {
        id: ctx.id(),
        account: account.id,
        name: Name::parse("Auditor").unwrap(),
        email,
        role: staff::Role::Auditor,
        departments: Vec::new(),
        categories: Vec::new(),
        active: true,
        last_used_at: None,
        version: 1,
    };
    let session = Session::begin(ctx, SessionKind::Staff, None, Some(account.id), SESSION);
    tx.insert_account(&account).await.unwrap();
    tx.insert_member(ctx.now, &member).await.unwrap();
    tx.insert_session(&session).await.unwrap();
    session
}
