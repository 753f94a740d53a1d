//! People become deliveries: our fan-out, and one plain INSERT … SELECT of the same rows.

use std::time::Instant;

use super::{
    Amount, plain,
    stage::{MAIN_STREET, NEVER, Stage, in_street},
};
use crate::{
    ground::Engine,
    report::{Figure, median},
};

/// Seconds, processor seconds and the most memory of one turn.
struct Turn {
    seconds: f64,
    cpu: f64,
    memory: f64,
    longest_write: f64,
}

pub async fn measure(amount: Amount) -> Vec<Figure> {
    let Amount { engine, people, rounds } = amount;
    let stage = Stage::set(engine, people, 0).await;
    stage.answer_after(NEVER);
    let (mut ours, mut plains) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(fan_out(&stage, people).await);
        plains.push(insert(&stage, people).await);
    }
    let name = match people {
        1_000_000 => "audience_1m".to_owned(),
        people => format!("audience_{people}"),
    };
    let each = f64::from(people);
    let median_of = |of: fn(&Turn) -> f64| median(ours.iter().map(of));
    let baseline_is = "plain INSERT … SELECT of the same rows into the same tables, two statements";
    let speed = |seconds: f64| each / seconds;
    let mut figures = vec![
        Figure::compared(
            name.clone(),
            "per_second",
            speed(median_of(|turn| turn.seconds)),
            speed(median(plains.into_iter())),
            baseline_is,
        ),
        Figure::alone(
            format!("{name}: processor of the server"),
            "cpu_seconds_per_100000",
            median_of(|turn| turn.cpu) / each * 100_000.0,
        ),
        Figure::alone(format!("{name}: most memory resident"), "mebibytes", median_of(|turn| turn.memory)),
    ];
    if engine == Engine::Sqlite {
        let longest = median_of(|turn| turn.longest_write);
        figures.push(Figure::alone(
            format!("{name}: longest hold of the write lock"),
            "milliseconds",
            longest,
        ));
    }
    figures
}

/// From the approval until all are planned.
async fn fan_out(stage: &Stage, people: u32) -> Turn {
    let database = stage.database.copy().await;
    let served = stage.serve(&database, "all", 1).await;
    let desk = stage.desk().await;
    let written = desk.submit("important", &in_street(MAIN_STREET)).await;
    let cpu = served.server.cpu_seconds();
    let began = Instant::now();
    desk.approve(&written, people).await;
    database.until_planned(people).await;
    let seconds = began.elapsed().as_secs_f64();
    database.assert_planned(people).await;
    Turn {
        seconds,
        cpu: served.server.cpu_seconds() - cpu,
        memory: served.server.peak_mebibytes(),
        longest_write: served.longest_write().await,
    }
}

/// The same rows by plain statements.
async fn insert(stage: &Stage, people: u32) -> f64 {
    let database = stage.database.copy().await;
    let connection = database.connect().await;
    let began = Instant::now();
    plain::fan_out(&connection, stage.municipality).await;
    let seconds = began.elapsed().as_secs_f64();
    connection.close().await.unwrap();
    database.assert_planned(people).await;
    seconds
}
