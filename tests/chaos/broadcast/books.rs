//! What is written down about the broadcast.

use std::fmt;

use domain::deliveries::DeliveryState;
use strum::IntoEnumIterator;

use crate::ground::Ground;

/// The broadcast's people and deliveries, counted. Everybody has one phone.
#[derive(Clone, Copy, Debug)]
pub struct Books {
    /// People planned so far, as the broadcast says.
    people: i64,
    /// Whether those are all.
    is_planned: bool,
    /// People who are written down.
    audience: i64,
    /// Of them those without a delivery.
    without: i64,
    /// Deliveries that chunks were made for.
    chunked: i64,
    /// Deliveries in a state that is known.
    in_states: i64,
    /// Deliveries to be sent that no worker would find.
    stranded: i64,
    /// Deliveries still to be sent.
    pub pending: i64,
    /// Deliveries that were sent.
    pub sent: i64,
    /// Deliveries that nobody can say of whether they left.
    pub unknown: i64,
}

impl Books {
    pub async fn of(ground: &Ground) -> Self {
        let states: Vec<String> = DeliveryState::iter().map(|state| format!("'{state}'")).collect();
        let sql = format!(
            "SELECT (SELECT people FROM broadcasts), (SELECT planned FROM broadcasts), \
             (SELECT count(*) FROM audience), \
             (SELECT count(*) FROM audience a WHERE NOT EXISTS (SELECT 1 FROM deliveries d \
             WHERE d.municipality_id = a.municipality_id AND d.person_id = a.person_id)), \
             CAST((SELECT coalesce(sum(size), 0) FROM work_chunks) AS BIGINT), \
             (SELECT count(*) FROM deliveries d JOIN work_chunks c ON c.id = d.chunk_id \
             WHERE d.state = 'pending' AND c.state = 'done'), \
             count(CASE WHEN state IN ({}) THEN 1 END), count(CASE WHEN state = 'pending' THEN 1 END), \
             count(CASE WHEN state = 'sent' THEN 1 END), count(CASE WHEN state = 'unknown' THEN 1 END) \
             FROM deliveries",
            states.join(", ")
        );
        let rows = ground.rows(&sql).await;
        let number = |index| rows[0].try_get_by_index::<i64>(index).unwrap();
        Self {
            people: number(0),
            is_planned: rows[0].try_get_by_index(1).unwrap(),
            audience: number(2),
            without: number(3),
            chunked: number(4),
            stranded: number(5),
            in_states: number(6),
            pending: number(7),
            sent: number(8),
            unknown: number(9),
        }
    }

    /// Everybody who was planned is written down and has a delivery in one state; each open one can be found.
    pub fn balance(&self) -> bool {
        let Self { people, audience, chunked, in_states, .. } = *self;
        [audience, chunked, in_states] == [people; 3] && self.without == 0 && self.stranded == 0
    }

    /// Whether anything is left to plan or to send.
    pub fn is_under_way(&self) -> bool {
        !self.is_planned || self.pending > 0
    }
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { people, pending, sent, .. } = self;
        let so_far = if self.is_planned { "" } else { " so far" };
        write!(f, "{people} people planned{so_far}, {sent} sent, {pending} waiting or on their way")
    }
}
