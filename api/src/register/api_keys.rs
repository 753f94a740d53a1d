//! Keys for programs, as admins give and revoke them.

use actix_web::{
    HttpResponse, delete, get,
    http::header,
    post,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use domain::{
    Code, Store,
    ids::{ApiKeyId, StaffId},
    integrations::{
        ApiKey, KeyMode, KeyScope,
        service::{self, NewKey},
    },
    page::{Page, Position},
    text::Name,
};
use infrastructure::secrets::KeyText;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::{Gate, StaffActor},
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, read},
    time::Time,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(create).service(show).service(revoke);
}

/// The part of a path that names a key.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct KeyPath {
    /// The key.
    #[param(value_type = uuid::Uuid)]
    api_key: ApiKeyId,
}

/// A key to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApiKey, example = json!({"name": "Stadtplan", "scopes": ["complaints.read"]}))]
struct NewBody {
    /// What the town hall calls the program. Two keys of one name can live at a time, so that a new one
    /// is put in use before the old one goes.
    #[schema(example = "Stadtplan")]
    name: Name,
    /// `test` for trying: everything is checked and answered, and nothing is kept or sent. `live` where
    /// absent.
    #[schema(nullable = false)]
    mode: Option<KeyMode>,
    /// What it is for.
    #[schema(min_items = 1, max_items = 10)]
    #[validate(length(max = 10))]
    scopes: Vec<KeyScope>,
    /// When it ends: at most two years from now; after one year where absent.
    #[schema(nullable = false)]
    expires_at: Option<DateTime<Utc>>,
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
struct KeyView {
    /// Its identity.
    id: ApiKeyId,
    /// What the town hall calls the program.
    name: Name,
    /// `live` or `test`.
    #[schema(max_length = 8, example = "live")]
    mode: String,
    /// What it is for: `complaints.file`, `complaints.read`, `register.read`.
    #[schema(max_items = 10)]
    scopes: Vec<ScopeName>,
    /// What the key begins with, to know it again.
    #[schema(max_length = 60, example = "rh_live_019a8f3e7c117d2b9a523f1f0f2a6c01")]
    prefix: String,
    /// Who of the staff made it.
    made_by: StaffId,
    /// When.
    created_at: Time,
    /// When it ends.
    expires_at: Time,
    /// When it was last used, to the minute; absent where it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_used_at: Option<Time>,
    /// When it was revoked; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    revoked_at: Option<Time>,
}

/// What a key is for, by name.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyScopeName, max_length = 24, example = "complaints.read")]
struct ScopeName(String);

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            prefix: KeyText::prefix(key.id, key.mode),
            name: key.name,
            mode: key.mode.to_string(),
            scopes: key.scopes.iter().map(|scope| ScopeName(scope.to_string())).collect(),
            made_by: key.made_by,
            created_at: key.created_at.into(),
            expires_at: key.expires_at.into(),
            last_used_at: key.last_used_at.map(Time::from),
            revoked_at: key.revoked_at.map(Time::from),
        }
    }
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeApiKey)]
struct MadeView {
    #[serde(flatten)]
    view: KeyView,
    /// The key itself, shown this once.
    #[schema(
        max_length = 100,
        example = "rh_live_019a8f3e7c117d2b9a523f1f0f2a6c01_9f2c5a7be01d4468a3c1f05e7d9b2a6c8e4f1037c0ffee00"
    )]
    key: String,
}

/// By name.
fn position(key: &ApiKey) -> Position {
    Position { key: key.name.to_string(), id: key.id.0 }
}

/// List the keys for programs, those that ended too
#[utoipa::path(tag = "register", operation_id = "listApiKeys", security(("bearer" = [])),
    params(TownPath, PageParams),
    responses((status = 200, description = "The keys by name.", body = Listed<KeyView>)))]
#[get("/v1/municipalities/{municipality}/admin/api-keys")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list(store.as_ref(), &ctx).await?, &query.request, position);
    query.answer(page.map(KeyView::from))
}

/// Make a key for a program
///
/// The answer holds the key, this once: only a hash of it is kept. Each key has its own scopes and its
/// own end.
#[utoipa::path(tag = "register", operation_id = "createApiKey", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The key.", body = MadeView)))]
#[post("/v1/municipalities/{municipality}/admin/api-keys")]
async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewBody { name, mode, scopes, expires_at } = body.value;
    let mode = mode.unwrap_or(KeyMode::Live);
    let text = KeyText::new(ctx.id(), mode, ctx.random());
    let new = NewKey { id: text.id, name, mode, scopes, secret_hash: text.secret_hash(), expires_at };
    let answer = |key: &ApiKey| {
        let place = format!("/v1/municipalities/{}/admin/api-keys/{}", path.municipality, key.id);
        let made = MadeView { view: key.clone().into(), key: text.encode() };
        let answer = Answer::created(place, &made)?.with(header::CACHE_CONTROL, "no-store");
        Ok(answer.with(header::ETAG, EntityTag::version(key.version).to_string()))
    };
    request.answer(&answer, async |once| service::create(store.as_ref(), &ctx, new, once).await).await
}

/// Show a key for a program
#[utoipa::path(tag = "register", operation_id = "getApiKey", security(("bearer" = [])),
    params(TownPath, KeyPath),
    responses((status = 200, description = "The key, without its secret.", body = KeyView)))]
#[get("/v1/municipalities/{municipality}/admin/api-keys/{api_key}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<KeyPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let key = service::get(store.as_ref(), &ctx, path.api_key).await?;
    let version = key.version;
    let view = KeyView::from(key);
    // Use changes what is shown and no version.
    let bytes = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::Internal))?;
    let tag = EntityTag::version_showing(version, &bytes);
    Ok(read(&view, tag, &seen, ctx.locale, Caching::Private))
}

/// Revoke a key for a program
///
/// It opens nothing any more: here at once, on other instances within a minute. It stays in the list.
#[utoipa::path(tag = "register", operation_id = "revokeApiKey", security(("bearer" = [])),
    params(TownPath, KeyPath, IfMatchParams),
    responses((status = 204, description = "It is revoked.")))]
#[delete("/v1/municipalities/{municipality}/admin/api-keys/{api_key}")]
async fn revoke(
    store: Data<dyn Store>,
    gate: Data<Gate>,
    StaffActor(ctx): StaffActor,
    path: Path<KeyPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::revoke(store.as_ref(), &ctx, path.api_key, version).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().finish())
}
