//! A broadcast becomes deliveries: slice by slice in the database, never person by person here.
//!
//! A slice is one transaction. It writes who it is for, one delivery for each contact point, and the chunks
//! workers lease; the broadcast's row says up to whom it came. Killed in between, the next worker goes on
//! from there, and nothing is there twice.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{Broadcast, Ladder, Whom},
    deliveries::{Channel, DeliveryState, Severity},
    follows::reach::rung,
    ids::MessageId,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, Statement, Value,
    entity::prelude::*,
    sea_query::{CaseStatement, Expr, OnConflict, Order, Query},
};
use strum::IntoEnumIterator;

use super::{
    Db,
    audience::{self, wanted_name},
    chunks::{self, ROWS},
    contact_points::derived_id,
    corrupt, failed, follows,
    households::ENDED,
    reach::is_first,
};

/// People planned in one transaction. With the few ways each has, a slice stays below 20,000 rows.
pub const PEOPLE: u64 = 5_000;
/// Chunks of one channel in one slice.
const CHUNKS: i64 = 40;

/// When what is planned may be sent, and when it is no longer worth it.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Now.
    pub now: DateTime<Utc>,
    /// Not before: a night is waited for.
    pub due_at: DateTime<Utc>,
}

/// People of one slice: after the first and up to the last.
#[derive(Clone, Copy)]
struct Slice<'a> {
    message: MessageId,
    after: Uuid,
    last: Uuid,
    severity: Severity,
    /// By their consent to which they are reached.
    consent: Severity,
    ladder: Option<&'a Ladder>,
}

impl Db<DatabaseTransaction> {
    /// Plans the next people of a broadcast after `through`. Answers how many and the last of them; none
    /// where all are planned.
    pub async fn plan_slice(
        &self,
        times: Times,
        broadcast: &Broadcast,
        (whom, through): (&Whom, Option<Uuid>),
        ladder: Option<&Ladder>,
    ) -> Result<Option<(u64, Uuid)>, StoreError> {
        let after = through.unwrap_or(Uuid::nil());
        let Some((people, last)) = self.freeze(times, broadcast.id, (whom, after), ladder).await? else {
            self.take_up_ended(times, broadcast.id, whom.consent).await?;
            self.ring();
            return Ok(None);
        };
        let (message, severity, consent) = (broadcast.id, whom.severity, whom.consent);
        let slice = Slice { message, after, last, severity, consent, ladder };
        self.plan_deliveries(times, slice).await?;
        self.ring();
        Ok(Some((people, last)))
    }

