//! Work that goes through all town halls: what breaks in one keeps no other waiting.

use crate::{
    Error,
    ids::{ComplaintId, MunicipalityId},
};

/// Something that could not be swept. It is tried again the next time.
#[derive(Debug)]
pub struct Fault {
    /// In which town hall.
    pub municipality: MunicipalityId,
    /// What it is about, where it is one complaint.
    pub complaint: Option<ComplaintId>,
    /// What broke. Its text holds no personal data.
    pub error: Error,
}

impl Fault {
    /// Something about a whole town hall.
    pub fn of_town(municipality: MunicipalityId, error: impl Into<Error>) -> Self {
        Self { municipality, complaint: None, error: error.into() }
    }
}
