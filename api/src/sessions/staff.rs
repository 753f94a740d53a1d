//! Staff, by e-mail address and password.

use actix_web::{HttpResponse, post, web::Data};
use domain::{
    Code, Store,
    staff::service::{attempt, begin},
    text::{CodeDigits, EmailAddress, Secret},
};
use infrastructure::{
    passwords::{Passwords, Verdict},
    secrets::Secrets,
};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::answer::{Tokens, idle};
use crate::{
    auth::Gate,
    config::Config,
    extract::{Moment, ValidJson},
    problem::Problem,
};

/// Address and password of somebody who works in a town hall.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "erika@example.org", "password": "correct horse battery staple"}))]
pub struct NewStaffSession {
    /// The account's address.
    email: EmailAddress,
    /// The password.
    #[schema(value_type = String, format = "password", min_length = 1, max_length = 512)]
    password: Secret,
    /// The second factor, for accounts that have one set up. There are none yet.
    #[schema(nullable = false)]
    totp: Option<CodeDigits>,
}

/// Signs a member of staff in
///
/// The session opens the town halls the account works in, each with the role it has there. An unknown
/// address and a wrong password are told apart by nothing.
#[utoipa::path(tag = "auth", operation_id = "createStaffSession", request_body = NewStaffSession, security(()),
    responses((status = 201, description = "Signed in.", body = Tokens)))]
#[post("/v1/auth/staff-sessions")]
pub async fn create(
    moment: Moment,
    body: ValidJson<NewStaffSession>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    passwords: Data<Passwords>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let Moment { ctx, client } = moment;
    let NewStaffSession { email, password, totp } = body.value;
    if totp.is_some() {
        return Err(Problem::invalid("/totp", Code::NotAllowed));
    }
    let known = attempt(&**store, &ctx, &email, client).await?;
    let hash = known.as_ref().map(|known| known.hash.clone());
    let verdict = passwords.verify(password.as_str().to_owned(), hash).await?;
    let (Some(known), Verdict::Right { needs_rehash }) = (known, verdict) else {
        return Err(Problem::new(Code::CredentialsWrong));
    };
    let rehashed = match needs_rehash {
        true => Some(passwords.hash(password.into_string(), ctx.random()).await?),
        false => None,
    };
    let session = begin(&**store, &ctx, known.account, rehashed, idle(&config)).await?;
    Ok(Tokens::of(&ctx, &gate, &secrets, &session).await?.created())
}
