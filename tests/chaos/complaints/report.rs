//! What came of it, as the one line of JSON.

use serde::Serialize;

/// The last line.
#[derive(Serialize)]
pub struct Report {
    pub database: String,
    /// With it, the kills come at the same points of the play.
    pub seed: u64,
    pub people: usize,
    pub kills: usize,
    /// How often the database was stopped at once as well.
    pub database_stops: usize,
    /// Reports filed and steps of the town hall that were acknowledged.
    pub steps: usize,
    /// Acknowledged reports that are not stored, and acknowledged steps that no phone shows.
    pub lost: usize,
    /// Pushes the providers took beyond one for each phone and message.
    pub duplicate_calls: usize,
    /// Notifications somebody sees more than once.
    pub visible_duplicates: usize,
    /// E-mails that came again with the same `Message-ID`: one whose sending a kill cut short is sent
    /// again, since a desk that is never told is worse. No fault.
    pub duplicate_mails: usize,
    /// Deliveries, all of them e-mails, that may or may not have left.
    pub unknown: i64,
    /// Reports that are stored beyond those that were acknowledged.
    pub second_effects: usize,
    /// Reports that were stored although the answer got lost; the repeated request was acknowledged.
    pub answers_repeated: usize,
    /// Reports that were answered otherwise when they were sent once more.
    pub answers_changed: usize,
    /// Requests that broke a rule of a provider.
    pub violations: usize,
    /// Kills at which deliveries were waiting or on their way.
    pub kills_while_sending: usize,
    /// The longest from a kill until the server was ready again.
    pub recovery_seconds_max: f64,
    /// Whether after each kill and in the end every planned delivery was in one state, and every
    /// message had a delivery.
    pub conserved: bool,
}

impl Report {
    pub fn all_is_well(&self) -> bool {
        let faults = self.lost
            + self.visible_duplicates
            + self.second_effects
            + self.answers_changed
            + self.violations;
        faults == 0 && self.conserved && self.kills_while_sending > 0
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap()
    }
}
