//! One broadcast to everybody, from the fan-out until the last phone has it, while the server is killed.

mod books;
mod report;

use std::{env, ops::Range, time::Duration};

use api::clock::Clock;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use simulators::Recording;
use tokio::time::sleep;

use crate::{
    Plan,
    broadcaster::{Broadcaster, LEAD},
    crowd::Crowd,
    eventually::eventually,
    ground::Ground,
    killable::Killable,
    killer::{Blow, longest_recovery, strike},
    screens::Screens,
};
use books::Books;
pub use report::Report;

/// Deliveries on their way at the same time: one worker, one batch.
const WINDOW: f64 = 100.0;
/// One chunk at a time, so that this is the window. The shortest a worker may hold its work: so long does a
/// dead one's stay untouched on PostgreSQL.
const WORKER: &str = "concurrency = 1\nlease_seconds = 25";
/// How many milliseconds a server lives.
const LIFE_MS: Range<u64> = 500..3000;
/// How many milliseconds the first one lives after the approval: it dies while deliveries are planned.
const FIRST_LIFE_MS: Range<u64> = 20..600;
/// No more than this share of the people can have been told when the last kill comes.
const AT_LAST_KILL: f64 = 0.8;
/// How slowly providers answer once nobody disturbs any more.
const AT_REST: Duration = Duration::from_millis(5);
/// How long what is left may take then.
const REST: Duration = Duration::from_secs(300);
/// How often to look whether it is all sent: counting costs what others need.
const LOOK: Duration = Duration::from_millis(250);

/// Plays it and looks at what is left.
pub async fn perform(plan: &Plan) -> Report {
    let ground = Ground::prepare(plan.engine).await;
    let program = env::current_exe().unwrap();
    let mut installation = Killable::prepare(Recording::Full, &program, &ground.settings, WORKER).await;
    installation.found();
    installation.employ("lead", LEAD);
    sow(plan, &ground).await;
    installation.start().await;
    let desk = Broadcaster::sign_in(installation.address).await;

    let lives = lives(plan);
    let latency = latency(plan, &lives);
    installation.apns.set_latency(latency);
    installation.fcm.set_latency(latency);
    println!("{:?}: providers take {latency:.0?} to answer", plan.engine);
    desk.send("important", &json!({"everyone": true}), plan.people).await;
    let blows = kill(plan, &lives, &mut installation, &ground).await;

    installation.apns.set_latency(AT_REST);
    installation.fcm.set_latency(AT_REST);
    eventually("everything to be sent", REST, async || {
        sleep(LOOK).await;
        (!Books::of(&ground).await.is_under_way()).then_some(())
    })
    .await;
    installation.kill();
    judge(plan, &blows, &installation, &ground).await
}

async fn sow(plan: &Plan, ground: &Ground) {
    let rows = ground.rows("SELECT id FROM municipalities").await;
    let municipality = rows[0].try_get_by_index(0).unwrap();
    let at = Clock::system().now();
    let connection = ground.connect().await.unwrap();
    Crowd { municipality, first: 1, people: plan.people, street: "muldestrasse", at }
        .sow(&connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// How long each server lives until it is killed.
fn lives(plan: &Plan) -> Vec<Duration> {
    let mut chance = StdRng::seed_from_u64(plan.seed);
    let range = |number| if number == 0 { FIRST_LIFE_MS } else { LIFE_MS };
    (0..plan.kills).map(|number| Duration::from_millis(chance.random_range(range(number)))).collect()
}

/// How slowly providers have to answer so that work is left for the last kill: what is on its way at the same
/// time is bounded, so what can be sent in all these lives is.
fn latency(plan: &Plan, lives: &[Duration]) -> Duration {
    let alive: Duration = lives.iter().sum();
    alive.mul_f64(WINDOW / (AT_LAST_KILL * f64::from(plan.people)))
}

async fn kill(
    plan: &Plan,
    lives: &[Duration],
    installation: &mut Killable,
    ground: &Ground,
) -> Vec<Blow<Books>> {
    let mut blows = Vec::new();
    for (number, life) in (0..).zip(lives) {
        sleep(*life).await;
        let blow = strike(number, installation, ground, Books::of).await;
        println!(
            "{:?}, kill {:>3}: the server{} after {life:.1?}, {}; back after {:.1?}",
            plan.engine,
            number + 1,
            if blow.with_database { " and the database" } else { "" },
            blow.books,
            blow.recovery,
        );
        blows.push(blow);
    }
    blows
}

async fn judge(plan: &Plan, blows: &[Blow<Books>], installation: &Killable, ground: &Ground) -> Report {
    let screens = Screens::of(installation);
    let books = Books::of(ground).await;
    let message = ground.rows("SELECT id FROM broadcasts").await[0].try_get_by_index(0).unwrap();
    let phones = ground.rows("SELECT address FROM contact_points").await;
    let shows = |token: String| screens.show(&token, message);
    let shown = phones.iter().filter(|row| shows(row.try_get_by_index(0).unwrap())).count();
    for violation in screens.violations.iter().take(5) {
        println!("{:?}: a provider was asked wrongly: {violation}", plan.engine);
    }
    println!("{:?}: in the end {books}", plan.engine);
    Report {
        people: plan.people,
        kills: blows.len(),
        lost: usize::try_from(plan.people).unwrap() - shown,
        duplicate_calls: screens.duplicate_calls,
        visible_duplicates: screens.visible_duplicates,
        unknown: books.unknown,
        kills_while_sending: blows.iter().filter(|blow| blow.books.is_under_way()).count(),
        recovery_seconds_max: longest_recovery(blows),
        conserved: blows.iter().map(|blow| &blow.books).chain([&books]).all(Books::balance),
        also: report::Also {
            pending_at_last_kill: blows.last().is_some_and(|blow| blow.books.pending > 0),
            told_by_the_books: books.sent == i64::from(plan.people),
            within_the_window: screens.duplicate_calls as f64 <= WINDOW * blows.len() as f64,
            calls_alike: screens.altered_calls == 0,
            no_rule_broken: screens.violations.is_empty(),
        },
    }
}
