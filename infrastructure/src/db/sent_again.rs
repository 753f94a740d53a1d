//! What staff do about those whom a broadcast has not reached.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    StoreError,
    broadcasts::{Acknowledging, Broadcast, SentAgain},
    ids::{MessageId, PersonId, StaffId},
};
use sea_orm::{DatabaseTransaction, Value};

use super::{Db, climbing::is_for};

/// How long after a try nobody is taken a rung further by hand: a telephone may still ring, and somebody may
/// have pressed twice.
const JUST_TRIED: TimeDelta = TimeDelta::minutes(2);

/// What did not arrive, as far as anybody knows. A call that somebody or a machine took is over after a while, and
/// no proof: `$4` is how long ago.
const MISSED: &str = "(d.state IN ('failed', 'expired', 'unknown') \
    OR (d.state = 'suppressed' AND d.reason = 'budget_spent') \
    OR (d.channel = 'voice' AND d.state IN ('sent', 'delivered') AND d.updated_at <= $4))";

/// Whether anything `d` proves that a message arrived.
pub(super) const ARRIVED: &str = "d.state IN ('delivered', 'read')";

/// Whether somebody `a` has a delivery `d`, alone or with others, of which `what` holds.
pub(super) fn has(what: &str) -> String {
    format!(
        "(EXISTS (SELECT 1 FROM deliveries d WHERE d.municipality_id = a.municipality_id \
         AND d.message_id = a.message_id AND d.person_id = a.person_id AND {what}) \
         OR EXISTS (SELECT 1 FROM deliveries d WHERE d.municipality_id = a.municipality_id \
         AND d.message_id = a.message_id AND {what} AND d.contact_point_id IN \
         (SELECT s.contact_point_id FROM shared_deliveries s WHERE s.municipality_id = a.municipality_id \
         AND s.message_id = a.message_id AND s.person_id = a.person_id)))"
    )
}

impl Db<DatabaseTransaction> {
    pub(super) async fn write_informed(
        &self,
        id: MessageId,
        person: PersonId,
        by: StaffId,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE audience SET informed_by = $4 WHERE municipality_id = $1 AND message_id = $2 \
                   AND person_id = $3 AND acknowledged_by = $5 AND informed_by IS NULL";
        let by_hand = Acknowledging::Staff.to_string();
        let values =
            vec![self.municipality()?.0.into(), id.0.into(), person.0.into(), by.0.into(), by_hand.into()];
        self.run_sql(sql.to_owned(), values).await.map(drop)
    }

    /// Three statements, however many people there are.
    pub(super) async fn send_once_more(
        &self,
        now: DateTime<Utc>,
        due_at: DateTime<Utc>,
        broadcast: &Broadcast,
        people: &[PersonId],
    ) -> Result<SentAgain, StoreError> {
        let bound = |moment: DateTime<Utc>| -> Result<Vec<Value>, StoreError> {
            let town = self.municipality()?.0;
            let mut values: Vec<Value> =
                vec![town.into(), broadcast.id.0.into(), moment.into(), (now - JUST_TRIED).into()];
            values.extend(people.iter().map(|person| Value::from(person.0)));
            Ok(values)
        };
        let mut left =
            "a.municipality_id = $1 AND a.message_id = $2 AND a.acknowledged_at IS NULL".to_owned();
        if !people.is_empty() {
            let places: Vec<_> = (5..people.len() + 5).map(|place| format!("${place}")).collect();
            left.push_str(&format!(" AND a.person_id IN ({})", places.join(", ")));
        }
        if broadcast.draft.severity.is_routine() {
            left.push_str(&format!(" AND a.read_at IS NULL AND NOT {}", has(ARRIVED)));
        }

        let being_tried = has("((d.state = 'pending' AND d.due_at <= $3) \
             OR (d.state IN ('sent', 'delivered', 'failed', 'unknown') AND d.updated_at > $4))");
        let ahead = format!(
            "UPDATE audience AS a SET next_at = $3 WHERE {left} AND a.next_at > $3 AND NOT {being_tried}"
        );
        let ahead = self.run_sql(ahead, bound(now)?).await?;

        // Who stands on the ladder is reached by it. The chunk's row first: whoever sends from it holds that too.
        let which = format!(
            "d.municipality_id = $1 AND d.message_id = $2 AND {MISSED} AND {}",
            is_for(&format!("{left} AND a.next_at IS NULL"))
        );
        let open = format!(
            "UPDATE work_chunks SET state = CASE WHEN state = 'done' THEN 'pending' ELSE state END, due_at = $3 \
             WHERE id IN (SELECT d.chunk_id FROM deliveries d WHERE {which})"
        );
        if self.run_sql(open, bound(due_at)?).await? == 0 {
            return Ok(SentAgain { ahead, again: 0 });
        }
        let mut values = bound(due_at)?;
        values.push(now.into());
        let again = format!(
            "UPDATE deliveries SET state = 'pending', due_at = $3, reason = NULL, updated_at = ${}, \
             generation = generation + CASE WHEN state = 'suppressed' THEN 0 ELSE 1 END \
             WHERE municipality_id = $1 AND message_id = $2 AND contact_point_id IN \
             (SELECT d.contact_point_id FROM deliveries d WHERE {which})",
            values.len()
        );
        let again = self.run_sql(again, values).await?;
        self.ring();
        Ok(SentAgain { ahead, again })
    }
}
