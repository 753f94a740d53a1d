//! Bad Düben as the demo shows it: its offices, districts, streets, kinds of complaint and routing
//! rules. Boundary and points are approximate, the offices are those of many small towns, and
//! everybody's address is made up.

mod written;

use std::collections::HashMap;

use chrono_tz::Europe::Berlin;
use domain::{
    Ctx, Scope, Store, Tx,
    categories::Category,
    context::{Credential, Operator, Staff},
    geo::{Geometry, MultiPolygon, Point},
    idempotency::Once,
    ids::DepartmentId,
    municipalities::{
        Address, Area, Department, House, Municipality,
        legal::LegalFacts,
        service::{self, NewMunicipality},
    },
    routing::service::{NewRule, create},
    staff::{
        Member, Role,
        team::{NewMember, employ},
    },
    text::{EmailAddress, Name, Slug},
    time::FederalState,
};
use infrastructure::{db::SqlStore, passwords::Passwords};
use serde_json::{Value, json};

use crate::cli::Failure;

/// Its name in addresses of the API.
pub const SLUG: &str = "bad-dueben";
/// A town nearby, to see what becomes of places outside.
pub const NEIGHBOUR: &str = "Eilenburg";
/// Runs the town's side.
pub const ADMIN: &str = "admin@bad-dueben.example";
/// Works at the Ordnungsamt.
pub const CLERK: &str = "clerk@bad-dueben.example";
/// Leads the Ordnungsamt, and approves what others write.
pub const LEAD: &str = "lead@bad-dueben.example";
/// What all of them sign in with.
pub const PASSWORD: &str = "a long password for the demo";

/// Where everything of the town begins.
pub fn path() -> String {
    format!("/v1/municipalities/{SLUG}")
}

/// Identifiers by the names and codes that are written down.
type Ids = HashMap<String, Value>;

/// Sets the town up, with its neighbour and its staff. Says what there is now.
pub async fn found(store: &SqlStore, passwords: &Passwords, ctx: &Ctx<Operator>) -> Result<String, Failure> {
    let town = municipality(store, ctx, SLUG, "Bad Düben", "BD", written::boundary()?).await?;
    municipality(store, ctx, "eilenburg", NEIGHBOUR, "EB", neighbour()?).await?;

    let mut ids = Ids::new();
    let tx = store.begin(Scope::Municipality(town.id)).await?;
    let ordnungsamt = departments(&*tx, ctx, &mut ids).await?;
    let (areas, houses) = places(&*tx, ctx, &mut ids).await?;
    let categories = categories(&*tx, ctx, &mut ids).await?;
    tx.touch_register().await?;
    tx.commit().await?;

    let hash = passwords.hash(PASSWORD.to_owned(), ctx.random()).await?;
    let admin = person(ADMIN, "A. Beispiel", Role::Admin, Vec::new())?;
    let admin = employ(store, ctx, &town, admin, &hash).await?.member;
    let clerk = person(CLERK, "C. Muster", Role::Clerk, vec![ordnungsamt])?;
    employ(store, ctx, &town, clerk, &hash).await?;
    let lead = person(LEAD, "L. Vorbild", Role::Lead, vec![ordnungsamt])?;
    employ(store, ctx, &town, lead, &hash).await?;
    let acting = ctx.with(acting(admin, &town));
    let rules = rules(store, &acting, &ids).await?;
    let facts = LegalFacts { live_on: Some(ctx.now.date_naive()), ..written::legal()? };
    service::legal::put(store, &acting, 0, facts).await?;
    Ok(format!(
        "Bad Düben is set up: {} offices, {areas} areas, {houses} houses, {categories} categories, \
         {rules} routing rules",
        written::departments()?.len() + 1,
    ))
}

async fn municipality(
    store: &SqlStore,
    ctx: &Ctx<Operator>,
    slug: &str,
    called: &str,
    prefix: &str,
    boundary: MultiPolygon,
) -> Result<Municipality, Failure> {
    let new = NewMunicipality {
        slug: Slug::parse(slug).map_err(|code| code.to_string())?,
        name: name(called)?,
        state: FederalState::Sn,
        time_zone: Berlin,
        reference_prefix: prefix.to_owned(),
        ars: None,
        boundary: Some(boundary),
        default_department: name("Bürgerbüro")?,
        email: None,
    };
    Ok(service::found(store, ctx, new).await?)
}

