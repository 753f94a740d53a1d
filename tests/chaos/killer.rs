//! Kills the server at moments nobody foresees, and starts it again.

use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::time::sleep;

use crate::{
    ground::{Books, Ground},
    killable::Killable,
    progress::Progress,
};

/// The database goes down with every so manieth kill.
const WITH_DATABASE: u32 = 3;
/// So many milliseconds after a step, so that kills meet whatever is under way.
const AFTER_MS: std::ops::Range<u64> = 50..600;

/// What a kill met, and how long the server was away.
pub struct Blow {
    /// The books as the dead server left them.
    pub books: Books,
    /// Whether the database went down as well.
    pub with_database: bool,
    /// From the kill until the server was ready again.
    pub recovery: Duration,
}

/// Kills so many times, spread over the play.
pub async fn kill(
    seed: u64,
    kills: u32,
    installation: &mut Killable,
    ground: &Ground,
    progress: &Progress,
) -> Vec<Blow> {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut blows = Vec::new();
    for number in 0..kills {
        let share = (f64::from(number) + chance.random::<f64>()) / f64::from(kills);
        progress.reaches(share).await;
        sleep(Duration::from_millis(chance.random_range(AFTER_MS))).await;
        let began = Instant::now();
        let mut with_database = false;
        if number % WITH_DATABASE == WITH_DATABASE - 1 {
            with_database = ground.crash().await;
        }
        installation.kill();
        let killed = began.elapsed();
        let books = ground.books().await;
        let looked = began.elapsed();
        installation.start().await;
        // Looking into the books is our business, not the server's.
        let recovery = began.elapsed() - (looked - killed);
        let database = if with_database { " and the database" } else { "" };
        println!(
            "kill {:>3}: the server{database}, after {} steps, {} deliveries waiting or on their way; back after {recovery:.1?}",
            number + 1,
            progress.taken(),
            books.pending,
        );
        blows.push(Blow { books, with_database, recovery });
    }
    blows
}
