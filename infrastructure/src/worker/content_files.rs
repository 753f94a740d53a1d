//! Pictures and documents that no content names any more: their rows, then their bytes.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use domain::{Error, content::service::files::remove_unnamed, ids::PhotoId, store::Urgency};

use super::{
    Shared,
    rounds::{every, in_each_town},
};
use crate::{db::SqlStore, photos::PhotoStore};

/// How often to look.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Removes them in every town hall; how many there were.
///
/// # Errors
/// Those of the database and of file storage.
pub async fn remove_unnamed_files(
    store: &SqlStore,
    files: &PhotoStore,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    let store = store.at(Urgency::Sweep);
    in_each_town(&store, async |town| {
        let unnamed = remove_unnamed(&store, now, town).await?;
        for id in &unnamed {
            files.delete(town, PhotoId(id.0)).await?;
        }
        Ok(unnamed.len())
    })
    .await
}

impl Shared {
    pub(super) async fn sweep_content_files(self: Arc<Self>) {
        let Some(files) = self.worker.composer.photos.clone() else { return };
        every(EVERY, async || {
            let now = (self.worker.now)();
            if let Err(error) = remove_unnamed_files(&self.worker.store, &files, now).await {
                tracing::warn!(%error, "files that no content names were not all removed");
            }
        })
        .await;
    }
}
