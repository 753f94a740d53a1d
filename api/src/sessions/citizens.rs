//! Citizens, by a code in an e-mail, text message or call, and guests, by nothing.

use actix_web::{HttpResponse, http::header, post, web::Data};
use chrono::TimeDelta;
use domain::{
    Code, Locale, Store,
    citizens::{
        Address, CodePurpose,
        service::{self, SignIn},
    },
    limits::Spent,
    phone::Phone,
    text::{CodeDigits, EmailAddress, Name},
};
use infrastructure::secrets::Secrets;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::{
    answer::{Tokens, idle},
    code::{Wanted, life, new_code},
};
use crate::{
    auth::{Gate, MaybePerson},
    config::Config,
    extract::{Moment, ValidJson},
    problem::Problem,
};

/// Whom to send a code: exactly one of `email` and `phone`.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "one_address"))]
#[schema(example = json!({"email": "erika@example.org", "locale": "de"}))]
pub struct CodeRequest {
    /// An e-mail address, known here or not.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// A mobile number, or that of a landline, which is called. Numbers without a country code are German.
    /// Not offered by every installation.
    #[schema(nullable = false)]
    phone: Option<Phone>,
    /// The language it is sent in; that of the request where absent.
    #[schema(nullable = false)]
    locale: Option<Locale>,
}

fn one_address(request: &CodeRequest) -> Result<(), ValidationError> {
    exactly_one(request.email.is_some(), request.phone.is_some())
}

/// Exactly one of two.
pub fn exactly_one(email: bool, phone: bool) -> Result<(), ValidationError> {
    if email == phone { Err(ValidationError::new("exactly_one")) } else { Ok(()) }
}

/// A code is on its way.
#[derive(Serialize, ToSchema)]
pub struct CodeRequested {
    /// Seconds until the code is worthless.
    #[schema(minimum = 60, maximum = 604_800, example = 600)]
    expires_in: i64,
}

impl CodeRequested {
    /// The answer for a code that is good for `life`.
    pub fn accepted(life: TimeDelta) -> HttpResponse {
        HttpResponse::Accepted()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(Self { expires_in: life.num_seconds() })
    }
}

/// Asks for a one-time code
///
/// The answer is the same whether the address is known or not. The code arrives by e-mail, text message
/// or call, is good once and for five tries, and replaces any earlier one. At most 3 in 10 minutes and 6
/// a day for one address.
#[utoipa::path(tag = "auth", operation_id = "requestCode", request_body = CodeRequest, security(()),
    responses((status = 202, description = "The code is on its way.", body = CodeRequested)))]
#[post("/v1/auth/codes")]
pub async fn request_code(
    moment: Moment,
    body: ValidJson<CodeRequest>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let Moment { ctx, client } = moment;
    let address = one_of(body.value.email, body.value.phone)?;
    let locale = body.value.locale.unwrap_or(ctx.locale);
    let wanted =
        Wanted { purpose: CodePurpose::SignIn, address, locale, subject: None, bound_to: None, client };
    let code = new_code(&ctx, &config, &secrets, wanted)?;
    if let Some(spent) = service::request_code(&**store, &ctx, code).await? {
        watch(spent);
    }
    Ok(CodeRequested::accepted(life(&config)))
}

/// The one that was given.
pub fn one_of(email: Option<EmailAddress>, phone: Option<Phone>) -> Result<Address, Problem> {
    let address = email.map(Address::Email).or(phone.map(Address::Phone));
    address.ok_or_else(|| Problem::invalid("", Code::ExactlyOne))
}

/// Somebody has to look before nobody can sign in any more, or before the bill is high.
pub fn watch(spent: Spent) {
    metrics::counter!("paid_codes_total").increment(1);
    if spent.reaches_alarm() {
        metrics::counter!("paid_codes_alarms_total").increment(1);
        tracing::error!(
            spent = spent.count,
            limit = spent.limit,
            "80 % of the day's one-time codes by telephone are spent (sms.codes_per_day)"
        );
    }
}

/// Address and code: exactly one of `email` and `phone`.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "one_sign_in"))]
#[schema(example = json!({"email": "erika@example.org", "code": "042117", "device_name": "iPhone"}))]
pub struct NewSession {
    /// The address the code was sent to.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// The number the code was sent to.
    #[schema(nullable = false)]
    phone: Option<Phone>,
    /// The six digits.
    code: CodeDigits,
    /// What the person calls the device, for their list of sessions.
    #[schema(nullable = false)]
    device_name: Option<Name>,
}

fn one_sign_in(request: &NewSession) -> Result<(), ValidationError> {
    exactly_one(request.email.is_some(), request.phone.is_some())
}

/// Signs a citizen in
///
/// The first time, this makes the account. A guest sends their token along: what they follow, their
/// devices and their complaints become the account's, and the guest's tokens end.
#[utoipa::path(tag = "auth", operation_id = "createSession", request_body = NewSession,
    security((), ("bearer" = [])),
    responses((status = 201, description = "Signed in.", body = Tokens)))]
#[post("/v1/auth/sessions")]
pub async fn create(
    moment: Moment,
    MaybePerson(person): MaybePerson,
    body: ValidJson<NewSession>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let address = one_of(body.value.email, body.value.phone)?;
    let given = SignIn {
        hash: secrets.code_hash(CodePurpose::SignIn, &address, body.value.code.as_str()),
        address,
        guest: person.actor.clone(),
        device_name: body.value.device_name,
        client: moment.client,
        idle: idle(&config),
    };
    let session = service::sign_in(&**store, &moment.ctx, given).await?;
    if person.actor.is_some() {
        gate.forget();
    }
    Ok(Tokens::of(&moment.ctx, &gate, &secrets, &session).await?.created())
}

/// An app installation that begins without an account.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGuest {
    /// The language to be addressed in; that of the request where absent.
    #[schema(nullable = false)]
    locale: Option<Locale>,
    /// What the person calls the device.
    #[schema(nullable = false)]
    device_name: Option<Name>,
}

/// Begins as a guest
///
/// For an app before anybody signed in: devices and complaints need somebody they belong to.
#[utoipa::path(tag = "auth", operation_id = "createGuestSession", request_body = NewGuest, security(()),
    responses((status = 201, description = "A guest begins.", body = Tokens)))]
#[post("/v1/auth/guest-sessions")]
pub async fn create_guest(
    moment: Moment,
    body: ValidJson<NewGuest>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let Moment { ctx, client } = moment;
    let locale = body.value.locale.unwrap_or(ctx.locale);
    let session =
        service::begin_as_guest(&**store, &ctx, locale, body.value.device_name, client, idle(&config))
            .await?;
    Ok(Tokens::of(&ctx, &gate, &secrets, &session).await?.created())
}
