//! What is lost when Rathaus is killed.
//!
//! `cargo run --release --bin chaos -- --database postgres --kills 100 --people 100000`. This process owns
//! the database, the simulators of Apple, Google and a mail server, and the people; the server is this
//! program once more, as a process of its own that is killed (SIGKILL) again and again while requests
//! and pushes are under way. The last line is one JSON object; the exit code says whether all is well.

mod broadcast;
#[path = "../it/support/broadcaster.rs"]
mod broadcaster;
mod client;
mod complaints;
#[path = "../it/support/crowd.rs"]
mod crowd;
#[path = "../it/support/eventually.rs"]
mod eventually;
mod ground;
#[path = "../it/support/killable.rs"]
mod killable;
mod killer;
#[path = "../it/support/postgres.rs"]
mod postgres;
mod screens;

use std::{env, process::ExitCode};

use clap::{Parser, ValueEnum};

use ground::Engine;

/// Kills Rathaus while it works, and looks at what was lost.
#[derive(Parser)]
#[command(name = "chaos")]
struct Cli {
    /// What is going on meanwhile.
    #[arg(value_enum, default_value_t = Scenario::Broadcast)]
    scenario: Scenario,
    /// What Rathaus stores in.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    database: Engine,
    /// How often the server is killed. On PostgreSQL, every third time the database goes down with it.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    kills: u32,
    /// How many people there are: 20,000 for a broadcast and 200 with complaints unless said.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    people: Option<u32>,
    /// Decides when the server is killed; another one each time where absent.
    #[arg(long)]
    seed: Option<u64>,
    /// A few kills on each database, whatever else is said: shows that it works.
    #[arg(long)]
    short: bool,
}

/// What the server is killed amid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// One broadcast to everybody, from the fan-out until the last phone has it.
    Broadcast,
    /// Reports of citizens, and what the town hall answers.
    Complaints,
}

/// What is to be played.
struct Plan {
    engine: Engine,
    kills: u32,
    people: u32,
    seed: u64,
}

impl Scenario {
    fn people(self, short: bool) -> u32 {
        match (self, short) {
            (Self::Broadcast, false) => 20_000,
            (Self::Broadcast, true) => 2_400,
            (Self::Complaints, false) => 200,
            (Self::Complaints, true) => 24,
        }
    }

    /// Plays it, prints what came of it, and answers whether all is well.
    async fn play(self, plan: Plan) -> (bool, String) {
        println!("{:?}: {} people, {} kills, seed {}", plan.engine, plan.people, plan.kills, plan.seed);
        match self {
            Self::Broadcast => {
                let report = broadcast::perform(&plan).await;
                (report.all_is_well(), report.to_json())
            }
            Self::Complaints => {
                let report = complaints::perform(&plan).await;
                (report.all_is_well(), report.to_json())
            }
        }
    }
}

fn main() -> ExitCode {
    match env::args().nth(1).as_deref() {
        Some("serve" | "admin") => api::cli::run(),
        _ => run(&Cli::parse()),
    }
}

#[tokio::main]
async fn run(cli: &Cli) -> ExitCode {
    let Cli { scenario, database, kills, people, seed, short } = *cli;
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    let people = people.filter(|_| !short).unwrap_or(scenario.people(short));
    let plan = |engine, kills| Plan { engine, kills, people, seed };
    let plans = match short {
        false => vec![plan(database, kills)],
        true if env::var("RATHAUS_TEST_DATABASES").is_ok_and(|only| only == "sqlite") => {
            vec![plan(Engine::Sqlite, 3)]
        }
        true => vec![plan(Engine::Postgres, 3), plan(Engine::Sqlite, 3)],
    };
    // Side by side: most of the time is spent waiting for the leases of the dead.
    let played = futures::future::join_all(plans.into_iter().map(|plan| scenario.play(plan))).await;
    played.iter().for_each(|(_, report)| println!("{report}"));
    if played.iter().all(|(all_is_well, _)| *all_is_well) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
