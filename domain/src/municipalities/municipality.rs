//! A town hall on the installation.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::{
    Locale,
    broadcasts::{Prices, TownLadders, TownWaits},
    geo::{Bounds, MultiPolygon, Point},
    ids::MunicipalityId,
    phone::Phone,
    privacy::Periods,
    text::{EmailAddress, Name, Slug, WebAddress},
    time::{FederalState, TownCalendar},
};

/// One town hall: the tenant.
#[derive(Clone, Debug)]
pub struct Municipality {
    /// Its identifier.
    pub id: MunicipalityId,
    /// Its name in addresses of the API: `bad-dueben`.
    pub slug: Slug,
    /// Its name for people: `Bad Düben`.
    pub name: Name,
    /// The Land whose holidays it keeps.
    pub state: FederalState,
    /// Where its working day begins and ends.
    pub time_zone: Tz,
    /// What its references begin with: `BD`.
    pub reference_prefix: String,
    /// Amtlicher Regionalschlüssel, twelve digits.
    pub ars: Option<String>,
    /// Its boundary; places outside are refused. Without one, every place is accepted.
    pub boundary: Option<MultiPolygon>,
    /// What the town hall decided about itself.
    pub settings: Settings,
    /// Raised by every change of departments, categories, areas and rules.
    pub register_version: i64,
    /// Raised by every change of its content: the number of the last one.
    pub content_version: i64,
    /// Raised by every change of this row.
    pub version: i64,
    /// Since when it is on the installation.
    pub created_at: DateTime<Utc>,
}

impl Municipality {
    /// Whether a place is this town hall's business.
    pub fn contains(&self, point: Point) -> bool {
        self.boundary.as_ref().is_none_or(|boundary| boundary.contains(point))
    }

    /// When it works.
    pub fn calendar(&self) -> TownCalendar {
        TownCalendar { state: self.state, zone: self.time_zone }
    }

    /// The smallest box around the boundary.
    pub fn bounds(&self) -> Option<Bounds> {
        self.boundary.as_ref().map(MultiPolygon::bounds)
    }
}

/// What a town hall decides about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether reports without an account are accepted at all.
    pub accepts_guests: bool,
    /// Whether a guest's report waits for a code sent by e-mail.
    pub guests_confirm_by_email: bool,
    /// Whether reports without any contact are accepted.
    pub accepts_anonymous: bool,
    /// Reports a guest installation may file within 24 hours.
    #[schema(minimum = 1, maximum = 100)]
    pub guest_reports_per_day: u32,
    /// The language of letters to somebody whose own is not known.
    pub default_locale: Locale,
    /// How long what is kept is kept.
    pub retention: Periods,
    /// Whether the staff signs in with a second factor only.
    pub requires_second_factor: bool,
    /// How long the rungs of a crisis wait, where it is otherwise than on the installation.
    pub waits: TownWaits,
    /// Its own reach ladders, where it has any.
    pub ladders: TownLadders,
    /// What its text messages and calls cost, where it said so.
    pub prices: Prices,
    /// The mailbox for questions that are no complaint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<EmailAddress>,
    /// The number for such questions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_phone: Option<Phone>,
    /// The town hall's own pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<WebAddress>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            accepts_guests: true,
            guests_confirm_by_email: false,
            accepts_anonymous: true,
            guest_reports_per_day: 5,
            requires_second_factor: false,
            default_locale: Locale::De,
            retention: Periods::default(),
            waits: TownWaits::default(),
            ladders: TownLadders::default(),
            prices: Prices::default(),
            contact_email: None,
            contact_phone: None,
            website: None,
        }
    }
}
