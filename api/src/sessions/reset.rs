//! Somebody of the staff lost their password.

use actix_web::{HttpResponse, post, web::Data};
use domain::{
    Ctx, Locale, Result, Store,
    citizens::{CodePurpose, code},
    context::Visitor,
    staff::reset,
    text::{EmailAddress, InvitationCode, NewPassword},
};
use infrastructure::{passwords::Passwords, secrets::Secrets};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{CodeRequested, Wanted, invitation::Given, new_code};
use crate::{
    auth::Gate,
    config::Config,
    extract::{Moment, ValidJson},
    problem::Problem,
};

/// Whose password was lost.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "erika@example.org", "locale": "de"}))]
pub struct PasswordReset {
    /// The address they sign in with.
    email: EmailAddress,
    /// The language of the letter; that of the request where absent.
    #[schema(nullable = false)]
    locale: Option<Locale>,
}

/// The code from the letter, and the password to sign in with from now on.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacedPassword {
    /// The address the letter came to.
    email: EmailAddress,
    /// The code in it; capitals and blanks do not matter.
    code: InvitationCode,
    /// The new password.
    #[schema(value_type = String, format = "password", min_length = 12, max_length = 128, example = "correct horse battery staple")]
    password: NewPassword,
}

/// Has the letter sent, where there is somebody to send it to.
pub(super) async fn ask(
    moment: Moment,
    config: &Config,
    secrets: &Secrets,
    store: &dyn Store,
    email: EmailAddress,
    locale: Locale,
) -> Result<()> {
    let Moment { ctx, client } = moment;
    let purpose = CodePurpose::PasswordReset;
    let wanted = Wanted { purpose, address: email.into(), locale, subject: None, bound_to: None, client };
    let letter = new_code(&ctx, config, secrets, wanted)?;
    reset::request(store, &ctx, &letter).await
}

/// Sets the password of whoever holds the code.
pub(super) async fn replace(
    ctx: &Ctx<Visitor>,
    given: Given,
    secrets: &Secrets,
    passwords: &Passwords,
    gate: &Gate,
    store: &dyn Store,
) -> Result<()> {
    let client = given.client;
    let open = given.open(CodePurpose::PasswordReset, ctx, secrets, store).await?;
    let password = passwords.choose(given.password.into_string(), ctx.random()).await?;
    reset::set(store, ctx, &open, &password, client).await?;
    gate.forget();
    Ok(())
}

/// Asks for a letter to set a lost staff password anew
///
/// The answer is the same whether anybody signs in with the address or not. The letter's code is good once,
/// for five tries and an hour, and replaces any earlier one. At most 3 an hour and 6 a day for one address.
#[utoipa::path(tag = "auth", operation_id = "requestPasswordReset", request_body = PasswordReset, security(()),
    responses((status = 202, description = "If anybody signs in so, the letter is on its way.", body = CodeRequested)))]
#[post("/v1/auth/staff-password-resets")]
pub async fn request(
    moment: Moment,
    body: ValidJson<PasswordReset>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let PasswordReset { email, locale } = body.value;
    let locale = locale.unwrap_or(moment.ctx.locale);
    ask(moment, &config, &secrets, &**store, email, locale).await?;
    Ok(CodeRequested::accepted(code::RESET_LIFE))
}

/// Sets a staff password anew with the code from the letter
///
/// Sessions under the earlier password end. Sign in afterwards.
#[utoipa::path(tag = "auth", operation_id = "replaceStaffPassword", request_body = ReplacedPassword,
    security(()), responses((status = 204, description = "The password is set.")))]
#[post("/v1/auth/staff-passwords")]
pub async fn set(
    moment: Moment,
    body: ValidJson<ReplacedPassword>,
    secrets: Data<Secrets>,
    passwords: Data<Passwords>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let Moment { ctx, client } = moment;
    let ReplacedPassword { email, code, password } = body.value;
    let given = Given { email, code, password, client };
    replace(&ctx, given, &secrets, &passwords, &gate, &**store).await?;
    Ok(HttpResponse::NoContent().finish())
}
