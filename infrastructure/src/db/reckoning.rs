//! What has come of a broadcast: for the town hall in numbers and person by person.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{Reached, Standing, Tally, Wanted},
    ids::{AreaId, ContactPointId, MessageId, PersonId, StaffId},
    page::{Page, PageRequest, Position},
    text::Name,
};
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value, entity::prelude::*};

use super::{Db, corrupt, failed};

/// People of a message, how they stand and why: `$1` town, `$2` message.
const PEOPLE: &str = "SELECT a.person_id, a.reason AS unreachable, a.acknowledged_at, a.acknowledged_by, a.next_at, \
    a.informed_by, a.read_at, a.proxy_told_at, CASE WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged' \
    WHEN a.read_at IS NOT NULL OR sum(CASE WHEN d.state IN ('delivered', 'read') THEN 1 ELSE 0 END) > 0 \
    THEN 'delivered' WHEN a.reason IS NULL AND \
    sum(CASE WHEN d.state IN ('waiting', 'pending', 'sent', 'unknown') THEN 1 ELSE 0 END) > 0 THEN 'not_yet' \
    WHEN a.reason IS NULL AND \
    sum(CASE WHEN d.state = 'cancelled' AND d.reason IN ('cancelled', 'all_clear') THEN 1 ELSE 0 END) > 0 \
    THEN 'called_back' ELSE 'unreachable' END AS standing, max(d.reason) AS last_reason, \
    min(CASE WHEN d.state = 'pending' AND d.reason IN ('busy', 'no_answer') THEN d.due_at END) AS called_at \
    FROM audience a LEFT JOIN (SELECT person_id, state, reason, due_at FROM deliveries WHERE municipality_id = $1 \
    AND message_id = $2 UNION ALL SELECT s.person_id, o.state, o.reason, o.due_at FROM shared_deliveries s \
    JOIN deliveries o ON o.municipality_id = s.municipality_id AND o.message_id = s.message_id \
    AND o.contact_point_id = s.contact_point_id WHERE s.municipality_id = $1 AND s.message_id = $2) AS d \
    ON d.person_id = a.person_id WHERE a.municipality_id = $1 AND a.message_id = $2 \
    GROUP BY a.person_id, a.reason, a.acknowledged_at, a.acknowledged_by, a.next_at, \
    a.informed_by, a.read_at, a.proxy_told_at";

/// Deliveries of a message by channel and state. Of several numbers of a person, only the last one tried counts, or
/// the first. Whoever has more than one is looked for among few: `place` is theirs alone.
const COUNTED: &str = "SELECT c.channel, c.state, CAST(sum(c.many) AS bigint) AS many FROM \
    (SELECT channel, state, count(*) AS many FROM deliveries WHERE municipality_id = $1 AND message_id = $2 \
    GROUP BY channel, state UNION ALL SELECT d.channel, d.state, -count(*) FROM (SELECT DISTINCT person_id, channel \
    FROM deliveries WHERE municipality_id = $1 AND message_id = $2 AND place > 0) AS p JOIN deliveries d \
    ON d.municipality_id = $1 AND d.person_id = p.person_id AND d.message_id = $2 AND d.channel = p.channel \
    WHERE (d.place > 0 AND d.state IN ('waiting', 'cancelled')) OR EXISTS (SELECT 1 FROM deliveries e \
    WHERE e.municipality_id = $1 AND e.person_id = d.person_id AND e.message_id = $2 AND e.channel = d.channel \
    AND e.place > d.place AND e.state NOT IN ('waiting', 'cancelled')) GROUP BY d.channel, d.state) AS c \
    GROUP BY c.channel, c.state HAVING sum(c.many) > 0";

/// Where somebody `p` lives: the tie `f` and the district `r`, as far as they are known.
const DISTRICT: &str = "LEFT JOIN follows f ON f.municipality_id = $1 AND f.person_id = p.person_id \
    LEFT JOIN areas r ON r.municipality_id = $1 AND r.id = f.area_id";

impl<C: ConnectionTrait + Send> Db<C> {
    pub(super) async fn many(&self, sql: String, values: Vec<Value>) -> Result<Vec<QueryResult>, StoreError> {
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        self.connection().query_all_raw(statement).await.map_err(failed)
    }

