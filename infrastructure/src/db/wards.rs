//! People who are represented, in the municipality that they belong to.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    StoreError,
    consents::TextVersion,
    deliveries::Channel,
    ids::{MunicipalityId, PersonId, StaffId},
    page::{Page, PageRequest, Position},
    text::Name,
    wards::{
        Invitation, Proxy, RegisteredBy, Ward, WardState,
        port::{WardReads, WardWrites},
    },
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{Condition, Expr, ExprTrait, LikeExpr, Query},
};

use super::{
    Db,
    contact_points::{self, address_hash},
    contacts, corrupt, dialect, failed, one_row, proxies,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wards")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    pub name: String,
    pub state: String,
    pub registered_by_kind: String,
    pub registered_by: Option<Uuid>,
    pub means: String,
    pub registered_at: ChronoDateTimeUtc,
    pub text_version: String,
    pub document: Option<String>,
    pub valid_until: Option<ChronoDate>,
    pub settled_at: Option<ChronoDateTimeUtc>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Ward {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let registered_by = match (row.registered_by_kind.as_str(), row.registered_by) {
            ("staff", Some(id)) => RegisteredBy::Staff(StaffId(id)),
            ("proxy", Some(id)) => RegisteredBy::Proxy(PersonId(id)),
            ("themselves", _) => RegisteredBy::Themselves,
            _ => return Err(corrupt("wards.registered_by")),
        };
        Ok(Self {
            person: PersonId(row.person_id),
            municipality: MunicipalityId(row.municipality_id),
            name: Name::parse(row.name).map_err(|_| corrupt("wards.name"))?,
            state: row.state.parse().map_err(|_| corrupt("wards.state"))?,
            registered_by,
            means: row.means.parse().map_err(|_| corrupt("wards.means"))?,
            registered_at: row.registered_at,
            text_version: TextVersion::parse(&row.text_version).map_err(|_| corrupt("wards.text_version"))?,
            document: row.document.map(Name::parse).transpose().map_err(|_| corrupt("wards.document"))?,
            valid_until: row.valid_until,
            settled_at: row.settled_at,
            version: row.version,
        })
    }
}

/// The columns that may change.
fn changed(ward: &Ward, version: i64) -> ActiveModel {
    ActiveModel {
        name: Set(ward.name.to_string()),
        state: Set(ward.state.to_string()),
        means: Set(ward.means.to_string()),
        registered_at: Set(ward.registered_at),
        text_version: Set(ward.text_version.as_str().to_owned()),
        document: Set(ward.document.clone().map(Name::into_string)),
        valid_until: Set(ward.valid_until),
        settled_at: Set(ward.settled_at),
        version: Set(version),
        ..Default::default()
    }
}

fn position(ward: &Ward) -> Position {
    Position { key: ward.name.to_string(), id: ward.person.0 }
}

