//! Town halls, for everyone to read.

mod legal;
mod town;
mod view;

use actix_web::{HttpResponse, get, web::Data};
use domain::{Code, Store, geo::Point, municipalities::service, text::Query as SearchText};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    extract::{AcceptLanguage, EntityTag, IfNoneMatch, Listed, PageParams, PageQuery},
    problem::Problem,
    reply::{Caching, read},
};

pub use town::{Town, TownPath};
use view::{MunicipalityEntry, MunicipalityView};

/// How long public answers about a town hall count as fresh.
pub const FRESH_SECONDS: u32 = 60;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(show).service(legal::show);
}

/// Which town halls.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MunicipalityFilter {
    /// Part of the name.
    #[param(required = false, nullable = false, value_type = String, min_length = 1, max_length = 100)]
    q: Option<SearchText>,
    /// Only the town hall responsible for this place: latitude and longitude, separated by a comma.
    #[param(
        required = false, nullable = false, value_type = String, max_length = 30, example = "51.5919,12.5853",
        pattern = "^-?(90|[0-8]?[0-9](\\.[0-9]{1,8})?),-?(180|(1[0-7][0-9]|[0-9]{1,2})(\\.[0-9]{1,8})?)$"
    )]
    near: Option<Near>,
}

/// A place in a query.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Near(pub Point);

impl TryFrom<String> for Near {
    type Error = domain::text::BadText;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bad = domain::text::BadText;
        let (lat, lon) = text.split_once(',').ok_or(bad(Code::WrongType))?;
        let degrees = |text: &str| degrees(text).ok_or(bad(Code::WrongType));
        Point::parse(degrees(lat)?, degrees(lon)?).map(Self).map_err(bad)
    }
}

/// A decimal number as people write degrees: no exponent, no sign but minus.
pub(crate) fn degrees(text: &str) -> Option<f64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let written = match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    };
    if written { text.parse().ok() } else { None }
}

/// Find town halls
///
/// By part of the name, or the one responsible for a place; all of them without either.
#[utoipa::path(tag = "municipalities", operation_id = "listMunicipalities", security(()),
    params(PageParams, MunicipalityFilter),
    responses((status = 200, description = "Town halls by name.", body = Listed<MunicipalityEntry>)))]
#[get("/v1/municipalities")]
async fn list(store: Data<dyn Store>, query: PageQuery<MunicipalityFilter>) -> Result<HttpResponse, Problem> {
    let near = query.filter.near.map(|near| near.0);
    let q = query.filter.q.as_ref().map(SearchText::as_str);
    let page = service::find(&**store, q, near, &query.request).await?;
    query.answer_public(page.map(MunicipalityEntry::from), FRESH_SECONDS)
}

/// Show a town hall
#[utoipa::path(tag = "municipalities", operation_id = "getMunicipality", security(()), params(TownPath),
    responses((status = 200, description = "The town hall.", body = MunicipalityView)))]
#[get("/v1/municipalities/{municipality}")]
async fn show(
    Town(municipality): Town,
    seen: IfNoneMatch,
    AcceptLanguage(locale): AcceptLanguage,
) -> HttpResponse {
    let tag = EntityTag::version(municipality.version);
    let view = MunicipalityView::from(municipality);
    read(&view, tag, &seen, locale, Caching::Public { seconds: FRESH_SECONDS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_two_numbers_on_the_world() {
        let near = |text: &str| Near::try_from(text.to_owned()).map(|near| near.0).map_err(|bad| bad.0);
        assert_eq!(near("51.5919,12.5853"), Ok(Point { lat: 51.5919, lon: 12.5853 }));
        assert_eq!(near("-33.9,151.2"), Ok(Point { lat: -33.9, lon: 151.2 }));
        assert_eq!(near("91,12"), Err(Code::OutOfRange));
        for text in ["", "51.5", "51,5,12,5", "NaN,NaN", "1e1,2", "+5,5", "5.,5", "5, 5", "here"] {
            assert_eq!(near(text), Err(Code::WrongType), "{text}");
        }
    }
}
