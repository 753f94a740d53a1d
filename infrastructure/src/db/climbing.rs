//! The reach ladder at work, and what ends it: an acknowledgement, a call back, the time that runs out.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{Acknowledging, Broadcast, Ladder, Rung},
    deliveries::{DeliveryState, NewMessage, Recipients, Severity, Topic, port::Outbox},
    ids::{ContactPointId, MessageId, PersonId},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, Value};
use uuid::Uuid;

use super::{Db, contact_points::derived_id, corrupt, failed};

/// Deliveries stopped in one statement.
const STOPPED: u64 = 20_000;

/// People of a message who stand on a rung whose time is over: `$1` town, `$2` message, `$3` now, `$4` rung.
const DUE: &str = "a.municipality_id = $1 AND a.message_id = $2 AND a.next_at <= $3 AND a.rung = $4";

/// The order in which somebody without the app is told: by what they can read first.
const BY_WORDS: &str = "CASE k.kind WHEN 'sms' THEN 0 WHEN 'email' THEN 1 ELSE 2 END";

/// Whether a delivery `d` is for somebody of whom `people` holds.
fn is_for(people: &str) -> String {
    format!(
        "(EXISTS (SELECT 1 FROM audience a WHERE {people} AND a.person_id = d.person_id) \
         OR EXISTS (SELECT 1 FROM shared_deliveries s JOIN audience a ON a.municipality_id = s.municipality_id \
         AND a.message_id = s.message_id AND a.person_id = s.person_id WHERE s.municipality_id = d.municipality_id \
         AND s.message_id = d.message_id AND s.contact_point_id = d.contact_point_id AND {people}))"
    )
}

impl Db<DatabaseTransaction> {
    /// Takes everybody one rung up whose time on theirs is over, and tells those who represent them after the
    /// last one. Answers when the next one is due.
    pub async fn climb(
        &self,
        now: DateTime<Utc>,
        broadcast: &Broadcast,
        ladder: &Ladder,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let (town, message) = (self.municipality()?.0, broadcast.id);
        if self.next_rung(message).await?.is_some_and(|next| next <= now) {
            for (number, (_, next)) in ladder.rungs.iter().zip(ladder.rungs.iter().skip(1)).enumerate() {
                let number = i16::try_from(number).unwrap_or(i16::MAX);
                let due: Vec<Value> = vec![town.into(), message.0.into(), now.into(), number.into()];
                self.release(&due, next).await?;
                self.step_up(due, now, number, next).await?;
            }
            let last = i16::try_from(ladder.rungs.len().saturating_sub(1)).unwrap_or(i16::MAX);
            self.tell_proxies(now, broadcast, last).await?;
            self.ring();
        }
        self.next_rung(message).await
    }

    /// When the next person is due for another rung.
    async fn next_rung(&self, message: MessageId) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT min(next_at) AS next_at FROM audience WHERE municipality_id = $1 AND message_id = $2 \
                   AND next_at IS NOT NULL";
        let values = [self.municipality()?.0.into(), message.0.into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        match self.connection().query_one_raw(statement).await.map_err(failed)? {
            Some(row) => row.try_get("", "next_at").map_err(failed),
            None => Ok(None),
        }
    }

    /// What waits on the next rung becomes due; what was tried there before and is tried again, as well. The
    /// chunk's row first: whoever sends from it holds that too.
    async fn release(&self, due: &[Value], rung: &Rung) -> Result<(), StoreError> {
        // A delivery never goes back by itself. A call that nobody confirmed is made again all the same.
        let states = if rung.again { "'sent', 'delivered', 'failed', 'unknown'" } else { "'waiting'" };
        let mut values = due.to_vec();
        values.push(rung.channel.to_string().into());
        let which = format!(
            "d.municipality_id = $1 AND d.message_id = $2 AND d.channel = $5 AND d.state IN ({states}) AND {}",
            is_for(DUE)
        );
        let open = format!(
            "UPDATE work_chunks SET state = CASE WHEN state = 'done' THEN 'pending' ELSE state END, due_at = $3 \
             WHERE id IN (SELECT d.chunk_id FROM deliveries d WHERE {which})"
        );
        if self.run_sql(open, values.clone()).await? == 0 {
            return Ok(());
        }
        let release = format!(
            "UPDATE deliveries SET state = 'pending', due_at = $3, reason = NULL, updated_at = $3 \
             WHERE municipality_id = $1 AND message_id = $2 AND state IN ({states}) AND contact_point_id IN \
             (SELECT d.contact_point_id FROM deliveries d WHERE {which})"
        );
        self.run_sql(release, values).await.map(drop)
    }

