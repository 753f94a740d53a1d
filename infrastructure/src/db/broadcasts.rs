//! Broadcasts as they are written and decided.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{
        Acknowledging, Asked, Broadcast, BroadcastState, Draft, Incident, Ladder, Moment, Reached, SentAgain,
        Tally, Told, Wanted, Ways, Whom,
        port::{BroadcastReads, BroadcastWrites},
    },
    ids::{BroadcastTemplateId, ContactPointId, MessageId, PersonId, StaffId, TopicId},
    page::{Page, PageRequest, Position},
    text::{Name, Remark},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, QueryOrder, QuerySelect, QueryTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, Order},
};

use super::{Db, STOPPED, Stopped, corrupt, dialect, failed, municipalities::json, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "broadcasts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub state: String,
    pub severity: String,
    pub topic_id: Option<Uuid>,
    pub sender: String,
    pub texts: Json,
    pub template_id: Option<Uuid>,
    pub template_version: Option<i64>,
    pub links: Json,
    pub attachments: Option<Json>,
    pub poll: Option<Json>,
    pub audience: Option<Json>,
    pub first_id: Option<Uuid>,
    pub follow_up: Option<String>,
    pub incident_id: Option<Uuid>,
    pub incident_severity: Option<String>,
    pub ended_by: Option<Uuid>,
    pub drill: bool,
    pub send_at: Option<ChronoDateTimeUtc>,
    pub expires_at: ChronoDateTimeUtc,
    pub created_by: Uuid,
    pub submitted_by: Option<Uuid>,
    pub approved_by: Option<Uuid>,
    pub submitted_at: Option<ChronoDateTimeUtc>,
    pub approved_at: Option<ChronoDateTimeUtc>,
    pub glass_broken: Option<String>,
    pub sending_at: Option<ChronoDateTimeUtc>,
    pub ended_at: Option<ChronoDateTimeUtc>,
    pub ladder: Option<Json>,
    pub people: i64,
    pub planned_through: Option<Uuid>,
    pub planned: bool,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Broadcast {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let by = |who: Option<Uuid>, at: Option<DateTime<Utc>>| who.map(StaffId).zip(at);
        let follow_up = row.follow_up.map(|word| word.parse().map_err(|_| corrupt("broadcasts.follow_up")));
        let audience = row.audience.map(serde_json::from_value).transpose();
        let poll = row.poll.map(serde_json::from_value).transpose();
        let attachments = row.attachments.map(serde_json::from_value).transpose();
        let glass_broken = row.glass_broken.map(Remark::parse).transpose();
        let ladder = row.ladder.map(serde_json::from_value).transpose();
        let began_with = row.incident_severity.map(|severity| severity.parse()).transpose();
        let began_with = began_with.map_err(|_| corrupt("broadcasts.incident_severity"))?;
        let incident = row.incident_id.map(MessageId).zip(began_with);
        Ok(Self {
            id: MessageId(row.id),
            state: row.state.parse().map_err(|_| corrupt("broadcasts.state"))?,
            draft: Draft {
                severity: row.severity.parse().map_err(|_| corrupt("broadcasts.severity"))?,
                topic: row.topic_id.map(TopicId),
                sender: Name::parse(row.sender).map_err(|_| corrupt("broadcasts.sender"))?,
                texts: serde_json::from_value(row.texts).map_err(|_| corrupt("broadcasts.texts"))?,
                template: row.template_id.map(BroadcastTemplateId).zip(row.template_version),
                poll: poll.map_err(|_| corrupt("broadcasts.poll"))?,
                links: serde_json::from_value(row.links).map_err(|_| corrupt("broadcasts.links"))?,
                attachments: attachments.map_err(|_| corrupt("broadcasts.attachments"))?.unwrap_or_default(),
                audience: audience.map_err(|_| corrupt("broadcasts.audience"))?,
                follows_up: row.first_id.map(MessageId).zip(follow_up.transpose()?),
                drill: row.drill,
                send_at: row.send_at,
                expires_at: row.expires_at,
            },
            created_by: StaffId(row.created_by),
            created_at: row.created_at,
            submitted: by(row.submitted_by, row.submitted_at),
            approved: by(row.approved_by, row.approved_at),
            glass_broken: glass_broken.map_err(|_| corrupt("broadcasts.glass_broken"))?,
            incident: incident.map(|(first, severity)| Incident { first, severity }),
            ended_by: row.ended_by.map(MessageId),
            sending_at: row.sending_at,
            ended_at: row.ended_at,
            ladder: ladder.map_err(|_| corrupt("broadcasts.ladder"))?,
            people: u64::try_from(row.people).unwrap_or_default(),
            planned: row.planned,
            version: row.version,
        })
    }
}

