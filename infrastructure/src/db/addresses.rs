//! The address register.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    geo::Point,
    ids::{AddressId, AreaId},
    municipalities::{
        Address, House, StreetEntry,
        port::{AddressReads, AddressWrites},
        street_key,
    },
    page::{Page, PageRequest, Position},
    text::Street,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, Func, OnConflict},
};

use super::{Db, corrupt, failed, one_deleted, one_row};

/// Rows of one statement: twelve values each, below SQLite's 32,766.
const SLICE: usize = 2_000;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "addresses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub street: String,
    pub street_key: String,
    pub number: i32,
    pub suffix: String,
    pub postal_code: Option<String>,
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    pub area_id: Option<Uuid>,
    pub updated_at: ChronoDateTimeUtc,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Address {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: AddressId(row.id),
            street: Street::parse(row.street).map_err(|_| corrupt("addresses.street"))?,
            house: House {
                number: row.number.try_into().map_err(|_| corrupt("addresses.number"))?,
                suffix: row.suffix,
            },
            postal_code: row.postal_code,
            point: row.lat.zip(row.lon).map(|(lat, lon)| Point { lat, lon }),
            area: row.area_id.map(AreaId),
            version: row.version,
        })
    }
}

/// Where an address stands in the order of streets, then houses.
fn position(address: &Address) -> Position {
    let House { number, suffix } = &address.house;
    Position { key: format!("{}|{number}|{suffix}", street_key(address.street.as_str())), id: address.id.0 }
}

/// Street, number and suffix of a position.
fn parts(key: &str) -> Option<(&str, i32, &str)> {
    let mut parts = key.splitn(3, '|');
    Some((parts.next()?, parts.next()?.parse().ok()?, parts.next()?))
}

#[async_trait]
impl<C: ConnectionTrait + Send> AddressReads for Db<C> {
    async fn address(&self, street_key: &str, house: &House) -> Result<Option<Address>, StoreError> {
        self.rows::<Entity>()
            .filter(Column::StreetKey.eq(street_key))
            .filter(Column::Number.eq(i32::from(house.number)))
            .filter(Column::Suffix.eq(house.suffix.as_str()))
            .one(self.connection())
            .await
            .map_err(failed)?
            .map(Address::try_from)
            .transpose()
    }

    async fn address_by_id(&self, id: AddressId) -> Result<Option<Address>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0)).one(self.connection()).await;
        row.map_err(failed)?.map(Address::try_from).transpose()
    }

    async fn addresses(&self, street: Option<&str>, page: &PageRequest) -> Result<Page<Address>, StoreError> {
        let mut query = self.rows::<Entity>();
        if let Some(street) = street {
            // A folded name holds letters and digits only, so it has no wildcards.
            query = query.filter(Column::StreetKey.starts_with(street_key(street)));
        }
        self.by_house(query, page).await
    }

    async fn streets(&self, prefix: &str, page: &PageRequest) -> Result<Page<StreetEntry>, StoreError> {
        let mut query = self.rows::<Entity>().filter(Column::StreetKey.starts_with(prefix));
        if let Some(after) = &page.after {
            query = query.filter(Column::StreetKey.gt(after.key.as_str()));
        }
        let rows: Vec<(String, String)> = query
            .select_only()
            .column(Column::StreetKey)
            // One of its spellings, where houses have several.
            .column_as(Expr::expr(Func::min(Expr::col(Column::Street))), "street")
            .group_by(Column::StreetKey)
            .order_by_asc(Column::StreetKey)
            .limit(page.limit + 1)
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(failed)?;
        let street = |(key, name)| {
            Ok(StreetEntry { key, name: Street::parse(name).map_err(|_| corrupt("addresses.street"))? })
        };
        let found = rows.into_iter().map(street).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Page::cut(found, page, |street| Position { key: street.key.clone(), id: Uuid::nil() }))
    }

    async fn houses(&self, street_key: &str, page: &PageRequest) -> Result<Page<Address>, StoreError> {
        self.by_house(self.rows::<Entity>().filter(Column::StreetKey.eq(street_key)), page).await
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Houses in the order of streets, then numbers.
    async fn by_house(
        &self,
        mut query: Select<Entity>,
        page: &PageRequest,
    ) -> Result<Page<Address>, StoreError> {
        if let Some(after) = &page.after {
            let (street, number, suffix) = parts(&after.key).ok_or(corrupt("a position in the register"))?;
            query = query.filter(
                Expr::tuple([
                    Expr::col(Column::StreetKey),
                    Expr::col(Column::Number),
                    Expr::col(Column::Suffix),
                ])
                .gt(Expr::tuple([Expr::val(street), Expr::val(number), Expr::val(suffix)])),
            );
        }
        let rows = query
            .order_by_asc(Column::StreetKey)
            .order_by_asc(Column::Number)
            .order_by_asc(Column::Suffix)
            .limit(page.limit + 1)
            .all(self.connection())
            .await
            .map_err(failed)?;
        let found = rows.into_iter().map(Address::try_from).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(found, page, position))
    }
}

