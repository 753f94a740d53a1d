//! What the law asks a town hall to say, as its admins keep it, and who tries the service first.

use actix_web::{
    HttpResponse, delete, get,
    http::header,
    post, put,
    web::{Data, Path},
};
use chrono::NaiveDate;
use domain::{
    Store,
    ids::TesterId,
    municipalities::{
        legal::{ContactPerson, DataProtectionOfficer, LegalFacts, Notices, Tester},
        service::legal as service,
    },
    page::{Page, Position},
    text::{EmailAddress, WebAddress},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show).service(replace).service(testers).service(invite).service(uninvite);
}

/// What a town hall says about itself by law. Leave out what is not decided yet.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutLegalFacts {
    /// Who is responsible (§ 5 DDG).
    #[schema(nullable = false)]
    imprint: Option<Notices>,
    /// What is done with people's data (Art. 13 GDPR).
    #[schema(nullable = false)]
    privacy_notice: Option<Notices>,
    /// Whom one asks about it (Art. 37 GDPR).
    #[schema(nullable = false)]
    data_protection_officer: Option<DataProtectionOfficer>,
    /// How far the service can be used by everybody (Directive (EU) 2016/2102).
    #[schema(nullable = false)]
    accessibility_statement: Option<Notices>,
    /// Where barriers are reported.
    #[schema(nullable = false)]
    feedback_email: Option<EmailAddress>,
    /// Who settles it where the town hall does not.
    #[schema(nullable = false)]
    arbitration_url: Option<WebAddress>,
    /// Whom one can ask about the service.
    #[serde(default)]
    #[schema(max_items = 10)]
    contacts: Vec<ContactPerson>,
    /// The first day of the service. Refused while something above is missing; the answer names each gap.
    #[schema(nullable = false)]
    live_on: Option<NaiveDate>,
}

impl From<PutLegalFacts> for LegalFacts {
    fn from(body: PutLegalFacts) -> Self {
        let PutLegalFacts {
            imprint,
            privacy_notice,
            data_protection_officer,
            accessibility_statement,
            feedback_email,
            arbitration_url,
            contacts,
            live_on,
        } = body;
        Self {
            imprint,
            privacy_notice,
            data_protection_officer,
            accessibility_statement,
            feedback_email,
            arbitration_url,
            contacts,
            live_on,
        }
    }
}

/// What a town hall says so far, as its admins see it.
#[derive(Serialize, ToSchema)]
#[schema(as = LegalFacts)]
struct LegalFactsView {
    /// Who is responsible (§ 5 DDG).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    imprint: Option<Notices>,
    /// What is done with people's data (Art. 13 GDPR).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    privacy_notice: Option<Notices>,
    /// Whom one asks about it (Art. 37 GDPR).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    data_protection_officer: Option<DataProtectionOfficer>,
    /// How far the service can be used by everybody (Directive (EU) 2016/2102).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    accessibility_statement: Option<Notices>,
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
    /// What is missing before the service may start, as JSON pointers into this object.
    #[schema(max_items = 10, value_type = Vec<crate::register::legal::Pointer>)]
    missing: Vec<&'static str>,
}

/// A JSON pointer (RFC 6901).
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 60, example = "/imprint")]
#[expect(dead_code, reason = "stands in the document only")]
struct Pointer(String);

impl From<LegalFacts> for LegalFactsView {
    fn from(facts: LegalFacts) -> Self {
        let missing = facts.missing();
        Self {
            imprint: facts.imprint,
            privacy_notice: facts.privacy_notice,
            data_protection_officer: facts.data_protection_officer,
            accessibility_statement: facts.accessibility_statement,
            feedback_email: facts.feedback_email,
            arbitration_url: facts.arbitration_url,
            contacts: facts.contacts,
            live_on: facts.live_on,
            missing,
        }
    }
}

