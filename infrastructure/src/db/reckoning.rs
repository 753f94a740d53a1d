//! What has come of a broadcast: for the town hall in numbers and person by person.

use domain::{
    StoreError,
    broadcasts::{Reached, Standing, Tally},
    ids::{MessageId, PersonId, StaffId},
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
    ELSE 'unreachable' END AS standing, max(d.reason) AS last_reason \
    FROM audience a LEFT JOIN (SELECT person_id, state, reason FROM deliveries WHERE municipality_id = $1 \
    AND message_id = $2 UNION ALL SELECT s.person_id, o.state, o.reason FROM shared_deliveries s \
    JOIN deliveries o ON o.municipality_id = s.municipality_id AND o.message_id = s.message_id \
    AND o.contact_point_id = s.contact_point_id WHERE s.municipality_id = $1 AND s.message_id = $2) AS d \
    ON d.person_id = a.person_id WHERE a.municipality_id = $1 AND a.message_id = $2 \
    GROUP BY a.person_id, a.reason, a.acknowledged_at, a.acknowledged_by, a.next_at, \
    a.informed_by, a.read_at, a.proxy_told_at";

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
            "SELECT standing, unreachable, acknowledged_by, count(*) AS many, \
             count(read_at) AS opened, count(proxy_told_at) AS told FROM ({PEOPLE}) AS p \
             GROUP BY standing, unreachable, acknowledged_by"
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
            if let Some(reason) = word("unreachable").map_err(failed)? {
                *tally.unreachable.entry(reason).or_default() += many;
            }
            if let Some(by) = word("acknowledged_by").map_err(failed)? {
                *tally.acknowledged.entry(by).or_default() += many;
            }
        }
        let sent = "SELECT channel, state, count(*) AS many FROM deliveries WHERE municipality_id = $1 \
                    AND message_id = $2 GROUP BY channel, state";
        for row in self.many(sent.to_owned(), bound()?).await? {
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
        standing: Option<Standing>,
        page: &PageRequest,
    ) -> Result<Page<Reached>, StoreError> {
        let after = page.after.as_ref().map_or(Uuid::nil(), |after| after.id);
        let mut values: Vec<Value> = vec![self.municipality()?.0.into(), id.0.into(), after.into()];
        let mut which = String::new();
        if let Some(standing) = standing {
            values.push(standing.to_string().into());
            which.push_str("AND p.standing = $4 ");
        }
        let sql = format!(
            "SELECT p.person_id, p.standing, p.unreachable, p.last_reason, p.acknowledged_at, p.acknowledged_by, \
             p.informed_by, p.next_at, w.name AS ward, f.street, f.house_number, f.house_suffix, r.name AS area \
             FROM ({PEOPLE}) AS p \
             LEFT JOIN wards w ON w.municipality_id = $1 AND w.person_id = p.person_id \
             LEFT JOIN follows f ON f.municipality_id = $1 AND f.person_id = p.person_id \
             LEFT JOIN areas r ON r.municipality_id = $1 AND r.id = f.area_id \
             WHERE p.person_id > $3 {which}ORDER BY p.person_id LIMIT {}",
            page.limit.saturating_add(1)
        );
        let rows = self.many(sql, values).await?;
        let all = rows.iter().map(reached).collect::<Result<_, _>>()?;
        Ok(Page::cut(all, page, |one: &Reached| Position { key: String::new(), id: one.person.0 }))
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
    let name = |column| -> Result<Option<Name>, StoreError> {
        text(column)?.map(|text| Name::parse(text).map_err(|_| corrupt("a name"))).transpose()
    };
    Ok(Reached {
        person: PersonId(row.try_get("", "person_id").map_err(failed)?),
        name: name("ward")?,
        address: text("street")?.zip(house).map(|(street, house)| format!("{street} {house}{suffix}")),
        area: name("area")?,
        standing: standing.parse().map_err(|_| corrupt("audience"))?,
        reason: text("unreachable")?.or(text("last_reason")?),
        acknowledged_at: row.try_get("", "acknowledged_at").map_err(failed)?,
        acknowledged_by: text("acknowledged_by")?,
        informed_by: row.try_get::<Option<Uuid>>("", "informed_by").map_err(failed)?.map(StaffId),
        next_at: row.try_get("", "next_at").map_err(failed)?,
    })
}