    /// Writes down the next people it is for: whoever has no way with the reason, the others on the rung of
    /// their first one. Those who are written down already stay as they are.
    async fn freeze(
        &self,
        times: Times,
        message: MessageId,
        (whom, after): (&Whom, Uuid),
        ladder: Option<&Ladder>,
    ) -> Result<Option<(u64, Uuid)>, StoreError> {
        let town = self.municipality()?.0;
        let person = || Expr::col((follows::Entity, follows::Column::PersonId));
        let mut found = self.people_found(whom).await?;
        let first_way = format!(
            "(SELECT min({}) FROM reach r WHERE r.municipality_id = follows.municipality_id \
             AND r.person_id = follows.person_id AND r.active AND r.{})",
            step("r", ladder),
            wanted_name(whom.consent)
        );
        found
            .column((follows::Entity, follows::Column::MunicipalityId))
            .expr_as(Expr::cust(first_way), "way")
            .and_where(person().gt(after))
            .order_by((follows::Entity, follows::Column::PersonId), Order::Asc)
            .limit(PEOPLE);
        let reason = "CASE WHEN p.way IS NOT NULL THEN NULL WHEN EXISTS (SELECT 1 FROM reach r \
                      WHERE r.municipality_id = p.municipality_id AND r.person_id = p.person_id AND NOT r.active) \
                      THEN 'not_agreed' ELSE 'no_channel' END";
        // Whom nothing leads to is past the last rung: whoever represents them is told at once.
        let represented = "p.way IS NULL AND EXISTS (SELECT 1 FROM proxies x WHERE x.municipality_id = p.municipality_id \
                           AND x.ward_id = p.person_id AND x.proxy_id IS NOT NULL)";
        let mut next_at = CaseStatement::new().case(Expr::cust(represented), Expr::val(times.due_at));
        for (number, rung) in (0..).zip(ladder.map(|ladder| ladder.rungs.as_slice()).unwrap_or_default()) {
            next_at = next_at.case(Expr::cust("p.way").eq(number), Expr::val(times.due_at + rung.wait()));
        }
        let (rung, next_at) = match ladder.and_then(|ladder| Some((ladder.rungs.len(), ladder.rungs.last()?)))
        {
            // Whoever has nothing that is part of the ladder waits for its end.
            Some((rungs, last)) => {
                let end = format!("CASE WHEN p.way < {rungs} THEN p.way ELSE {} END", rungs - 1);
                let past = Expr::cust(format!("p.way >= {rungs}"));
                (Expr::cust(end), next_at.case(past, Expr::val(times.due_at + last.wait())).into())
            }
            None => (Expr::val(0_i16), Expr::val(None::<DateTime<Utc>>)),
        };
        let rows = Query::select()
            .exprs([Expr::val(town), Expr::val(message.0), Expr::cust("p.person_id"), Expr::cust(reason)])
            .exprs([rung, next_at])
            .from_subquery(found, "p")
            // Without a condition SQLite takes what follows for one of a join.
            .and_where(Expr::val(1).eq(1))
            .take();
        use audience::Column;
        let mut insert = Query::insert();
        insert
            .into_table(audience::Entity)
            .columns([
                Column::MunicipalityId,
                Column::MessageId,
                Column::PersonId,
                Column::Reason,
                Column::Rung,
                Column::NextAt,
            ])
            .select_from(rows)
            .map_err(|_| corrupt("columns and values differ in number"))?
            .on_conflict(OnConflict::new().do_nothing().to_owned());
        self.connection().execute(&insert).await.map_err(failed)?;
        // Nobody after `after` was written down before, unless all this is done once more.
        let sql = format!(
            "SELECT person_id, count(*) OVER () AS people FROM (SELECT person_id FROM audience \
             WHERE municipality_id = $1 AND message_id = $2 AND person_id > $3 ORDER BY person_id LIMIT {PEOPLE}) AS s \
             ORDER BY person_id DESC LIMIT 1"
        );
        let values = [town.into(), message.0.into(), after.into()];
        let slice = Statement::from_sql_and_values(self.backend(), sql, values);
        let Some(row) = self.connection().query_one_raw(slice).await.map_err(failed)? else {
            return Ok(None);
        };
        let people: i64 = row.try_get("", "people").map_err(failed)?;
        let people = u64::try_from(people).map_err(|_| corrupt("audience"))?;
        Ok(Some((people, row.try_get("", "person_id").map_err(failed)?)))
    }

