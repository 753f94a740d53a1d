//! What is measured: the same requests at both servers.

use std::time::Duration;

use api::cli::Role;
use serde_json::json;
use uuid::Uuid;

use crate::{
    compare::{Side, compare},
    ground::{Engine, Ground},
    load::{FRESH, Load, Target},
    process::{Server, again, free_address},
    rathaus::{Rathaus, Town},
    report::Figure,
};

/// Complaints in each town hall before creating is measured.
const WARM: u64 = 100;

/// Both servers, each with a database of its own that holds nothing but town halls.
pub struct Stage {
    ground: Ground,
    rathaus: Rathaus,
    role: Role,
    bare: Server,
    effort: Effort,
}

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// How long each side sends in one turn.
    pub time: Duration,
    /// Keep-alive connections of the load client.
    pub connections: usize,
    /// Complaints in each town hall before reading is measured.
    pub complaints: u64,
}

impl Stage {
    pub async fn set(engine: Engine, towns: usize, role: Role, effort: Effort) -> Self {
        let ground = Ground::prepare(engine).await;
        let rathaus = Rathaus::serve(&ground, towns, role).await;
        let address = free_address();
        let mut command = again("bare");
        let bare = Server::start(command.arg(&ground.bare_url).arg(address.to_string()), address).await;
        Self { ground, rathaus, role, bare, effort }
    }

    /// `create a complaint, 20 town halls`
    fn name(&self, what: &str) -> String {
        let halls = if self.rathaus.towns.len() == 1 { "town hall" } else { "town halls" };
        format!("{what}, {} {halls}", self.rathaus.towns.len())
    }

    /// Citizens report, one after another on each connection. The letter to the desk is in the outbox when
    /// the report is answered; whether this process also sends meanwhile depends on its role.
    pub async fn creating(&self) -> Vec<Figure> {
        let before = self.fill(WARM).await;
        let mut ours = Side::new(&self.rathaus.server, self.our_reports());
        let mut bare = Side::new(&self.bare, self.bare_reports());
        let name = self.name(match self.role {
            Role::Api => "create a complaint",
            _ => "create a complaint, workers beside",
        });
        let bare_is = "bare handler, complaint and outbox row in one durable transaction";
        let mut figures = compare(&name, bare_is, self.effort.time, [&mut ours, &mut bare]).await;
        assert_eq!(self.ground.complaints().await, before + ours.answered, "each 201 is one complaint");
        figures.push(self.memory());
        figures
    }

    /// A desk reads its list, everybody reads the public one.
    pub async fn reading(&self) -> Vec<Figure> {
        self.fill(self.effort.complaints).await;
        let mut figures = Vec::new();
        let by_desk = |town: &Town| Target {
            path: format!("/v1/municipalities/{}/staff/complaints?limit=50", town.slug),
            headers: vec![bearer(&town.auditor)],
        };
        let by_anyone = |town: &Town| Target {
            path: format!("/v1/municipalities/{}/complaints?limit=50", town.slug),
            headers: Vec::new(),
        };
        let of_the_town =
            |town: &Town| Target { path: format!("/v1/municipalities/{}", town.slug), headers: Vec::new() };
        let bytes = format!("bytes/{}", self.size(&of_the_town).await);
        for (what, bare_is, target, bare_path) in [
            (
                "list of 50 for a desk",
                "bare select of 50 rows",
                &by_desk as &dyn Fn(&Town) -> Target,
                "{town}/staff/complaints",
            ),
            ("public list of 50", "bare select of 50 rows, public columns", &by_anyone, "{town}/complaints"),
            ("public read from memory", "bare handler, as many bytes from memory", &of_the_town, &bytes),
        ] {
            let mut ours = Side::new(&self.rathaus.server, self.our_reads(target));
            let targets = self.bare_towns().map(|town| Target {
                path: format!("/{}", bare_path.replace("{town}", &town.to_string())),
                headers: Vec::new(),
            });
            let mut bare = Side::new(&self.bare, self.load(&self.bare, 200, None, targets.collect()));
            figures
                .extend(compare(&self.name(what), bare_is, self.effort.time, [&mut ours, &mut bare]).await);
        }
        figures.push(self.memory());
        figures
    }

