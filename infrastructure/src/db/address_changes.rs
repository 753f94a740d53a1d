//! Changes of the address somebody signs in with.

use async_trait::async_trait;
use domain::{
    StoreError,
    citizens::{
        AddressChange, AddressKind, AddressSlot, ChangeState,
        port::{AddressChangeReads, AddressChangeWrites, ChangesOf},
    },
    ids::{AccountId, AddressChangeId},
    phone::Phone,
    text::EmailAddress,
};
use sea_orm::{
    Condition, ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*, sea_query::Expr,
};
use strum::IntoEnumIterator;

use super::{Db, corrupt, failed};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "address_changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub kind: String,
    pub state: String,
    pub address_before: Option<String>,
    pub asked_at: ChronoDateTimeUtc,
    pub confirmed_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn change(row: Model) -> Result<AddressChange, StoreError> {
    let kind = row.kind.parse().map_err(|_| corrupt("address_changes.kind"))?;
    Ok(AddressChange {
        id: AddressChangeId(row.id),
        account: AccountId(row.account_id),
        state: row.state.parse().map_err(|_| corrupt("address_changes.state"))?,
        before: slot(kind, row.address_before).ok_or(corrupt("address_changes.address_before"))?,
        asked_at: row.asked_at,
        confirmed_at: row.confirmed_at,
    })
}

fn slot(kind: AddressKind, address: Option<String>) -> Option<AddressSlot> {
    let Some(address) = address else { return Some(AddressSlot::empty(kind)) };
    Some(match kind {
        AddressKind::Email => AddressSlot::Email(Some(EmailAddress::parse(&address).ok()?)),
        AddressKind::Phone => AddressSlot::Phone(Some(Phone::stored(address).ok()?)),
    })
}

fn stored(slot: &AddressSlot) -> Option<String> {
    slot.address().map(|address| address.as_str().to_owned())
}

/// That a change may become `to`.
fn may_become(to: ChangeState) -> Expr {
    let from = ChangeState::iter().filter(|state| state.may_become(to));
    Column::State.is_in(from.map(|state| state.to_string()))
}

#[async_trait]
impl<C: ConnectionTrait + Send> AddressChangeReads for Db<C> {
    async fn address_change(&self, id: AddressChangeId) -> Result<Option<AddressChange>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0)).one(self.connection()).await;
        row.map_err(failed)?.map(change).transpose()
    }

    async fn address_changes(&self, account: AccountId) -> Result<Vec<AddressChange>, StoreError> {
        let rows = self
            .rows::<Entity>()
            .filter(Column::AccountId.eq(account.0))
            .order_by_asc(Column::AskedAt)
            .order_by_asc(Column::Id)
            .all(self.connection())
            .await
            .map_err(failed)?;
        rows.into_iter().map(change).collect()
    }
}

#[async_trait]
impl AddressChangeWrites for Db<DatabaseTransaction> {
    async fn insert_address_change(&self, change: &AddressChange) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            id: Set(change.id.0),
            account_id: Set(change.account.0),
            kind: Set(change.before.kind().to_string()),
            state: Set(change.state.to_string()),
            address_before: Set(stored(&change.before)),
            asked_at: Set(change.asked_at),
            confirmed_at: Set(change.confirmed_at),
        })
        .await
    }

    async fn confirm_address_change(&self, change: &AddressChange) -> Result<bool, StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::State, Expr::val(ChangeState::Confirmed.to_string()))
            .col_expr(Column::AddressBefore, Expr::val(stored(&change.before)))
            .col_expr(Column::ConfirmedAt, Expr::val(change.confirmed_at))
            .filter(Column::Id.eq(change.id.0))
            .filter(may_become(ChangeState::Confirmed))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(result.rows_affected == 1)
    }

    async fn move_address_changes(&self, which: ChangesOf, to: ChangeState) -> Result<u64, StoreError> {
        let mut theirs = Condition::all().add(Column::AccountId.eq(which.account.0)).add(may_become(to));
        if let Some(kind) = which.kind {
            theirs = theirs.add(Column::Kind.eq(kind.to_string()));
        }
        if let Some(since) = which.since {
            theirs = theirs.add(Column::ConfirmedAt.gte(since));
        }
        let result = self
            .update::<Entity>()
            .col_expr(Column::State, Expr::val(to.to_string()))
            .filter(theirs)
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(result.rows_affected)
    }
}