    /// One delivery for each contact point of the slice; whoever shares one that has its delivery joins it.
    async fn plan_deliveries(&self, times: Times, slice: Slice<'_>) -> Result<(), StoreError> {
        let ids = chunk_ids(slice);
        let ways = ways(slice);
        // Without a ladder each person's first way is taken; a ladder has the others wait.
        let taken = taken(slice.ladder);
        let which = format!("WHERE {taken}");
        let mut values = self.bound(slice)?;
        values.extend([times.due_at.into(), times.now.into()]);
        let mut rows = Vec::with_capacity(ids.len());
        for (channel, number, id) in &ids {
            let first = values.len() + 1;
            rows.push(format!("(${first}, ${}, ${})", first + 1, first + 2));
            values.extend([Value::from(channel.to_string()), (*number).into(), (*id).into()]);
        }
        let plan = format!(
            "WITH {ways}, picked AS (SELECT contact_point_id, person_id, channel, place, at_once, row_number() OVER \
             (PARTITION BY contact_point_id ORDER BY at_once DESC, place, person_id) AS turn FROM ways {which}), \
             numbered AS (SELECT contact_point_id, person_id, channel, place, at_once, \
             (row_number() OVER (PARTITION BY channel ORDER BY contact_point_id) - 1) / {ROWS} AS number \
             FROM picked WHERE turn = 1) \
             INSERT INTO deliveries (municipality_id, message_id, contact_point_id, person_id, channel, state, \
             chunk_id, due_at, attempts, updated_at, place) \
             SELECT $1, $2, n.contact_point_id, n.person_id, n.channel, \
             CASE WHEN n.at_once = 1 THEN 'pending' ELSE 'waiting' END, c.column3, $5, 0, $6, n.place \
             FROM numbered n JOIN (VALUES {}) AS c ON c.column1 = n.channel \
             AND c.column2 = CASE WHEN n.number > {most} THEN {most} ELSE n.number END \
             WHERE n.number >= 0 ON CONFLICT DO NOTHING",
            rows.join(", "),
            most = CHUNKS - 1,
        );
        self.run_sql(plan, values).await?;
        // Looked up one by one, by the whole key: PostgreSQL does not know yet how many deliveries there are now,
        // and joins them as if there were none.
        let share = format!(
            "WITH {ways} INSERT INTO shared_deliveries (municipality_id, message_id, contact_point_id, person_id, place) \
             SELECT $1, $2, w.contact_point_id, w.person_id, w.place FROM ways w WHERE (SELECT d.person_id FROM deliveries d \
             WHERE d.municipality_id = $1 AND d.message_id = $2 AND d.contact_point_id = w.contact_point_id) \
             <> w.person_id AND {taken} ON CONFLICT DO NOTHING"
        );
        self.run_sql(share, self.bound(slice)?).await?;
        self.plan_chunks(times, slice, &ids).await?;
        self.rouse(times, slice, (&ways, &taken)).await
    }

    async fn plan_chunks(
        &self,
        times: Times,
        slice: Slice<'_>,
        ids: &[(Channel, i64, Uuid)],
    ) -> Result<(), StoreError> {
        let mut values: Vec<Value> = vec![
            self.municipality()?.0.into(),
            slice.message.0.into(),
            slice.severity.to_string().into(),
            chunks::rank(slice.severity).into(),
            times.due_at.into(),
            times.now.into(),
        ];
        let first = values.len() + 1;
        let places: Vec<String> = (first..first + ids.len()).map(|place| format!("${place}")).collect();
        values.extend(ids.iter().map(|(_, _, id)| Value::from(*id)));
        let sql = format!(
            "INSERT INTO work_chunks (id, municipality_id, message_id, channel, lane, rank, state, due_at, size, \
             epoch, created_at) SELECT chunk_id, $1, $2, channel, $3, $4, \
             CASE WHEN sum(CASE WHEN state = 'pending' THEN 1 ELSE 0 END) > 0 THEN 'pending' ELSE 'done' END, \
             $5, count(*), 0, $6 FROM deliveries WHERE municipality_id = $1 AND chunk_id IN ({}) \
             GROUP BY chunk_id, channel ON CONFLICT DO NOTHING",
            places.join(", ")
        );
        self.run_sql(sql, values).await.map(drop)
    }

    /// Whoever of the slice is reached at a number that has its delivery already: one that was to be tried later and
    /// is somebody's first way here does not wait, and one that ended because the others know it, or left, begins
    /// anew.
    async fn rouse(
        &self,
        times: Times,
        slice: Slice<'_>,
        (ways, taken): (&str, &str),
    ) -> Result<(), StoreError> {
        let found = format!(
            "WITH {ways}, joined AS MATERIALIZED (SELECT w.contact_point_id, w.person_id, w.at_once, \
             (SELECT CASE WHEN d.state = 'waiting' THEN 0 WHEN {ENDED} THEN 1 END FROM deliveries d \
             WHERE d.municipality_id = $1 AND d.message_id = $2 AND d.contact_point_id = w.contact_point_id) AS ended \
             FROM ways w WHERE {taken}) SELECT j.contact_point_id, max(j.at_once) AS at_once FROM joined j \
             WHERE (j.ended = 0 AND j.at_once = 1 OR j.ended = 1 AND EXISTS (SELECT 1 FROM audience a \
             WHERE a.municipality_id = $1 AND a.message_id = $2 AND a.person_id = j.person_id \
             AND a.acknowledged_at IS NULL)) GROUP BY j.contact_point_id"
        );
        let (mut first, mut later) = (Vec::new(), Vec::new());
        for row in self.many(found, self.bound(slice)?).await? {
            let point = row.try_get("", "contact_point_id").map_err(failed)?;
            let at_once: i32 = row.try_get("", "at_once").map_err(failed)?;
            if at_once == 1 { first.push(point) } else { later.push(point) }
        }
        self.begin_anew(times, slice.message, (DeliveryState::Pending, &first)).await?;
        self.begin_anew(times, slice.message, (DeliveryState::Waiting, &later)).await
    }

