//! The address register, as staff keep it.

mod file;
mod grid;
mod imports;
mod record;

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use domain::{
    Error, Store,
    geo::Point,
    ids::{AddressId, AreaId},
    municipalities::{
        Address, House,
        service::addresses::{self as service, AddressChange, NewAddress},
    },
    text::{HouseNumber, PostalCode, Query as SearchText, Street},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::StaffActor,
    extract::{
        Change, EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson,
    },
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
};

pub(crate) use file::{Kind, read as read_file};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.configure(imports::routes);
    config.service(list).service(create).service(show).service(change).service(remove);
}

/// The part of a path that names a house.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct AddressPath {
    /// The house.
    #[param(value_type = uuid::Uuid)]
    address: AddressId,
}

/// Which houses.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AddressFilter {
    /// The beginning of the street's name, however it is written.
    #[param(required = false, nullable = false, value_type = String, min_length = 1, max_length = 100, example = "Leipziger Str")]
    street: Option<SearchText>,
}

/// A house to be added.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAddress)]
struct NewBody {
    /// The street as written on its sign.
    street: Street,
    /// The house number with its suffix: `12`, `12a`, `12 1/2`, `12-14`.
    house_number: HouseNumber,
    /// The postal code.
    #[schema(nullable = false)]
    postal_code: Option<PostalCode>,
    /// Where it stands.
    #[schema(nullable = false)]
    location: Option<Point>,
    /// The area it belongs to; the district it stands in where absent.
    #[schema(nullable = false)]
    area: Option<AreaId>,
}

/// What changes about a house.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchAddress {
    /// The street as written on its sign.
    #[schema(nullable = false)]
    street: Option<Street>,
    /// The house number with its suffix.
    #[schema(nullable = false)]
    house_number: Option<HouseNumber>,
    /// The postal code; null takes it away.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 10, example = "04849")]
    postal_code: Change<PostalCode>,
    /// Where it stands.
    #[schema(nullable = false)]
    location: Option<Point>,
    /// The area it belongs to; null looks for the district it stands in.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    area: Change<AreaId>,
}

/// A house in the address register.
#[derive(Serialize, ToSchema)]
#[schema(as = Address)]
struct AddressView {
    /// Its identity.
    id: AddressId,
    /// The street as written on its sign.
    street: Street,
    /// The house number with its suffix.
    #[schema(max_length = 16, example = "12a")]
    house_number: String,
    /// The postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 10, example = "04849")]
    postal_code: Option<String>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    location: Option<Point>,
    /// The area it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    area: Option<AreaId>,
}

impl From<Address> for AddressView {
    fn from(address: Address) -> Self {
        let Address { id, street, house, postal_code, point, area, version: _ } = address;
        Self { id, street, house_number: house.to_string(), postal_code, location: point, area }
    }
}

fn house(number: &HouseNumber) -> Result<House, Error> {
    House::parse(number.as_str()).map_err(|code| Error::invalid("/house_number", code))
}

fn place(location: Option<Point>) -> Result<Option<Point>, Error> {
    let checked =
        |point: Point| Point::parse(point.lat, point.lon).map_err(|code| Error::invalid("/location", code));
    location.map(checked).transpose()
}

/// List the houses
///
/// By street and number.
#[utoipa::path(tag = "register", operation_id = "listAddresses", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, PageParams, AddressFilter),
    responses((status = 200, description = "Houses by street and number.", body = Listed<AddressView>)))]
#[get("/v1/municipalities/{municipality}/admin/addresses")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery<AddressFilter>,
) -> Result<HttpResponse, Problem> {
    let page = service::list(store.as_ref(), &ctx, query.filter.street.as_ref(), &query.request).await?;
    query.answer(page.map(AddressView::from))
}

/// Add a house
#[utoipa::path(tag = "register", operation_id = "createAddress", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The house.", body = AddressView)))]
#[post("/v1/municipalities/{municipality}/admin/addresses")]
async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewBody { street, house_number, postal_code, location, area } = body.value;
    let new = NewAddress {
        street,
        house: house(&house_number)?,
        postal_code: postal_code.map(PostalCode::into_string),
        point: place(location)?,
        area,
    };
    let answer = |address: &Address| {
        let place = format!("/v1/municipalities/{}/admin/addresses/{}", path.municipality, address.id);
        Ok(Answer::created(place, &AddressView::from(address.clone()))?.versioned(address.version))
    };
    request.answer(&answer, async |once| service::create(store.as_ref(), &ctx, new, once).await).await
}

/// Show a house
#[utoipa::path(tag = "register", operation_id = "getAddress", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, AddressPath),
    responses((status = 200, description = "The house.", body = AddressView)))]
#[get("/v1/municipalities/{municipality}/admin/addresses/{address}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<AddressPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let address = service::get(store.as_ref(), &ctx, path.address).await?;
    let tag = EntityTag::version(address.version);
    Ok(read(&AddressView::from(address), tag, &seen, ctx.locale, Caching::Private))
}

/// Change a house
#[utoipa::path(tag = "register", operation_id = "patchAddress", security(("bearer" = [])),
    params(TownPath, AddressPath, IfMatchParams),
    request_body(content = PatchAddress, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The house now.", body = AddressView)))]
#[patch("/v1/municipalities/{municipality}/admin/addresses/{address}")]
async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<AddressPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchAddress>,
) -> Result<HttpResponse, Problem> {
    let PatchAddress { street, house_number, postal_code, location, area } = body.value;
    let change = AddressChange {
        street,
        house: house_number.as_ref().map(house).transpose()?,
        postal_code: postal_code.wanted().map(|code| code.map(PostalCode::into_string)),
        point: place(location)?,
        area: area.wanted(),
    };
    let address = service::change(store.as_ref(), &ctx, path.address, version, change).await?;
    Ok(changed(address.version, &AddressView::from(address)))
}

/// Delete a house
#[utoipa::path(tag = "register", operation_id = "deleteAddress", security(("bearer" = [])),
    params(TownPath, AddressPath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/admin/addresses/{address}")]
async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<AddressPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(store.as_ref(), &ctx, path.address, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
