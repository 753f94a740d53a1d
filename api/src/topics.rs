//! Interests people can choose, for everyone to read.

use actix_web::{HttpResponse, get, web::Data};
use domain::{
    Locale, Scope, Store,
    municipalities::Topic,
    page::{Page, Position},
    text::{Name, Slug},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    extract::{AcceptLanguage, Listed, PageParams, PageQuery},
    municipalities::{FRESH_SECONDS, Town, TownPath},
    problem::Problem,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list);
}

/// An interest one can choose.
#[derive(Serialize, ToSchema)]
#[schema(as = Topic)]
struct TopicView {
    /// What to send in `topics` of a follow. Never changes.
    #[schema(example = "road-closures")]
    code: Slug,
    /// Its name in the language asked for.
    #[schema(example = "Straßensperrungen")]
    name: Name,
}

impl TopicView {
    fn new(topic: Topic, locale: Locale) -> Self {
        Self { name: topic.names.in_locale(locale).clone(), code: topic.code }
    }
}

/// The order in which a town hall arranged them.
pub(crate) fn position(topic: &Topic) -> Position {
    Position { key: format!("{:010} {}", topic.position, topic.code), id: topic.id.0 }
}

/// List the topics
///
/// Those that can be chosen now, in the town hall's order. Nobody gets anything about a topic they did not
/// choose.
#[utoipa::path(tag = "municipalities", operation_id = "listTopics", security(()),
    params(TownPath, PageParams),
    responses((status = 200, description = "Topics.", body = Listed<TopicView>)))]
#[get("/v1/municipalities/{municipality}/topics")]
async fn list(
    store: Data<dyn Store>,
    Town(municipality): Town,
    query: PageQuery,
    AcceptLanguage(locale): AcceptLanguage,
) -> Result<HttpResponse, Problem> {
    let mut all = store.read(Scope::Municipality(municipality.id)).await?.topics().await?;
    all.retain(|topic| topic.active);
    let page = Page::of(all, &query.request, position);
    query.answer_public(page.map(|topic| TopicView::new(topic, locale)), FRESH_SECONDS)
}
