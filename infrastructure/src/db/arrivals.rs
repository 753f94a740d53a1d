//! Rungs that end when the message arrived: whom it reached climbs no further.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{Ends, Ladder},
    ids::MessageId,
};
use sea_orm::{DatabaseTransaction, Value, entity::prelude::Uuid};

use super::{
    Db,
    climbing::{is_for, listed},
    failed,
    sent_again::{ARRIVED, has},
};

/// People taken off in one transaction.
const MOST: usize = 2_000;

impl Db<DatabaseTransaction> {
    /// Ends the ladder of those whose time is over on a rung that ends so, and whom the message reached by whatever
    /// channel. Answers whether there may be more of them.
    pub(super) async fn take_off_reached(
        &self,
        now: DateTime<Utc>,
        message: MessageId,
        ladder: &Ladder,
    ) -> Result<bool, StoreError> {
        let rungs = ladder.rungs.iter().enumerate().filter(|(_, rung)| rung.ends == Ends::Delivered);
        let rungs: Vec<_> = rungs.map(|(number, _)| number.to_string()).collect();
        if rungs.is_empty() {
            return Ok(false);
        }
        let town = self.municipality()?.0;
        let reached = format!(
            "SELECT a.person_id FROM audience a WHERE a.municipality_id = $1 AND a.message_id = $2 \
             AND a.next_at <= $3 AND a.rung IN ({}) AND (a.read_at IS NOT NULL OR {}) ORDER BY a.next_at LIMIT {MOST}",
            rungs.join(", "),
            has(ARRIVED)
        );
        let rows = self.many(reached, vec![town.into(), message.0.into(), now.into()]).await?;
        let people = rows.iter().map(|row| row.try_get::<Uuid>("", "person_id").map_err(failed));
        let people = people.collect::<Result<Vec<_>, _>>()?;
        if people.is_empty() {
            return Ok(false);
        }
        self.end_climb(message, &people).await?;
        // What was still to come for them, unless somebody at that number is still on the ladder.
        let others = is_for("a.municipality_id = $1 AND a.message_id = $2 AND a.next_at IS NOT NULL");
        let mut values: Vec<Value> = vec![town.into(), message.0.into(), now.into()];
        let listed = listed(&mut values, &people);
        let to_come = "(d.state = 'waiting' OR (d.state = 'pending' AND d.due_at > $3))";
        let cancel = format!(
            "UPDATE deliveries SET state = 'cancelled', reason = 'delivered', updated_at = $3 \
             WHERE municipality_id = $1 AND message_id = $2 AND state IN ('waiting', 'pending') \
             AND contact_point_id IN (SELECT d.contact_point_id FROM deliveries d WHERE d.municipality_id = $1 \
             AND d.message_id = $2 AND {to_come} AND d.contact_point_id IN (\
             SELECT own.contact_point_id FROM deliveries own WHERE own.municipality_id = $1 \
             AND own.message_id = $2 AND own.person_id IN ({listed}) UNION \
             SELECT s.contact_point_id FROM shared_deliveries s WHERE s.municipality_id = $1 \
             AND s.message_id = $2 AND s.person_id IN ({listed})) AND NOT {others})"
        );
        self.run_sql(cancel, values).await?;
        Ok(people.len() == MOST)
    }

    /// People for whom nothing more is due.
    pub(super) async fn end_climb(&self, message: MessageId, people: &[Uuid]) -> Result<(), StoreError> {
        let mut values: Vec<Value> = vec![self.municipality()?.0.into(), message.0.into()];
        let sql = format!(
            "UPDATE audience SET next_at = NULL WHERE municipality_id = $1 AND message_id = $2 AND person_id IN ({})",
            listed(&mut values, people)
        );
        self.run_sql(sql, values).await.map(drop)
    }
}