    fn bound(&self, slice: Slice<'_>) -> Result<Vec<Value>, StoreError> {
        Ok(vec![self.municipality()?.0.into(), slice.message.0.into(), slice.after.into(), slice.last.into()])
    }

    /// Runs a statement that both databases read alike. Answers how many rows it changed.
    pub(super) async fn run_sql(&self, sql: String, values: Vec<Value>) -> Result<u64, StoreError> {
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        Ok(self.connection().execute_raw(statement).await.map_err(failed)?.rows_affected())
    }
}

/// The ways of the people of a slice; the first of each, and what disturbs nobody, at once. A further number is
/// never the first way, unless no number before it is in use: then its place is the first.
fn ways(slice: Slice<'_>) -> String {
    let besides = slice.ladder.and_then(Ladder::besides);
    let besides = besides.map(|channel| format!("OR r.channel = '{channel}' ")).unwrap_or_default();
    let step = step("r", slice.ladder);
    format!(
        "ways AS (SELECT person_id, contact_point_id, channel, place, \
         CASE WHEN place = 0 THEN at_once ELSE 0 END AS at_once FROM (SELECT r.person_id, r.contact_point_id, r.channel, \
         CASE WHEN {} THEN 0 ELSE r.place END AS place, \
         CASE WHEN {step} = min({step}) OVER (PARTITION BY r.person_id) {besides}THEN 1 ELSE 0 END AS at_once \
         FROM audience a JOIN reach r ON r.municipality_id = a.municipality_id AND r.person_id = a.person_id \
         WHERE a.municipality_id = $1 AND a.message_id = $2 AND a.person_id > $3 AND a.person_id <= $4 \
         AND r.active AND r.{}) AS r)",
        is_first("r"),
        wanted_name(slice.consent)
    )
}

/// The place of a way, a row of `reach` under this name, in the order its person's ways are tried in.
pub(super) fn step(name: &str, ladder: Option<&Ladder>) -> String {
    let Some(ladder) = ladder else { return format!("{name}.position") };
    let cases: Vec<_> =
        Channel::iter().map(|channel| format!("WHEN '{channel}' THEN {}", ladder.first(channel))).collect();
    format!("(CASE {name}.channel {} END)", cases.join(" "))
}

/// Which of the ways of [`ways`] are taken: those of the ladder, and what is sent at once.
pub(super) fn taken(ladder: Option<&Ladder>) -> String {
    let channels = ladder.map(|ladder| ladder.rungs.as_slice()).unwrap_or_default();
    let mut channels: Vec<_> = channels.iter().map(|rung| format!("'{}'", rung.channel)).collect();
    channels.sort();
    channels.dedup();
    match channels.is_empty() {
        true => "at_once = 1".to_owned(),
        false => format!("(at_once = 1 OR channel IN ({}))", channels.join(", ")),
    }
}

/// The chunks a slice may fill, always the same for the same slice.
fn chunk_ids(slice: Slice<'_>) -> Vec<(Channel, i64, Uuid)> {
    let mut channels: Vec<Channel> = Channel::iter().collect();
    channels.sort_by_key(|channel| rung(*channel));
    let id = |channel: Channel, number: i64| {
        let name = channel.to_string();
        let slice = [slice.message.0.as_bytes().as_slice(), slice.after.as_bytes(), name.as_bytes()].concat();
        derived_id([slice, number.to_be_bytes().to_vec()].concat())
    };
    channels
        .into_iter()
        .flat_map(|channel| (0..CHUNKS).map(move |number| (channel, number, id(channel, number))))
        .collect()
}