#[async_trait]
impl<C: ConnectionTrait + Send> WardReads for Db<C> {
    async fn ward(&self, person: PersonId) -> Result<Option<Ward>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::PersonId.eq(person.0));
        row.one(self.connection()).await.map_err(failed)?.map(Ward::try_from).transpose()
    }

    async fn wards(
        &self,
        name: Option<&str>,
        address: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Ward>, StoreError> {
        let mut query = self.rows::<Entity>();
        if let Some(name) = name {
            let like = LikeExpr::new(dialect::contains(name)).escape('\\');
            query = query.filter(dialect::lower((Entity, Column::Name)).like(like));
        }
        if let Some(address) = address {
            let points = Query::select()
                .column(contact_points::Column::Id)
                .from(contact_points::Entity)
                .and_where(Expr::col(contact_points::Column::AddressHash).eq(address_hash(address)))
                .take();
            let people = Query::select()
                .column(contacts::Column::PersonId)
                .from(contacts::Entity)
                .and_where(Expr::col(contacts::Column::ContactPointId).in_subquery(points))
                .take();
            query = query.filter(Column::PersonId.in_subquery(people));
        }
        if let Some(after) = &page.after {
            query = query.filter(
                Expr::tuple([Expr::col(Column::Name), Expr::col(Column::PersonId)])
                    .gt(Expr::tuple([Expr::val(after.key.as_str()), Expr::val(after.id)])),
            );
        }
        let rows = query
            .order_by_asc(Column::Name)
            .order_by_asc(Column::PersonId)
            .limit(page.limit + 1)
            .all(self.connection())
            .await
            .map_err(failed)?;
        let wards = rows.into_iter().map(Ward::try_from).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(wards, page, position))
    }

    async fn outlived_wards(
        &self,
        asked_before: DateTime<Utc>,
        today: NaiveDate,
        limit: u64,
    ) -> Result<Vec<Ward>, StoreError> {
        let asked = Condition::all()
            .add(Column::State.eq(WardState::Invited.to_string()))
            .add(Column::RegisteredAt.lt(asked_before));
        let over = Condition::all()
            .add(Column::State.eq(WardState::Active.to_string()))
            .add(Column::ValidUntil.lt(today));
        let rows = self.rows::<Entity>().filter(Condition::any().add(asked).add(over)).limit(limit);
        let rows = rows.all(self.connection()).await.map_err(failed)?;
        rows.into_iter().map(Ward::try_from).collect()
    }

    async fn contact_addresses(&self, person: PersonId) -> Result<Vec<(Channel, String)>, StoreError> {
        self.addresses_of(person).await
    }

    async fn proxies_of(&self, ward: PersonId) -> Result<Vec<Proxy>, StoreError> {
        self.ties(proxies::Column::WardId.eq(ward.0)).await
    }

    async fn represented_by(&self, proxy: PersonId) -> Result<Vec<Proxy>, StoreError> {
        self.ties(proxies::Column::ProxyId.eq(proxy.0)).await
    }

    async fn open_invitations(&self, now: DateTime<Utc>, ward: PersonId) -> Result<u64, StoreError> {
        let waiting = self
            .rows::<proxies::Entity>()
            .filter(proxies::Column::WardId.eq(ward.0))
            .filter(proxies::Column::ProxyId.is_null())
            .filter(proxies::Column::ExpiresAt.gt(now));
        waiting.count(self.connection()).await.map_err(failed)
    }

    async fn proxy_invitation(&self, code_hash: &str) -> Result<Option<Invitation>, StoreError> {
        self.waiting(code_hash).await
    }
}

#[async_trait]
impl WardWrites for Db<DatabaseTransaction> {
    async fn insert_ward(&self, ward: &Ward) -> Result<(), StoreError> {
        let (kind, by) = match ward.registered_by {
            RegisteredBy::Staff(id) => ("staff", Some(id.0)),
            RegisteredBy::Proxy(id) => ("proxy", Some(id.0)),
            RegisteredBy::Themselves => ("themselves", None),
        };
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            person_id: Set(ward.person.0),
            registered_by_kind: Set(kind.to_owned()),
            registered_by: Set(by),
            ..changed(ward, ward.version)
        })
        .await
    }

    async fn update_ward(&self, ward: &Ward) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(changed(ward, ward.version + 1))
            .filter(Column::PersonId.eq(ward.person.0))
            .filter(Column::Version.eq(ward.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn insert_proxy(&self, proxy: &Proxy) -> Result<(), StoreError> {
        self.add_tie(proxy).await
    }

    async fn insert_proxy_invitation(&self, invitation: &Invitation) -> Result<(), StoreError> {
        self.add_invitation(invitation).await
    }

    async fn accept_proxy(
        &self,
        now: DateTime<Utc>,
        invitation: &Invitation,
        proxy: PersonId,
    ) -> Result<bool, StoreError> {
        self.use_invitation(now, invitation, proxy).await
    }

    async fn delete_proxy(&self, ward: PersonId, proxy: PersonId) -> Result<bool, StoreError> {
        self.end_ties(ward, Some(proxy)).await
    }

    async fn delete_proxies(&self, ward: PersonId) -> Result<(), StoreError> {
        self.end_ties(ward, None).await.map(drop)
    }
}
