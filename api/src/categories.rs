//! Kinds of complaint, for everyone to read.

use actix_web::{HttpResponse, get, web::Data};
use domain::{
    Locale, Scope, Store,
    categories::Category,
    complaints::promise::Promise,
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

/// A kind of complaint.
#[derive(Serialize, ToSchema)]
#[schema(as = Category)]
struct CategoryView {
    /// What to send in `category` of a report. Never changes.
    #[schema(example = "illegal-waste")]
    code: Slug,
    /// Its name in the language asked for.
    #[schema(example = "Illegale Müllablagerung")]
    name: Name,
    /// What the town hall promises.
    promise: Promise,
    /// Whether title, state and coarse place of such reports are public.
    public: bool,
    /// Whether it may be reported without an account.
    accepts_guests: bool,
    /// Whether it may be reported without any contact.
    accepts_anonymous: bool,
}

impl CategoryView {
    fn new(category: Category, locale: Locale) -> Self {
        Self {
            name: category.names.in_locale(locale).clone(),
            code: category.code,
            promise: category.promise,
            public: category.is_public,
            accepts_guests: category.accepts_guests,
            accepts_anonymous: category.accepts_anonymous,
        }
    }
}

/// The order in which a town hall arranged them.
pub(crate) fn position(category: &Category) -> Position {
    Position { key: format!("{:010} {}", category.position, category.code), id: category.id.0 }
}

/// List the kinds of complaint
///
/// Those that can be reported now, in the town hall's order.
#[utoipa::path(tag = "municipalities", operation_id = "listCategories", security(()),
    params(TownPath, PageParams),
    responses((status = 200, description = "Kinds of complaint.", body = Listed<CategoryView>)))]
#[get("/v1/municipalities/{municipality}/categories")]
async fn list(
    store: Data<dyn Store>,
    Town(municipality): Town,
    query: PageQuery,
    AcceptLanguage(locale): AcceptLanguage,
) -> Result<HttpResponse, Problem> {
    let mut all = store.read(Scope::Municipality(municipality.id)).await?.categories().await?;
    all.retain(|category| category.active);
    let page = Page::of(all, &query.request, position);
    query.answer_public(page.map(|category| CategoryView::new(category, locale)), FRESH_SECONDS)
}
