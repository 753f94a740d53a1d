//! Whom a broadcast is for: the filter as a condition on ties, and one row for each person it found.

use std::collections::HashMap;

use domain::{
    StoreError,
    broadcasts::{Audience, Ladder, Way, Ways, Whom, audience::Street, broadcast::Who},
    deliveries::{DeliveryState, Severity},
    geo::MultiPolygon,
    ids::{AreaId, SegmentId},
    municipalities::{Area, AreaKind, port::AreaReads},
};
use sea_orm::{
    ConnectionTrait, ExprTrait,
    entity::prelude::*,
    sea_query::{Alias, Expr, Func, Query, SelectStatement},
};
use strum::IntoEnumIterator;

use super::{Db, contact_points, corrupt, deliveries, failed, fan_out, follows, households, reach};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audience")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    pub reason: Option<String>,
    pub read_at: Option<ChronoDateTimeUtc>,
    pub acknowledged_at: Option<ChronoDateTimeUtc>,
    pub acknowledged_by: Option<String>,
    pub informed_by: Option<Uuid>,
    pub rung: i16,
    pub next_at: Option<ChronoDateTimeUtc>,
    pub proxy_told_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Whether a way is sent to at once: the first of its person's is, and what a ladder has sent besides.
fn at_once(ladder: Option<&Ladder>) -> String {
    let step = fan_out::step("reach", ladder);
    let besides = ladder.and_then(Ladder::besides).map(|channel| format!("OR reach.channel = '{channel}' "));
    format!(
        "CASE WHEN {step} = min({step}) OVER (PARTITION BY reach.person_id) AND {} {}THEN 1 ELSE 0 END",
        reach::is_first("reach"),
        besides.unwrap_or_default()
    )
}

