//! Settings of sources: what others publish and this installation asks for.

use infrastructure::sources::Fetcher;
use serde::{Deserialize, Serialize};

/// Sources of content and of waste calendars.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sources {
    /// Whether sources may stand in private networks and be asked by `http` too. Staff who set up sources can
    /// then make this installation ask anything it reaches.
    pub private_networks: bool,
}

impl Sources {
    /// Who asks them.
    pub fn fetcher(&self) -> Fetcher {
        if self.private_networks { Fetcher::anywhere() } else { Fetcher::default() }
    }
}