fn row(municipality: Uuid, now: DateTime<Utc>, address: &Address) -> ActiveModel {
    ActiveModel {
        municipality_id: Set(municipality),
        id: Set(address.id.0),
        street: Set(address.street.to_string()),
        street_key: Set(street_key(address.street.as_str())),
        number: Set(address.house.number.into()),
        suffix: Set(address.house.suffix.clone()),
        postal_code: Set(address.postal_code.clone()),
        lat: Set(address.point.map(|point| point.lat)),
        lon: Set(address.point.map(|point| point.lon)),
        area_id: Set(address.area.map(Uuid::from)),
        updated_at: Set(now),
        version: Set(1),
    }
}

#[async_trait]
impl AddressWrites for Db<DatabaseTransaction> {
    async fn insert_address(&self, now: DateTime<Utc>, address: &Address) -> Result<(), StoreError> {
        self.insert(row(self.municipality()?.0, now, address)).await
    }

    async fn put_addresses(&self, now: DateTime<Utc>, addresses: &[Address]) -> Result<(), StoreError> {
        let municipality = self.municipality()?.0;
        let replace =
            OnConflict::columns([Column::MunicipalityId, Column::StreetKey, Column::Number, Column::Suffix])
                .update_columns([
                    Column::Street,
                    Column::PostalCode,
                    Column::Lat,
                    Column::Lon,
                    Column::AreaId,
                    Column::UpdatedAt,
                ])
                .value(Column::Version, Expr::col((Entity, Column::Version)).add(1))
                .to_owned();
        for slice in addresses.chunks(SLICE) {
            Entity::insert_many(slice.iter().map(|address| row(municipality, now, address)))
                .on_conflict(replace.clone())
                .exec_without_returning(self.connection())
                .await
                .map_err(failed)?;
        }
        Ok(())
    }

    async fn update_address(&self, address: &Address) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::Street, Expr::val(address.street.as_str()))
            .col_expr(Column::StreetKey, Expr::val(street_key(address.street.as_str())))
            .col_expr(Column::Number, Expr::val(i32::from(address.house.number)))
            .col_expr(Column::Suffix, Expr::val(address.house.suffix.as_str()))
            .col_expr(Column::PostalCode, Expr::val(address.postal_code.clone()))
            .col_expr(Column::Lat, Expr::val(address.point.map(|point| point.lat)))
            .col_expr(Column::Lon, Expr::val(address.point.map(|point| point.lon)))
            .col_expr(Column::AreaId, Expr::val(address.area.map(Uuid::from)))
            .col_expr(Column::Version, Expr::val(address.version + 1))
            .filter(Column::Id.eq(address.id.0))
            .filter(Column::Version.eq(address.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_address(&self, id: AddressId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }

    async fn delete_addresses(&self, ids: &[AddressId]) -> Result<(), StoreError> {
        for slice in ids.chunks(SLICE) {
            let slice = slice.iter().map(|id| id.0);
            let rows = self.delete::<Entity>().filter(Column::Id.is_in(slice));
            rows.exec(self.connection()).await.map_err(failed)?;
        }
        Ok(())
    }
}
