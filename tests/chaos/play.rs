//! The play: everybody arrives, reports and is answered, while the server is killed.

use std::{env, time::Duration};

use futures::{StreamExt, stream};
use uuid::Uuid;

use crate::{
    client::Client,
    desk::{Desk, STEPS},
    eventually::eventually,
    ground::{Engine, Ground},
    killable::Killable,
    killer,
    people::{Filed, Person},
    progress::Progress,
    report::Report,
    verdict,
};

/// People who act at the same time.
const AT_ONCE: usize = 32;
/// How slowly providers answer, so that something is on its way whenever the server is killed.
const LATENCY: Duration = Duration::from_millis(40);
/// The shortest a worker may hold its work: so long does a dead one's stay untouched on PostgreSQL.
const WORKER: &str = "lease_seconds = 25";
/// How long what is left may take once nobody disturbs any more.
const REST: Duration = Duration::from_secs(300);

/// What is to be played.
pub struct Plan {
    pub engine: Engine,
    pub kills: u32,
    pub people: usize,
    pub seed: u64,
}

/// A person's report and the steps the town hall took, all of them acknowledged.
pub struct Story {
    pub person: Person,
    pub filed: Filed,
    pub steps: Vec<Step>,
}

/// A step that was acknowledged.
pub struct Step {
    pub complaint: Uuid,
    pub status: &'static str,
}

/// Plays it and looks at what is left.
pub async fn perform(plan: &Plan) -> Report {
    println!("{:?}: {} people, {} kills, seed {}", plan.engine, plan.people, plan.kills, plan.seed);
    let ground = Ground::prepare(plan.engine).await;
    let program = env::current_exe().unwrap();
    let mut installation = Killable::prepare(&program, &ground.settings, WORKER).await;
    installation.found();
    installation.start().await;
    let client = Client::new(installation.address);
    let desk = Desk::open(&client).await;
    let people: Vec<Person> = stream::iter(0..plan.people)
        .map(|number| Person::arrive(number, &client, &installation.mail))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    installation.apns.set_latency(LATENCY);
    installation.fcm.set_latency(LATENCY);
    installation.mail.set_latency(LATENCY);

    let progress = Progress::new(plan.people * (1 + STEPS.len()));
    let playing = stream::iter(people)
        .map(|person| tell(person, &client, &desk, &progress))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<Story>>();
    let killing = killer::kill(plan.seed, plan.kills, &mut installation, &ground, &progress);
    let (stories, blows) = tokio::join!(playing, killing);
    let waiting = ground.books().await.pending;
    println!("{} steps acknowledged, {waiting} deliveries still waiting", progress.taken());
    eventually("everything to be sent", REST, async || (ground.books().await.pending == 0).then_some(()))
        .await;
    installation.kill();
    verdict::reach(plan, &stories, &blows, &installation, &ground).await
}

/// One person reports, and the town hall answers.
async fn tell(person: Person, client: &Client, desk: &Desk, progress: &Progress) -> Story {
    let filed = person.report(client).await;
    progress.step();
    let mut steps = Vec::new();
    for (status, public_text) in STEPS {
        desk.take_to(filed.id, status, public_text).await;
        progress.step();
        steps.push(Step { complaint: filed.id, status });
    }
    Story { person, filed, steps }
}