    /// Whoever has no way on the next rung goes on from there at once.
    async fn step_up(
        &self,
        mut values: Vec<Value>,
        now: DateTime<Utc>,
        number: i16,
        next: &Rung,
    ) -> Result<(), StoreError> {
        values.extend([
            next.channel.to_string().into(),
            (now + next.wait).into(),
            number.saturating_add(1).into(),
        ]);
        let sql = "UPDATE audience SET rung = $7, next_at = CASE WHEN EXISTS (SELECT 1 FROM deliveries d \
                   WHERE d.municipality_id = $1 AND d.message_id = $2 AND d.channel = $5 \
                   AND d.state <> 'suppressed' AND (d.person_id = audience.person_id \
                   OR EXISTS (SELECT 1 FROM shared_deliveries s WHERE s.municipality_id = $1 \
                   AND s.message_id = $2 AND s.contact_point_id = d.contact_point_id \
                   AND s.person_id = audience.person_id))) THEN $6 ELSE $3 END \
                   WHERE municipality_id = $1 AND message_id = $2 AND next_at <= $3 AND rung = $4";
        self.run_sql(sql.to_owned(), values).await.map(drop)
    }

    /// After the last rung whoever represents somebody is told, once.
    async fn tell_proxies(
        &self,
        now: DateTime<Utc>,
        broadcast: &Broadcast,
        last: i16,
    ) -> Result<(), StoreError> {
        let values: Vec<Value> =
            vec![self.municipality()?.0.into(), broadcast.id.0.into(), now.into(), last.into()];
        if !broadcast.draft.drill {
            let contact = |what: &str| {
                format!(
                    "(SELECT k.{what} FROM contacts c JOIN contact_points k ON k.id = c.contact_point_id \
                     WHERE c.person_id = p.proxy_id ORDER BY {BY_WORDS}, k.id LIMIT 1) AS contact_{what}"
                )
            };
            let sql = format!(
                "SELECT a.person_id, p.proxy_id, CASE WHEN EXISTS (SELECT 1 FROM devices v \
                 WHERE v.person_id = p.proxy_id) THEN 1 ELSE 0 END AS has_app, {}, {} \
                 FROM audience a JOIN proxies p ON p.ward_id = a.person_id \
                 AND p.municipality_id = $1 AND p.proxy_id IS NOT NULL WHERE {DUE} AND a.proxy_told_at IS NULL",
                contact("id"),
                contact("kind")
            );
            let statement = Statement::from_sql_and_values(self.backend(), sql, values.clone());
            for row in self.connection().query_all_raw(statement).await.map_err(failed)? {
                let ward = PersonId(row.try_get("", "person_id").map_err(failed)?);
                let proxy = PersonId(row.try_get("", "proxy_id").map_err(failed)?);
                let has_app: i32 = row.try_get("", "has_app").map_err(failed)?;
                let contact: Option<Uuid> = row.try_get("", "contact_id").map_err(failed)?;
                let kind: Option<String> = row.try_get("", "contact_kind").map_err(failed)?;
                let to = match (has_app, contact.zip(kind)) {
                    (1, _) => Recipients::Devices(proxy),
                    (_, Some((contact, kind))) => {
                        let channel = kind.parse().map_err(|_| corrupt("contact_points.kind"))?;
                        Recipients::Contact(ContactPointId(contact), channel, proxy)
                    }
                    // Nothing leads to them: the list says that the ward did not acknowledge.
                    (_, None) => continue,
                };
                let parts = [*broadcast.id.0.as_bytes(), *ward.0.as_bytes(), *proxy.0.as_bytes()];
                let message = NewMessage {
                    id: MessageId(derived_id(parts.concat())),
                    severity: Severity::Notice,
                    topic: Topic::WardUnreached { ward, broadcast: broadcast.id },
                    expires_at: broadcast.draft.expires_at,
                    to,
                };
                self.enqueue(now, &message).await?;
            }
        }
        let ended = "UPDATE audience SET next_at = NULL, proxy_told_at = CASE WHEN EXISTS (SELECT 1 FROM proxies p \
                     WHERE p.ward_id = audience.person_id AND p.municipality_id = $1 AND p.proxy_id IS NOT NULL \
                     AND (EXISTS (SELECT 1 FROM devices v WHERE v.person_id = p.proxy_id) \
                     OR EXISTS (SELECT 1 FROM contacts c WHERE c.person_id = p.proxy_id))) THEN $3 ELSE proxy_told_at END \
                     WHERE municipality_id = $1 AND message_id = $2 AND next_at <= $3 AND rung = $4";
        self.run_sql(ended.to_owned(), values).await.map(drop)
    }

