//! What happened to a broadcast when, counted by spans of time.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{
        Moment,
        reckoning::{LAST_MOMENT, SPANS},
    },
    ids::MessageId,
};
use sea_orm::{ConnectionTrait, Value};

use super::{Db, dialect, failed};

/// The span that `seconds` after the beginning lie in, by where it begins.
fn span(seconds: &str) -> String {
    let (steps, longest) = SPANS;
    let begin = |length: u32| format!("{seconds} / {length} * {length}");
    let steps = steps.map(|(until, length)| format!("WHEN {seconds} < {until} THEN {}", begin(length)));
    format!(
        "CASE WHEN {seconds} < 0 THEN 0 WHEN {seconds} >= {LAST_MOMENT} THEN {LAST_MOMENT} {} ELSE {} END",
        steps.join(" "),
        begin(longest)
    )
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// One statement: the database counts, and answers a row for each span in which anything happened.
    pub(super) async fn course_of(
        &self,
        id: MessageId,
        since: DateTime<Utc>,
    ) -> Result<Vec<Moment>, StoreError> {
        let seconds = dialect::seconds_between(self.backend(), "$3", "e.at");
        let sql = format!(
            "SELECT s.span, count(CASE WHEN s.what = 'sent' THEN 1 END) AS sent, \
             count(CASE WHEN s.what = 'arrived' THEN 1 END) AS arrived, \
             count(CASE WHEN s.what = 'acknowledged' THEN 1 END) AS acknowledged \
             FROM (SELECT t.what, {} AS span FROM (SELECT e.what, {seconds} AS seconds FROM (\
             SELECT 'sent' AS what, at FROM attempts WHERE municipality_id = $1 AND message_id = $2 \
             AND outcome IN ('sent', 'unknown', 'in_doubt') UNION ALL \
             SELECT 'arrived' AS what, updated_at AS at FROM deliveries WHERE municipality_id = $1 \
             AND message_id = $2 AND state IN ('delivered', 'read') UNION ALL \
             SELECT 'arrived' AS what, read_at AS at FROM audience WHERE municipality_id = $1 AND message_id = $2 \
             AND read_at IS NOT NULL UNION ALL \
             SELECT 'acknowledged' AS what, acknowledged_at AS at FROM audience WHERE municipality_id = $1 \
             AND message_id = $2 AND acknowledged_at IS NOT NULL) AS e) AS t) AS s GROUP BY s.span ORDER BY s.span",
            span("t.seconds")
        );
        let values: Vec<Value> = vec![self.municipality()?.0.into(), id.0.into(), since.into()];
        let rows = self.many(sql, values).await?;
        let moment = |row: &sea_orm::QueryResult| {
            let number = |column| row.try_get::<i64>("", column).map_err(failed);
            Ok(Moment {
                after: u32::try_from(number("span")?).unwrap_or_default(),
                sent: u64::try_from(number("sent")?).unwrap_or_default(),
                arrived: u64::try_from(number("arrived")?).unwrap_or_default(),
                acknowledged: u64::try_from(number("acknowledged")?).unwrap_or_default(),
            })
        };
        rows.iter().map(moment).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_grows_with_the_time_since_the_beginning() {
        assert_eq!(
            span("x"),
            "CASE WHEN x < 0 THEN 0 WHEN x >= 5184000 THEN 5184000 WHEN x < 7200 THEN x / 60 * 60 \
             WHEN x < 86400 THEN x / 600 * 600 WHEN x < 604800 THEN x / 3600 * 3600 ELSE x / 43200 * 43200 END"
        );
    }
}
