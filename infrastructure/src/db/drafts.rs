//! The words of broadcasts as they were read before: after an alarm all phones ask for the same ones.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    broadcasts::Draft,
    ids::{MessageId, MunicipalityId},
};

/// Drafts kept. Beyond, all are forgotten and read anew.
const MOST: usize = 500;

/// What was read, by the version it was read in. The database is asked for the version each time, so what changed
/// is never answered from here, whichever process changed it.
#[derive(Default)]
pub struct Drafts(Mutex<Kept>);

type Kept = HashMap<(MunicipalityId, MessageId), (i64, Arc<Draft>)>;

impl Drafts {
    /// The draft in this version, where it was read before.
    pub fn get(&self, town: MunicipalityId, id: MessageId, version: i64) -> Option<Arc<Draft>> {
        self.kept().get(&(town, id)).filter(|(of, _)| *of == version).map(|(_, draft)| draft.clone())
    }

    /// Keeps a draft in the version it was read in.
    pub fn put(&self, town: MunicipalityId, id: MessageId, version: i64, draft: Arc<Draft>) {
        let mut kept = self.kept();
        if kept.len() >= MOST && !kept.contains_key(&(town, id)) {
            kept.clear();
        }
        kept.insert((town, id), (version, draft));
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
