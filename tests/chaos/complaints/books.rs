//! What is written down about deliveries.

use crate::ground::Ground;

/// Deliveries, counted.
#[derive(Clone, Copy, Debug)]
pub struct Books {
    /// Deliveries that were planned.
    planned: i64,
    /// Deliveries in whatever state.
    counted: i64,
    /// Deliveries still to be sent.
    pub pending: i64,
    /// Deliveries that nobody can say of whether they left.
    pub unknown: i64,
    /// Deliveries to be sent that no worker would find.
    stranded: i64,
    /// Messages that reach nobody.
    unplanned: i64,
}

impl Books {
    pub async fn of(ground: &Ground) -> Self {
        let rows = ground
            .rows(
                "SELECT CAST((SELECT coalesce(sum(size), 0) FROM work_chunks) AS BIGINT), \
                 (SELECT count(*) FROM deliveries), \
                 (SELECT count(*) FROM deliveries WHERE state = 'pending'), \
                 (SELECT count(*) FROM deliveries WHERE state = 'unknown'), \
                 (SELECT count(*) FROM deliveries d JOIN work_chunks c ON c.id = d.chunk_id \
                  WHERE d.state = 'pending' AND c.state = 'done'), \
                 (SELECT count(*) FROM messages m WHERE NOT EXISTS \
                  (SELECT 1 FROM deliveries d WHERE d.message_id = m.id))",
            )
            .await;
        let number = |index| rows[0].try_get_by_index::<i64>(index).unwrap();
        Self {
            planned: number(0),
            counted: number(1),
            pending: number(2),
            unknown: number(3),
            stranded: number(4),
            unplanned: number(5),
        }
    }

    /// Each planned delivery is in one state, each open one can be found, each message has one.
    pub fn balance(&self) -> bool {
        self.planned == self.counted && self.stranded == 0 && self.unplanned == 0
    }
}