/// States in which a message left for somebody.
pub(super) fn left() -> impl Iterator<Item = String> {
    use DeliveryState::{Delivered, Read, Sent, Unknown};
    DeliveryState::iter()
        .filter(|state| matches!(state, Sent | Delivered | Read | Unknown))
        .map(|s| s.to_string())
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// The people found now, by their ids.
    pub(super) async fn people_found(&self, whom: &Whom) -> Result<SelectStatement, StoreError> {
        let town = self.municipality()?.0;
        let holds = match &whom.who {
            Who::Audience(audience) => {
                let named = self.named_in(audience).await?;
                condition(audience, &named)?
            }
            Who::ReachedBy(first) => was_reached(self.of_incident(*first).await?),
        };
        let mut found = Query::select();
        found
            .column((follows::Entity, follows::Column::PersonId))
            .from(follows::Entity)
            .and_where(Expr::col((follows::Entity, follows::Column::MunicipalityId)).eq(town))
            .and_where(Expr::col((follows::Entity, follows::Column::ChosenAt)).is_not_null())
            .and_where(holds);
        if let Some(topic) = whom.topic {
            found.and_where(chose(vec![topic.0]));
        }
        Ok(found)
    }

    /// Looks up what a filter names.
    async fn named_in(&self, audience: &Audience) -> Result<Named, StoreError> {
        let mut named = Named::default();
        // A segment that is gone since finds nobody.
        for segment in self.segments_named(&audience.segments()).await? {
            let found = segment.parsed().map_err(|_| corrupt("segments.audience"))?;
            named.segments.insert(segment.id, found);
        }
        let areas = named.segments.values().chain([audience]).any(|one| !one.areas().is_empty());
        if areas {
            named.areas = self.areas().await?.into_iter().map(|area| (area.id, area)).collect();
        }
        Ok(named)
    }

    /// Whom a filter finds now, and how they would be reached.
    pub(super) async fn ways_to(&self, whom: &Whom, ladder: Option<&Ladder>) -> Result<Ways, StoreError> {
        let town = self.municipality()?.0;
        let found = self.people_found(whom).await?;
        let people = self
            .count(Query::select().expr(Expr::cust("count(*)")).from_subquery(found.clone(), "p").take())
            .await?;
        let mut ways = Query::select();
        ways.columns([
            (reach::Entity, reach::Column::PersonId),
            (reach::Entity, reach::Column::ContactPointId),
            (reach::Entity, reach::Column::Channel),
        ])
        .expr_as(Expr::cust(at_once(ladder)), "at_once")
        .from(reach::Entity)
        .and_where(Expr::col((reach::Entity, reach::Column::MunicipalityId)).eq(town))
        .and_where(Expr::col((reach::Entity, reach::Column::Active)).eq(true))
        .and_where(Expr::col((reach::Entity, reach::wanted(whom.consent))).eq(true))
        .and_where(Expr::col((reach::Entity, reach::Column::PersonId)).in_subquery(found));
        let reachable = Query::select()
            .expr(Expr::cust("count(DISTINCT person_id)"))
            .from_subquery(ways.clone(), "w")
            .take();
        let reachable = self.count(reachable).await?;
        let mut points = Query::select();
        points
            .columns(["contact_point_id", "channel"])
            .expr_as(Func::max(Expr::cust("at_once")), "at_once")
            .from_subquery(ways, "w")
            .and_where(Expr::cust(fan_out::taken(ladder)))
            .group_by_columns(["contact_point_id", "channel"]);
        let known = Expr::col((contact_points::Entity, contact_points::Column::Id))
            .equals((Alias::new("p"), Alias::new("contact_point_id")));
        let counted = Query::select()
            .column((Alias::new("p"), Alias::new("channel")))
            .column((Alias::new("p"), Alias::new("at_once")))
            .column((contact_points::Entity, contact_points::Column::Locale))
            .expr_as(Expr::cust("count(*)"), "many")
            .from_subquery(points, "p")
            .inner_join(contact_points::Entity, known)
            .group_by_columns([
                (Alias::new("p"), Alias::new("channel")),
                (Alias::new("p"), Alias::new("at_once")),
            ])
            .group_by_col((contact_points::Entity, contact_points::Column::Locale))
            .take();
        let mut ways = Vec::new();
        for row in self.connection().query_all(&counted).await.map_err(failed)? {
            let text = |column| row.try_get::<String>("", column).map_err(failed);
            let many: i64 = row.try_get("", "many").map_err(failed)?;
            let at_once: i32 = row.try_get("", "at_once").map_err(failed)?;
            ways.push(Way {
                channel: text("channel")?.parse().map_err(|_| corrupt("reach.channel"))?,
                locale: text("locale")?.parse().map_err(|_| corrupt("contact_points.locale"))?,
                at_once: at_once == 1,
                contact_points: u64::try_from(many).unwrap_or_default(),
            });
        }
        ways.sort_by_key(|way| (way.channel.to_string(), way.locale.to_string(), !way.at_once));
        Ok(Ways { people, reachable, ways })
    }

    async fn count(&self, query: SelectStatement) -> Result<u64, StoreError> {
        let row = self.connection().query_one(&query).await.map_err(failed)?;
        let many: i64 = match row {
            Some(row) => row.try_get_by_index(0).map_err(failed)?,
            None => 0,
        };
        Ok(u64::try_from(many).unwrap_or_default())
    }
}

fn tie(column: follows::Column) -> Expr {
    Expr::col((follows::Entity, column))
}

/// What a filter names, looked up.
#[derive(Default)]
struct Named {
    areas: HashMap<AreaId, Area>,
    segments: HashMap<SegmentId, Audience>,
}

