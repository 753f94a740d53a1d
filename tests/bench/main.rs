//! How fast Rathaus is, beside a bare handler on the same machine in the same run.
//!
//! `cargo run --release --bin bench -- complaints --database postgres`. The last line is one JSON object.
//! Three processes: a server, the other server at rest, and a client that sends; they share the machine.

mod bare;
#[path = "../it/support/broadcaster.rs"]
mod broadcaster;
mod compare;
#[path = "../it/support/crowd.rs"]
mod crowd;
#[path = "../it/support/eventually.rs"]
mod eventually;
mod ground;
#[path = "../it/support/killable.rs"]
mod killable;
mod load;
mod news;
#[path = "../it/support/postgres.rs"]
mod postgres;
mod process;
mod rathaus;
mod report;
mod routing;
mod scenes;
mod sending;

use std::{env, process::ExitCode, time::Duration};

use api::cli::Role;
use clap::{Parser, ValueEnum};

use ground::Engine;
use report::Report;
use scenes::{Effort, Stage};
use sending::Work;

/// Measures Rathaus beside a bare handler.
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    /// What is measured.
    bench: Bench,
    /// What both sides store in.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    database: Engine,
    /// A few seconds for each side: shows that it works, not how fast it is.
    #[arg(long)]
    short: bool,
    /// How many people a broadcast is for, instead of as many as its figure is named for.
    #[arg(long, value_parser = clap::value_parser!(u32).range(100..))]
    people: Option<u32>,
}

/// Town halls on the installation: one alone, and enough to work side by side.
const TOWNS: [usize; 2] = [1, 20];

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Bench {
    /// Creating complaints.
    Complaints,
    /// The desk's list of 50, and what everybody may read.
    Reads,
    /// What everybody reads of a town's content in the minute after an alarm.
    Rush,
    /// How fast 1,000,000 people become deliveries, beside one INSERT … SELECT.
    Audience,
    /// How fast 100,000 deliveries leave: our gateways alone, and with the queue around them.
    Delivery,
    /// How fast 100,000 deliveries go through the queue, without a provider.
    Queue,
    /// How soon a crisis for 10,000 people leaves behind 1,000,000 news.
    Crisis,
    /// Which desk a complaint belongs to, by up to 10,000 rules. Needs no database.
    Routing,
}

fn main() -> ExitCode {
    let argument = |number| env::args().nth(number).unwrap_or_default();
    match argument(1).as_str() {
        "serve" | "admin" => return api::cli::run(),
        "gateway" => sending::gateway(),
        "raw" => sending::raw(),
        "worker" => sending::queue(),
        "seed" => rathaus::seed(argument(2).as_ref(), argument(3).parse().unwrap()),
        "bare" => bare::serve(&argument(2), argument(3).parse().unwrap()).unwrap(),
        "load" => load::serve(),
        _ => measure(&Cli::parse()),
    }
    ExitCode::SUCCESS
}

#[tokio::main]
async fn measure(cli: &Cli) {
    let effort = match cli.short {
        // Few connections, so that a slow machine answers within the time a write may wait.
        true => Effort { time: Duration::from_millis(400), connections: 8, complaints: 60 },
        false => Effort { time: Duration::from_secs(5), connections: 32, complaints: 500 },
    };
    let mut results = Vec::new();
    if let Bench::Routing = cli.bench {
        results = routing::deciding(cli.short);
        return Report { bench: word(cli.bench), database: "none".to_owned(), results }.print();
    }
    let work = match cli.bench {
        Bench::Audience => Some(Work::Audience),
        Bench::Delivery => Some(Work::Delivery),
        Bench::Queue => Some(Work::Queue),
        Bench::Crisis => Some(Work::Crisis),
        Bench::Complaints | Bench::Reads | Bench::Rush | Bench::Routing => None,
    };
    if let Some(work) = work {
        results = work.measure(cli.database, cli.people, cli.short).await;
        return Report { bench: word(cli.bench), database: word(cli.database), results }.print();
    }
    for towns in TOWNS {
        results.extend(match cli.bench {
            Bench::Complaints => {
                let mut figures = Vec::new();
                for role in [Role::Api, Role::All] {
                    figures.extend(Stage::set(cli.database, towns, role, effort).await.creating().await);
                }
                figures
            }
            Bench::Rush => Stage::set(cli.database, towns, Role::All, effort).await.rushing().await,
            _ => Stage::set(cli.database, towns, Role::All, effort).await.reading().await,
        });
    }
    Report { bench: word(cli.bench), database: word(cli.database), results }.print();
}

/// As it is typed on the command line.
fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().unwrap().get_name().to_owned()
}