    /// Whether nothing of a broadcast is left to send.
    pub async fn is_all_sent(&self, message: MessageId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM work_chunks WHERE municipality_id = $1 AND message_id = $2 AND state <> 'done' \
                   LIMIT 1";
        let values = [self.municipality()?.0.into(), message.0.into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        Ok(self.connection().query_one_raw(statement).await.map_err(failed)?.is_none())
    }

    /// Stops some of what has not left. Answers whether that was all of it.
    pub(super) async fn cancel_slice(&self, now: DateTime<Utc>, id: MessageId) -> Result<bool, StoreError> {
        self.stop(now, id, DeliveryState::Cancelled, "cancelled").await
    }

    /// Ends some of what waits for a time that will not come. Answers whether that was all of it.
    pub async fn expire_slice(&self, now: DateTime<Utc>, id: MessageId) -> Result<bool, StoreError> {
        self.stop(now, id, DeliveryState::Expired, "expired").await
    }

    async fn stop(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        state: DeliveryState,
        reason: &'static str,
    ) -> Result<bool, StoreError> {
        let town = self.municipality()?.0;
        // Whoever sends from a chunk holds its row: they come before, or find nothing after.
        let hold = "UPDATE work_chunks SET due_at = due_at WHERE municipality_id = $1 AND message_id = $2 \
                    AND state <> 'done'";
        self.run_sql(hold.to_owned(), vec![town.into(), id.0.into()]).await?;
        let stop = format!(
            "UPDATE deliveries SET state = $3, reason = $4, updated_at = $5 WHERE municipality_id = $1 \
             AND message_id = $2 AND state IN ('waiting', 'pending') AND contact_point_id IN \
             (SELECT contact_point_id FROM deliveries WHERE municipality_id = $1 AND message_id = $2 AND state IN ('waiting', 'pending') LIMIT {STOPPED})"
        );
        let values: Vec<Value> =
            vec![town.into(), id.0.into(), state.to_string().into(), reason.into(), now.into()];
        let stopped = self.run_sql(stop, values).await?;
        let off = "UPDATE audience SET next_at = NULL WHERE municipality_id = $1 AND message_id = $2 \
                   AND next_at IS NOT NULL";
        self.run_sql(off.to_owned(), vec![town.into(), id.0.into()]).await?;
        Ok(stopped < STOPPED)
    }

    pub(super) async fn write_read(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        person: PersonId,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE audience SET read_at = coalesce(read_at, $4) WHERE municipality_id = $1 \
                   AND message_id = $2 AND person_id = $3";
        let values = vec![self.municipality()?.0.into(), id.0.into(), person.0.into(), now.into()];
        Ok(self.run_sql(sql.to_owned(), values).await? > 0)
    }

    /// Notes who acknowledged and stops what is still to come for them; what is also for somebody who has not
    /// goes on.
    pub(super) async fn write_acknowledged(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        people: &[PersonId],
        by: Acknowledging,
    ) -> Result<bool, StoreError> {
        let mut found = false;
        let town = self.municipality()?.0;
        for person in people {
            let sql = "UPDATE audience SET acknowledged_at = coalesce(acknowledged_at, $4), \
                       acknowledged_by = coalesce(acknowledged_by, $5), next_at = NULL \
                       WHERE municipality_id = $1 AND message_id = $2 AND person_id = $3";
            let values = vec![town.into(), id.0.into(), person.0.into(), now.into(), by.to_string().into()];
            found |= self.run_sql(sql.to_owned(), values).await? > 0;
        }
        if !found {
            return Ok(false);
        }
        for person in people {
            let others = is_for("a.municipality_id = $1 AND a.message_id = $2 AND a.acknowledged_at IS NULL");
            let sql = format!(
                "UPDATE deliveries SET state = 'cancelled', reason = 'acknowledged', updated_at = $4 \
                 WHERE municipality_id = $1 AND message_id = $2 AND state IN ('waiting', 'pending') \
                 AND contact_point_id IN (\
                 SELECT d.contact_point_id FROM deliveries d WHERE d.municipality_id = $1 AND d.message_id = $2 \
                 AND d.state IN ('waiting', 'pending') AND (d.person_id = $3 OR EXISTS (SELECT 1 \
                 FROM shared_deliveries o WHERE o.municipality_id = $1 AND o.message_id = $2 \
                 AND o.contact_point_id = d.contact_point_id AND o.person_id = $3)) AND NOT {others})"
            );
            let values = vec![town.into(), id.0.into(), person.0.into(), now.into()];
            self.run_sql(sql, values).await?;
        }
        Ok(true)
    }

    /// Those for whom one delivery is.
    pub(super) async fn everybody_at(
        &self,
        id: MessageId,
        contact_point: ContactPointId,
    ) -> Result<Vec<PersonId>, StoreError> {
        let sql = "SELECT person_id FROM deliveries WHERE municipality_id = $1 AND message_id = $2 \
                   AND contact_point_id = $3 AND person_id IS NOT NULL UNION SELECT person_id \
                   FROM shared_deliveries WHERE municipality_id = $1 AND message_id = $2 AND contact_point_id = $3";
        let values = [self.municipality()?.0.into(), id.0.into(), contact_point.0.into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = self.connection().query_all_raw(statement).await.map_err(failed)?;
        rows.iter().map(|row| row.try_get("", "person_id").map(PersonId).map_err(failed)).collect()
    }
}
