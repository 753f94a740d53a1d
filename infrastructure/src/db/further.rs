//! Several numbers of one person: the first in their order is tried when the ladder reaches its rung, each next one
//! as soon as the one before led nowhere, and only then the ladder goes on. Until then a further number waits.
//!
//! The first of a delivery whose `place` is not 0 says that there is anything to do here: everybody else has one
//! number, and costs nothing.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::Ladder,
    deliveries::{Channel, DeliveryState},
    ids::MessageId,
};
use sea_orm::{DatabaseTransaction, QueryResult, Value, entity::prelude::Uuid};

use super::{Db, climbing::listed, corrupt, failed};

/// Numbers whose turn comes in one transaction.
const TURNS: usize = 2_000;

/// The next number of somebody.
struct Turn {
    person: Uuid,
    contact_point: Uuid,
    chunk: Uuid,
    channel: Channel,
    /// The rung its person stands on.
    rung: usize,
}

impl Turn {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id = |column| row.try_get::<Uuid>("", column).map_err(failed);
        let channel: String = row.try_get("", "channel").map_err(failed)?;
        let rung: i16 = row.try_get("", "rung").map_err(failed)?;
        Ok(Self {
            person: id("person_id")?,
            contact_point: id("contact_point_id")?,
            chunk: id("chunk_id")?,
            channel: channel.parse().map_err(|_| corrupt("deliveries.channel"))?,
            rung: usize::try_from(rung).map_err(|_| corrupt("audience.rung"))?,
        })
    }
}

impl Db<DatabaseTransaction> {
    /// Has further numbers become due whose turn it is, and their people stay on their rung as long as it waits.
    /// Answers whether there may be more of them.
    pub(super) async fn try_further_numbers(
        &self,
        now: DateTime<Utc>,
        message: MessageId,
        ladder: &Ladder,
    ) -> Result<bool, StoreError> {
        let turns = self.turns_of_numbers(now, message, ladder).await?;
        if turns.is_empty() {
            return Ok(false);
        }
        let due: Vec<_> = turns.iter().map(|turn| (turn.contact_point, turn.chunk)).collect();
        for (number, rung) in ladder.rungs.iter().enumerate() {
            let stay = turns.iter().filter(|turn| turn.rung == number && turn.channel == rung.channel);
            let people: Vec<Uuid> = stay.map(|turn| turn.person).collect();
            if people.is_empty() {
                continue;
            }
            let mut values: Vec<Value> =
                vec![self.municipality()?.0.into(), message.0.into(), (now + rung.wait()).into()];
            let sql = format!(
                "UPDATE audience SET next_at = $3 WHERE municipality_id = $1 AND message_id = $2 \
                 AND next_at IS NOT NULL AND person_id IN ({})",
                listed(&mut values, &people)
            );
            self.run_sql(sql, values).await?;
        }
        // People first, as everywhere: who acknowledges meanwhile comes before or after.
        self.make_due(now, message, "'waiting'", &due).await?;
        self.ring();
        Ok(turns.len() == TURNS)
    }

    /// Numbers before which nothing of their person's is left to hope for: it ended without having arrived; a call,
    /// also when its rung's time is over and nobody confirmed it.
    async fn turns_of_numbers(
        &self,
        now: DateTime<Utc>,
        message: MessageId,
        ladder: &Ladder,
    ) -> Result<Vec<Turn>, StoreError> {
        use DeliveryState::{Delivered, Pending, Read, Sent, Waiting};
        let reached = [Channel::Sms, Channel::Voice]
            .map(|channel| format!("(f.channel = '{channel}' AND a.rung >= {})", ladder.first(channel)));
        let calls = ladder.rungs.iter().enumerate().filter(|(_, rung)| rung.channel == Channel::Voice);
        let calls: Vec<_> = calls.map(|(number, _)| format!("a.rung = {number}")).collect();
        let calls = if calls.is_empty() { "1 = 0".to_owned() } else { calls.join(" OR ") };
        let is_over = format!("f.channel = '{}' AND a.next_at <= $3 AND ({calls})", Channel::Voice);
        let hopeful = [Pending, Sent, Delivered, Read].map(|state| format!("'{state}'")).join(", ");
        let open = format!("(e.state = '{Waiting}' OR (e.state IN ({hopeful}) AND NOT ({is_over})))");
        let sql = format!(
            "WITH further AS (SELECT d.person_id, d.contact_point_id, d.chunk_id, d.channel, d.place FROM deliveries d \
             WHERE d.municipality_id = $1 AND d.message_id = $2 AND d.place > 0 AND d.state = '{Waiting}' \
             UNION ALL SELECT s.person_id, s.contact_point_id, d.chunk_id, d.channel, s.place FROM shared_deliveries s \
             JOIN deliveries d ON d.municipality_id = s.municipality_id AND d.message_id = s.message_id \
             AND d.contact_point_id = s.contact_point_id WHERE s.municipality_id = $1 AND s.message_id = $2 \
             AND s.place > 0 AND d.state = '{Waiting}') \
             SELECT f.person_id, f.contact_point_id, f.chunk_id, f.channel, a.rung FROM further f \
             JOIN audience a ON a.municipality_id = $1 AND a.message_id = $2 AND a.person_id = f.person_id \
             WHERE a.next_at IS NOT NULL AND ({}) \
             AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.municipality_id = $1 AND e.person_id = f.person_id \
             AND e.message_id = $2 AND e.channel = f.channel AND e.place < f.place AND {open}) \
             AND NOT EXISTS (SELECT 1 FROM shared_deliveries t JOIN deliveries e \
             ON e.municipality_id = t.municipality_id AND e.message_id = t.message_id \
             AND e.contact_point_id = t.contact_point_id WHERE t.municipality_id = $1 AND t.message_id = $2 \
             AND t.person_id = f.person_id AND t.place < f.place AND e.channel = f.channel AND {open}) LIMIT {TURNS}",
            reached.join(" OR "),
        );
        let values = vec![self.municipality()?.0.into(), message.0.into(), now.into()];
        self.many(sql, values).await?.iter().map(Turn::read).collect()
    }

    /// Lets go of numbers that still wait when nobody stands on the ladder any more: an earlier one did.
    pub async fn let_further_numbers_go(
        &self,
        now: DateTime<Utc>,
        message: MessageId,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET state = 'cancelled', updated_at = $3 WHERE municipality_id = $1 \
                   AND message_id = $2 AND state = 'waiting' AND contact_point_id IN (SELECT d.contact_point_id \
                   FROM deliveries d WHERE d.municipality_id = $1 AND d.message_id = $2 AND d.place > 0 UNION \
                   SELECT s.contact_point_id FROM shared_deliveries s WHERE s.municipality_id = $1 \
                   AND s.message_id = $2 AND s.place > 0)";
        let values = vec![self.municipality()?.0.into(), message.0.into(), now.into()];
        self.run_sql(sql.to_owned(), values).await.map(drop)
    }
}
