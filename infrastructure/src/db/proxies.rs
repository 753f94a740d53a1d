//! Who represents whom: ties of two people, and invitations to one.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    ids::{MunicipalityId, PersonId, ProxyId},
    wards::{Invitation, Proxy},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*, sea_query::Expr};

use super::{Db, corrupt, failed};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "proxies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub ward_id: Uuid,
    pub municipality_id: Uuid,
    pub proxy_id: Option<Uuid>,
    pub code_hash: Option<String>,
    pub created_at: ChronoDateTimeUtc,
    pub expires_at: Option<ChronoDateTimeUtc>,
    pub accepted_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Ties, the oldest first; invitations are none.
    pub(super) async fn ties(
        &self,
        which: impl sea_orm::sea_query::IntoCondition + Send,
    ) -> Result<Vec<Proxy>, StoreError> {
        let rows = self
            .rows::<Entity>()
            .filter(which)
            .filter(Column::ProxyId.is_not_null())
            .order_by_asc(Column::AcceptedAt)
            .order_by_asc(Column::Id)
            .all(self.connection())
            .await
            .map_err(failed)?;
        let tie = |row: Model| {
            Some(Proxy {
                id: ProxyId(row.id),
                ward: PersonId(row.ward_id),
                municipality: MunicipalityId(row.municipality_id),
                proxy: PersonId(row.proxy_id?),
                since: row.accepted_at?,
            })
        };
        rows.into_iter().map(|row| tie(row).ok_or(corrupt("proxies.accepted_at"))).collect()
    }

    /// The invitation of that hash that nobody used.
    pub(super) async fn waiting(&self, code_hash: &str) -> Result<Option<Invitation>, StoreError> {
        let row = self
            .rows::<Entity>()
            .filter(Column::CodeHash.eq(code_hash))
            .filter(Column::ProxyId.is_null())
            .one(self.connection())
            .await
            .map_err(failed)?;
        let invitation = |row: Model| {
            Some(Invitation {
                id: ProxyId(row.id),
                ward: PersonId(row.ward_id),
                municipality: MunicipalityId(row.municipality_id),
                code_hash: row.code_hash?,
                created_at: row.created_at,
                expires_at: row.expires_at?,
            })
        };
        row.map(|row| invitation(row).ok_or(corrupt("proxies.expires_at"))).transpose()
    }
}

impl Db<DatabaseTransaction> {
    pub(super) async fn add_tie(&self, tie: &Proxy) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            id: Set(tie.id.0),
            ward_id: Set(tie.ward.0),
            municipality_id: Set(tie.municipality.0),
            proxy_id: Set(Some(tie.proxy.0)),
            code_hash: Set(None),
            created_at: Set(tie.since),
            expires_at: Set(None),
            accepted_at: Set(Some(tie.since)),
        })
        .await
    }

    pub(super) async fn add_invitation(&self, invitation: &Invitation) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            id: Set(invitation.id.0),
            ward_id: Set(invitation.ward.0),
            municipality_id: Set(invitation.municipality.0),
            proxy_id: Set(None),
            code_hash: Set(Some(invitation.code_hash.clone())),
            created_at: Set(invitation.created_at),
            expires_at: Set(Some(invitation.expires_at)),
            accepted_at: Set(None),
        })
        .await
    }

    /// Makes an invitation a tie, once.
    pub(super) async fn use_invitation(
        &self,
        now: DateTime<Utc>,
        invitation: &Invitation,
        proxy: PersonId,
    ) -> Result<bool, StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::ProxyId, Expr::val(proxy.0))
            .col_expr(Column::AcceptedAt, Expr::val(now))
            .col_expr(Column::CodeHash, Expr::val(None::<String>))
            .filter(Column::Id.eq(invitation.id.0))
            .filter(Column::ProxyId.is_null())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(result.rows_affected == 1)
    }

    /// Ends one person's tie to a ward, or everybody's with the invitations that wait.
    pub(super) async fn end_ties(&self, ward: PersonId, proxy: Option<PersonId>) -> Result<bool, StoreError> {
        let mut ties = self.delete::<Entity>().filter(Column::WardId.eq(ward.0));
        if let Some(proxy) = proxy {
            ties = ties.filter(Column::ProxyId.eq(proxy.0));
        }
        Ok(ties.exec(self.connection()).await.map_err(failed)?.rows_affected > 0)
    }
}