/// A rectangle around the neighbour.
fn neighbour() -> Result<MultiPolygon, Failure> {
    let ring = json!([[[12.58, 51.43], [12.69, 51.43], [12.69, 51.49], [12.58, 51.49], [12.58, 51.43]]]);
    written::shape(&Geometry { kind: "Polygon".to_owned(), coordinates: ring })
}

/// Adds the departments; the first is the Ordnungsamt.
async fn departments(tx: &dyn Tx, ctx: &Ctx<Operator>, ids: &mut Ids) -> Result<DepartmentId, Failure> {
    let mut first = None;
    for written in written::departments()? {
        let department = Department {
            id: ctx.id(),
            name: written.name,
            email: Some(written.email),
            lead_email: written.lead_email,
            is_default: false,
            version: 1,
        };
        tx.insert_department(ctx.now, &department).await?;
        first.get_or_insert(department.id);
        ids.insert(department.name.to_string(), json!(department.id));
    }
    Ok(first.ok_or("no department is written down")?)
}

/// Adds the areas and the houses in them, and counts both.
async fn places(tx: &dyn Tx, ctx: &Ctx<Operator>, ids: &mut Ids) -> Result<(usize, usize), Failure> {
    let mut areas = HashMap::new();
    for written in written::areas()? {
        let area = Area {
            id: ctx.id(),
            code: written.properties.code,
            name: written.properties.name,
            kind: written.properties.kind,
            geometry: written::shape(&written.geometry)?,
            version: 1,
        };
        tx.insert_area(ctx.now, &area).await?;
        ids.insert(area.code.to_string(), json!(area.id));
        areas.insert(area.code, area.id);
    }
    let houses = written::houses()?.into_iter().map(|house| Address {
        id: ctx.id(),
        street: house.street,
        house: House { number: house.house_number, suffix: house.suffix },
        postal_code: Some(house.postal_code),
        point: Some(Point { lat: house.lat, lon: house.lon }),
        area: areas.get(&house.area).copied(),
        version: 1,
    });
    let houses: Vec<_> = houses.collect();
    tx.put_addresses(ctx.now, &houses).await?;
    Ok((areas.len(), houses.len()))
}

/// Adds the kinds of complaint, and counts them.
async fn categories(tx: &dyn Tx, ctx: &Ctx<Operator>, ids: &mut Ids) -> Result<usize, Failure> {
    let categories = written::categories()?;
    let count = categories.len();
    for (position, written) in (1..).zip(categories) {
        let category = Category {
            id: ctx.id(),
            code: written.code,
            names: written.names,
            position,
            promise: written.promise,
            is_public: written.is_public,
            accepts_guests: true,
            accepts_anonymous: true,
            duplicate_radius_m: 50,
            active: true,
            version: 1,
        };
        tx.insert_category(ctx.now, &category).await?;
        ids.insert(category.code.to_string(), json!(category.id));
    }
    Ok(count)
}

/// Adds the rules as the admin, and counts them.
async fn rules(store: &SqlStore, ctx: &Ctx<Staff>, ids: &Ids) -> Result<usize, Failure> {
    let rules = written::rules(ids)?;
    let count = rules.len();
    for written in rules {
        let rule = NewRule {
            name: written.name,
            position: None,
            condition: written.condition,
            actions: written.actions,
            active: true,
        };
        create(store, ctx, rule, Once::unkeyed()).await?;
    }
    Ok(count)
}

fn person(
    email: &str,
    called: &str,
    role: Role,
    departments: Vec<DepartmentId>,
) -> Result<NewMember, Failure> {
    let email = EmailAddress::parse(email).map_err(|code| code.to_string())?;
    Ok(NewMember { name: name(called)?, email, role, departments, categories: Vec::new() })
}

fn acting(member: Member, town: &Municipality) -> Staff {
    Staff {
        credential: Credential::Session,
        account: member.account,
        staff: member.id,
        municipality: town.id,
        name: member.name.into_string(),
        rights: member.role.rights(),
        departments: member.departments,
        categories: member.categories,
    }
}

fn name(text: &str) -> Result<Name, Failure> {
    Ok(Name::parse(text).map_err(|code| code.to_string())?)
}
