//! Staff, by e-mail address, password and, where they have one, a second factor.

use actix_web::{HttpResponse, post, web::Data};
use domain::{
    Code, Store,
    staff::service::{attempt, begin},
    text::{EmailAddress, FactorCode, Secret},
};
use infrastructure::{
    passwords::{Passwords, Verdict},
    second_factor::proof,
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
    /// The code of the authenticator, or a recovery code, for accounts with a second factor. No code is
    /// good twice. Not looked at for others.
    #[schema(nullable = false)]
    totp: Option<FactorCode>,
}

/// Signs a member of staff in
///
/// The session opens the town halls the account works in, each with the role it has there. An unknown
/// address and a wrong password are told apart by nothing. `second_factor_required` says that the
/// password is right and a code is needed as well.
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
    let known = attempt(&**store, &ctx, &email, client).await?;
    let hash = known.as_ref().map(|known| known.hash.clone());
    let verdict = passwords.verify(password.as_str().to_owned(), hash).await?;
    let (Some(known), Verdict::Right { needs_rehash }) = (known, verdict) else {
        return Err(Problem::new(Code::CredentialsWrong));
    };
    let proof = match (&known.factor, &totp) {
        (Some(factor), Some(code)) => {
            let proof = proof(&secrets, factor, code.as_str(), ctx.now)?;
            Some(proof.ok_or_else(|| Problem::new(Code::CredentialsWrong))?)
        }
        _ => None,
    };
    let rehashed = match needs_rehash {
        true => Some(passwords.hash(password.into_string(), ctx.random()).await?),
        false => None,
    };
    let session = begin(&**store, &ctx, known.account, proof.as_ref(), rehashed, idle(&config)).await?;
    Ok(Tokens::of(&ctx, &gate, &secrets, &session).await?.created())
}