/// What staff change. How far the planning has come, and what ended it, is the workers' business.
fn changed(broadcast: &Broadcast, version: i64) -> Result<ActiveModel, StoreError> {
    let draft = &broadcast.draft;
    Ok(ActiveModel {
        state: Set(broadcast.state.to_string()),
        severity: Set(draft.severity.to_string()),
        topic_id: Set(draft.topic.map(Uuid::from)),
        sender: Set(draft.sender.to_string()),
        texts: Set(json(&draft.texts)?),
        template_id: Set(draft.template.map(|(id, _)| id.0)),
        template_version: Set(draft.template.map(|(_, version)| version)),
        links: Set(json(&draft.links)?),
        attachments: Set(Some(&draft.attachments).filter(|some| !some.is_empty()).map(json).transpose()?),
        poll: Set(draft.poll.as_ref().map(json).transpose()?),
        audience: Set(draft.audience.as_ref().map(json).transpose()?),
        first_id: Set(draft.follows_up.map(|(first, _)| first.0)),
        follow_up: Set(draft.follows_up.map(|(_, how)| how.to_string())),
        incident_id: Set(broadcast.incident.map(|incident| incident.first.0)),
        incident_severity: Set(broadcast.incident.map(|incident| incident.severity.to_string())),
        drill: Set(draft.drill),
        send_at: Set(draft.send_at),
        expires_at: Set(draft.expires_at),
        submitted_by: Set(broadcast.submitted.map(|(by, _)| by.0)),
        submitted_at: Set(broadcast.submitted.map(|(_, at)| at)),
        approved_by: Set(broadcast.approved.map(|(by, _)| by.0)),
        approved_at: Set(broadcast.approved.map(|(_, at)| at)),
        glass_broken: Set(broadcast.glass_broken.as_ref().map(ToString::to_string)),
        ended_at: Set(broadcast.ended_at),
        version: Set(version),
        ..Default::default()
    })
}

fn position(broadcast: &Broadcast) -> Position {
    let key = broadcast.created_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    Position { key, id: broadcast.id.0 }
}