/// Show the legal facts
///
/// With what is missing before the service may start. `"v0"` is the `ETag` of a town hall that has said
/// nothing yet.
#[utoipa::path(tag = "register", operation_id = "getLegalFacts", security(("bearer" = [])), params(TownPath),
    responses((status = 200, description = "What it says so far.", body = LegalFactsView)))]
#[get("/v1/municipalities/{municipality}/admin/legal")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let (facts, version) = service::get(store.as_ref(), &ctx).await?;
    let tag = EntityTag::version(version);
    Ok(read(&LegalFactsView::from(facts), tag, &seen, ctx.locale, Caching::Private))
}

/// Replace the legal facts
///
/// With `live_on` the service starts on that day; before it only staff and testers can follow the town
/// hall. Refused while something is missing: each gap is named.
#[utoipa::path(tag = "register", operation_id = "putLegalFacts", security(("bearer" = [])),
    params(TownPath, IfMatchParams),
    request_body = PutLegalFacts,
    responses((status = 200, description = "What it says now.", body = LegalFactsView)))]
#[put("/v1/municipalities/{municipality}/admin/legal")]
async fn replace(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    IfMatch(version): IfMatch,
    body: ValidJson<PutLegalFacts>,
) -> Result<HttpResponse, Problem> {
    let facts = service::put(store.as_ref(), &ctx, version, body.value.into()).await?;
    Ok(changed(version + 1, &LegalFactsView::from(facts)))
}

/// Somebody who is to try the service first.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTester {
    /// The address they sign in with.
    email: EmailAddress,
}

/// Somebody who may follow before the service starts.
#[derive(Serialize, ToSchema)]
#[schema(as = Tester)]
struct TesterView {
    /// Their identity.
    id: TesterId,
    /// The address they sign in with.
    email: EmailAddress,
}

impl From<Tester> for TesterView {
    fn from(tester: Tester) -> Self {
        Self { id: tester.id, email: tester.email }
    }
}

/// The part of a path that names a tester.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct TesterPath {
    /// The tester.
    #[param(value_type = uuid::Uuid)]
    tester: TesterId,
}

/// By address.
fn position(tester: &Tester) -> Position {
    Position { key: tester.email.as_str().to_owned(), id: tester.id.0 }
}

/// List the testers
#[utoipa::path(tag = "register", operation_id = "listTesters", security(("bearer" = [])),
    params(TownPath, PageParams),
    responses((status = 200, description = "Testers by address.", body = Listed<TesterView>)))]
#[get("/v1/municipalities/{municipality}/admin/testers")]
async fn testers(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::testers(store.as_ref(), &ctx).await?, &query.request, position);
    query.answer(page.map(TesterView::from))
}

/// Let somebody follow before the service starts
#[utoipa::path(tag = "register", operation_id = "createTester", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewTester,
    responses((status = 201, description = "The tester.", body = TesterView)))]
#[post("/v1/municipalities/{municipality}/admin/testers")]
async fn invite(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewTester>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let email = body.value.email;
    let answer = |tester: &Tester| {
        let place = format!("/v1/municipalities/{}/admin/testers/{}", path.municipality, tester.id);
        Ok(Answer::created(place, &TesterView::from(tester.clone()))?
            .with(header::ETAG, EntityTag::version(1).to_string()))
    };
    request.answer(&answer, async |once| service::invite(store.as_ref(), &ctx, email, once).await).await
}

/// Take a tester's permission back
///
/// Whoever follows already goes on following.
#[utoipa::path(tag = "register", operation_id = "deleteTester", security(("bearer" = [])),
    params(TownPath, TesterPath, ("If-Match" = String, Header, description = "The `ETag` of what you saw: `\"v1\"`, since testers do not change.", max_length = 100, example = "\"v1\"")),
    responses((status = 204, description = "Taken back.")))]
#[delete("/v1/municipalities/{municipality}/admin/testers/{tester}")]
async fn uninvite(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TesterPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::uninvite(store.as_ref(), &ctx, path.tester, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
