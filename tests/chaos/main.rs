//! What is lost when Rathaus is killed.
//!
//! `cargo run --release --bin chaos -- --database postgres --kills 20 --people 200`. This process owns
//! the database, the simulators of Apple, Google and a mail server, and the people; the server is this
//! program once more, as a process of its own that is killed (SIGKILL) again and again while requests
//! and pushes are under way. The last line is one JSON object; the exit code says whether all is well.

mod client;
mod desk;
#[path = "../it/support/eventually.rs"]
mod eventually;
mod ground;
#[path = "../it/support/killable.rs"]
mod killable;
mod killer;
mod people;
mod play;
#[path = "../it/support/postgres.rs"]
mod postgres;
mod progress;
mod report;
mod screens;
mod verdict;

use std::{env, process::ExitCode};

use clap::Parser;

use ground::Engine;
use play::Plan;

/// Kills Rathaus while it works, and looks at what was lost.
#[derive(Parser)]
#[command(name = "chaos")]
struct Cli {
    /// What Rathaus stores in.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    database: Engine,
    /// How often the server is killed. On PostgreSQL, every third time the database goes down with it.
    #[arg(long, default_value_t = 20)]
    kills: u32,
    /// How many people report something.
    #[arg(long, default_value_t = 200)]
    people: usize,
    /// Decides when the server is killed; another one each time where absent.
    #[arg(long)]
    seed: Option<u64>,
    /// A few kills on each database, whatever else is said: shows that it works.
    #[arg(long)]
    short: bool,
}

fn main() -> ExitCode {
    match env::args().nth(1).as_deref() {
        Some("serve" | "admin") => api::cli::run(),
        _ => run(&Cli::parse()),
    }
}

#[tokio::main]
async fn run(cli: &Cli) -> ExitCode {
    let seed = cli.seed.unwrap_or_else(|| u64::from(std::process::id()));
    let plan = |engine, kills, people| Plan { engine, kills, people, seed };
    let plans = match cli.short {
        false => vec![plan(cli.database, cli.kills, cli.people)],
        true if env::var("RATHAUS_TEST_DATABASES").is_ok_and(|only| only == "sqlite") => {
            vec![plan(Engine::Sqlite, 3, 24)]
        }
        true => vec![plan(Engine::Postgres, 3, 24), plan(Engine::Sqlite, 3, 24)],
    };
    let mut all_is_well = true;
    for plan in plans {
        let report = play::perform(&plan).await;
        all_is_well &= report.all_is_well();
        report.print();
    }
    if all_is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
