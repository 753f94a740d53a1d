//! What everybody may see of a town hall's complaints.

use actix_web::{HttpResponse, get, web::Data};
use domain::{
    Code, Store,
    complaints::{
        Status,
        service::{self, PublicQuery},
    },
    geo::{Bounds, Point},
    text::{BadText, Slug},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Intakes,
    views::{NearbyView, PublicView},
};
use crate::{
    crowd::Crowd,
    extract::{AcceptLanguage, EntityTag, IfNoneMatch, Listed, PageParams, PageQuery, ValidQuery},
    municipalities::{FRESH_SECONDS, Town, TownPath, degrees},
    problem::{Problem, parameter},
    reply::{Caching, read},
};

/// Which complaints.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ComplaintFilter {
    /// Only of this kind, by its code.
    #[param(required = false, nullable = false, value_type = String, max_length = 60, pattern = "^[a-z0-9-]+$")]
    category: Option<Slug>,
    /// Only in this state.
    #[param(required = false, nullable = false, inline, value_type = Status)]
    status: Option<Status>,
    /// Only in this rectangle: least longitude, least latitude, greatest longitude, greatest latitude.
    #[param(
        required = false, nullable = false, value_type = String, max_length = 60,
        example = "12.55,51.57,12.61,51.61", pattern = "^-?[0-9.]+,-?[0-9.]+,-?[0-9.]+,-?[0-9.]+$"
    )]
    bbox: Option<Rectangle>,
}

/// Four numbers with more digits than any of them needs.
const LONGEST_RECTANGLE: usize = 60;

/// A rectangle in a query, in the order of GeoJSON (RFC 7946, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Rectangle(Bounds);

impl TryFrom<String> for Rectangle {
    type Error = BadText;

    fn try_from(text: String) -> Result<Self, BadText> {
        if text.len() > LONGEST_RECTANGLE {
            return Err(BadText(Code::TooLong));
        }
        let numbers: Option<Vec<f64>> = text.split(',').map(degrees).collect();
        let Some(&[west, south, east, north]) = numbers.as_deref() else {
            return Err(BadText(Code::WrongType));
        };
        Point::parse(south, west).and(Point::parse(north, east)).map_err(BadText)?;
        if south > north || west > east {
            return Err(BadText(Code::OutOfRange));
        }
        Ok(Self(Bounds { west, south, east, north }))
    }
}

/// The kind and place of a complaint about to be filed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NearbyQuery {
    /// Latitude, north positive.
    #[param(minimum = -90, maximum = 90, example = 51.5919)]
    lat: f64,
    /// Longitude, east positive.
    #[param(minimum = -180, maximum = 180, example = 12.5853)]
    lon: f64,
    /// The code of the kind of complaint.
    #[param(value_type = String, max_length = 60, pattern = "^[a-z0-9-]+$", example = "illegal-waste")]
    category: Slug,
}

/// List public complaints
///
/// Those of the kinds the town hall made public, the newest first. Never what citizens wrote.
#[utoipa::path(tag = "complaints", operation_id = "listPublicComplaints", security(()),
    params(TownPath, PageParams, ComplaintFilter),
    responses((status = 200, description = "Complaints.", body = Listed<PublicView>)))]
#[get("/v1/municipalities/{municipality}/complaints")]
pub async fn list(
    store: Data<dyn Store>,
    intakes: Data<Intakes>,
    crowd: Data<Crowd>,
    Town(town): Town,
    query: PageQuery<ComplaintFilter>,
) -> Result<HttpResponse, Problem> {
    let ComplaintFilter { category, status, bbox } = &query.filter;
    let asked = PublicQuery {
        category: category.clone(),
        status: *status,
        within: bbox.map(|rectangle| rectangle.0),
    };
    let intake = intakes.of(&**store, town).await?;
    let written = async || {
        let page = service::public(&**store, &intake, &asked, &query.request).await?;
        query.written(page.map(PublicView::from))
    };
    Ok(query.send(crowd.answer(query.question(), written).await?, Caching::Public { seconds: FRESH_SECONDS }))
}

/// Find complaints that may be the same
///
/// Open public complaints of a kind near a place, the nearest first: to show before another one is
/// filed.
#[utoipa::path(tag = "complaints", operation_id = "listNearbyComplaints", security(()),
    params(TownPath, NearbyQuery),
    responses((status = 200, description = "Complaints.", body = Listed<NearbyView>)))]
#[get("/v1/municipalities/{municipality}/complaints/nearby")]
pub async fn nearby(
    store: Data<dyn Store>,
    intakes: Data<Intakes>,
    Town(town): Town,
    query: ValidQuery<NearbyQuery>,
    seen: IfNoneMatch,
    AcceptLanguage(locale): AcceptLanguage,
) -> Result<HttpResponse, Problem> {
    let NearbyQuery { lat, lon, category } = query.into_inner();
    Point::parse(lat, 0.0).map_err(|_| parameter("lat"))?;
    let point = Point::parse(lat, lon).map_err(|_| parameter("lon"))?;
    let intake = intakes.of(&**store, town).await?;
    let found = service::nearby(&**store, &intake, &category, point).await?;
    let items = found.into_iter().map(|(complaint, distance)| NearbyView::new(complaint, distance)).collect();
    let listed = Listed { items, next_cursor: None };
    let bytes = serde_json::to_vec(&listed).map_err(|_| Problem::new(Code::Internal))?;
    Ok(read(&listed, EntityTag::content(&bytes), &seen, locale, Caching::Private))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_has_its_least_corner_first() {
        let read = |text: &str| Rectangle::try_from(text.to_owned()).map_err(|bad| bad.0);
        let bounds = Bounds { west: 12.5, south: 51.5, east: 12.7, north: 51.7 };
        assert_eq!(read("12.5,51.5,12.7,51.7"), Ok(Rectangle(bounds)));
        for text in ["12.7,51.5,12.5,51.7", "12.5,51.7,12.7,51.5", "12.5,-91,12.7,51.7"] {
            assert_eq!(read(text), Err(Code::OutOfRange), "{text}");
        }
        for text in ["", "12.5,51.5,12.7", "12.5,51.5,12.7,51.7,9", "a,b,c,d", "1e1,0,2,2"] {
            assert_eq!(read(text), Err(Code::WrongType), "{text}");
        }
    }
}
