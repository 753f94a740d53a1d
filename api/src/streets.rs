//! Streets and house numbers, to be completed while somebody types.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};
use domain::{
    Store,
    municipalities::{
        Address, StreetEntry,
        service::streets::{houses, streets},
    },
    text::{Query as SearchText, Street},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    extract::{Listed, PageParams, PageQuery},
    municipalities::{FRESH_SECONDS, Town, TownPath},
    problem::Problem,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(list_houses);
}

/// Which streets.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreetFilter {
    /// The beginning of the name; capitals, umlauts, `ß` and `Str.` do not matter.
    #[param(required = false, nullable = false, value_type = String, min_length = 1, max_length = 100, example = "leipz")]
    pub q: Option<SearchText>,
}

/// The part of a path that names a street.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct StreetPath {
    /// The street's `key`, or its name.
    #[param(value_type = String, min_length = 1, max_length = 120, example = "leipzigerstr")]
    street: Street,
}

/// A street of the town hall's register.
#[derive(Serialize, ToSchema)]
#[schema(as = RegisteredStreet)]
pub(crate) struct StreetView {
    /// Names it in addresses of this API.
    #[schema(max_length = 120, example = "leipzigerstr")]
    key: String,
    /// Its name, as on its sign.
    #[schema(example = "Leipziger Straße")]
    name: Street,
}

/// A house.
#[derive(Serialize, ToSchema)]
#[schema(as = House)]
struct HouseView {
    /// Its number with its suffix.
    #[schema(max_length = 16, example = "12a")]
    house_number: String,
    /// Its postal code, where the register has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 10, example = "04849")]
    postal_code: Option<String>,
}

impl From<StreetEntry> for StreetView {
    fn from(StreetEntry { key, name }: StreetEntry) -> Self {
        Self { key, name }
    }
}

impl From<Address> for HouseView {
    fn from(address: Address) -> Self {
        Self { house_number: address.house.to_string(), postal_code: address.postal_code }
    }
}

/// Complete a street
///
/// The streets of the town hall's address register, by name. Empty where it keeps none: then addresses are
/// typed freely.
#[utoipa::path(tag = "municipalities", operation_id = "listStreets", security(()),
    params(TownPath, PageParams, StreetFilter),
    responses((status = 200, description = "Streets by name.", body = Listed<StreetView>)))]
#[get("/v1/municipalities/{municipality}/streets")]
async fn list(
    store: Data<dyn Store>,
    Town(town): Town,
    query: PageQuery<StreetFilter>,
) -> Result<HttpResponse, Problem> {
    let page = streets(&**store, town.id, query.filter.q.as_ref(), &query.request).await?;
    query.answer_public(page.map(StreetView::from), FRESH_SECONDS)
}

/// List the house numbers of a street
#[utoipa::path(tag = "municipalities", operation_id = "listHouseNumbers", security(()),
    params(TownPath, StreetPath, PageParams),
    responses((status = 200, description = "Houses by number.", body = Listed<HouseView>)))]
#[get("/v1/municipalities/{municipality}/streets/{street}/house-numbers")]
async fn list_houses(
    store: Data<dyn Store>,
    Town(town): Town,
    path: Path<StreetPath>,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = houses(&**store, town.id, &path.street, &query.request).await?;
    query.answer_public(page.map(HouseView::from), FRESH_SECONDS)
}
