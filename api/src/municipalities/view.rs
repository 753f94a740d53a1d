//! What everyone may know of a town hall.

use domain::{
    geo::{Bounds, Geometry, MultiPolygon},
    municipalities::Municipality,
    phone::Phone,
    text::{EmailAddress, Name, Slug, WebAddress},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A town hall in a list.
#[derive(Serialize, ToSchema)]
pub struct MunicipalityEntry {
    /// Its name in addresses of this API.
    #[schema(example = "bad-dueben")]
    slug: Slug,
    /// Its name for people.
    #[schema(example = "Bad Düben")]
    name: Name,
    /// The Land it belongs to: the two letters of ISO 3166-2:DE.
    #[schema(max_length = 2, example = "SN")]
    state: String,
}

/// A town hall.
#[derive(Serialize, ToSchema)]
pub struct MunicipalityView {
    #[serde(flatten)]
    entry: MunicipalityEntry,
    /// The time zone its dates are meant in, as IANA names it.
    #[schema(max_length = 40, example = "Europe/Berlin")]
    time_zone: String,
    /// Amtlicher Regionalschlüssel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 12, example = "147300020020")]
    ars: Option<String>,
    /// Its boundary; places outside are refused. Absent where every place is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    boundary: Option<Geometry>,
    /// The smallest box around the boundary.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bounds: Option<BoundsView>,
    /// The mailbox for questions that are no complaint.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    contact_email: Option<EmailAddress>,
    /// The number for such questions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    contact_phone: Option<Phone>,
    /// The town hall's own pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    website: Option<WebAddress>,
    /// What it accepts.
    reporting: ReportingView,
}

/// A box on the map, in degrees.
#[derive(Serialize, ToSchema)]
#[schema(as = Bounds)]
pub struct BoundsView {
    /// Least longitude.
    #[schema(minimum = -180, maximum = 180, example = 12.52)]
    west: f64,
    /// Least latitude.
    #[schema(minimum = -90, maximum = 90, example = 51.55)]
    south: f64,
    /// Greatest longitude.
    #[schema(minimum = -180, maximum = 180, example = 12.65)]
    east: f64,
    /// Greatest latitude.
    #[schema(minimum = -90, maximum = 90, example = 51.64)]
    north: f64,
}

/// Who may report here.
#[derive(Serialize, ToSchema)]
#[schema(as = Reporting)]
pub struct ReportingView {
    /// Whether reports without an account are accepted.
    guests: bool,
    /// Whether a guest's report waits for a code sent by e-mail.
    guests_confirm_by_email: bool,
    /// Whether reports without any contact are accepted.
    anonymous: bool,
}

impl From<Municipality> for MunicipalityEntry {
    fn from(municipality: Municipality) -> Self {
        Self { slug: municipality.slug, name: municipality.name, state: municipality.state.to_string() }
    }
}

impl From<Municipality> for MunicipalityView {
    fn from(municipality: Municipality) -> Self {
        let settings = &municipality.settings;
        Self {
            time_zone: municipality.time_zone.name().to_owned(),
            ars: municipality.ars.clone(),
            boundary: municipality.boundary.as_ref().map(MultiPolygon::geometry),
            bounds: municipality.bounds().map(BoundsView::from),
            contact_email: settings.contact_email.clone(),
            contact_phone: settings.contact_phone.clone(),
            website: settings.website.clone(),
            reporting: ReportingView {
                guests: settings.accepts_guests,
                guests_confirm_by_email: settings.guests_confirm_by_email,
                anonymous: settings.accepts_anonymous,
            },
            entry: municipality.into(),
        }
    }
}

impl From<Bounds> for BoundsView {
    fn from(Bounds { west, south, east, north }: Bounds) -> Self {
        Self { west, south, east, north }
    }
}
