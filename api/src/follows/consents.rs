//! The words one agrees to, and what one agreed to so far.

use actix_web::{HttpResponse, get, web::Data};
use domain::{
    Store,
    consents::{ConsentText, Entry, TextVersion},
    follows::service,
    page::Page,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::ChannelWord;
use crate::{
    auth::PersonActor,
    extract::{AcceptLanguage, EntityTag, IfNoneMatch, Listed, PageParams, PageQuery},
    municipalities::{FRESH_SECONDS, Town, TownPath},
    problem::Problem,
    reply::{Caching, read},
    time::Time,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(text).service(ledger);
}

/// The words one agrees to.
#[derive(Serialize, ToSchema)]
#[schema(as = ConsentText)]
struct TextView {
    /// Names them. Other words get another version.
    version: TextVersion,
    /// The words in the language asked for.
    #[schema(max_length = 2000, example = "Ich möchte Mitteilungen meiner Kommune erhalten.")]
    text: String,
}

/// Show the words one agrees to
///
/// Show them where channels are chosen, and send `version` along as `consent_text`.
#[utoipa::path(tag = "municipalities", operation_id = "getConsentText", security(()), params(TownPath),
    responses((status = 200, description = "The words of today.", body = TextView)))]
#[get("/v1/municipalities/{municipality}/consent-text")]
async fn text(
    Town(_town): Town,
    seen: IfNoneMatch,
    AcceptLanguage(locale): AcceptLanguage,
) -> Result<HttpResponse, Problem> {
    let text = ConsentText::current();
    let view = TextView { version: text.version, text: text.words(locale).to_owned() };
    let tag = EntityTag::content(text.version.as_str().as_bytes());
    Ok(read(&view, tag, &seen, locale, Caching::Public { seconds: FRESH_SECONDS }))
}

/// An entry of the ledger.
#[derive(Serialize, ToSchema)]
#[schema(as = Consent)]
struct EntryView {
    /// The way.
    channel: ChannelWord,
    /// What for: `crisis`, `important`, `information`, `notice`.
    #[schema(max_length = 16, example = "crisis")]
    purpose: String,
    /// Given, or withdrawn.
    given: bool,
    /// The words agreed to.
    text_version: TextVersion,
    /// When.
    at: Time,
    /// How: `app`, `link`, `sms`, `keypress`, `paper`, `phone`, `in_person`, `import`, `system`.
    #[schema(max_length = 16, example = "app")]
    means: String,
}

impl From<(u64, Entry)> for EntryView {
    fn from((_, entry): (u64, Entry)) -> Self {
        Self {
            channel: ChannelWord(entry.channel),
            purpose: entry.purpose.to_string(),
            given: entry.given,
            text_version: entry.text_version,
            at: entry.at.into(),
            means: entry.means.to_string(),
        }
    }
}

/// List what one agreed to and withdrew
///
/// In a municipality, the oldest entry first. Entries are never changed; the last one for a channel and a
/// purpose holds.
#[utoipa::path(tag = "me", operation_id = "listConsents", security(("bearer" = [])),
    params(TownPath, PageParams),
    responses((status = 200, description = "Entries.", body = Listed<EntryView>)))]
#[get("/v1/me/follows/{municipality}/consents")]
async fn ledger(
    PersonActor(ctx): PersonActor,
    Town(town): Town,
    query: PageQuery,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let page: Page<_> = service::consents(&**store, &ctx, &town, &query.request).await?;
    query.answer(page.map(EntryView::from))
}
