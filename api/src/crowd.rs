//! Many who ask the same at the same moment get one answer: the rush after an alarm costs about as
//! much as one reader. Each answer was read after its question came, so nobody gets an old one, and
//! nothing needs to be told between instances.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use actix_web::web::Bytes;
use domain::Error;
use infrastructure::together::Together;

use crate::extract::EntityTag;

/// What is under way, by what was asked.
#[derive(Default)]
pub struct Crowd(Mutex<HashMap<String, Arc<Together<(), Written>>>>);

/// A public answer, ready to be sent to anybody.
#[derive(Clone, Debug)]
pub struct Written {
    /// The JSON.
    pub body: Bytes,
    /// The `Link` to the next page.
    pub link: Option<String>,
    /// The tag of the body.
    pub tag: EntityTag,
}

impl Written {
    /// A body with its tag.
    pub fn new(body: impl Into<Bytes>, link: Option<String>) -> Self {
        let body = body.into();
        let tag = EntityTag::content(&body);
        Self { body, link, tag }
    }
}

impl Crowd {
    /// The answer to `question`, written once for all who wait for it.
    ///
    /// # Errors
    /// Those of `write`; [`domain::StoreError::Busy`] where it failed for somebody else.
    pub async fn answer(
        &self,
        question: String,
        write: impl AsyncFn() -> Result<Written, Error>,
    ) -> Result<Written, Error> {
        let together = self.under_way().entry(question.clone()).or_default().clone();
        let _last = Last { crowd: self, question };
        let write = &write;
        together.answer((), |all| async move { Ok(vec![write().await?; all.len()]) }).await
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<String, Arc<Together<(), Written>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever leaves last, with an answer or without, tidies up.
struct Last<'a> {
    crowd: &'a Crowd,
    question: String,
}

impl Drop for Last<'_> {
    fn drop(&mut self) {
        let mut under_way = self.crowd.under_way();
        // One in the map and one that this drop still belongs to.
        if under_way.get(&self.question).is_some_and(|together| Arc::strong_count(together) <= 2) {
            under_way.remove(&self.question);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[actix_web::test]
    async fn a_crowd_is_answered_at_once_and_leaves_nothing_behind() {
        let (crowd, written) = (Crowd::default(), AtomicUsize::new(0));
        let write = async || {
            let number = written.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(Written::new(number.to_string(), None))
        };
        let same = (0..20).map(|_| crowd.answer("the list".to_owned(), &write));
        let answers = futures::future::join_all(same).await;
        assert!(answers.iter().all(Result::is_ok));
        // The first began alone; all others came before the second began.
        assert_eq!(written.load(Ordering::Relaxed), 2);
        assert!(crowd.under_way().is_empty());
    }
}
