//! The queue alone: our worker with a gateway that says yes at once, and batches of 1,000 in plain SQL.

use std::{sync::Arc, time::Instant};

use api::clock::Clock;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::deliveries::{Channel, Gateway, Outcome, Outgoing, Platform};
use infrastructure::{
    db::{Connections, SqlStore},
    secrets::Secrets,
    sources::Fetcher,
    worker::{Composer, DEFAULT_APP, Lines, Settings, Worker},
};
use serde::{Deserialize, Serialize};

use super::{
    Amount,
    child::{Sent, answer, ask},
    plain,
    stage::{Stage, until_all_sent},
};
use crate::report::{Figure, median};

/// A copy to be worked off.
#[derive(Serialize, Deserialize)]
pub struct Queue {
    url: String,
    owner_url: String,
    rows: u32,
}

pub async fn measure(Amount { engine, people, rounds }: Amount) -> Vec<Figure> {
    let stage = Stage::planned(engine, people).await;
    let (mut ours, mut plains) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let database = stage.database.copy().await;
        database.open().await;
        let (url, owner_url) = (database.url.clone(), database.owner_url.clone());
        let sent: Sent = ask("worker", &Queue { url, owner_url, rows: people }).await;
        database.assert_sent(people).await;
        ours.push(sent);
        let connection = database.connect().await;
        plain::fill_queue(&connection, people).await;
        let began = Instant::now();
        plain::work_off(&connection).await;
        plains.push(f64::from(people) / began.elapsed().as_secs_f64());
        connection.close().await.unwrap();
    }
    let median_of = |of: fn(&Sent) -> f64| median(ours.iter().map(of));
    let baseline_is = "batches of 1,000 in plain SQL, claimed and completed";
    vec![
        Figure::compared(
            "queue".to_owned(),
            "per_second",
            median_of(|sent| f64::from(sent.sent) / sent.seconds),
            median(plains.into_iter()),
            baseline_is,
        ),
        Figure::alone(
            "queue: processor".to_owned(),
            "cpu_seconds_per_100000",
            median_of(|sent| sent.cpu_seconds / f64::from(sent.sent) * 100_000.0),
        ),
        Figure::alone(
            "queue: most memory resident".to_owned(),
            "mebibytes",
            median_of(|sent| sent.mebibytes),
        ),
    ]
}

/// The process that works it off.
pub fn serve() {
    answer(async |queue: Queue| {
        let clock = Clock::system();
        let yes: Arc<dyn Gateway> = Arc::new(Yes);
        let lines = [Platform::Ios, Platform::Android]
            .into_iter()
            .fold(Lines::default(), |lines, platform| lines.with_push(platform, DEFAULT_APP, yes.clone()));
        let now = clock.clone();
        let worker = Worker {
            store: SqlStore::new(Connections::open(&queue.url, 16).await.unwrap()),
            lines: Arc::new(lines),
            composer: Composer {
                secrets: Secrets::new("of a measured installation that nobody else uses").unwrap(),
                public_url: "https://rathaus.example".parse().unwrap(),
                staff_url: None,
                photos: None,
            },
            now: Arc::new(move || now.now()),
            entropy: clock.entropy(),
            settings: Settings::default(),
            fetcher: Fetcher::default(),
        };
        let running = worker.start().await.unwrap();
        until_all_sent(&queue.owner_url).await;
        running.stop().await;
        queue.rows
    });
}

/// Takes everything.
struct Yes;

#[async_trait]
impl Gateway for Yes {
    fn name(&self) -> &str {
        "yes"
    }

    fn channel(&self) -> Channel {
        Channel::Push
    }

    fn concurrency(&self) -> usize {
        200
    }

    async fn send(&self, _now: DateTime<Utc>, _item: &Outgoing) -> Outcome {
        Outcome::Sent { provider_id: None }
    }
}
