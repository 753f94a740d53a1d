//! One-time codes, and the queue of what brings them.

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    StoreError,
    citizens::{
        Address, CodePurpose, CodeToSend, OneTimeCode,
        code::{Subject, TRIES},
        port::{CodeReads, CodeWrites},
    },
    deliveries::Channel,
    ids::{AccountId, CodeId, ComplaintId, MunicipalityId, StaffId},
    phone::Phone,
    text::EmailAddress,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, QuerySelect, QueryTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};

use super::{Db, corrupt, dialect, failed};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub purpose: String,
    pub channel: String,
    pub address: String,
    pub locale: String,
    pub municipality_id: Option<Uuid>,
    pub subject_id: Option<Uuid>,
    pub code_hash: String,
    pub sealed_code: Option<String>,
    pub tries: i32,
    pub created_at: ChronoDateTimeUtc,
    pub expires_at: ChronoDateTimeUtc,
    pub used_at: Option<ChronoDateTimeUtc>,
    pub send_at: Option<ChronoDateTimeUtc>,
    pub send_attempts: i32,
    pub account_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn channel(text: &str) -> Result<Channel, StoreError> {
    text.parse().map_err(|_| corrupt("one_time_codes.channel"))
}

fn address(channel: Channel, text: &str) -> Result<Address, StoreError> {
    let parsed = match channel {
        Channel::Sms | Channel::Voice => Phone::stored(text).map(Address::from),
        Channel::Email | Channel::Push => EmailAddress::parse(text).map(Address::from),
    };
    parsed.map_err(|_| corrupt("one_time_codes.address"))
}

fn code(row: Model) -> Result<OneTimeCode, StoreError> {
    let channel = channel(&row.channel)?;
    let purpose = row.purpose.parse().map_err(|_| corrupt("one_time_codes.purpose"))?;
    let subject = row.subject_id.and_then(|id| match purpose {
        CodePurpose::SignIn
        | CodePurpose::PasswordReset
        | CodePurpose::AddressChange
        | CodePurpose::AddressChangeAsked
        | CodePurpose::AddressChanged
        | CodePurpose::AddressChangeUndone
        | CodePurpose::TokenCopied
        | CodePurpose::WardMoved => None,
        CodePurpose::ComplaintConfirmation => Some(Subject::Complaint(ComplaintId(id))),
        CodePurpose::StaffInvitation => Some(Subject::Member(StaffId(id))),
    });
    Ok(OneTimeCode {
        id: CodeId(row.id),
        purpose,
        address: address(channel, &row.address)?,
        channel,
        locale: row.locale.parse().map_err(|_| corrupt("one_time_codes.locale"))?,
        subject: row.municipality_id.map(MunicipalityId).zip(subject),
        account: row.account_id.map(AccountId),
        hash: row.code_hash,
        created_at: row.created_at,
        expires_at: row.expires_at,
    })
}

fn id_of(subject: Subject) -> Uuid {
    match subject {
        Subject::Complaint(id) => id.0,
        Subject::Member(id) => id.0,
    }
}

/// That a column holds this, or nothing.
fn holds(column: Column, id: Option<Uuid>) -> Expr {
    id.map_or_else(|| column.is_null(), |id| column.eq(id))
}

fn code_to_send(row: Model) -> Result<CodeToSend, StoreError> {
    let channel = channel(&row.channel)?;
    let sealed = row.sealed_code.and_then(|sealed| STANDARD.decode(sealed).ok());
    Ok(CodeToSend {
        id: CodeId(row.id),
        purpose: row.purpose.parse().map_err(|_| corrupt("one_time_codes.purpose"))?,
        address: address(channel, &row.address)?,
        channel,
        locale: row.locale.parse().map_err(|_| corrupt("one_time_codes.locale"))?,
        municipality: row.municipality_id.map(MunicipalityId),
        sealed: sealed.ok_or(corrupt("one_time_codes.sealed_code"))?,
        expires_at: row.expires_at,
        attempts: row.send_attempts + 1,
    })
}

#[async_trait]
impl<C: ConnectionTrait + Send> CodeReads for Db<C> {
    async fn open_code(
        &self,
        now: ChronoDateTimeUtc,
        purpose: CodePurpose,
        address: &Address,
    ) -> Result<Option<OneTimeCode>, StoreError> {
        let row = self
            .rows::<Entity>()
            .filter(Column::Address.eq(address.as_str()))
            .filter(Column::Purpose.eq(purpose.to_string()))
            .filter(Column::UsedAt.is_null())
            .filter(Column::ExpiresAt.gt(now))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .one(self.connection())
            .await
            .map_err(failed)?;
        row.map(code).transpose()
    }