    /// All phones ask within a minute: for the news, for what changed since they asked last, and for what is
    /// on. Nothing changes meanwhile.
    pub async fn rushing(&self) -> Vec<Figure> {
        let path = |town: &Town, path: &str| format!("/v1/municipalities/{}/{path}", town.slug);
        let plain = |town: &Town, what: &str| Target { path: path(town, what), headers: Vec::new() };
        let bare_is = "bare handler, as many bytes from memory";
        let mut figures = Vec::new();
        for (what, list) in [
            ("news after an alarm", "news?limit=25"),
            ("events after an alarm", "events?limit=25"),
            ("first copy of all content, a page", "changes?limit=25"),
        ] {
            let target = |town: &Town| plain(town, list);
            let bytes = format!("/bytes/{}", self.size(&target).await);
            let mut ours = Side::new(&self.rathaus.server, self.our_reads(&target));
            let targets = vec![Target { path: bytes, headers: Vec::new() }];
            let mut bare = Side::new(&self.bare, self.load(&self.bare, 200, None, targets));
            figures
                .extend(compare(&self.name(what), bare_is, self.effort.time, [&mut ours, &mut bare]).await);
        }
        figures.push(self.memory());
        figures
    }

    fn our_reads(&self, target: &dyn Fn(&Town) -> Target) -> Load {
        self.load(&self.rathaus.server, 200, None, self.rathaus.towns.iter().map(target).collect())
    }

    /// Bytes of one answer.
    async fn size(&self, target: &dyn Fn(&Town) -> Target) -> u64 {
        let outcome = Load { seconds: 10.0, at_most: 1, ..self.our_reads(target) }.run().await;
        assert_eq!(outcome.ok, 1, "{:?}", outcome.example);
        outcome.bytes
    }

    /// So many complaints of each town hall at both servers, and a database that has counted what it holds, as one in
    /// use has. Answers how many there are.
    async fn fill(&self, complaints: u64) -> u64 {
        let wanted = complaints * self.rathaus.towns.len() as u64;
        for load in [self.our_reports(), self.bare_reports()] {
            let outcome = Load { seconds: 300.0, at_most: wanted, ..load }.run().await;
            assert_eq!((outcome.ok, outcome.others.len()), (wanted, 0), "{:?}", outcome.example);
        }
        self.rathaus.server.settle().await;
        assert_eq!(self.ground.complaints().await, wanted, "each 201 is one complaint");
        self.ground.take_stock().await;
        wanted
    }

    fn our_reports(&self) -> Load {
        // The citizens of all town halls in turn, so that neighbours in time are of different ones.
        let citizens = self.rathaus.towns[0].citizens.len();
        let target = |citizen: usize, town: &Town| Target {
            path: format!("/v1/municipalities/{}/complaints", town.slug),
            headers: vec![bearer(&town.citizens[citizen]), ("Idempotency-Key".to_owned(), FRESH.to_owned())],
        };
        let targets = (0..citizens)
            .flat_map(|citizen| self.rathaus.towns.iter().map(move |town| target(citizen, town)));
        self.load(&self.rathaus.server, 201, Some(report()), targets.collect())
    }

    fn bare_reports(&self) -> Load {
        let target = |town: Uuid| Target { path: format!("/{town}/complaints"), headers: Vec::new() };
        self.load(&self.bare, 201, Some(report()), self.bare_towns().map(target).collect())
    }

    fn load(&self, server: &Server, expected: u16, body: Option<String>, targets: Vec<Target>) -> Load {
        Load {
            address: server.address,
            connections: self.effort.connections,
            seconds: 0.0,
            at_most: 10_000_000,
            expected,
            body,
            targets,
            first: 0,
        }
    }

    /// The bare handler takes any id for a town hall.
    fn bare_towns(&self) -> impl Iterator<Item = Uuid> {
        (1..=self.rathaus.towns.len()).map(|number| Uuid::from_u128(number as u128))
    }

    fn memory(&self) -> Figure {
        let what =
            if self.role == Role::Api { "most memory resident, no workers" } else { "most memory resident" };
        let (ours, bare) = (self.rathaus.server.peak_mebibytes(), self.bare.peak_mebibytes());
        Figure::compared(self.name(what), "mebibytes", ours, bare, "bare handler, same run")
    }
}

fn bearer(token: &str) -> (String, String) {
    ("Authorization".to_owned(), format!("Bearer {token}"))
}

/// What a citizen sends, of middling length.
fn report() -> String {
    let text = "Seit gestern liegen am Waldrand hinter dem Parkplatz mehrere alte Reifen und ein Kühlschrank. \
                Bitte abholen lassen, bevor das Wild daran geht.";
    json!({
        "id": FRESH, "category": "category-3", "description": text,
        "location": { "lat": 51.5912, "lon": 12.5853 },
    })
    .to_string()
}
