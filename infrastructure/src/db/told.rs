//! Broadcasts as messages to one person. One statement says which ones and how the person stands to each; their
//! words, which are the same for everybody, come from memory once somebody has read them.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{Asked, Broadcast, BroadcastState, Draft, Told},
    ids::{MessageId, PersonId},
    page::PageRequest,
    text::Slug,
};
use sea_orm::{ConnectionTrait, QueryResult, Value, entity::prelude::*};

use super::{Db, broadcasts, corrupt, failed};

impl<C: ConnectionTrait + Send> Db<C> {
    pub(super) async fn told_to(
        &self,
        person: PersonId,
        asked: Asked,
        page: &PageRequest,
    ) -> Result<Vec<Told>, StoreError> {
        let rows = self.told_rows(person, asked, page).await?;
        let mut drafts = self.drafts_of(&rows).await?;
        let told = |row: &QueryResult| {
            let slug: String = row.try_get("", "slug").map_err(failed)?;
            let state: String = row.try_get("", "state").map_err(failed)?;
            let state: BroadcastState = state.parse().map_err(|_| corrupt("broadcasts.state"))?;
            let voted: Option<i16> = row.try_get("", "choice").map_err(failed)?;
            let (id, _) = version_of(row)?;
            Ok(Told {
                municipality: Slug::parse(slug).map_err(|_| corrupt("municipalities.slug"))?,
                id,
                draft: drafts.remove(&id).ok_or(corrupt("broadcasts"))?,
                withdrawn: state == BroadcastState::Cancelled,
                at: row.try_get("", "sending_at").map_err(failed)?,
                read_at: row.try_get("", "read_at").map_err(failed)?,
                acknowledged_at: row.try_get("", "acknowledged_at").map_err(failed)?,
                voted: voted.and_then(|choice| u16::try_from(choice).ok()),
            })
        };
        rows.iter().map(told).collect()
    }

    async fn told_rows(
        &self,
        person: PersonId,
        asked: Asked,
        page: &PageRequest,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let town = self.municipality()?;
        let mut values: Vec<Value> = vec![town.0.into(), person.0.into()];
        let mut which = String::new();
        match asked {
            Asked::All => {}
            Asked::After(since) => {
                values.push(since.into());
                which.push_str(
                    "AND (b.sending_at > $3 OR (b.ended_at > $3 AND b.state = 'cancelled') OR a.read_at > $3 \
                     OR a.acknowledged_at > $3 OR v.voted_at > $3) ",
                );
            }
            Asked::One(id) => {
                values.push(id.0.into());
                which.push_str("AND a.message_id = $3 ");
            }
        }
        if let Some(after) = &page.after {
            let at: DateTime<Utc> = after.key.parse().map_err(|_| corrupt("a position"))?;
            values.extend([Value::from(at), after.id.into()]);
            which.push_str(&format!(
                "AND (b.sending_at, b.id) < (${}, ${}) ",
                values.len() - 1,
                values.len()
            ));
        }
        let sql = format!(
            "SELECT b.id, b.version, b.state, b.sending_at, a.read_at, a.acknowledged_at, v.choice, \
             (SELECT m.slug FROM municipalities m WHERE m.id = $1) AS slug FROM audience a JOIN broadcasts b \
             ON b.municipality_id = a.municipality_id AND b.id = a.message_id LEFT JOIN poll_votes v \
             ON v.municipality_id = a.municipality_id AND v.message_id = a.message_id \
             AND v.person_id = a.person_id WHERE a.municipality_id = $1 \
             AND a.person_id = $2 AND NOT b.drill AND b.sending_at IS NOT NULL {which}\
             ORDER BY b.sending_at DESC, b.id DESC LIMIT {}",
            page.limit
        );
        self.many(sql, values).await
    }

    /// The words of these rows: of those that nobody read in this version, by one statement more.
    async fn drafts_of(&self, rows: &[QueryResult]) -> Result<HashMap<MessageId, Arc<Draft>>, StoreError> {
        let town = self.municipality()?;
        let mut drafts = HashMap::new();
        let mut unread = Vec::new();
        for row in rows {
            let (id, version) = version_of(row)?;
            match self.drafts.as_ref().and_then(|kept| kept.get(town, id, version)) {
                Some(draft) => drop(drafts.insert(id, draft)),
                None => unread.push(id.0),
            }
        }
        if unread.is_empty() {
            return Ok(drafts);
        }
        let found = self.rows::<broadcasts::Entity>().filter(broadcasts::Column::Id.is_in(unread));
        for row in found.all(self.connection()).await.map_err(failed)? {
            let Broadcast { id, version, draft, .. } = Broadcast::try_from(row)?;
            let draft = Arc::new(draft);
            if let Some(kept) = &self.drafts {
                kept.put(town, id, version, draft.clone());
            }
            drafts.insert(id, draft);
        }
        Ok(drafts)
    }
}

fn version_of(row: &QueryResult) -> Result<(MessageId, i64), StoreError> {
    let id = row.try_get("", "id").map_err(failed)?;
    Ok((MessageId(id), row.try_get("", "version").map_err(failed)?))
}
