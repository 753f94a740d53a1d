//! What the law asks a town hall to say, for everybody.

use actix_web::{HttpResponse, get, web::Data};
use chrono::NaiveDate;
use domain::{
    Locale, Store,
    municipalities::{
        legal::{ContactPerson, DataProtectionOfficer, LegalFacts, Notices},
        service::legal as service,
    },
    text::{EmailAddress, Notice, WebAddress},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{FRESH_SECONDS, Town, TownPath};
use crate::{
    clock::Clock,
    extract::{AcceptLanguage, EntityTag, IfNoneMatch},
    problem::Problem,
    reply::{Caching, read},
};

/// What a town hall says about itself by law, in one language where it has it. Absent is what a town
/// hall that has not started yet still owes.
#[derive(Serialize, ToSchema)]
struct Legal {
    /// Who is responsible (§ 5 DDG), plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    imprint: Option<Notice>,
    /// What is done with people's data (Art. 13 GDPR), plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    privacy_notice: Option<Notice>,
    /// Whom one asks about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    data_protection_officer: Option<DataProtectionOfficer>,
    /// How far the service can be used by everybody, plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    accessibility_statement: Option<Notice>,
    /// Where barriers are reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    feedback_email: Option<EmailAddress>,
    /// Who settles it where the town hall does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    arbitration_url: Option<WebAddress>,
    /// Whom one can ask about the service.
    #[schema(max_items = 10)]
    contacts: Vec<ContactPerson>,
    /// The first day of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    live_on: Option<NaiveDate>,
    /// Whether everybody can follow the town hall today; before, only its staff and testers can.
    live: bool,
}

impl Legal {
    fn of(facts: LegalFacts, locale: Locale, today: NaiveDate) -> Self {
        let live = facts.is_live(today);
        let text = |notices: Option<Notices>| notices.map(|notices| notices.in_locale(locale).0.clone());
        Self {
            imprint: text(facts.imprint),
            privacy_notice: text(facts.privacy_notice),
            data_protection_officer: facts.data_protection_officer,
            accessibility_statement: text(facts.accessibility_statement),
            feedback_email: facts.feedback_email,
            arbitration_url: facts.arbitration_url,
            contacts: facts.contacts,
            live_on: facts.live_on,
            live,
        }
    }
}

/// Show what a town hall says by law
///
/// Imprint, privacy notice, data-protection officer, accessibility statement with feedback address and
/// arbitration, and persons to ask. In English where the town hall wrote it in English as well.
#[utoipa::path(tag = "municipalities", operation_id = "getLegal", security(()), params(TownPath),
    responses((status = 200, description = "What it says.", body = Legal)))]
#[get("/v1/municipalities/{municipality}/legal")]
pub(super) async fn show(
    Town(town): Town,
    store: Data<dyn Store>,
    clock: Data<Clock>,
    seen: IfNoneMatch,
    AcceptLanguage(locale): AcceptLanguage,
) -> Result<HttpResponse, Problem> {
    let (facts, version) = service::facts(store.as_ref(), &town).await?;
    let legal = Legal::of(facts, locale, clock.now().with_timezone(&town.time_zone).date_naive());
    // The day it starts changes the answer as well.
    let tag = EntityTag::content(format!("{version}.{}", legal.live).as_bytes());
    Ok(read(&legal, tag, &seen, locale, Caching::Public { seconds: FRESH_SECONDS }))
}
