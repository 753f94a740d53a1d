//! Sessions: families of refresh tokens. The tokens themselves are nowhere.

use async_trait::async_trait;
use domain::{
    StoreError,
    citizens::{
        Session, SessionKind,
        port::{SessionReads, SessionWrites},
    },
    ids::{AccountId, PersonId, SessionId},
    text::Name,
};
use sea_orm::{
    Condition, ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*, sea_query::Expr,
};

use super::{Db, corrupt, failed};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub person_id: Option<Uuid>,
    pub account_id: Option<Uuid>,
    pub device_name: Option<String>,
    pub generation: i64,
    pub rotated_at: ChronoDateTimeUtc,
    pub created_at: ChronoDateTimeUtc,
    pub expires_at: ChronoDateTimeUtc,
    pub revoked_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn session(row: Model) -> Result<Session, StoreError> {
    let device_name = row.device_name.map(Name::parse).transpose();
    Ok(Session {
        id: SessionId(row.id),
        kind: row.kind.parse().map_err(|_| corrupt("sessions.kind"))?,
        person: row.person_id.map(PersonId),
        account: row.account_id.map(AccountId),
        device_name: device_name.map_err(|_| corrupt("sessions.device_name"))?,
        generation: row.generation,
        rotated_at: row.rotated_at,
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    })
}

#[async_trait]
impl<C: ConnectionTrait + Send> SessionReads for Db<C> {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0)).one(self.connection()).await;
        row.map_err(failed)?.map(session).transpose()
    }

    async fn sessions_of(&self, person: PersonId) -> Result<Vec<Session>, StoreError> {
        let rows = self
            .rows::<Entity>()
            .filter(Column::PersonId.eq(person.0))
            .filter(Column::RevokedAt.is_null())
            .order_by_desc(Column::RotatedAt)
            .order_by_asc(Column::Id)
            .all(self.connection())
            .await
            .map_err(failed)?;
        rows.into_iter().map(session).collect()
    }
}

impl Db<DatabaseTransaction> {
    /// Ends the sessions that meet a condition. The phones registered in them are told nothing any more.
    async fn revoke(&self, now: ChronoDateTimeUtc, which: Condition) -> Result<(), StoreError> {
        let which = which.add(Column::RevokedAt.is_null());
        self.remove_devices_of(which.clone()).await?;
        self.update::<Entity>()
            .col_expr(Column::RevokedAt, Expr::val(now))
            .filter(which)
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}

#[async_trait]
impl SessionWrites for Db<DatabaseTransaction> {
    async fn insert_session(&self, session: &Session) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            id: Set(session.id.0),
            kind: Set(session.kind.to_string()),
            person_id: Set(session.person.map(|person| person.0)),
            account_id: Set(session.account.map(|account| account.0)),
            device_name: Set(session.device_name.clone().map(String::from)),
            generation: Set(session.generation),
            rotated_at: Set(session.rotated_at),
            created_at: Set(session.created_at),
            expires_at: Set(session.expires_at),
            revoked_at: Set(session.revoked_at),
        })
        .await
    }

    async fn renew_session(&self, renewed: &Session) -> Result<bool, StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::Generation, Expr::val(renewed.generation))
            .col_expr(Column::RotatedAt, Expr::val(renewed.rotated_at))
            .col_expr(Column::ExpiresAt, Expr::val(renewed.expires_at))
            .filter(Column::Id.eq(renewed.id.0))
            .filter(Column::Generation.eq(renewed.generation - 1))
            .filter(Column::RevokedAt.is_null())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(result.rows_affected == 1)
    }

    async fn revoke_session(&self, now: ChronoDateTimeUtc, id: SessionId) -> Result<(), StoreError> {
        self.revoke(now, Condition::all().add(Column::Id.eq(id.0))).await
    }

    async fn revoke_other_sessions(
        &self,
        now: ChronoDateTimeUtc,
        person: PersonId,
        keep: SessionId,
    ) -> Result<(), StoreError> {
        let others = Condition::all().add(Column::PersonId.eq(person.0)).add(Column::Id.ne(keep.0));
        self.revoke(now, others).await
    }

    async fn revoke_staff_sessions(
        &self,
        now: ChronoDateTimeUtc,
        account: AccountId,
    ) -> Result<(), StoreError> {
        let staff = SessionKind::Staff.to_string();
        let theirs = Condition::all().add(Column::AccountId.eq(account.0)).add(Column::Kind.eq(staff));
        self.revoke(now, theirs).await
    }

    async fn revoke_sessions_of_account(
        &self,
        now: ChronoDateTimeUtc,
        account: AccountId,
    ) -> Result<(), StoreError> {
        self.revoke(now, Condition::all().add(Column::AccountId.eq(account.0))).await
    }
}
