//! Complaints: everybody arrives, reports and is answered, while the server is killed.

mod books;
mod desk;
mod people;
mod progress;
mod report;
mod verdict;

use std::{env, ops::Range, time::Duration};

use futures::{StreamExt, stream};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use simulators::Recording;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    Plan,
    client::Client,
    eventually::eventually,
    ground::Ground,
    killable::Killable,
    killer::{Blow, strike},
};
use books::Books;
use desk::{Desk, STEPS};
use people::{Filed, Person};
use progress::Progress;
pub use report::Report;

/// People who act at the same time.
const AT_ONCE: usize = 32;
/// How slowly providers answer, so that something is on its way whenever the server is killed.
const LATENCY: Duration = Duration::from_millis(40);
/// The shortest a worker may hold its work: so long does a dead one's stay untouched on PostgreSQL.
const WORKER: &str = "lease_seconds = 25";
/// How long what is left may take once nobody disturbs any more.
const REST: Duration = Duration::from_secs(300);

/// So many milliseconds after a step, so that kills meet whatever is under way.
const AFTER_MS: Range<u64> = 50..600;

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
    let ground = Ground::prepare(plan.engine).await;
    let program = env::current_exe().unwrap();
    let mut installation = Killable::prepare(Recording::Full, &program, &ground.settings, WORKER).await;
    installation.found();
    installation.start().await;
    let client = Client::new(installation.address);
    let desk = Desk::open(&client).await;
    let people = usize::try_from(plan.people).unwrap();
    let arrived: Vec<Person> = stream::iter(0..people)
        .map(|number| Person::arrive(number, &client, &installation.mail))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    installation.apns.set_latency(LATENCY);
    installation.fcm.set_latency(LATENCY);
    installation.mail.set_latency(LATENCY);

    let progress = Progress::new(people * (1 + STEPS.len()));
    let playing = stream::iter(arrived)
        .map(|person| tell(person, &client, &desk, &progress))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<Story>>();
    let killing = kill(plan, &mut installation, &ground, &progress);
    let (stories, blows) = tokio::join!(playing, killing);
    let waiting = Books::of(&ground).await.pending;
    println!("{} steps acknowledged, {waiting} deliveries still waiting", progress.taken());
    let all_sent = async || (Books::of(&ground).await.pending == 0).then_some(());
    eventually("everything to be sent", REST, all_sent).await;
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

/// Kills so many times, spread over the play.
async fn kill(
    plan: &Plan,
    installation: &mut Killable,
    ground: &Ground,
    progress: &Progress,
) -> Vec<Blow<Books>> {
    let mut chance = StdRng::seed_from_u64(plan.seed);
    let mut blows = Vec::new();
    for number in 0..plan.kills {
        let share = (f64::from(number) + chance.random::<f64>()) / f64::from(plan.kills);
        progress.reaches(share).await;
        sleep(Duration::from_millis(chance.random_range(AFTER_MS))).await;
        let blow = strike(number, installation, ground, Books::of).await;
        println!(
            "{:?}, kill {:>3}: the server{}, after {} steps, {} deliveries waiting or on their way; back after {:.1?}",
            plan.engine,
            number + 1,
            if blow.with_database { " and the database" } else { "" },
            progress.taken(),
            blow.books.pending,
            blow.recovery,
        );
        blows.push(blow);
    }
    blows
}
