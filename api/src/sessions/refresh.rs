//! Sessions that go on and sessions that end.

use actix_web::{HttpResponse, delete, get, http::header, post, web::Data};
use domain::{
    Code, Store,
    citizens::{CodePurpose, service},
    text::Secret,
};
use infrastructure::{secrets::Secrets, tokens::RefreshToken};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    answer::{Tokens, idle},
    code::{Wanted, new_code},
};
use crate::{
    auth::{Gate, SignedIn},
    config::Config,
    extract::{Moment, ValidJson},
    problem::Problem,
};

/// The token that renews a session.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// The latest refresh token.
    refresh_token: Secret,
}

/// Renews a session
///
/// The answer holds a new refresh token; the one sent is used up. If the answer gets lost, the same
/// request within 30 seconds gives the same refresh token again. A token used later than that ends
/// the session, because somebody has a copy; whoever has an account is told so.
#[utoipa::path(tag = "auth", operation_id = "refreshSession", request_body = Renewal, security(()),
    responses((status = 200, description = "Renewed.", body = Tokens)))]
#[post("/v1/auth/sessions/refresh")]
pub async fn refresh(
    moment: Moment,
    body: ValidJson<Renewal>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let (ctx, client) = (moment.ctx, moment.client);
    let token = RefreshToken::decode(body.value.refresh_token.as_str(), &secrets)
        .ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let letter = |account, address, locale| {
        let purpose = CodePurpose::TokenCopied;
        let wanted = Wanted { purpose, address, locale, subject: None, bound_to: Some(account), client };
        new_code(&ctx, &config, &secrets, wanted).ok()
    };
    let (session, generation) = (token.session, token.generation);
    let renewed = service::refresh(&**store, &ctx, session, generation, idle(&config), &letter).await;
    match renewed {
        Ok(session) => Ok(Tokens::of(&ctx, &gate, &secrets, &session).await?.renewed()),
        Err(error) => {
            // The family may have ended just now.
            gate.forget();
            Err(error.into())
        }
    }
}

/// Signs out
///
/// Ends the session of the token. The phone registered in it is told nothing more.
#[utoipa::path(tag = "auth", operation_id = "endSession", security(("bearer" = [])),
    responses((status = 204, description = "Signed out.")))]
#[delete("/v1/auth/sessions/current")]
pub async fn end(
    SignedIn(ctx): SignedIn,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    service::sign_out(&**store, &ctx, ctx.actor.session).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().finish())
}

/// The keys that verify access tokens (RFC 7517).
#[derive(Serialize, ToSchema)]
pub struct KeySet {
    /// The keys.
    #[schema(max_items = 100)]
    keys: Vec<PublicKey>,
}

/// A public Ed25519 key (RFC 8037).
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PublicKey {
    /// Always `OKP`.
    #[schema(max_length = 10, example = "OKP")]
    kty: String,
    /// Always `Ed25519`.
    #[schema(max_length = 10, example = "Ed25519")]
    crv: String,
    /// Always `EdDSA`.
    #[schema(max_length = 10, example = "EdDSA")]
    alg: String,
    /// Always `sig`.
    #[schema(max_length = 10, example = "sig")]
    r#use: String,
    /// The key's name, its thumbprint (RFC 7638).
    #[schema(max_length = 60, example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    kid: String,
    /// The key itself.
    #[schema(max_length = 60, example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    x: String,
}

/// The keys of access tokens
#[utoipa::path(tag = "auth", operation_id = "getJwks", security(()),
    responses((status = 200, description = "The public keys.", body = KeySet)))]
#[get("/.well-known/jwks.json")]
pub async fn jwks(moment: Moment, gate: Data<Gate>) -> Result<HttpResponse, Problem> {
    let keys = gate.keyring().tokens(moment.ctx.now).await?.jwks();
    let keys = keys.get("keys").cloned().unwrap_or_default();
    let keys = serde_json::from_value(keys).map_err(|_| Problem::new(Code::Internal))?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(KeySet { keys }))
}
