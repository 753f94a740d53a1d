//! Changing the address one signs in with.

use actix_web::{HttpResponse, post, web::Data};
use chrono::TimeDelta;
use domain::{
    Code, Ctx, Locale, Store,
    citizens::{
        Account, Address, CodePurpose,
        address_change::UNDO_WITHIN,
        service::{self, NewCode, ProvedAddress, told_of},
    },
    context::Person,
    ids::AddressChangeId,
    phone::Phone,
    text::{CodeDigits, EmailAddress},
};
use infrastructure::secrets::{AddressChangeLink, Secrets};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::Me;
use crate::{
    auth::{Gate, PersonActor},
    config::Config,
    extract::{Moment, ValidJson},
    problem::Problem,
    sessions::{CodeRequested, Wanted, exactly_one, life, new_code, new_letter, one_of, watch},
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

    fn wanted(&self, purpose: CodePurpose, address: Address) -> Wanted {
        Wanted {
            purpose,
            address,
            locale: self.locale,
            subject: None,
            bound_to: Some(self.account.id),
            client: self.client,
        }
    }

    fn code(&self, address: Address) -> domain::Result<NewCode> {
        let wanted = self.wanted(CodePurpose::AddressChange, address);
        new_code(self.ctx, self.config, self.secrets, wanted)
    }

    /// What tells the old address, where there is a way to it: with a link to take the change back, good for as
    /// long as the change can be undone when it is confirmed within `more`.
    fn telling(
        &self,
        purpose: CodePurpose,
        told: Address,
        change: AddressChangeId,
        more: TimeDelta,
    ) -> Option<NewCode> {
        let until = self.ctx.now + UNDO_WITHIN + more;
        let path = AddressChangeLink { change }.token(self.secrets, until).ok()?;
        let link = self.config.http.public_url.join(&path).ok()?;
        let wanted = self.wanted(purpose, told);
        new_letter(self.ctx, self.config, self.secrets, wanted, link.as_str()).ok()
    }
}

/// Asks for another address to sign in with
///
/// A code goes to the new address, and the old one is told, with a link to call it off. Nothing changes until
/// the code is confirmed. It replaces what was asked for before. The answer is the same whether somebody signs in
/// with the new address or not. At most 5 a day.
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
    let told = told_of(&changing.account, &address);
    let code = changing.code(address)?;
    let (purpose, change) = (CodePurpose::AddressChangeAsked, code.code.id.into());
    let told = told.and_then(|told| changing.telling(purpose, told, change, life(&config)));
    let spent = service::request_change(&**store, &ctx, &changing.account, &code, told.as_ref()).await?;
    if let Some(spent) = spent {
        watch(spent);
    }
    Ok(CodeRequested::accepted(life(&config)))
}

/// Confirms another address to sign in with
///
/// It takes the old one's place: for signing in, and for what was chosen to come there. One is signed out
/// elsewhere, and the old address is told, with a link to undo it within 24 hours. `already_exists` says that the address has an account of its own.
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
    let told = told_of(&changing.account, &address);
    let letter = |change| {
        let purpose = CodePurpose::AddressChanged;
        told.clone().and_then(|told| changing.telling(purpose, told, change, TimeDelta::zero()))
    };
    let proved = ProvedAddress { address, hash, client: moment.client };
    let profile = service::change_address(&**store, &ctx, &changing.account, proved, &letter).await?;
    gate.forget();
    Ok(HttpResponse::Ok().json(Me::from(&profile)))
}