/// The filter as a condition on the rows of `follows`. What somebody did not say is NULL, and so is its
/// opposite.
fn condition(audience: &Audience, named: &Named) -> Result<Expr, StoreError> {
    let branches =
        |inner: &[Audience]| inner.iter().map(|node| condition(node, named)).collect::<Result<Vec<_>, _>>();
    let empty = || corrupt("broadcasts.audience");
    Ok(match audience {
        Audience::All(inner) => branches(inner)?.into_iter().reduce(|a, b| a.and(b)).ok_or_else(empty)?,
        Audience::Any(inner) => branches(inner)?.into_iter().reduce(|a, b| a.or(b)).ok_or_else(empty)?,
        Audience::Not(inner) => condition(inner, named)?.not(),
        Audience::Everyone => Expr::val(1).eq(1),
        Audience::Area(ids) => {
            let found = ids.iter().filter_map(|id| named.areas.get(id)).map(lives_in);
            // An area that is gone since is nobody's.
            found.reduce(|a, b| a.or(b)).unwrap_or_else(|| Expr::val(1).eq(0))
        }
        Audience::Segment(ids) => {
            let found = ids.iter().filter_map(|id| named.segments.get(id));
            let found = found.map(|audience| condition(audience, named)).collect::<Result<Vec<_>, _>>()?;
            found.into_iter().reduce(|a, b| a.or(b)).unwrap_or_else(|| Expr::val(1).eq(0))
        }
        Audience::Polygon(polygon) => inside(polygon),
        Audience::Street(street) => on(street),
        Audience::Topic(ids) => chose(ids.iter().map(|id| id.0).collect()),
        Audience::AgeGroup(groups) => {
            tie(follows::Column::AgeGroup).is_in(groups.iter().map(ToString::to_string))
        }
        Audience::Role(role) => tie(follows::Column::Role).eq(role.to_string()),
        Audience::Language(locales) => {
            tie(follows::Column::Locale).is_in(locales.iter().map(ToString::to_string))
        }
        Audience::Channel(channels) => {
            let same = |column, of| Expr::col((reach::Entity, column)).equals((follows::Entity, of));
            let ways = Query::select()
                .expr(Expr::val(1))
                .from(reach::Entity)
                .and_where(same(reach::Column::MunicipalityId, follows::Column::MunicipalityId))
                .and_where(same(reach::Column::PersonId, follows::Column::PersonId))
                .and_where(Expr::col((reach::Entity, reach::Column::Active)).eq(true))
                .and_where(
                    Expr::col((reach::Entity, reach::Column::Channel))
                        .is_in(channels.iter().map(ToString::to_string)),
                )
                .take();
            Expr::exists(ways)
        }
    })
}

fn lives_in(area: &Area) -> Expr {
    let within = inside(&area.geometry);
    match area.kind {
        AreaKind::District => {
            tie(follows::Column::AreaId).eq(area.id.0).or(tie(follows::Column::AreaId).is_null().and(within))
        }
        AreaKind::ServiceArea => within,
    }
}

