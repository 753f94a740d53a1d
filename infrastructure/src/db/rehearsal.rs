//! Work that is done and undone: with a test key everything is checked and answered as it would be,
//! and no transaction commits; nor are files stored. So nothing is kept, and nothing that a commit would
//! hand to a provider ever gets there, whatever the work is.

use std::future::Future;

tokio::task_local! {
    static REHEARSED: bool;
}

/// Does `work` so that none of its transactions commits.
pub async fn rehearse<F: Future>(work: F) -> F::Output {
    REHEARSED.scope(true, work).await
}

/// Does `work` so that its transactions commit, also within [`rehearse`]: for what is noted about the
/// request itself.
pub async fn for_real<F: Future>(work: F) -> F::Output {
    REHEARSED.scope(false, work).await
}

/// Whether what is done now is undone.
pub fn is_on() -> bool {
    REHEARSED.try_with(|on| *on).unwrap_or(false)
}
