//! From our gateways to the providers, and from the queue to the stored outcome.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{
    Amount,
    child::{Sent, ask},
    gateway::{Alone, raw_apns, raw_fcm},
    raw::Raw,
    stage::{Stage, until_all_sent},
};
use crate::{
    ground::Engine,
    report::{Figure, median},
};

const RAW_IS: &str = "raw HTTP/2 client, same simulator, same run";
/// Chunks a worker has in hand at the same time, unless an operator says otherwise.
const CHUNKS: usize = 4;

pub async fn measure(amount: Amount) -> Vec<Figure> {
    let stage = Stage::planned(amount.engine, amount.people).await;
    let mut figures = gateways(&stage, amount).await;
    for workers in [1, 2] {
        figures.extend(end_to_end(&stage, amount, workers).await);
    }
    figures
}

/// Each gateway by itself.
async fn gateways(stage: &Stage, Amount { people, rounds, .. }: Amount) -> Vec<Figure> {
    let installation = &stage.installation;
    let mut figures = Vec::new();
    for (name, alone, raw) in [
        ("gateway_apns", Alone::apns(&installation.apns, people), raw_apns(&installation.apns, people)),
        ("gateway_fcm", Alone::fcm(&installation.fcm, people), raw_fcm(&installation.fcm, people)),
    ] {
        let raw = Raw { targets: vec![raw] };
        let (mut ours, mut raws) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            ours.push(counted(stage, people, ask("gateway", &alone)).await);
            raws.push(counted(stage, people, ask("raw", &raw)).await);
        }
        figures.extend(compared(name, &ours, &raws));
    }
    figures
}

/// From the claim until the outcome is stored, with so many workers: processes on PostgreSQL, chunks in hand
/// on SQLite, which serves one process.
async fn end_to_end(stage: &Stage, amount: Amount, workers: usize) -> Vec<Figure> {
    let Amount { engine, people, rounds } = amount;
    let installation = &stage.installation;
    let halves = [people / 2, people - people / 2];
    let raw =
        Raw { targets: vec![raw_apns(&installation.apns, halves[0]), raw_fcm(&installation.fcm, halves[1])] };
    let (mut ours, mut raws, mut longest) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (sent, longest_write) = work_off(stage, engine, people, workers).await;
        ours.push(sent);
        longest.push(longest_write);
        raws.push(counted(stage, people, ask("raw", &raw)).await);
    }
    let name = if workers == 1 { "end_to_end_1_worker" } else { "end_to_end_2_workers" };
    let mut figures = compared(name, &ours, &raws);
    if engine == Engine::Sqlite {
        let longest = median(longest.into_iter());
        figures.push(Figure::alone(
            format!("{name}: longest hold of the write lock"),
            "milliseconds",
            longest,
        ));
    }
    figures
}

async fn work_off(stage: &Stage, engine: Engine, people: u32, workers: usize) -> (Sent, f64) {
    let database = stage.database.copy().await;
    let before = stage.taken();
    let (processes, chunks) =
        if engine == Engine::Postgres { (workers, CHUNKS) } else { (1, CHUNKS * workers) };
    let mut served = Vec::new();
    for _ in 0..processes {
        served.push(stage.serve(&database, "worker", chunks).await);
    }
    if engine == Engine::Postgres {
        database.open().await;
    }
    while stage.taken() == before {
        sleep(Duration::from_millis(1)).await;
    }
    let began = Instant::now();
    until_all_sent(&database.owner_url).await;
    let seconds = began.elapsed().as_secs_f64();
    database.assert_sent(people).await;
    assert_eq!(stage.taken() - before, u64::from(people), "each was sent once");
    let sent = Sent {
        sent: people,
        seconds,
        cpu_seconds: served.iter().map(|served| served.server.cpu_seconds()).sum(),
        mebibytes: served.iter().map(|served| served.server.peak_mebibytes()).fold(0.0, f64::max),
    };
    (sent, served[0].longest_write().await)
}

/// What a sender says it sent, which providers took.
async fn counted(stage: &Stage, people: u32, sending: impl Future<Output = Sent>) -> Sent {
    let before = stage.taken();
    let sent = sending.await;
    assert_eq!(sent.sent, people, "each was accepted");
    assert_eq!(stage.taken() - before, u64::from(people), "each was sent once");
    sent
}

fn compared(name: &str, ours: &[Sent], raws: &[Sent]) -> Vec<Figure> {
    let figure = |what: &str, unit, of: fn(&Sent) -> f64| {
        let (ours, raw) = (median(ours.iter().map(of)), median(raws.iter().map(of)));
        Figure::compared(format!("{name}{what}"), unit, ours, raw, RAW_IS)
    };
    vec![
        figure("", "per_second", |sent| f64::from(sent.sent) / sent.seconds),
        figure(": processor", "cpu_seconds_per_100000", |sent| {
            sent.cpu_seconds / f64::from(sent.sent) * 100_000.0
        }),
        figure(": most memory resident", "mebibytes", |sent| sent.mebibytes),
    ]
}
