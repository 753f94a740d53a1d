//! The reach ladder at work, and what ends it: an acknowledgement. What else does stands in `stopping`.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{Acknowledging, Broadcast, Ladder, Rung},
    deliveries::{NewMessage, Recipients, Severity, Topic, port::Outbox},
    ids::{ContactPointId, MessageId, PersonId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, Statement, Value,
    entity::prelude::Uuid,
    sea_query::{Expr, Order, Query},
};

use super::{Db, audience, contact_points::derived_id, corrupt, dialect, failed};

/// People taken up in one transaction.
const CLIMBERS: u64 = 2_000;

/// The order in which somebody without the app is told: by what they can read first.
const BY_WORDS: &str = "CASE k.kind WHEN 'sms' THEN 0 WHEN 'email' THEN 1 ELSE 2 END";

/// Whether a delivery `d` is for somebody of whom `people` holds.
pub(super) fn is_for(people: &str) -> String {
    format!(
        "(EXISTS (SELECT 1 FROM audience a WHERE {people} AND a.person_id = d.person_id) \
         OR EXISTS (SELECT 1 FROM shared_deliveries s JOIN audience a ON a.municipality_id = s.municipality_id \
         AND a.message_id = s.message_id AND a.person_id = s.person_id WHERE s.municipality_id = d.municipality_id \
         AND s.message_id = d.message_id AND s.contact_point_id = d.contact_point_id AND {people}))"
    )
}

/// Identifiers as a list in a statement, bound after what `values` holds.
pub(super) fn listed(values: &mut Vec<Value>, ids: &[Uuid]) -> String {
    let first = values.len() + 1;
    values.extend(ids.iter().map(|id| Value::from(*id)));
    let places: Vec<String> = (first..=values.len()).map(|place| format!("${place}")).collect();
    places.join(", ")
}

/// People who stand on one rung and whose time there is over.
struct Climbers {
    message: MessageId,
    now: DateTime<Utc>,
    rung: i16,
    people: Vec<Uuid>,
}

/// What is left to climb.
pub struct Climbed {
    /// When the next person is due for another rung.
    pub next: Option<DateTime<Utc>>,
    /// Whether others are due already.
    pub more: bool,
}

impl Db<DatabaseTransaction> {
    /// Takes people one rung up whose time on theirs is over, so many at a time; after the last one of a crisis
    /// those are told who represent them.
    pub async fn climb(
        &self,
        now: DateTime<Utc>,
        broadcast: &Broadcast,
        ladder: &Ladder,
    ) -> Result<Climbed, StoreError> {
        let message = broadcast.id;
        // Whoever has another number is not taken further yet.
        let mut more = self.take_off_reached(now, message, ladder).await?
            || self.try_further_numbers(now, message, ladder).await?;
        if !more && self.next_rung(message).await?.is_some_and(|next| next <= now) {
            for rung in 0..ladder.rungs.len() {
                let above = rung.saturating_add(1);
                let next = ladder.rungs.get(above);
                let rung = i16::try_from(rung).unwrap_or(i16::MAX);
                let people = self.due_on(message, now, rung).await?;
                if people.is_empty() {
                    continue;
                }
                more |= u64::try_from(people.len()).is_ok_and(|due| due == CLIMBERS);
                let climbers = Climbers { message, now, rung, people };
                match next {
                    Some(next) => {
                        self.release(&climbers, (next, ladder.is_again(above))).await?;
                        self.step_up(&climbers, next).await?;
                    }
                    None if broadcast.draft.severity == Severity::Crisis => {
                        self.tell_proxies(&climbers, broadcast).await?;
                    }
                    None => self.end_climb(message, &climbers.people).await?,
                }
            }
            self.ring();
        }
        Ok(Climbed { next: self.next_rung(message).await?, more })
    }