    pub(super) async fn tally_of(&self, id: MessageId) -> Result<Tally, StoreError> {
        let bound =
            || -> Result<Vec<Value>, StoreError> { Ok(vec![self.municipality()?.0.into(), id.0.into()]) };
        let mut tally = Tally::default();
        let people = format!(
            "SELECT p.standing, p.unreachable, p.acknowledged_by, r.id AS area_id, r.name AS area, count(*) AS many, \
             count(p.read_at) AS opened, count(p.proxy_told_at) AS told FROM ({PEOPLE}) AS p {DISTRICT} \
             GROUP BY p.standing, p.unreachable, p.acknowledged_by, r.id, r.name"
        );
        for row in self.many(people, bound()?).await? {
            let number =
                |column| row.try_get::<i64>("", column).map(|n| u64::try_from(n).unwrap_or_default());
            let word = |column| row.try_get::<Option<String>>("", column);
            let many = number("many").map_err(failed)?;
            let standing: String = row.try_get("", "standing").map_err(failed)?;
            let standing: Standing = standing.parse().map_err(|_| corrupt("audience"))?;
            tally.people += many;
            tally.read += number("opened").map_err(failed)?;
            tally.proxies_told += number("told").map_err(failed)?;
            *tally.standings.entry(standing).or_default() += many;
            let area: Option<Uuid> = row.try_get("", "area_id").map_err(failed)?;
            let district = tally.districts.entry(area.map(AreaId)).or_default();
            district.name = name(&row, "area")?;
            *district.standings.entry(standing).or_default() += many;
            if let Some(reason) = word("unreachable").map_err(failed)? {
                *tally.unreachable.entry(reason).or_default() += many;
            }
            if let Some(by) = word("acknowledged_by").map_err(failed)? {
                *tally.acknowledged.entry(by).or_default() += many;
            }
        }
        for row in self.many(COUNTED.to_owned(), bound()?).await? {
            let channel: String = row.try_get("", "channel").map_err(failed)?;
            let channel = channel.parse().map_err(|_| corrupt("deliveries.channel"))?;
            let many: i64 = row.try_get("", "many").map_err(failed)?;
            let state = row.try_get("", "state").map_err(failed)?;
            tally.deliveries.insert((channel, state), u64::try_from(many).unwrap_or_default());
        }
        let said = "SELECT d.channel, coalesce(p.locale, 'de') AS locale, count(*) AS many FROM deliveries d \
                    JOIN attempts t ON t.municipality_id = d.municipality_id AND t.message_id = d.message_id \
                    AND t.contact_point_id = d.contact_point_id LEFT JOIN contact_points p \
                    ON p.id = d.contact_point_id WHERE d.municipality_id = $1 AND d.message_id = $2 \
                    AND d.channel IN ('sms', 'voice') AND t.outcome IN ('sent', 'unknown', 'in_doubt') \
                    GROUP BY d.channel, coalesce(p.locale, 'de')";
        for row in self.many(said.to_owned(), bound()?).await? {
            let text = |column| row.try_get::<String>("", column).map_err(failed);
            let many: i64 = row.try_get("", "many").map_err(failed)?;
            tally.said.push((
                text("channel")?.parse().map_err(|_| corrupt("deliveries.channel"))?,
                text("locale")?.parse().map_err(|_| corrupt("contact_points.locale"))?,
                u64::try_from(many).unwrap_or_default(),
            ));
        }
        Ok(tally)
    }

    pub(super) async fn people_of(
        &self,
        id: MessageId,
        wanted: Wanted,
        page: &PageRequest,
    ) -> Result<Page<Reached>, StoreError> {
        let after = page.after.as_ref().map_or(Uuid::nil(), |after| after.id);
        let mut values: Vec<Value> = vec![self.municipality()?.0.into(), id.0.into(), after.into()];
        let mut which = String::new();
        if let Some(standing) = wanted.standing {
            values.push(standing.to_string().into());
            which.push_str(&format!("AND p.standing = ${} ", values.len()));
        }
        if let Some(area) = wanted.area {
            values.push(area.0.into());
            which.push_str(&format!("AND r.id = ${} ", values.len()));
        }
        let sql = format!(
            "SELECT p.person_id, p.standing, p.unreachable, p.last_reason, p.acknowledged_at, p.acknowledged_by, \
             p.informed_by, p.next_at, p.called_at, w.name AS ward, f.street, f.house_number, f.house_suffix, \
             r.name AS area FROM ({PEOPLE}) AS p {DISTRICT} \
             LEFT JOIN wards w ON w.municipality_id = $1 AND w.person_id = p.person_id \
             WHERE p.person_id > $3 {which}ORDER BY p.person_id LIMIT {}",
            page.limit.saturating_add(1)
        );
        let rows = self.many(sql, values).await?;
        let all = rows.iter().map(reached).collect::<Result<_, _>>()?;
        Ok(Page::cut(all, page, |one: &Reached| Position { key: String::new(), id: one.person.0 }))
    }

