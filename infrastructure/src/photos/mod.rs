//! Photos of complaints: taken in as bytes from a phone, kept as fresh JPEGs without metadata.

mod ingest;
mod store;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{
    Code, Error, Result,
    complaints::photo::{ContentHash, Size},
    ids::{MunicipalityId, PhotoId},
};

use tokio::{sync::Semaphore, time::timeout};

use crate::cores::Cores;

pub use ingest::{Pictures, ingest};
pub use store::{PhotoFile, PhotoStore, PhotoStoreError};

/// How long an upload waits for a free core.
const PATIENCE: Duration = Duration::from_secs(10);

/// What identifies the files of one upload. The hash keeps an upload under somebody else's photo
/// id from replacing that photo's files: which upload counts is decided by the row alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoKey {
    /// The town hall.
    pub municipality: MunicipalityId,
    /// The photo.
    pub photo: PhotoId,
    /// The upload as it came in.
    pub content: ContentHash,
}

/// Takes photos in and hands them out. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Photos {
    cores: Cores,
    /// Large pictures are decoded one after the other: each takes hundreds of megabytes, whatever the number of
    /// cores.
    large: Arc<Semaphore>,
    store: PhotoStore,
}

impl Photos {
    /// Photos kept in `store`.
    pub fn new(store: PhotoStore) -> Self {
        Self { cores: Cores::new(PATIENCE), large: Arc::new(Semaphore::new(1)), store }
    }

    /// Checks an upload, makes its renditions and stores them; to be called before the photo's row
    /// is written, so that a row never lacks its files. Gives the key and the size of the full
    /// rendition.
    ///
    /// # Errors
    /// Those of [`ingest()`], [`domain::Code::Overloaded`] when no core became free in time,
    /// [`domain::StoreError::Files`] when the files cannot be stored.
    pub async fn take_in(
        &self,
        municipality: MunicipalityId,
        photo: PhotoId,
        upload: Bytes,
    ) -> Result<(PhotoKey, Size)> {
        let turn = match ingest::is_large(&upload) {
            true => Some(
                timeout(PATIENCE, self.large.clone().acquire_owned())
                    .await
                    .map_err(|_| Error::wait(Code::Overloaded, PATIENCE))?
                    .map_err(|_| Error::refused(Code::Internal))?,
            ),
            false => None,
        };
        let work = move || {
            // Held until the work ends, even when nobody waits for it any more.
            let _turn = turn;
            ingest(&upload)
        };
        let pictures = self.cores.run(work).await??;
        let key = PhotoKey { municipality, photo, content: pictures.content };
        let size = pictures.size;
        self.store.put(&key, pictures).await?;
        Ok((key, size))
    }

    /// Where the files are.
    pub fn store(&self) -> &PhotoStore {
        &self.store
    }
}

#[cfg(test)]
mod tests;