/// Whether the home lies in a polygon: a ray from it to the east crosses an odd number of sides. Only numbers
/// become part of the text.
fn inside(polygon: &MultiPolygon) -> Expr {
    let bounds = polygon.bounds();
    let sides: Vec<String> = polygon
        .sides()
        .map(|(a, b)| format!("({:?}, {:?}, {:?}, {:?})", a.lat, a.lon, b.lat, b.lon))
        .collect();
    let (lat, lon) = (r#""follows"."lat""#, r#""follows"."lon""#);
    Expr::cust(format!(
        "CASE WHEN {lat} IS NULL OR {lon} IS NULL THEN NULL \
         WHEN {lat} < {:?} OR {lat} > {:?} OR {lon} < {:?} OR {lon} > {:?} THEN 1 = 0 \
         ELSE (SELECT count(*) FROM (VALUES {}) AS side \
         WHERE (side.column1 > {lat}) <> (side.column3 > {lat}) AND {lon} < \
         (side.column4 - side.column2) * ({lat} - side.column1) / (side.column3 - side.column1) + side.column2) % 2 = 1 END",
        bounds.south,
        bounds.north,
        bounds.west,
        bounds.east,
        sides.join(", ")
    ))
}

fn on(street: &Street) -> Expr {
    let key = street.key();
    let mut home = tie(follows::Column::StreetKey).eq(key.as_str());
    if let Some(from) = street.from {
        home = home.and(tie(follows::Column::HouseNumber).gte(i32::from(from)));
    }
    if let Some(to) = street.to {
        home = home.and(tie(follows::Column::HouseNumber).lte(i32::from(to)));
    }
    if !street.is_whole() {
        return home;
    }
    use follows::streets;
    let same = |column, of| Expr::col((streets::Entity, column)).equals((follows::Entity, of));
    let watched = Query::select()
        .expr(Expr::val(1))
        .from(streets::Entity)
        .and_where(same(streets::Column::MunicipalityId, follows::Column::MunicipalityId))
        .and_where(same(streets::Column::PersonId, follows::Column::PersonId))
        .and_where(Expr::col((streets::Entity, streets::Column::StreetKey)).eq(key))
        .take();
    home.or(Expr::exists(watched))
}

fn chose(ids: Vec<Uuid>) -> Expr {
    use follows::topics;
    let same = |column, of| Expr::col((topics::Entity, column)).equals((follows::Entity, of));
    let chosen = Query::select()
        .expr(Expr::val(1))
        .from(topics::Entity)
        .and_where(same(topics::Column::MunicipalityId, follows::Column::MunicipalityId))
        .and_where(same(topics::Column::PersonId, follows::Column::PersonId))
        .and_where(Expr::col((topics::Entity, topics::Column::TopicId)).is_in(ids))
        .take();
    Expr::exists(chosen)
}

/// Whether something of these broadcasts left for the person of the tie, or they saw it.
fn was_reached(broadcasts: Vec<Uuid>) -> Expr {
    let same = |column: Column, of| Expr::col((Entity, column)).equals((follows::Entity, of));
    let delivery = |column: deliveries::Column| Expr::col((deliveries::Entity, column));
    let own = Query::select()
        .expr(Expr::val(1))
        .from(deliveries::Entity)
        .and_where(delivery(deliveries::Column::MunicipalityId).equals((Entity, Column::MunicipalityId)))
        .and_where(delivery(deliveries::Column::MessageId).equals((Entity, Column::MessageId)))
        .and_where(delivery(deliveries::Column::State).is_in(left()))
        .and_where(delivery(deliveries::Column::PersonId).equals((Entity, Column::PersonId)))
        .take();
    let shared = Query::select()
        .expr(Expr::val(1))
        .from(households::Entity)
        .inner_join(
            deliveries::Entity,
            delivery(deliveries::Column::MunicipalityId)
                .equals((households::Entity, households::Column::MunicipalityId))
                .and(
                    delivery(deliveries::Column::MessageId)
                        .equals((households::Entity, households::Column::MessageId)),
                )
                .and(
                    delivery(deliveries::Column::ContactPointId)
                        .equals((households::Entity, households::Column::ContactPointId)),
                ),
        )
        .and_where(
            Expr::col((households::Entity, households::Column::MunicipalityId))
                .equals((Entity, Column::MunicipalityId)),
        )
        .and_where(
            Expr::col((households::Entity, households::Column::MessageId))
                .equals((Entity, Column::MessageId)),
        )
        .and_where(
            Expr::col((households::Entity, households::Column::PersonId)).equals((Entity, Column::PersonId)),
        )
        .and_where(delivery(deliveries::Column::State).is_in(left()))
        .take();
    let seen =
        Expr::col((Entity, Column::ReadAt))
            .is_not_null()
            .or(Expr::col((Entity, Column::AcknowledgedAt)).is_not_null());
    let reached = Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(same(Column::MunicipalityId, follows::Column::MunicipalityId))
        .and_where(same(Column::PersonId, follows::Column::PersonId))
        .and_where(Expr::col((Entity, Column::MessageId)).is_in(broadcasts))
        .and_where(seen.or(Expr::exists(own)).or(Expr::exists(shared)))
        .take();
    Expr::exists(reached)
}

/// The column of `reach` that says whether a severity is wanted, by its name.
pub(super) fn wanted_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Crisis => "crisis",
        Severity::Important => "important",
        Severity::Information => "information",
        Severity::Notice => "notice",
    }
}
