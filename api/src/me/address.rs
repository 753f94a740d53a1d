//! Changing the address one signs in with.

use actix_web::{HttpResponse, post, web::Data};
use domain::{
    Code, Ctx, Locale, Store,
    citizens::{
        Account, Address, CodePurpose,
        service::{self, NewCode, ProvedAddress, told_of},
    },
    context::Person,
    phone::Phone,
    text::{CodeDigits, EmailAddress},
};
use infrastructure::secrets::Secrets;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::Me;
use crate::{
    auth::{Gate, PersonActor},
    config::Config,
    extract::{Moment, ValidJson},
    problem::Problem,
    sessions::{CodeRequested, Wanted, exactly_one, life, new_code, one_of, watch},
};

/// The new address: exactly one of `email` and `phone`.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "one_address"))]
#[schema(example = json!({"email": "erika@example.org"}))]
pub struct AddressChange {
    /// The e-mail address to sign in with from then on.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// The number to sign in with from then on.
    #[schema(nullable = false)]
    phone: Option<Phone>,
}

fn one_address(change: &AddressChange) -> Result<(), ValidationError> {
    exactly_one(change.email.is_some(), change.phone.is_some())
}

/// The new address with the code that came to it.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "one_proved"))]
#[schema(example = json!({"email": "erika@example.org", "code": "042117"}))]
pub struct AddressConfirmation {
    /// The new e-mail address.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// The new number.
    #[schema(nullable = false)]
    phone: Option<Phone>,
    /// The six digits.
    code: CodeDigits,
}

fn one_proved(confirmation: &AddressConfirmation) -> Result<(), ValidationError> {
    exactly_one(confirmation.email.is_some(), confirmation.phone.is_some())
}

/// Somebody with an account, and what tells their old address.
struct Changing<'a> {
    ctx: &'a Ctx<Person>,
    config: &'a Config,
    secrets: &'a Secrets,
    client: std::net::IpAddr,
    account: Account,
    locale: Locale,
}

impl<'a> Changing<'a> {
    async fn new(
        ctx: &'a Ctx<Person>,
        config: &'a Config,
        secrets: &'a Secrets,
        client: std::net::IpAddr,
        store: &dyn Store,
    ) -> Result<Self, Problem> {
        let profile = service::profile(store, ctx).await?;
        let account = profile.account.ok_or_else(|| Problem::new(Code::Forbidden))?;
        Ok(Self { ctx, config, secrets, client, account, locale: profile.person.locale })
    }

    fn code(&self, purpose: CodePurpose, address: Address) -> domain::Result<NewCode> {
        let wanted = Wanted {
            purpose,
            address,
            locale: self.locale,
            subject: None,
            bound_to: Some(self.account.id),
            client: self.client,
        };
        new_code(self.ctx, self.config, self.secrets, wanted)
    }

    /// What tells the old address, where there is one and a way to it.
    fn telling(&self, purpose: CodePurpose, new: &Address) -> Option<NewCode> {
        told_of(&self.account, new).and_then(|told| self.code(purpose, told).ok())
    }
}

/// Asks for another address to sign in with
///
/// A code goes to the new address, and the old one is told. Nothing changes until the code is confirmed.
/// The answer is the same whether somebody signs in with the new address or not. At most 5 a day.
#[utoipa::path(tag = "me", operation_id = "requestAddressChange", request_body = AddressChange,
    security(("bearer" = [])),
    responses((status = 202, description = "The code is on its way.", body = CodeRequested)))]
#[post("/v1/me/address-changes")]
pub async fn request(
    PersonActor(ctx): PersonActor,
    moment: Moment,
    body: ValidJson<AddressChange>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let changing = Changing::new(&ctx, &config, &secrets, moment.client, &**store).await?;
    let address = one_of(body.value.email, body.value.phone)?;
    let told = changing.telling(CodePurpose::AddressChangeAsked, &address);
    let code = changing.code(CodePurpose::AddressChange, address)?;
    let spent = service::request_change(&**store, &ctx, &changing.account, &code, told.as_ref()).await?;
    if let Some(spent) = spent {
        watch(spent);
    }
    Ok(CodeRequested::accepted(life(&config)))
}

/// Confirms another address to sign in with
///
/// It takes the old one's place: for signing in, and for what was chosen to come there. One is signed out
/// elsewhere, and the old address is told. `already_exists` says that the address has an account of its own.
#[utoipa::path(tag = "me", operation_id = "confirmAddressChange", request_body = AddressConfirmation,
    security(("bearer" = [])),
    responses((status = 200, description = "You, as you are now.", body = Me)))]
#[post("/v1/me/address-changes/confirmation")]
pub async fn confirm(
    PersonActor(ctx): PersonActor,
    moment: Moment,
    body: ValidJson<AddressConfirmation>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let changing = Changing::new(&ctx, &config, &secrets, moment.client, &**store).await?;
    let address = one_of(body.value.email, body.value.phone)?;
    let (purpose, account) = (CodePurpose::AddressChange, Some(changing.account.id));
    let hash = secrets.bound_code_hash(purpose, &address, body.value.code.as_str(), account);
    let told = changing.telling(CodePurpose::AddressChanged, &address);
    let proved = ProvedAddress { address, hash, client: moment.client };
    let profile = service::change_address(&**store, &ctx, &changing.account, proved, told.as_ref()).await?;
    gate.forget();
    Ok(HttpResponse::Ok().json(Me::from(&profile)))
}