#[async_trait]
impl<C: ConnectionTrait + Send> BroadcastReads for Db<C> {
    async fn broadcast(&self, id: MessageId) -> Result<Option<Broadcast>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Broadcast::try_from).transpose()
    }

    async fn broadcasts(
        &self,
        state: Option<BroadcastState>,
        page: &PageRequest,
    ) -> Result<Page<Broadcast>, StoreError> {
        let mut rows = self.rows::<Entity>();
        if let Some(state) = state {
            rows = rows.filter(Column::State.eq(state.to_string()));
        }
        if let Some(after) = &page.after {
            let at: DateTime<Utc> = after.key.parse().map_err(|_| corrupt("a position"))?;
            let place = Expr::tuple([Expr::col(Column::CreatedAt), Expr::col(Column::Id)]);
            rows = rows.filter(place.lt(Expr::tuple([Expr::val(at), Expr::val(after.id)])));
        }
        let rows = rows
            .order_by(Column::CreatedAt, Order::Desc)
            .order_by(Column::Id, Order::Desc)
            .limit(page.limit.saturating_add(1))
            .all(self.connection())
            .await
            .map_err(failed)?;
        let all = rows.into_iter().map(Broadcast::try_from).collect::<Result<_, _>>()?;
        Ok(Page::cut(all, page, position))
    }

    async fn count_audience(&self, whom: &Whom, ladder: Option<&Ladder>) -> Result<Ways, StoreError> {
        self.ways_to(whom, ladder).await
    }

    async fn tally(&self, id: MessageId) -> Result<Tally, StoreError> {
        self.tally_of(id).await
    }

    async fn course(&self, id: MessageId, since: DateTime<Utc>) -> Result<Vec<Moment>, StoreError> {
        self.course_of(id, since).await
    }

    async fn reached(
        &self,
        id: MessageId,
        wanted: Wanted,
        page: &PageRequest,
    ) -> Result<Page<Reached>, StoreError> {
        self.people_of(id, wanted, page).await
    }

    async fn warnings_texted(
        &self,
        now: DateTime<Utc>,
        number: ContactPointId,
    ) -> Result<Vec<MessageId>, StoreError> {
        self.texted_to(now, number).await
    }

    async fn told(
        &self,
        person: PersonId,
        asked: Asked,
        page: &PageRequest,
    ) -> Result<Vec<Told>, StoreError> {
        self.told_to(person, asked, page).await
    }
}

#[async_trait]
impl BroadcastWrites for Db<DatabaseTransaction> {
    async fn hold_broadcast(&self, id: MessageId) -> Result<Option<Broadcast>, StoreError> {
        let mut row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        dialect::hold(self.backend(), QueryTrait::query(&mut row));
        row.one(self.connection()).await.map_err(failed)?.map(Broadcast::try_from).transpose()
    }

    async fn insert_broadcast(&self, broadcast: &Broadcast) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(broadcast.id.0),
            created_by: Set(broadcast.created_by.0),
            created_at: Set(broadcast.created_at),
            people: Set(0),
            planned: Set(false),
            ..changed(broadcast, broadcast.version)?
        })
        .await
    }

    async fn update_broadcast(&self, broadcast: &Broadcast) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(changed(broadcast, broadcast.version + 1)?)
            .filter(Column::Id.eq(broadcast.id.0))
            .filter(Column::Version.eq(broadcast.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn call_up(&self, due_at: DateTime<Utc>, broadcast: &Broadcast) -> Result<(), StoreError> {
        self.write_turn(due_at, broadcast).await
    }

    async fn reopen(&self, now: DateTime<Utc>, broadcast: &Broadcast) -> Result<(), StoreError> {
        self.reopen_sent(now, broadcast).await
    }

    async fn go_on(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        people: &[PersonId],
        rungs: &[(usize, DateTime<Utc>)],
    ) -> Result<(), StoreError> {
        self.let_go_on(now, id, people, rungs).await
    }

    async fn cancel_unsent(&self, now: DateTime<Utc>, id: MessageId) -> Result<bool, StoreError> {
        self.stop(now, id, Stopped::CalledBack, STOPPED).await
    }

    async fn note_read(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        person: PersonId,
    ) -> Result<bool, StoreError> {
        self.write_read(now, id, person).await
    }

    async fn acknowledge(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        people: &[PersonId],
        by: Acknowledging,
    ) -> Result<bool, StoreError> {
        self.write_acknowledged(now, id, people, by).await
    }

    async fn note_informed(&self, id: MessageId, person: PersonId, by: StaffId) -> Result<(), StoreError> {
        self.write_informed(id, person, by).await
    }

    async fn send_again(
        &self,
        now: DateTime<Utc>,
        due_at: DateTime<Utc>,
        broadcast: &Broadcast,
        people: &[PersonId],
    ) -> Result<SentAgain, StoreError> {
        self.send_once_more(now, due_at, broadcast, people).await
    }

    async fn at_contact_point(
        &self,
        id: MessageId,
        contact_point: ContactPointId,
    ) -> Result<Vec<PersonId>, StoreError> {
        self.everybody_at(id, contact_point).await
    }
}
