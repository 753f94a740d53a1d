//! Municipalities.

use async_trait::async_trait;
use domain::{
    StoreError,
    geo::{Geometry, MultiPolygon, Point},
    ids::MunicipalityId,
    municipalities::{
        Municipality,
        port::{MunicipalityReads, MunicipalityWrites},
    },
    page::{Page, PageRequest, Position},
    text::{Name, Slug},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LikeExpr},
};

use super::{
    Db, corrupt,
    dialect::{contains, lower},
    failed, one_row,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "municipalities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub state: String,
    pub time_zone: String,
    pub reference_prefix: String,
    pub ars: Option<String>,
    pub boundary: Option<Json>,
    pub min_lat: Option<f64>,
    pub max_lat: Option<f64>,
    pub min_lon: Option<f64>,
    pub max_lon: Option<f64>,
    pub settings: Json,
    pub register_version: i64,
    pub content_version: i64,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Municipality {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: MunicipalityId(row.id),
            slug: Slug::parse(row.slug).map_err(|_| corrupt("municipalities.slug"))?,
            name: Name::parse(row.name).map_err(|_| corrupt("municipalities.name"))?,
            state: row.state.parse().map_err(|_| corrupt("municipalities.state"))?,
            time_zone: row.time_zone.parse().map_err(|_| corrupt("municipalities.time_zone"))?,
            reference_prefix: row.reference_prefix,
            ars: row.ars,
            boundary: row.boundary.map(polygons).transpose()?,
            settings: serde_json::from_value(row.settings).map_err(|_| corrupt("municipalities.settings"))?,
            register_version: row.register_version,
            content_version: row.content_version,
            version: row.version,
            created_at: row.created_at,
        })
    }
}

/// Reads a stored GeoJSON geometry.
pub(super) fn polygons(stored: Json) -> Result<MultiPolygon, StoreError> {
    let geometry: Geometry = serde_json::from_value(stored).map_err(|_| corrupt("a stored geometry"))?;
    MultiPolygon::parse(&geometry).map_err(|_| corrupt("a stored geometry"))
}

/// Writes a value as JSON, which cannot fail for the types stored here.
pub(super) fn json(value: impl serde::Serialize) -> Result<Json, StoreError> {
    serde_json::to_value(value).map_err(|_| corrupt("a value that is not JSON"))
}

/// The row of a municipality at `version`, without the versions of register and content, which others raise.
fn row(municipality: &Municipality, version: i64) -> Result<ActiveModel, StoreError> {
    let bounds = municipality.bounds();
    Ok(ActiveModel {
        id: Set(municipality.id.0),
        slug: Set(municipality.slug.to_string()),
        name: Set(municipality.name.to_string()),
        state: Set(municipality.state.to_string()),
        time_zone: Set(municipality.time_zone.name().to_owned()),
        reference_prefix: Set(municipality.reference_prefix.clone()),
        ars: Set(municipality.ars.clone()),
        boundary: Set(municipality
            .boundary
            .as_ref()
            .map(|boundary| json(boundary.geometry()))
            .transpose()?),
        min_lat: Set(bounds.map(|bounds| bounds.south)),
        max_lat: Set(bounds.map(|bounds| bounds.north)),
        min_lon: Set(bounds.map(|bounds| bounds.west)),
        max_lon: Set(bounds.map(|bounds| bounds.east)),
        settings: Set(json(&municipality.settings)?),
        version: Set(version),
        created_at: Set(municipality.created_at),
        ..Default::default()
    })
}

#[async_trait]
impl<C: ConnectionTrait + Send> MunicipalityReads for Db<C> {
    async fn municipality(&self, slug: &Slug) -> Result<Option<Municipality>, StoreError> {
        let before = match self.towns.as_ref().map(|towns| towns.get(slug)) {
            Some(Ok(town)) => return Ok(Some(town)),
            Some(Err(before)) => Some(before),
            None => None,
        };
        let row = self.rows::<Entity>().filter(Column::Slug.eq(slug.as_str()));
        let row = row.one(self.connection()).await.map_err(failed)?;
        let town = row.map(Municipality::try_from).transpose()?;
        if let (Some(towns), Some(before), Some(town)) = (&self.towns, before, &town) {
            towns.put(before, town);
        }
        Ok(town)
    }

    async fn municipality_by_id(&self, id: MunicipalityId) -> Result<Option<Municipality>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Municipality::try_from).transpose()
    }

    async fn municipality_ids(&self) -> Result<Vec<MunicipalityId>, StoreError> {
        let ids = self.rows::<Entity>().select_only().column(Column::Id).order_by_asc(Column::Id);
        let ids: Vec<Uuid> = ids.into_tuple().all(self.connection()).await.map_err(failed)?;
        Ok(ids.into_iter().map(MunicipalityId).collect())
    }

    async fn municipalities(
        &self,
        q: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Municipality>, StoreError> {
        let mut query = self.rows::<Entity>();
        if let Some(q) = q {
            let pattern = LikeExpr::new(contains(q)).escape('\\');
            query = query.filter(lower(Column::Name).like(pattern));
        }
        if let Some(after) = &page.after {
            query = query.filter(
                Expr::tuple([Expr::col(Column::Name), Expr::col(Column::Id)])
                    .gt(Expr::tuple([Expr::val(after.key.as_str()), Expr::val(after.id)])),
            );
        }
        let rows = query
            .order_by_asc(Column::Name)
            .order_by_asc(Column::Id)
            .limit(page.limit + 1)
            .all(self.connection())
            .await
            .map_err(failed)?;
        let found = rows.into_iter().map(Municipality::try_from).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(found, page, |m| Position { key: m.name.to_string(), id: m.id.0 }))
    }

    async fn municipality_at(&self, point: Point) -> Result<Option<Municipality>, StoreError> {
        let candidates = self
            .rows::<Entity>()
            .filter(Column::MinLat.lte(point.lat))
            .filter(Column::MaxLat.gte(point.lat))
            .filter(Column::MinLon.lte(point.lon))
            .filter(Column::MaxLon.gte(point.lon))
            .all(self.connection())
            .await
            .map_err(failed)?;
        let mut containing = Vec::new();
        for row in candidates {
            let municipality = Municipality::try_from(row)?;
            if municipality.contains(point) {
                containing.push(municipality);
            }
        }
        let size = |m: &Municipality| {
            m.bounds().map_or(f64::MAX, |bounds| (bounds.east - bounds.west) * (bounds.north - bounds.south))
        };
        Ok(containing.into_iter().min_by(|a, b| size(a).total_cmp(&size(b))))
    }
}

#[async_trait]
impl MunicipalityWrites for Db<DatabaseTransaction> {
    async fn insert_municipality(&self, municipality: &Municipality) -> Result<(), StoreError> {
        let register_version = Set(municipality.register_version);
        let content_version = Set(municipality.content_version);
        let row = row(municipality, municipality.version)?;
        self.insert(ActiveModel { register_version, content_version, ..row }).await
    }

    async fn update_municipality(&self, municipality: &Municipality) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(row(municipality, municipality.version + 1)?)
            .col_expr(Column::RegisterVersion, Expr::col(Column::RegisterVersion).add(1))
            .filter(Column::Id.eq(municipality.id.0))
            .filter(Column::Version.eq(municipality.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        self.change.note();
        one_row(&result)
    }

    async fn touch_register(&self) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::RegisterVersion, Expr::col(Column::RegisterVersion).add(1))
            .filter(Column::Id.eq(self.municipality()?.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        self.change.note();
        one_row(&result)
    }
}
