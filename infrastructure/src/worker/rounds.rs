//! What is done again and again: in turns, and town hall by town hall.

use std::time::Duration;

use domain::{Error, Scope, Store, ids::MunicipalityId, sweep::Fault};
use tokio::time::{MissedTickBehavior, interval};

use super::sweep::say;
use crate::db::SqlStore;

/// Takes a turn now and after each `period`. One that takes longer puts the next off: none is made up for.
pub(super) async fn every<Turn: Future<Output = ()>>(period: Duration, mut turn: impl FnMut() -> Turn) {
    let mut moment = interval(period);
    moment.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        moment.tick().await;
        turn().await;
    }
}

/// Does something in each town hall and adds up what came of it. One that cannot be served is told of, and keeps
/// no other waiting.
///
/// # Errors
/// Those of the database, where nobody can be served.
pub(super) async fn in_each_town<Work: Future<Output = Result<usize, Error>>>(
    store: &SqlStore,
    work: impl Fn(MunicipalityId) -> Work,
) -> Result<usize, Error> {
    let mut done = 0;
    for town in store.read(Scope::Installation).await?.municipality_ids().await? {
        match work(town).await {
            Ok(some) => done += some,
            Err(error) => say(&Fault::of_town(town, error)),
        }
    }
    Ok(done)
}
