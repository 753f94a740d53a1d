//! The second factor of staff: set up with an authenticator app, taken away with one of its codes.

use actix_web::{HttpResponse, get, http::header, post, web::Data};
use domain::{
    Code, Ctx, Error, Store,
    citizens::code::draw_letters,
    ids::AccountId,
    staff::{
        SecondFactor,
        second_factor::{self, Proof, RECOVERY_CODES},
    },
    text::{FactorCode, Secret},
};
use infrastructure::{
    passwords::{Passwords, Verdict},
    second_factor::{enrolment, proof, recovery_hash, seal},
    secrets::Secrets,
    tokens::{Access, Bearer},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::{Gate, SignedIn},
    config::Config,
    extract::ValidJson,
    problem::Problem,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show).service(begin).service(confirm).service(remove);
}

/// Whether the account has a second factor.
#[derive(Serialize, ToSchema)]
#[schema(as = SecondFactor)]
struct FactorView {
    /// Whether signing in takes a code.
    in_use: bool,
    /// Recovery codes that are left.
    #[schema(minimum = 0, maximum = 10, example = 10)]
    recovery_codes_left: usize,
}

/// The password, so that a device left open is not enough.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSecondFactor {
    /// The account's password.
    #[schema(value_type = String, format = "password", min_length = 1, max_length = 512, example = "correct horse battery staple")]
    password: Secret,
}

/// What an authenticator app is given. It is a secret.
#[derive(Serialize, ToSchema)]
struct FactorEnrolment {
    /// The secret in base32, for typing in.
    #[schema(max_length = 64, example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// The same as an address, to be shown as a QR code.
    #[schema(
        max_length = 1000,
        example = "otpauth://totp/rathaus.example:amt%40example.org?secret=GEZDGNBVGY3TQOJQ&issuer=rathaus.example"
    )]
    otpauth_uri: String,
}

/// The first code of the authenticator.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct FactorConfirmation {
    /// The six digits it shows.
    totp: FactorCode,
}

/// Password and code.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct FactorRemoval {
    /// The account's password.
    #[schema(value_type = String, format = "password", min_length = 1, max_length = 512, example = "correct horse battery staple")]
    password: Secret,
    /// A code of the authenticator, or a recovery code.
    totp: FactorCode,
}

/// Codes for when the authenticator is lost.
#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    /// Each is good once, in the place of a code of the authenticator. Shown this once.
    #[schema(value_type = Vec<FactorCode>, max_items = 10)]
    recovery_codes: Vec<String>,
}

/// Show whether there is a second factor
#[utoipa::path(tag = "auth", operation_id = "getSecondFactor", security(("bearer" = [])),
    responses((status = 200, description = "The second factor.", body = FactorView)))]
#[get("/v1/auth/second-factor")]
async fn show(SignedIn(ctx): SignedIn, store: Data<dyn Store>) -> Result<HttpResponse, Problem> {
    let factor = second_factor::get(&**store, staff(&ctx)?).await?;
    let factor = factor.filter(|factor| factor.confirmed_at.is_some());
    let view = FactorView {
        in_use: factor.is_some(),
        recovery_codes_left: factor.map_or(0, |factor| factor.recovery_hashes.len()),
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(view))
}

/// Set up a second factor
///
/// For staff. It counts once the authenticator's first code is confirmed; until then a new one may be
/// begun. 409 where one is in use.
#[utoipa::path(tag = "auth", operation_id = "createSecondFactor", request_body = NewSecondFactor,
    security(("bearer" = [])),
    responses((status = 201, description = "For the authenticator app.", body = FactorEnrolment)))]
