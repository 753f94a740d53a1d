//! Kills the server, and starts it again.

use std::time::{Duration, Instant};

use crate::{ground::Ground, killable::Killable};

/// The database goes down with every so manieth kill.
const WITH_DATABASE: u32 = 3;

/// What a kill met, and how long the server was away.
pub struct Blow<B> {
    /// The books as the dead server left them.
    pub books: B,
    /// Whether the database went down as well.
    pub with_database: bool,
    /// From the kill until the server was ready again.
    pub recovery: Duration,
}

/// Kills the server for the so manieth time, counted from 0, has a look at what it left, and starts it again.
pub async fn strike<B>(
    number: u32,
    installation: &mut Killable,
    ground: &Ground,
    look: impl AsyncFnOnce(&Ground) -> B,
) -> Blow<B> {
    let began = Instant::now();
    let mut with_database = false;
    if number % WITH_DATABASE == WITH_DATABASE - 1 {
        with_database = ground.crash().await;
    }
    installation.kill();
    let killed = began.elapsed();
    let books = look(ground).await;
    let looked = began.elapsed();
    installation.start().await;
    // Looking into the books is our business, not the server's.
    Blow { books, with_database, recovery: began.elapsed() - (looked - killed) }
}

/// The longest the server was away.
pub fn longest_recovery<B>(blows: &[Blow<B>]) -> f64 {
    let longest = blows.iter().map(|blow| blow.recovery).max().unwrap_or_default();
    (longest.as_secs_f64() * 1000.0).round() / 1000.0
}