    async fn confirmation_code(
        &self,
        now: ChronoDateTimeUtc,
        complaint: ComplaintId,
    ) -> Result<Option<OneTimeCode>, StoreError> {
        let row = self
            .rows::<Entity>()
            .filter(Column::MunicipalityId.eq(self.municipality()?.0))
            .filter(Column::SubjectId.eq(complaint.0))
            .filter(Column::Purpose.eq(CodePurpose::ComplaintConfirmation.to_string()))
            .filter(Column::UsedAt.is_null())
            .filter(Column::ExpiresAt.gt(now))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .one(self.connection())
            .await
            .map_err(failed)?;
        row.map(code).transpose()
    }
}

impl Db<DatabaseTransaction> {
    /// Adds a code; one without a seal is never sent.
    async fn add_code(&self, code: &OneTimeCode, sealed: Option<&[u8]>) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            id: Set(code.id.0),
            purpose: Set(code.purpose.to_string()),
            channel: Set(code.channel.to_string()),
            address: Set(code.address.as_str().to_owned()),
            locale: Set(code.locale.to_string()),
            municipality_id: Set(code.subject.map(|(municipality, _)| municipality.0)),
            subject_id: Set(code.subject.map(|(_, subject)| id_of(subject))),
            code_hash: Set(code.hash.clone()),
            sealed_code: Set(sealed.map(|sealed| STANDARD.encode(sealed))),
            tries: Set(0),
            created_at: Set(code.created_at),
            expires_at: Set(code.expires_at),
            used_at: Set(None),
            send_at: Set(sealed.map(|_| code.created_at)),
            send_attempts: Set(0),
            account_id: Set(code.account.map(|account| account.0)),
        })
        .await
    }
}

#[async_trait]
impl CodeWrites for Db<DatabaseTransaction> {
    async fn insert_code(&self, code: &OneTimeCode, sealed: &[u8]) -> Result<(), StoreError> {
        self.add_code(code, Some(sealed)).await
    }

    async fn insert_silent_code(&self, code: &OneTimeCode) -> Result<(), StoreError> {
        self.add_code(code, None).await
    }

    async fn count_guess(&self, id: CodeId) -> Result<bool, StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
            .filter(Column::Id.eq(id.0))
            .filter(Column::Tries.lt(TRIES))
            .filter(Column::UsedAt.is_null())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(result.rows_affected == 1)
    }

    async fn use_code(&self, now: ChronoDateTimeUtc, code: &OneTimeCode) -> Result<(), StoreError> {
        let (municipality, subject) = code.subject.map(|(town, subject)| (town.0, id_of(subject))).unzip();
        self.update::<Entity>()
            .col_expr(Column::UsedAt, Expr::val(now))
            .filter(Column::Address.eq(code.address.as_str()))
            .filter(Column::Purpose.eq(code.purpose.to_string()))
            .filter(holds(Column::MunicipalityId, municipality))
            .filter(holds(Column::SubjectId, subject))
            .filter(Column::UsedAt.is_null())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn note_owner_of_codes(&self, address: &Address, account: AccountId) -> Result<(), StoreError> {
        self.update::<Entity>()
            .col_expr(Column::AccountId, Expr::val(account.0))
            .filter(Column::Address.eq(address.as_str()))
            .filter(Column::AccountId.is_null())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn codes_to_send(
        &self,
        now: ChronoDateTimeUtc,
        until: ChronoDateTimeUtc,
        limit: u64,
        channels: &[Channel],
    ) -> Result<Vec<CodeToSend>, StoreError> {
        let mut due = self
            .rows::<Entity>()
            .filter(Column::SendAt.lte(now))
            .filter(Column::SealedCode.is_not_null())
            .filter(Column::Channel.is_in(channels.iter().map(Channel::to_string)))
            .filter(Column::ExpiresAt.gt(now))
            .order_by_asc(Column::SendAt)
            .limit(limit);
        dialect::claim(self.backend(), QueryTrait::query(&mut due));
        let rows = due.all(self.connection()).await.map_err(failed)?;
        self.update::<Entity>()
            .col_expr(Column::SendAt, Expr::val(until))
            .col_expr(Column::SendAttempts, Expr::col(Column::SendAttempts).add(1))
            .filter(Column::Id.is_in(rows.iter().map(|row| row.id)))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        // One that cannot be read must not keep the others from being sent.
        let readable = |row: Model| {
            let id = row.id;
            let code = code_to_send(row);
            code.inspect_err(|error| tracing::error!(%error, code = %id, "a code cannot be sent")).ok()
        };
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    async fn code_sent(&self, id: CodeId) -> Result<(), StoreError> {
        self.code_failed(id, None).await
    }

    async fn code_failed(&self, id: CodeId, next_try: Option<ChronoDateTimeUtc>) -> Result<(), StoreError> {
        let mut update = self.update::<Entity>().col_expr(Column::SendAt, Expr::val(next_try));
        if next_try.is_none() {
            update = update.col_expr(Column::SealedCode, Expr::val(None::<String>));
        }
        update.filter(Column::Id.eq(id.0)).exec(self.connection()).await.map_err(failed)?;
        Ok(())
    }
}
