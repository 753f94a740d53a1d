//! Ours and the bare handler, side by side and in turn.

use std::time::Duration;

use crate::{
    load::{Load, Outcome},
    process::Server,
    report::{Figure, median},
};

/// Measured turns of each side; one more goes before to warm up.
const ROUNDS: usize = 3;

/// One of the two that are compared.
pub struct Side<'a> {
    pub server: &'a Server,
    pub load: Load,
    /// Every answer counted as ok so far.
    pub answered: u64,
}

/// What one side did in one turn.
struct Turn {
    per_second: f64,
    cpu_seconds_per_100k: f64,
    p99_milliseconds: f64,
    bytes_per_answer: f64,
}

impl<'a> Side<'a> {
    pub fn new(server: &'a Server, load: Load) -> Self {
        Self { server, load, answered: 0 }
    }

    /// Sends for `time`. Every answer has to be the expected one: a rate of failures looks like speed.
    async fn turn(&mut self, time: Duration) -> Turn {
        self.load.seconds = time.as_secs_f64();
        self.load.first = self.answered;
        let cpu = self.server.cpu_seconds();
        let Outcome { ok, others, seconds, bytes, p99_milliseconds, example } = self.load.run().await;
        assert!(others.is_empty() && ok > 0, "{ok} ok, others: {others:?}, such as {example:?}");
        // What was put off, such as sending, is paid for by the side that put it off.
        self.server.settle().await;
        self.answered += ok;
        let answers = ok as f64;
        Turn {
            per_second: answers / seconds,
            cpu_seconds_per_100k: (self.server.cpu_seconds() - cpu) / answers * 100_000.0,
            p99_milliseconds,
            bytes_per_answer: bytes as f64 / answers,
        }
    }
}

/// Runs both in turn, `time` each, and gives the medians.
pub async fn compare(
    name: &str,
    baseline_is: &str,
    time: Duration,
    sides: [&mut Side<'_>; 2],
) -> Vec<Figure> {
    let [ours, bare] = sides;
    ours.turn(time / 2).await;
    bare.turn(time / 2).await;
    let (mut our_turns, mut bare_turns) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_turns.push(ours.turn(time).await);
        bare_turns.push(bare.turn(time).await);
    }
    let figure = |what: &str, unit, of: fn(&Turn) -> f64| {
        let (ours, baseline) = (median(our_turns.iter().map(of)), median(bare_turns.iter().map(of)));
        Figure::compared(format!("{name}{what}"), unit, ours, baseline, baseline_is)
    };
    vec![
        figure("", "per_second", |turn| turn.per_second),
        figure(": processor", "cpu_seconds_per_100000", |turn| turn.cpu_seconds_per_100k),
        figure(": 99 of 100 answers within", "milliseconds", |turn| turn.p99_milliseconds),
        figure(": size of an answer", "bytes", |turn| turn.bytes_per_answer),
    ]
}
