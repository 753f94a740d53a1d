//! Prepared town halls, so that not every report loads all rules again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    Result, Scope, Store, complaints::service::Intake, ids::MunicipalityId, municipalities::Municipality,
};

/// What each town hall puts new complaints to, as long as its register stands.
#[derive(Default)]
pub struct Intakes(Mutex<HashMap<MunicipalityId, Arc<Intake>>>);

impl Intakes {
    /// The intake of a town hall that was just looked up: its `register_version` says whether what
    /// is kept here still counts.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn of(&self, store: &dyn Store, town: Municipality) -> Result<Arc<Intake>> {
        if let Some(intake) = self.kept(&town) {
            return Ok(intake);
        }
        let reads = store.read(Scope::Municipality(town.id)).await?;
        let intake = Arc::new(Intake::load(&*reads, town).await?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(intake.town.id, intake.clone());
        Ok(intake)
    }

    fn kept(&self, town: &Municipality) -> Option<Arc<Intake>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let intake = kept.get(&town.id)?;
        (intake.town.register_version == town.register_version).then(|| intake.clone())
    }
}
