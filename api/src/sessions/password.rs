//! A citizen's password, for those who want one besides codes.

use actix_web::{HttpResponse, delete, http::header, post, put, web::Data};
use domain::{
    Code, Ctx, Error, Store,
    citizens::service::{self, PasswordChange, PasswordSignIn},
    context::Person,
    phone::Phone,
    text::{EmailAddress, Name, NewPassword, Secret},
};
use infrastructure::{
    passwords::{Passwords, Verdict},
    secrets::Secrets,
};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::{
    answer::{Tokens, idle},
    citizens::{exactly_one, one_of},
};
use crate::{
    auth::{Gate, MaybePerson, PersonActor},
    config::Config,
    extract::{Moment, ValidJson},
    problem::Problem,
};

/// Address and password: exactly one of `email` and `phone`.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "one_address"))]
#[schema(example = json!({"email": "erika@example.org", "password": "correct horse battery staple"}))]
pub struct NewPasswordSession {
    /// The account's e-mail address.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// The account's number.
    #[schema(nullable = false)]
    phone: Option<Phone>,
    /// The password.
    #[schema(value_type = String, format = "password", min_length = 1, max_length = 512)]
    password: Secret,
    /// What the person calls the device, for their list of sessions.
    #[schema(nullable = false)]
    device_name: Option<Name>,
}

fn one_address(request: &NewPasswordSession) -> Result<(), ValidationError> {
    exactly_one(request.email.is_some(), request.phone.is_some())
}

/// Signs a citizen in by password
///
/// For those who set one; a code always works as well. An unknown address and a wrong password are told
/// apart by nothing. A guest sends their token along, as with a code.
#[utoipa::path(tag = "auth", operation_id = "createPasswordSession", request_body = NewPasswordSession,
    security((), ("bearer" = [])),
    responses((status = 201, description = "Signed in.", body = Tokens)))]
#[post("/v1/auth/password-sessions")]
pub async fn create(
    moment: Moment,
    MaybePerson(person): MaybePerson,
    body: ValidJson<NewPasswordSession>,
    config: Data<Config>,
    (secrets, passwords): (Data<Secrets>, Data<Passwords>),
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let Moment { ctx, client } = moment;
    let NewPasswordSession { email, phone, password, device_name } = body.value;
    let address = one_of(email, phone)?;
    let known = service::attempt_password(&**store, &ctx, &address, client).await?;
    let hash = known.as_ref().map(|known| known.hash.clone());
    let verdict = passwords.verify(password.as_str().to_owned(), hash).await?;
    let (Some(known), Verdict::Right { needs_rehash }) = (known, verdict) else {
        return Err(Problem::new(Code::CredentialsWrong));
    };
    let rehashed = match needs_rehash {
        true => Some(passwords.hash(password.into_string(), ctx.random()).await?),
        false => None,
    };
    let given = PasswordSignIn { rehashed, guest: person.actor.clone(), device_name, idle: idle(&config) };
    let session = service::begin_with_password(&**store, &ctx, &known, given).await?;
    if person.actor.is_some() {
        gate.forget();
    }
    Ok(Tokens::of(&ctx, &gate, &secrets, &session).await?.created())
}

/// A password to sign in with.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "correct horse battery staple"}))]
pub struct PutPassword {
    /// The new password.
    #[schema(value_type = String, format = "password", min_length = 12, max_length = 128)]
    password: NewPassword,
    /// The password so far; not needed where there is none, nor in the first ten minutes after a sign-in.
    #[schema(value_type = Option<String>, nullable = false, format = "password", min_length = 1, max_length = 512)]
    current_password: Option<Secret>,
}

/// Sets one's password
///
/// Nobody needs one: a code always works. Sessions elsewhere end. Whoever forgot theirs signs in with a code
/// and sets another one within ten minutes.
#[utoipa::path(tag = "me", operation_id = "putPassword", request_body = PutPassword, security(("bearer" = [])),
    responses((status = 204, description = "It is set.")))]
#[put("/v1/me/password")]
pub async fn set(
    PersonActor(ctx): PersonActor,
    body: ValidJson<PutPassword>,
    passwords: Data<Passwords>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let PutPassword { password, current_password } = body.value;
    let change = service::begin_password_change(&**store, &ctx).await?;
    prove(&passwords, &change, current_password).await?;
    let hash = passwords.choose(password.into_string(), ctx.random()).await?;
    finish(&ctx, &**store, &gate, &change, Some(&hash)).await
}

/// Removes one's password
///
/// From then on one signs in with codes only. Sessions elsewhere end.
#[utoipa::path(tag = "me", operation_id = "deletePassword", security(("bearer" = [])),
    responses((status = 204, description = "There is none.")))]
#[delete("/v1/me/password")]
pub async fn remove(
    PersonActor(ctx): PersonActor,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let change = service::begin_password_change(&**store, &ctx).await?;
    finish(&ctx, &**store, &gate, &change, None).await
}

/// Whether it is the account's owner who sits there.
async fn prove(passwords: &Passwords, change: &PasswordChange, current: Option<Secret>) -> Result<(), Error> {
    if !change.asks_for_it {
        return Ok(());
    }
    let wrong = |code| Err(Error::invalid("/current_password", code));
    let Some(current) = current else { return wrong(Code::Required) };
    match passwords.verify(current.into_string(), change.hash.clone()).await? {
        Verdict::Right { .. } => Ok(()),
        Verdict::Wrong => wrong(Code::CodeWrong),
    }
}

async fn finish(
    ctx: &Ctx<Person>,
    store: &dyn Store,
    gate: &Gate,
    change: &PasswordChange,
    hash: Option<&str>,
) -> Result<HttpResponse, Problem> {
    service::set_password(store, ctx, change, hash).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().insert_header((header::CACHE_CONTROL, "no-store")).finish())
}