#[post("/v1/auth/second-factor")]
async fn begin(
    SignedIn(ctx): SignedIn,
    body: ValidJson<NewSecondFactor>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    passwords: Data<Passwords>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let account = staff(&ctx)?;
    let challenge = second_factor::challenge(&**store, &ctx, account).await?;
    check(&passwords, body.value.password, challenge.password_hash).await?;
    let email = challenge.email.ok_or_else(|| Error::refused(Code::Forbidden))?;
    let secret: [u8; 20] = ctx.random();
    let issuer = config.http.public_url.host_str().unwrap_or("Rathaus");
    let enrolment = enrolment(&secret, &email, issuer)?;
    second_factor::begin(&**store, &ctx, account, seal(&secrets, account, &secret, ctx.random())?).await?;
    let view = FactorEnrolment { secret: enrolment.secret, otpauth_uri: enrolment.address };
    Ok(HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(view))
}

/// Confirm a second factor
///
/// From now on signing in takes a code. All sessions of the account's end; sign in with the next code.
#[utoipa::path(tag = "auth", operation_id = "confirmSecondFactor", request_body = FactorConfirmation,
    security(("bearer" = [])),
    responses((status = 200, description = "It counts.", body = RecoveryCodes)))]
#[post("/v1/auth/second-factor/confirmation")]
async fn confirm(
    SignedIn(ctx): SignedIn,
    body: ValidJson<FactorConfirmation>,
    secrets: Data<Secrets>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let account = staff(&ctx)?;
    let factor = second_factor::challenge(&**store, &ctx, account).await?.factor;
    // Where nothing was begun, every code is wrong.
    let factor = factor.filter(|factor| factor.confirmed_at.is_none()).ok_or_else(wrong)?;
    let proof = given(&secrets, &ctx, &factor, &body.value.totp)?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| draw_letters(&ctx)).collect();
    let hashes = codes.iter().map(|code| recovery_hash(&secrets, account, code)).collect();
    second_factor::confirm(&**store, &ctx, &factor, &proof, hashes).await?;
    gate.forget();
    let view = RecoveryCodes { recovery_codes: codes };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(view))
}

/// Take a second factor away
///
/// With the password and a code. Whoever has neither authenticator nor recovery code asks whoever runs
/// the installation.
#[utoipa::path(tag = "auth", operation_id = "removeSecondFactor", request_body = FactorRemoval,
    security(("bearer" = [])), responses((status = 204, description = "It is gone.")))]
#[post("/v1/auth/second-factor/removal")]
async fn remove(
    SignedIn(ctx): SignedIn,
    body: ValidJson<FactorRemoval>,
    secrets: Data<Secrets>,
    passwords: Data<Passwords>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let account = staff(&ctx)?;
    let challenge = second_factor::challenge(&**store, &ctx, account).await?;
    check(&passwords, body.value.password, challenge.password_hash).await?;
    let factor = challenge.factor.filter(|factor| factor.confirmed_at.is_some());
    let factor = factor.ok_or_else(wrong)?;
    let proof = given(&secrets, &ctx, &factor, &body.value.totp)?;
    second_factor::remove(&**store, &ctx, &factor, &proof).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().finish())
}

/// The account of somebody who signed in as staff.
fn staff(ctx: &Ctx<Access>) -> Result<AccountId, Error> {
    match ctx.actor.bearer {
        Bearer::Staff { account } => Ok(account),
        Bearer::Citizen { .. } | Bearer::Guest { .. } => Err(Error::refused(Code::Forbidden)),
    }
}

async fn check(passwords: &Passwords, password: Secret, hash: Option<String>) -> Result<(), Error> {
    match passwords.verify(password.into_string(), hash).await? {
        Verdict::Right { .. } => Ok(()),
        Verdict::Wrong => Err(Error::invalid("/password", Code::CodeWrong)),
    }
}

fn given(
    secrets: &Secrets,
    ctx: &Ctx<Access>,
    factor: &SecondFactor,
    code: &FactorCode,
) -> Result<Proof, Error> {
    let proof = proof(secrets, factor, code.as_str(), ctx.now)?;
    proof.ok_or_else(wrong)
}

fn wrong() -> Error {
    Error::invalid("/totp", Code::CodeWrong)
}
