//! Somebody new on a town hall's staff sets a password.

use std::net::IpAddr;

use actix_web::{HttpResponse, post, web::Data};
use domain::{
    Ctx, Result, Store,
    citizens::{CodePurpose, OneTimeCode, code::typed},
    context::Visitor,
    staff::invitation,
    text::{EmailAddress, InvitationCode, NewPassword},
};
use infrastructure::{passwords::Passwords, secrets::Secrets};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    auth::Gate,
    extract::{Moment, ValidJson},
    problem::Problem,
};

/// What the letter says, and the password to sign in with from now on.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedInvitation {
    /// The address the letter came to.
    email: EmailAddress,
    /// The code in it; capitals and blanks do not matter.
    code: InvitationCode,
    /// The new password.
    #[schema(value_type = String, format = "password", min_length = 12, max_length = 128, example = "correct horse battery staple")]
    password: NewPassword,
}

/// The same, from a request or from a form.
#[derive(Clone)]
pub(super) struct Given {
    pub email: EmailAddress,
    pub code: InvitationCode,
    pub password: NewPassword,
    /// Where it came from.
    pub client: IpAddr,
}

impl Given {
    /// The code that was sent for `purpose`, where this is it.
    pub async fn open(
        &self,
        purpose: CodePurpose,
        ctx: &Ctx<Visitor>,
        secrets: &Secrets,
        store: &dyn Store,
    ) -> Result<OneTimeCode> {
        let hash = secrets.code_hash(purpose, &self.email.clone().into(), &typed(self.code.as_str()));
        invitation::open(store, ctx, purpose, &self.email, &hash, self.client).await
    }
}

/// Sets the first password of whoever holds the code.
pub(super) async fn set(
    ctx: &Ctx<Visitor>,
    given: Given,
    secrets: &Secrets,
    passwords: &Passwords,
    gate: &Gate,
    store: &dyn Store,
) -> Result<()> {
    let open = given.open(CodePurpose::StaffInvitation, ctx, secrets, store).await?;
    let password = passwords.choose(given.password.into_string(), ctx.random()).await?;
    invitation::accept(store, ctx, &open, &password).await?;
    gate.forget();
    Ok(())
}

/// Accepts an invitation to a town hall's staff
///
/// Sets the password with the code from the letter, which is good once, for five tries and seven
/// days. Sessions under an earlier password end. Sign in afterwards.
#[utoipa::path(tag = "auth", operation_id = "acceptStaffInvitation", request_body = AcceptedInvitation,
    security(()), responses((status = 204, description = "The password is set.")))]
#[post("/v1/auth/staff-invitations")]
pub async fn accept(
    moment: Moment,
    body: ValidJson<AcceptedInvitation>,
    secrets: Data<Secrets>,
    passwords: Data<Passwords>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let Moment { ctx, client } = moment;
    let AcceptedInvitation { email, code, password } = body.value;
    let given = Given { email, code, password, client };
    set(&ctx, given, &secrets, &passwords, &gate, &**store).await?;
    Ok(HttpResponse::NoContent().finish())
}
