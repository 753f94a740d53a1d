//! A worker's way through its chunk, batch by batch.
//!
//! Each step is one transaction: it renews the lease, writes what came of the last batch and notes
//! the next one in `send_batches`, before anything of it leaves. A note that outlives its epoch
//! tells the next worker which deliveries may have left.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    Locale, Scope, StoreError,
    broadcasts::quiet,
    deliveries::{
        Basis, DeliveryState, Platform, PushEnvironment, Severity, Topic, Verdict, basis,
        budget::{self, Budget, Purse},
    },
    ids::{ContactPointId, PersonId},
};
use sea_orm::{
    DatabaseTransaction, ExprTrait, FromQueryResult, JoinType, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
};

use super::{
    Db, Lease, SqlStore, StoredMessage, contact_points, corrupt, deliveries, failed, households, reach,
};

/// Note of a batch that is on its way.
pub mod notes {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "send_batches")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub chunk_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub epoch: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub from_contact_point: Uuid,
        pub to_contact_point: Uuid,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One delivery that is due, with the address as it is now.
#[derive(Clone, Debug)]
pub struct Due {
    /// The contact point.
    pub contact_point: ContactPointId,
    /// Whose it is, where it is a person's.
    pub person: Option<PersonId>,
    /// Token or mailbox. Never logged.
    pub address: String,
    /// What a push token belongs to.
    pub platform: Option<Platform>,
    /// Which app; the installation's own where absent.
    pub app: Option<String>,
    /// Which of Apple's services knows the token.
    pub environment: Option<PushEnvironment>,
    /// The reader's language.
    pub locale: Locale,
    /// Since when the address is known.
    pub registered_at: DateTime<Utc>,
    /// Attempts that counted so far.
    pub attempts: u32,
    /// How often it was made due again after it had left.
    pub generation: u32,
}

/// What is sent next.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The message.
    pub message: StoredMessage,
    /// Its deliveries, in the order of their contact points.
    pub due: Vec<Due>,
}

/// What came of one delivery of a batch.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Which one.
    pub contact_point: ContactPointId,
    /// The number of the attempt.
    pub number: u32,
    /// When the attempt ended.
    pub at: DateTime<Utc>,
    /// The verdict.
    pub verdict: Verdict,
}

/// Where a worker stands in its chunk.
#[derive(Debug)]
pub enum Progress {
    /// This is to be sent; the note about it is durable.
    Next(Batch),
    /// Nothing more is due: the chunk was given back.
    Over,
    /// The lease is somebody else's: nothing was written.
    Fenced,
}

impl SqlStore {
    /// One step: writes what came of the last batch and notes the next of at most `most` deliveries.
    /// With `most` = 0 the chunk is given back. What costs money is paid from the town hall's `budget`.
    pub async fn advance(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        length: Duration,
        settled: &[Settled],
        (most, budget): (u64, Budget),
    ) -> Result<Progress, StoreError> {
        let db = self.transaction(Scope::Municipality(lease.municipality)).await?;
        if !db.renew(lease, now, length).await? {
            return Ok(Progress::Fenced);
        }
        db.settle(lease, now, settled).await?;
        db.put_back_unspent(lease, now, settled, budget).await?;
        // A batch that was not full held all that was due; what came since is found when it is claimed again.
        let all_sent = u64::try_from(settled.len()).is_ok_and(|sent| sent > 0 && sent < most);
        let next =
            if most == 0 || all_sent { None } else { db.next_batch(lease, now, (most, budget)).await? };
        if next.is_none() {
            db.give_back(lease).await?;
        }
        db.finish().await?;
        Ok(next.map_or(Progress::Over, Progress::Next))
    }
}

impl Db<DatabaseTransaction> {
    async fn next_batch(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        (most, budget): (u64, Budget),
    ) -> Result<Option<Batch>, StoreError> {
        let Some(message) = self.message(lease.message).await? else { return Ok(None) };
        self.settle_doubts(lease, now, &message).await?;
        if message.expires_at <= now {
            self.end_pending(lease, now, DeliveryState::Expired, "expired", None).await?;
            return Ok(None);
        }
        if let Some(why) = message.stopped() {
            self.end_pending(lease, now, why.state(), why.reason(), None).await?;
            return Ok(None);
        }
        // What is left in the evening, and what is to be tried again at night, waits as news planned then do.
        let morning = match message.topic {
            Topic::Broadcast { .. } => quiet::not_before(now, message.severity, message.zone),
            _ => now,
        };
        if morning > now {
            self.put_off(lease, morning).await?;
            return Ok(None);
        }
        let due = self.may_be_sent(lease, now, most, &message).await?;
        let due = self.paid(lease, now, budget, (&message, due)).await?;
        let (Some(first), Some(last)) = (due.first(), due.last()) else { return Ok(None) };
        self.insert::<notes::Entity, _>(notes::ActiveModel {
            municipality_id: Set(lease.municipality.0),
            chunk_id: Set(lease.chunk.0),
            epoch: Set(lease.epoch),
            from_contact_point: Set(first.contact_point.0),
            to_contact_point: Set(last.contact_point.0),
            created_at: Set(now),
        })
        .await?;
        Ok(Some(Batch { message, due }))
    }

