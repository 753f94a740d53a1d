//! Who is written to about what.

use domain::ids::MunicipalityId;

use super::installation::Installation;

/// A line for each letter: what it is about, and where it goes.
const LETTERS: &str = "SELECT m.kind || ' ' || p.address FROM deliveries d JOIN messages m \
                       ON m.municipality_id = d.municipality_id AND m.id = d.message_id \
                       JOIN contact_points p ON p.id = d.contact_point_id WHERE d.channel = 'email' \
                       ORDER BY m.created_at, m.kind, p.address";

impl Installation {
    /// A town hall's letters by e-mail, sent or still to be sent.
    pub async fn letters(&self, town: MunicipalityId) -> Vec<String> {
        self.ask(town, LETTERS).await
    }
}
