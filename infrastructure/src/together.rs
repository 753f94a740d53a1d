//! Questions that come while one of their kind is under way are asked together, by whoever is next.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::StoreError;
use tokio::sync::{
    Mutex as Turn,
    oneshot::{self, error::TryRecvError},
};

type Waiting<Q, A> = (Q, oneshot::Sender<Result<A, StoreError>>);

/// A queue in front of something that answers many as fast as one.
pub struct Together<Q, A> {
    waiting: Mutex<Vec<Waiting<Q, A>>>,
    turn: Turn<()>,
}

impl<Q, A> Default for Together<Q, A> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: Turn::default() }
    }
}

impl<Q: Clone, A> Together<Q, A> {
    /// The answer to a question. `ask` gets all that wait, each of which came before it began, and
    /// gives an answer for each in the same order.
    ///
    /// # Errors
    /// Those of `ask`; `Busy` where somebody else asked for all and failed.
    pub async fn answer<E, F>(&self, question: Q, ask: impl Fn(Vec<Q>) -> F) -> Result<A, E>
    where
        E: From<StoreError>,
        F: Future<Output = Result<Vec<A>, E>>,
    {
        let mut answer = self.wait(question.clone());
        let _turn = self.turn.lock().await;
        loop {
            match answer.try_recv() {
                Ok(answer) => return answer.map_err(E::from),
                Err(TryRecvError::Empty) => {}
                // Whoever asked for all was broken off.
                Err(TryRecvError::Closed) => answer = self.wait(question.clone()),
            }
            let (questions, waiting): (Vec<_>, Vec<_>) = self.waiting().drain(..).unzip();
            match ask(questions).await {
                // Whoever does not wait any more needs no answer.
                Ok(answers) => waiting.into_iter().zip(answers).for_each(|(one, answer)| {
                    one.send(Ok(answer)).ok();
                }),
                Err(error) => {
                    for one in waiting {
                        one.send(Err(StoreError::Busy)).ok();
                    }
                    return Err(error);
                }
            }
        }
    }

    fn wait(&self, question: Q) -> oneshot::Receiver<Result<A, StoreError>> {
        let (sender, receiver) = oneshot::channel();
        self.waiting().push((question, sender));
        receiver
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting<Q, A>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::ready,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use tokio::{sync::Semaphore, time::timeout};

    use super::*;

    #[tokio::test]
    async fn all_that_wait_are_answered_at_once() {
        let (together, calls) = (Together::default(), AtomicUsize::new(0));
        let gate = Semaphore::new(0);
        let (calls, gate) = (&calls, &gate);
        let ask = |questions: Vec<usize>| async move {
            calls.fetch_add(1, Ordering::Relaxed);
            gate.acquire().await.unwrap().forget();
            Ok::<_, StoreError>(questions.into_iter().map(|question| question * 10).collect())
        };
        let all = futures::future::join_all((0..50).map(|question| together.answer(question, &ask)));
        let release = async { gate.add_permits(2) };
        let (answers, ()) = tokio::join!(all, release);
        let answers: Vec<usize> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (0..50).map(|question| question * 10).collect::<Vec<_>>());
        assert!(calls.load(Ordering::Relaxed) <= 2);
    }

    #[tokio::test]
    async fn whoever_breaks_off_leaves_nobody_without_an_answer() {
        let together = Arc::new(Together::<u8, u8>::default());
        let never = |_| std::future::pending::<Result<_, StoreError>>();
        let (first, second) = (together.clone(), together.clone());
        let first = tokio::spawn(async move { first.answer(1, never).await });
        while !together.waiting().is_empty() || together.turn.try_lock().is_ok() {
            tokio::task::yield_now().await;
        }
        // Comes while the first asks, so it is not among those asked for.
        let second =
            tokio::spawn(async move { second.answer(2, |all| ready(Ok::<_, StoreError>(all))).await });
        while together.waiting().is_empty() {
            tokio::task::yield_now().await;
        }
        first.abort();
        let answer = timeout(Duration::from_secs(5), second).await.unwrap().unwrap();
        assert_eq!(answer.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_failure_is_told_to_everybody() {
        let together = Together::<u8, u8>::default();
        let fails = |_| ready(Err(StoreError::Stale));
        let (one, other) = tokio::join!(together.answer(1, &fails), together.answer(2, &fails));
        assert!(matches!(one, Err(StoreError::Stale)), "{one:?}");
        assert!(matches!(other, Err(StoreError::Busy | StoreError::Stale)), "{other:?}");
    }
}
