//! Who represents a ward.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::{MunicipalityId, PersonId, ProxyId};

/// How long an invitation to represent somebody is good.
pub const INVITATION_LIFE: TimeDelta = TimeDelta::days(7);
/// People who may represent one ward, invitations that wait included.
pub const MOST_PROXIES: usize = 10;

/// One person's tie to a ward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// The tie.
    pub id: ProxyId,
    /// Who is represented.
    pub ward: PersonId,
    /// In which municipality.
    pub municipality: MunicipalityId,
    /// Who represents.
    pub proxy: PersonId,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// An invitation to represent somebody, that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The tie it becomes.
    pub id: ProxyId,
    /// Who would be represented.
    pub ward: PersonId,
    /// In which municipality.
    pub municipality: MunicipalityId,
    /// Keyed hash of its code.
    pub code_hash: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}
