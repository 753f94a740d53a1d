//! A town hall to test with.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Scope, Store,
    categories::{Category, Names},
    citizens::{Session, SessionKind},
    complaints::promise::Promise,
    context::Operator,
    geo::{Geometry, MultiPolygon},
    ids::MunicipalityId,
    municipalities::{
        Area, AreaKind, Municipality,
        legal::LegalFacts,
        service::{NewMunicipality, found},
    },
    staff::{
        Member, Role,
        team::{NewMember, employ},
    },
    text::{EmailAddress, Name, Slug},
    time::FederalState,
};
use serde_json::json;
use uuid::Uuid;

use super::installation::Installation;
use crate::privacy::legal::complete;

/// A rectangle from the south-west corner to the north-east corner.
pub fn rectangle(west: f64, south: f64, east: f64, north: f64) -> MultiPolygon {
    let ring = json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]]);
    MultiPolygon::parse(&Geometry { kind: "Polygon".into(), coordinates: ring }).unwrap()
}

/// Has a town say everything it must, and its service start today.
pub async fn start(store: &dyn Store, town: MunicipalityId, now: DateTime<Utc>) {
    let mut facts: LegalFacts = serde_json::from_value(complete()).unwrap();
    facts.live_on = Some(now.date_naive());
    let tx = store.begin(Scope::Municipality(town)).await.unwrap();
    tx.put_legal_facts(now, &facts, 0).await.unwrap();
    tx.commit().await.unwrap();
}

impl Installation {
    /// Adds a town hall with a boundary around 51.59 north, 12.58 east, whose service has started.
    pub async fn found(&self, slug: &str, name: &str) -> Municipality {
        let town = self.found_unstarted(slug, name).await;
        start(self.store(), town.id, self.clock.now()).await;
        town
    }

    /// The same, but it has said nothing yet of what it must say before the service starts.
    pub async fn found_unstarted(&self, slug: &str, name: &str) -> Municipality {
        let new = NewMunicipality {
            slug: Slug::parse(slug).unwrap(),
            name: Name::parse(name).unwrap(),
            state: FederalState::Sn,
            time_zone: "Europe/Berlin".parse().unwrap(),
            reference_prefix: "BD".into(),
            ars: None,
            boundary: Some(rectangle(12.5, 51.5, 12.7, 51.7)),
            default_department: Name::parse("Bürgerbüro").unwrap(),
            email: None,
        };
        let ctx = self.clock.ctx(Default::default(), Uuid::nil(), Operator);
        found(self.store(), &ctx, new).await.unwrap()
    }

    /// Adds a kind of complaint that can be reported now.
    pub async fn add_category(&self, town: &Municipality, code: &str, position: i32) -> Category {
        let category = Category {
            id: self.clock.uuid().into(),
            code: Slug::parse(code).unwrap(),
            names: Names {
                de: Name::parse(format!("{code} auf Deutsch")).unwrap(),
                en: Some(Name::parse(format!("{code} in English")).unwrap()),
            },
            position,
            promise: Promise::parse(2, 10).unwrap(),
            is_public: false,
            accepts_guests: true,
            accepts_anonymous: true,
            duplicate_radius_m: 50,
            active: true,
            version: 1,
        };
        let tx = self.store().begin(Scope::Municipality(town.id)).await.unwrap();
        tx.insert_category(self.clock.now(), &category).await.unwrap();
        tx.touch_register().await.unwrap();
        tx.commit().await.unwrap();
        category
    }

    /// Adds a district.
    pub async fn add_area(&self, town: &Municipality, code: &str, geometry: MultiPolygon) -> Area {
        let area = Area {
            id: self.clock.uuid().into(),
            code: Slug::parse(code).unwrap(),
            name: Name::parse(format!("District {code}")).unwrap(),
            kind: AreaKind::District,
            geometry,
            version: 1,
        };
        let tx = self.store().begin(Scope::Municipality(town.id)).await.unwrap();
        tx.insert_area(self.clock.now(), &area).await.unwrap();
        tx.touch_register().await.unwrap();
        tx.commit().await.unwrap();
        area
    }

    /// Adds somebody to the staff, who cannot sign in: nobody knows a password with this hash.
    pub async fn employ(&self, town: &Municipality, email: &str, role: Role) -> Member {
        let ctx = self.clock.ctx(Default::default(), Uuid::nil(), Operator);
        let new = NewMember {
            name: Name::parse(email).unwrap(),
            email: EmailAddress::parse(email).unwrap(),
            role,
            departments: Vec::new(),
            categories: Vec::new(),
        };
        employ(self.store(), &ctx, town, new, "no hash").await.unwrap().member
    }

    /// A token of somebody of the staff, as signing in gives it.
    pub async fn token(&self, member: &Member) -> String {
        let ctx = self.clock.ctx(Default::default(), Uuid::nil(), Operator);
        let session =
            Session::begin(&ctx, SessionKind::Staff, None, Some(member.account), TimeDelta::days(1));
        let tx = self.store().begin(Scope::Installation).await.unwrap();
        tx.insert_session(&session).await.unwrap();
        tx.commit().await.unwrap();
        self.server.parts().gate.issue(&ctx, &session).await.unwrap()
    }
}