    /// Those whose time on a rung is over, the longest waiting first. Who acknowledges meanwhile comes before or
    /// after.
    async fn due_on(
        &self,
        message: MessageId,
        now: DateTime<Utc>,
        rung: i16,
    ) -> Result<Vec<Uuid>, StoreError> {
        use audience::Column;
        let mut due = Query::select();
        due.column(Column::PersonId)
            .from(audience::Entity)
            .and_where(Expr::col(Column::MunicipalityId).eq(self.municipality()?.0))
            .and_where(Expr::col(Column::MessageId).eq(message.0))
            .and_where(Expr::col(Column::NextAt).lte(now))
            .and_where(Expr::col(Column::Rung).eq(rung))
            .order_by(Column::NextAt, Order::Asc)
            .limit(CLIMBERS);
        dialect::hold(self.backend(), &mut due);
        let rows = self.connection().query_all(&due).await.map_err(failed)?;
        rows.iter().map(|row| row.try_get("", "person_id").map_err(failed)).collect()
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

    /// What waits on the next rung becomes due, of several numbers the first; what was tried there before and is tried
    /// again, as well, and then further numbers wait once more.
    async fn release(&self, climbers: &Climbers, (rung, again): (&Rung, bool)) -> Result<(), StoreError> {
        let (town, message) = (self.municipality()?.0, climbers.message.0);
        // A delivery never goes back by itself. A call that nobody confirmed is made again all the same.
        let (states, which) = match again {
            true => ("'sent', 'delivered', 'failed', 'unknown'", ""),
            false => ("'waiting'", "AND d.place = 0 "),
        };
        let mut values: Vec<Value> = vec![town.into(), message.into(), rung.channel.to_string().into()];
        let people = listed(&mut values, &climbers.people);
        let theirs = format!(
            "SELECT d.contact_point_id, d.chunk_id, d.place FROM deliveries d WHERE d.municipality_id = $1 \
             AND d.person_id IN ({people}) AND d.message_id = $2 AND d.channel = $3 {which}AND d.state IN ({states}) \
             UNION SELECT d.contact_point_id, d.chunk_id, 0 FROM deliveries d WHERE d.municipality_id = $1 \
             AND d.message_id = $2 AND d.channel = $3 AND d.state IN ({states}) AND d.contact_point_id IN \
             (SELECT s.contact_point_id FROM shared_deliveries s WHERE s.municipality_id = $1 \
             AND s.message_id = $2 AND s.place = 0 AND s.person_id IN ({people}))"
        );
        let theirs = Statement::from_sql_and_values(self.backend(), theirs, values);
        let (mut due, mut later) = (Vec::new(), Vec::new());
        for row in self.connection().query_all_raw(theirs).await.map_err(failed)? {
            let point: Uuid = row.try_get("", "contact_point_id").map_err(failed)?;
            match row.try_get("", "place").map_err(failed)? {
                0_i32 => due.push((point, row.try_get("", "chunk_id").map_err(failed)?)),
                _ => later.push(point),
            }
        }
        later.retain(|point| !due.iter().any(|(first, _)| first == point));
        if !later.is_empty() {
            let mut values: Vec<Value> = vec![town.into(), message.into(), climbers.now.into()];
            let wait = format!(
                "UPDATE deliveries SET state = 'waiting', reason = NULL, updated_at = $3, \
                 generation = generation + 1 WHERE municipality_id = $1 AND message_id = $2 AND state IN ({states}) AND contact_point_id IN ({})",
                listed(&mut values, &later)
            );
            self.run_sql(wait, values).await?;
        }
        self.make_due(climbers.now, climbers.message, states, &due).await
    }

    /// Has deliveries in one of these states become due, each named with its chunk. The chunks' rows first: whoever
    /// sends from one holds that too.
    pub(super) async fn make_due(
        &self,
        now: DateTime<Utc>,
        message: MessageId,
        states: &str,
        due: &[(Uuid, Uuid)],
    ) -> Result<(), StoreError> {
        if due.is_empty() {
            return Ok(());
        }
        let (points, mut chunks): (Vec<Uuid>, Vec<Uuid>) = due.iter().copied().unzip();
        chunks.sort_unstable();
        chunks.dedup();
        let mut values: Vec<Value> = vec![now.into()];
        let open = format!(
            "UPDATE work_chunks SET state = CASE WHEN state = 'done' THEN 'pending' ELSE state END, due_at = $1 \
             WHERE id IN ({})",
            listed(&mut values, &chunks)
        );
        self.run_sql(open, values).await?;
        let mut values: Vec<Value> = vec![self.municipality()?.0.into(), message.0.into(), now.into()];
        let release = format!(
            "UPDATE deliveries SET state = 'pending', due_at = $3, reason = NULL, updated_at = $3, \
             generation = generation + CASE WHEN state = 'waiting' THEN 0 ELSE 1 END \
             WHERE municipality_id = $1 AND message_id = $2 AND state IN ({states}) AND contact_point_id IN ({})",
            listed(&mut values, &points)
        );
        self.run_sql(release, values).await.map(drop)
    }

    /// Whoever has no way on the next rung goes on from there at once.
    async fn step_up(&self, climbers: &Climbers, next: &Rung) -> Result<(), StoreError> {
        let mut values: Vec<Value> = vec![
            self.municipality()?.0.into(),
            climbers.message.0.into(),
            climbers.now.into(),
            next.channel.to_string().into(),
            (climbers.now + next.wait()).into(),
            climbers.rung.saturating_add(1).into(),
        ];
        let sql = format!(
            "UPDATE audience SET rung = $6, next_at = CASE WHEN EXISTS (SELECT 1 FROM deliveries d \
             WHERE d.municipality_id = $1 AND d.person_id = audience.person_id AND d.message_id = $2 \
             AND d.channel = $4 AND d.state <> 'suppressed') \
             OR EXISTS (SELECT 1 FROM deliveries d WHERE d.municipality_id = $1 AND d.message_id = $2 \
             AND d.channel = $4 AND d.state <> 'suppressed' AND d.contact_point_id IN \
             (SELECT s.contact_point_id FROM shared_deliveries s WHERE s.municipality_id = $1 \
             AND s.message_id = $2 AND s.person_id = audience.person_id)) THEN $5 ELSE $3 END \
             WHERE municipality_id = $1 AND message_id = $2 AND person_id IN ({})",
            listed(&mut values, &climbers.people)
        );
        self.run_sql(sql, values).await.map(drop)
    }

    /// After the last rung whoever represents somebody is told, once.
    async fn tell_proxies(&self, climbers: &Climbers, broadcast: &Broadcast) -> Result<(), StoreError> {
        let now = climbers.now;
        let mut values: Vec<Value> = vec![self.municipality()?.0.into(), broadcast.id.0.into()];
        let people = listed(&mut values, &climbers.people);
        if !broadcast.draft.drill {
            let contact = |what: &str| {
                format!(
                    "(SELECT k.{what} FROM contacts c JOIN contact_points k ON k.id = c.contact_point_id \
                     WHERE c.person_id = p.proxy_id ORDER BY {BY_WORDS}, c.place, k.id LIMIT 1) AS contact_{what}"
                )
            };
            let sql = format!(
                "SELECT a.person_id, p.proxy_id, CASE WHEN EXISTS (SELECT 1 FROM devices v \
                 WHERE v.person_id = p.proxy_id) THEN 1 ELSE 0 END AS has_app, {}, {} \
                 FROM audience a JOIN proxies p ON p.ward_id = a.person_id \
                 AND p.municipality_id = $1 AND p.proxy_id IS NOT NULL WHERE a.municipality_id = $1 \
                 AND a.message_id = $2 AND a.person_id IN ({people}) AND a.proxy_told_at IS NULL",
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
                // Once for all that follows the first one up: a message there already stays as it is.
                let parts = [broadcast.incident_id().0, ward.0, proxy.0].map(Uuid::into_bytes);
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
        values.push(now.into());
        let now = values.len();
        let ended = format!(
            "UPDATE audience SET next_at = NULL, proxy_told_at = CASE WHEN EXISTS (SELECT 1 FROM proxies p \
             WHERE p.ward_id = audience.person_id AND p.municipality_id = $1 AND p.proxy_id IS NOT NULL \
              AND (EXISTS (SELECT 1 FROM devices v WHERE v.person_id = p.proxy_id) \
              OR EXISTS (SELECT 1 FROM contacts c WHERE c.person_id = p.proxy_id))) \
             THEN ${now} ELSE proxy_told_at END \
             WHERE municipality_id = $1 AND message_id = $2 AND person_id IN ({people})"
        );
        self.run_sql(ended, values).await.map(drop)
    }

    /// Whether nothing of a broadcast is left to send.
    pub async fn is_all_sent(&self, message: MessageId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM work_chunks WHERE municipality_id = $1 AND message_id = $2 AND state <> 'done' \
                   LIMIT 1";
        let values = [self.municipality()?.0.into(), message.0.into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        Ok(self.connection().query_one_raw(statement).await.map_err(failed)?.is_none())
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
        let (town, people) =
            (self.municipality()?.0, people.iter().map(|person| person.0).collect::<Vec<_>>());
        if people.is_empty() {
            return Ok(false);
        }
        let mut values: Vec<Value> = vec![town.into(), id.0.into(), now.into(), by.to_string().into()];
        let noted = format!(
            "UPDATE audience SET acknowledged_at = coalesce(acknowledged_at, $3), \
             acknowledged_by = coalesce(acknowledged_by, $4), next_at = NULL \
             WHERE municipality_id = $1 AND message_id = $2 AND person_id IN ({})",
            listed(&mut values, &people)
        );
        if self.run_sql(noted, values).await? == 0 {
            return Ok(false);
        }
        // Looked up before, and named one by one where they end: PostgreSQL does not know yet how many deliveries a
        // broadcast has that has just begun, and would look at all of them for everybody who acknowledges.
        let mut values: Vec<Value> = vec![town.into(), id.0.into()];
        let theirs = listed(&mut values, &people);
        let open = format!(
            "SELECT d.contact_point_id FROM deliveries d WHERE d.municipality_id = $1 AND d.person_id IN ({theirs}) \
             AND d.message_id = $2 AND d.state IN ('waiting', 'pending') UNION SELECT s.contact_point_id \
             FROM shared_deliveries s WHERE s.municipality_id = $1 AND s.message_id = $2 AND s.person_id IN ({theirs})"
        );
        let rows = self.many(open, values).await?;
        let points = rows.iter().map(|row| row.try_get("", "contact_point_id").map_err(failed));
        let points = points.collect::<Result<Vec<Uuid>, _>>()?;
        if points.is_empty() {
            return Ok(true);
        }
        let others = is_for("a.municipality_id = $1 AND a.message_id = $2 AND a.acknowledged_at IS NULL");
        let mut values: Vec<Value> = vec![town.into(), id.0.into(), now.into()];
        let ended = format!(
            "UPDATE deliveries AS d SET state = 'cancelled', reason = 'acknowledged', updated_at = $3 \
             WHERE d.municipality_id = $1 AND d.message_id = $2 AND d.state IN ('waiting', 'pending') \
             AND d.contact_point_id IN ({}) AND NOT {others}",
            listed(&mut values, &points)
        );
        self.run_sql(ended, values).await?;
        Ok(true)
    }

    /// Those for whom one delivery is, in the order in which whoever acknowledges for all of them holds their rows.
    pub(super) async fn everybody_at(
        &self,
        id: MessageId,
        contact_point: ContactPointId,
    ) -> Result<Vec<PersonId>, StoreError> {
        let sql = "SELECT person_id FROM deliveries WHERE municipality_id = $1 AND message_id = $2 \
                   AND contact_point_id = $3 AND person_id IS NOT NULL UNION SELECT person_id \
                   FROM shared_deliveries WHERE municipality_id = $1 AND message_id = $2 AND contact_point_id = $3 \
                   ORDER BY person_id";
        let values = [self.municipality()?.0.into(), id.0.into(), contact_point.0.into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let rows = self.connection().query_all_raw(statement).await.map_err(failed)?;
        rows.iter().map(|row| row.try_get("", "person_id").map(PersonId).map_err(failed)).collect()
    }
}