    /// Warnings that left for a number as text messages, those on their way and those tried again among them.
    pub(super) async fn texted_to(
        &self,
        now: DateTime<Utc>,
        number: ContactPointId,
    ) -> Result<Vec<MessageId>, StoreError> {
        let sql = "SELECT b.id FROM broadcasts b JOIN deliveries d ON d.municipality_id = b.municipality_id \
                   AND d.message_id = b.id WHERE b.municipality_id = $1 AND b.severity = 'crisis' AND b.expires_at > $3 \
                   AND b.sending_at IS NOT NULL AND NOT b.drill AND d.contact_point_id = $2 AND d.channel = 'sms' \
                   AND (d.state IN ('sent', 'delivered', 'read', 'unknown') OR d.generation > 0 \
                   OR d.state = 'pending' AND EXISTS (SELECT 1 FROM send_batches n WHERE n.municipality_id = $1 \
                   AND n.chunk_id = d.chunk_id AND d.contact_point_id >= n.from_contact_point \
                   AND d.contact_point_id <= n.to_contact_point))";
        let values = vec![self.municipality()?.0.into(), number.0.into(), now.into()];
        let rows = self.many(sql.to_owned(), values).await?;
        rows.iter().map(|row| row.try_get("", "id").map(MessageId).map_err(failed)).collect()
    }

    /// People of a broadcast for whom there is neither a delivery nor a reason why not: none, unless something
    /// is wrong.
    pub async fn people_unaccounted_for(&self, id: MessageId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) AS many FROM audience a WHERE a.municipality_id = $1 AND a.message_id = $2 \
             AND a.reason IS NULL AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.municipality_id = $1 \
             AND d.message_id = $2 AND d.person_id = a.person_id) AND NOT EXISTS (SELECT 1 \
             FROM shared_deliveries s WHERE s.municipality_id = $1 AND s.message_id = $2 \
             AND s.person_id = a.person_id)";
        let rows = self.many(sql.to_owned(), vec![self.municipality()?.0.into(), id.0.into()]).await?;
        let many: i64 = rows.first().ok_or(corrupt("audience"))?.try_get("", "many").map_err(failed)?;
        Ok(u64::try_from(many).unwrap_or_default())
    }
}

fn reached(row: &QueryResult) -> Result<Reached, StoreError> {
    let text = |column| row.try_get::<Option<String>>("", column).map_err(failed);
    let standing = text("standing")?.unwrap_or_default();
    let house: Option<i32> = row.try_get("", "house_number").map_err(failed)?;
    let suffix = text("house_suffix")?.unwrap_or_default();
    let moment = |column| row.try_get::<Option<DateTime<Utc>>>("", column).map_err(failed);
    Ok(Reached {
        person: PersonId(row.try_get("", "person_id").map_err(failed)?),
        name: name(row, "ward")?,
        address: text("street")?.zip(house).map(|(street, house)| format!("{street} {house}{suffix}")),
        area: name(row, "area")?,
        standing: standing.parse().map_err(|_| corrupt("audience"))?,
        reason: text("unreachable")?.or(text("last_reason")?),
        acknowledged_at: row.try_get("", "acknowledged_at").map_err(failed)?,
        acknowledged_by: text("acknowledged_by")?,
        informed_by: row.try_get::<Option<Uuid>>("", "informed_by").map_err(failed)?.map(StaffId),
        next_at: [moment("next_at")?, moment("called_at")?].into_iter().flatten().min(),
    })
}

fn name(row: &QueryResult, column: &str) -> Result<Option<Name>, StoreError> {
    let text: Option<String> = row.try_get("", column).map_err(failed)?;
    text.map(|text| Name::parse(text).map_err(|_| corrupt("a name"))).transpose()
}