    /// Has pending deliveries of the chunk wait until then.
    async fn put_off(&self, lease: &Lease, until: DateTime<Utc>) -> Result<(), StoreError> {
        use deliveries::Column;
        self.update::<deliveries::Entity>()
            .col_expr(Column::DueAt, Expr::val(until))
            .filter(Column::ChunkId.eq(lease.chunk.0))
            .filter(Column::State.eq(DeliveryState::Pending.to_string()))
            .filter(Column::DueAt.lt(until))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Those of `due` that the town hall's budget pays for; the others end here. A drill costs nothing.
    async fn paid(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        budget: Budget,
        (message, mut due): (&StoredMessage, Vec<Due>),
    ) -> Result<Vec<Due>, StoreError> {
        let is_drill = matches!(message.topic, Topic::Broadcast { drill: true, .. });
        if due.is_empty() || is_drill || !lease.channel.is_paid() {
            return Ok(due);
        }
        let wanted = u64::try_from(due.len()).unwrap_or(u64::MAX);
        let purse = Purse::of(message.severity, &message.topic);
        let (paid, spent) = budget::pay(self, now, budget, (lease.municipality, purse, wanted)).await?;
        if spent.reached_alarm_by(paid) {
            metrics::counter!("paid_messages_alarms_total").increment(1);
            let severity = message.severity;
            tracing::error!(town = %message.slug, %severity, "80 % of the day's paid messages are spent");
        }
        let unpaid = due.split_off(usize::try_from(paid).map_or(due.len(), |paid| paid.min(due.len())));
        if !unpaid.is_empty() {
            let ids = unpaid.into_iter().map(|one| one.contact_point.0).collect();
            self.end_pending(lease, now, DeliveryState::Suppressed, "budget_spent", Some(ids)).await?;
        }
        Ok(due)
    }

    /// What did not leave and is tried again is paid when it leaves.
    async fn put_back_unspent(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        settled: &[Settled],
        budget: Budget,
    ) -> Result<(), StoreError> {
        let unspent = settled.iter().filter(|one| one.verdict.due_at.is_some()).count();
        if unspent == 0 || !lease.channel.is_paid() {
            return Ok(());
        }
        let many = u64::try_from(unspent).unwrap_or_default();
        let purse = match lease.lane {
            Severity::Notice => match self.message(lease.message).await? {
                Some(message) => Purse::of(message.severity, &message.topic),
                None => return Ok(()),
            },
            lane => Purse::from(lane),
        };
        budget::refund(self, now, budget, (lease.municipality, purse, many)).await
    }

    /// Up to `most` deliveries that are due and may be sent at this moment; those that may not are ended on
    /// the way. Fewer than `most` only where no more are due.
    async fn may_be_sent(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        most: u64,
        message: &StoredMessage,
    ) -> Result<Vec<Due>, StoreError> {
        let basis = basis(message.severity, &message.topic);
        let mut due = Vec::new();
        let mut last = None;
        loop {
            let wanted = most.saturating_sub(u64::try_from(due.len()).unwrap_or(most));
            let rows = self.due_rows(lease, now, (last, wanted), (basis, message.consent())).await?;
            let exhausted = u64::try_from(rows.len()).is_ok_and(|found| found < wanted);
            last = rows.last().map(|row| row.contact_point_id).or(last);
            let (mut gone, mut unwanted) = (Vec::new(), Vec::new());
            let (mut handed_on, mut left) = (Vec::new(), Vec::new());
            for row in rows {
                let (id, permitted, heir) = (row.contact_point_id, basis.permits(row.wanted), row.heir);
                match (row.due()?, heir) {
                    (None, _) => gone.push(id),
                    (Some(one), _) if permitted => due.push(one),
                    (Some(_), None) => unwanted.push(id),
                    (Some(one), heir) => {
                        handed_on.push(id);
                        left.extend(one.person);
                        due.push(Due { person: heir.map(PersonId), ..one });
                    }
                }
            }
            self.hand_on(lease, message.consent(), (handed_on, left)).await?;
            for (ended, reason) in [(gone, "contact_point_gone"), (unwanted, "consent_withdrawn")] {
                if !ended.is_empty() {
                    self.end_pending(lease, now, DeliveryState::Suppressed, reason, Some(ended)).await?;
                }
            }
            if exhausted || u64::try_from(due.len()).is_ok_and(|found| found >= most) {
                return Ok(due);
            }
        }
    }

    /// The deliveries that are due, with the address as it is now and whether its person wants such
    /// messages by this way: that is looked up in the transaction that notes the batch.
    async fn due_rows(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        (after, most): (Option<Uuid>, u64),
        (basis, consent): (Basis, Severity),
    ) -> Result<Vec<Row>, StoreError> {
        use contact_points::Column as Point;
        let mut rows = self
            .rows::<deliveries::Entity>()
            .select_only()
            .columns([
                deliveries::Column::ContactPointId,
                deliveries::Column::PersonId,
                deliveries::Column::Attempts,
                deliveries::Column::Generation,
            ])
            .columns([
                Point::Address,
                Point::Platform,
                Point::App,
                Point::Environment,
                Point::Locale,
                Point::RegisteredAt,
            ])
            .join(JoinType::LeftJoin, contact_point())
            .filter(deliveries::Column::ChunkId.eq(lease.chunk.0))
            .filter(deliveries::Column::State.eq(DeliveryState::Pending.to_string()))
            .filter(deliveries::Column::DueAt.lte(now))
            .order_by_asc(deliveries::Column::ContactPointId)
            .limit(most);
        if let Some(after) = after {
            rows = rows.filter(deliveries::Column::ContactPointId.gt(after));
        }
        if basis.asks() {
            let wanted = Expr::col((reach::Entity, reach::Column::Active))
                .and(Expr::col((reach::Entity, reach::wanted(consent))));
            rows = rows.join(JoinType::LeftJoin, reached()).column_as(wanted, "wanted");
        } else {
            rows = rows.column_as(Expr::val(None::<bool>), "wanted");
        }
        if basis.is_shared() {
            rows = rows.column_as(households::heir(consent), "heir");
        } else {
            rows = rows.column_as(Expr::val(None::<Uuid>), "heir");
        }
        rows.into_model().all(self.connection()).await.map_err(failed)
    }

    /// Ends pending deliveries of the chunk without an attempt; all that are due where `only` is none.
    pub(super) async fn end_pending(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        state: DeliveryState,
        reason: &'static str,
        only: Option<Vec<Uuid>>,
    ) -> Result<(), StoreError> {
        use deliveries::Column;
        let mut update = self
            .update::<deliveries::Entity>()
            .col_expr(Column::State, Expr::val(state.to_string()))
            .col_expr(Column::Reason, Expr::val(reason))
            .col_expr(Column::UpdatedAt, Expr::val(now))
            .filter(Column::ChunkId.eq(lease.chunk.0))
            .filter(Column::State.eq(DeliveryState::Pending.to_string()));
        if let Some(ids) = only {
            update = update.filter(Column::ContactPointId.is_in(ids));
        }
        update.exec(self.connection()).await.map_err(failed)?;
        Ok(())
    }
}

/// A removed contact point is out at once: the join finds nothing.
fn contact_point() -> RelationDef {
    deliveries::Entity::belongs_to(contact_points::Entity)
        .from(deliveries::Column::ContactPointId)
        .to(contact_points::Column::Id)
        .into()
}

/// What the delivery's person wants by this way.
fn reached() -> RelationDef {
    use deliveries::Column;
    deliveries::Entity::belongs_to(reach::Entity)
        .from((Column::MunicipalityId, Column::PersonId, Column::ContactPointId))
        .to((reach::Column::MunicipalityId, reach::Column::PersonId, reach::Column::ContactPointId))
        .into()
}

#[derive(FromQueryResult)]
struct Row {
    contact_point_id: Uuid,
    person_id: Option<Uuid>,
    attempts: i32,
    generation: i32,
    address: Option<String>,
    platform: Option<String>,
    app: Option<String>,
    environment: Option<String>,
    locale: Option<String>,
    registered_at: Option<DateTime<Utc>>,
    wanted: Option<bool>,
    heir: Option<Uuid>,
}

impl Row {
    fn due(self) -> Result<Option<Due>, StoreError> {
        let (Some(address), Some(registered_at)) = (self.address, self.registered_at) else {
            return Ok(None);
        };
        Ok(Some(Due {
            contact_point: ContactPointId(self.contact_point_id),
            person: self.person_id.map(PersonId),
            address,
            platform: parsed(self.platform, "contact_points.platform")?,
            app: self.app,
            environment: parsed(self.environment, "contact_points.environment")?,
            locale: parsed(self.locale, "contact_points.locale")?.unwrap_or_default(),
            registered_at,
            attempts: u32::try_from(self.attempts).map_err(|_| corrupt("deliveries.attempts"))?,
            generation: u32::try_from(self.generation).map_err(|_| corrupt("deliveries.generation"))?,
        }))
    }
}

fn parsed<T: std::str::FromStr>(text: Option<String>, column: &'static str) -> Result<Option<T>, StoreError> {
    text.map(|text| text.parse().map_err(|_| corrupt(column))).transpose()
}
