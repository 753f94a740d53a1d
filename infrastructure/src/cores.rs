//! Work that keeps a processor core busy: password hashing and picture work.
//!
//! Such work must neither block the threads that answer requests nor take more memory than its
//! parallelism allows, so it runs on threads of its own, as many as there are cores. Always the same
//! ones: what a thread frees, the system's allocator keeps for that thread.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use domain::{Code, Error, Result};
use tokio::{
    sync::{Semaphore, oneshot},
    time,
};

type Job = Box<dyn FnOnce() + Send>;

/// A queue of heavy work. Cheap to clone; clones share the queue.
#[derive(Clone, Debug)]
pub struct Cores {
    seats: Arc<Semaphore>,
    jobs: Sender<Job>,
    patience: Duration,
}

impl Cores {
    /// As many seats as the machine has cores; whoever waits longer than `patience` for one is
    /// sent away with [`Code::Overloaded`].
    pub fn new(patience: Duration) -> Self {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_seats(cores, patience)
    }

    /// The same with a given number of seats.
    pub fn with_seats(seats: usize, patience: Duration) -> Self {
        let (jobs, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..seats {
            let waiting = waiting.clone();
            thread::spawn(move || work_off(&waiting));
        }
        Self { seats: Arc::new(Semaphore::new(seats)), jobs, patience }
    }

    /// Runs `work` on one of the threads. The seat is held until the work ends, even when the
    /// caller no longer waits for it.
    ///
    /// # Errors
    /// [`Code::Overloaded`] when no seat became free in time, [`Code::Internal`] when `work` panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let seat = time::timeout(self.patience, self.seats.clone().acquire_owned())
            .await
            .map_err(|_| Error::wait(Code::Overloaded, self.patience))?
            .map_err(|_| Error::refused(Code::Internal))?;
        let (done, outcome) = oneshot::channel();
        let job = move || {
            let _seat = seat;
            // Nobody may wait for it any more.
            drop(done.send(work()));
        };
        self.jobs.send(Box::new(job)).map_err(|_| Error::refused(Code::Internal))?;
        outcome.await.map_err(|_| Error::refused(Code::Internal))
    }
}

/// Until the last queue is gone.
fn work_off(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Whoever waits for work that panics learns it by the answer that never comes.
        drop(catch_unwind(AssertUnwindSafe(job)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn no_more_work_at_a_time_than_seats() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let cores = Cores::with_seats(2, Duration::from_secs(30));
        let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = (0..20).map(|_| {
            let (cores, busy, most) = (cores.clone(), busy.clone(), most.clone());
            tokio::spawn(async move {
                cores
                    .run(move || {
                        let now = busy.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        thread::yield_now();
                        busy.fetch_sub(1, Ordering::SeqCst);
                    })
                    .await
            })
        });
        for done in futures::future::join_all(work).await {
            done.unwrap().unwrap();
        }
        assert!(most.load(Ordering::SeqCst) <= 2);
    }

    #[tokio::test]
    async fn the_same_threads_do_all_the_work() {
        let cores = Cores::with_seats(2, Duration::from_secs(30));
        let mut threads = std::collections::HashSet::new();
        for _ in 0..4 {
            let work = (0..20).map(|_| cores.run(|| thread::current().id()));
            threads.extend(futures::future::join_all(work).await.into_iter().map(Result::unwrap));
        }
        assert!(threads.len() <= 2, "{threads:?}");
    }

    #[tokio::test]
    async fn work_that_panics_takes_no_seat_with_it() {
        let cores = Cores::with_seats(1, Duration::from_secs(30));
        for _ in 0..3 {
            let broken = cores.run(|| panic!("as a decoder might")).await;
            assert_eq!(broken.unwrap_err().code(), Some(Code::Internal));
        }
        cores.run(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_told_when_to_come_back() {
        let cores = Cores::with_seats(1, Duration::from_millis(20));
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (finish, finished) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let cores = cores.clone();
            async move {
                cores
                    .run(move || {
                        started.send(()).unwrap();
                        finished.recv().unwrap();
                    })
                    .await
            }
        });
        has_started.await.unwrap();
        let refused = cores.run(|| ()).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::Overloaded));
        finish.send(()).unwrap();
        first.await.unwrap().unwrap();
        cores.run(|| ()).await.unwrap();
    }
}
