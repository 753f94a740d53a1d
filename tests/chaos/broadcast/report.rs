//! What came of it, as the one line of JSON.

use serde::Serialize;

/// The last line.
#[derive(Serialize)]
pub struct Report {
    pub people: u32,
    pub kills: usize,
    /// People whose phone never showed it.
    pub lost: usize,
    /// Pushes the providers took beyond one for each phone.
    pub duplicate_calls: usize,
    /// Notifications somebody sees more than once, on phones that apply collapse ids and tags.
    pub visible_duplicates: usize,
    /// Deliveries that may or may not have left.
    pub unknown: i64,
    /// Kills at which deliveries were still to be planned or sent.
    pub kills_while_sending: usize,
    /// The longest from a kill until the server was ready again.
    pub recovery_seconds_max: f64,
    /// Whether after each kill and in the end the deliveries in all states were the people planned so far.
    pub conserved: bool,
    #[serde(skip)]
    pub also: Also,
}

/// What has to be so besides.
#[derive(Debug)]
pub struct Also {
    /// Deliveries were waiting or on their way when the last kill came.
    pub pending_at_last_kill: bool,
    /// The books say in the end that each delivery was sent.
    pub told_by_the_books: bool,
    /// No kill had more sent again than was on its way.
    pub within_the_window: bool,
    /// All pushes to one phone carried the same ids.
    pub calls_alike: bool,
    /// Providers found nothing wrong with any request.
    pub no_rule_broken: bool,
}

impl Report {
    pub fn all_is_well(&self) -> bool {
        let Also { pending_at_last_kill, told_by_the_books, within_the_window, calls_alike, no_rule_broken } =
            self.also;
        let besides =
            pending_at_last_kill && told_by_the_books && within_the_window && calls_alike && no_rule_broken;
        if !besides {
            println!("{:?}", self.also);
        }
        besides && self.conserved && self.lost + self.visible_duplicates == 0 && self.unknown == 0
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap()
    }
}
