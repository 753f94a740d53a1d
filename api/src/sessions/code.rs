//! Drawing a one-time code: hashed for its row, sealed for its sender.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::{
    Code, Ctx, Error, Locale, Result,
    citizens::{
        Address, CodePurpose, OneTimeCode,
        code::{self, Subject},
        service::NewCode,
    },
    deliveries::Channel,
    ids::{AccountId, MunicipalityId},
    phone::{Phone, PhoneKind},
};
use infrastructure::secrets::Secrets;

use crate::config::Config;

/// What a code is asked for.
pub struct Wanted {
    /// What it is good for.
    pub purpose: CodePurpose,
    /// Where it goes.
    pub address: Address,
    /// In which language it is sent.
    pub locale: Locale,
    /// What it is about, and in which town hall.
    pub subject: Option<(MunicipalityId, Subject)>,
    /// The account it is about, where it is about one: no other may use it.
    pub bound_to: Option<AccountId>,
    /// Where the request came from.
    pub client: IpAddr,
}

/// How long a code is good.
pub fn life(config: &Config) -> TimeDelta {
    TimeDelta::minutes(config.auth.code_minutes.into()).min(code::LONGEST_LIFE)
}

/// A code of six digits that is good for [`life`] from now, an invitation, or a code for a lost password.
///
/// # Errors
/// [`Code::ChannelUnavailable`] where codes do not go by this way here, a violation of `/phone` where
/// this very line cannot get one.
pub fn new_code<A>(ctx: &Ctx<A>, config: &Config, secrets: &Secrets, wanted: Wanted) -> Result<NewCode> {
    let (digits, life) = match wanted.purpose {
        CodePurpose::StaffInvitation => (code::draw_letters(ctx), code::INVITATION_LIFE),
        CodePurpose::PasswordReset => (code::draw_letters(ctx), code::RESET_LIFE),
        CodePurpose::SignIn | CodePurpose::ComplaintConfirmation | CodePurpose::AddressChange => {
            (code::draw(ctx), life(config))
        }
        CodePurpose::AddressChangeAsked
        | CodePurpose::AddressChanged
        | CodePurpose::AddressChangeUndone
        | CodePurpose::TokenCopied
        | CodePurpose::WardMoved => (code::draw(ctx), code::TOLD_WITHIN),
    };
    sealed(ctx, config, secrets, wanted, (digits.as_str(), life))
}

/// What only tells something, with a link in the place of the digits.
///
/// # Errors
/// As [`new_code`].
pub fn new_letter<A>(
    ctx: &Ctx<A>,
    config: &Config,
    secrets: &Secrets,
    wanted: Wanted,
    link: &str,
) -> Result<NewCode> {
    sealed(ctx, config, secrets, wanted, (link, code::TOLD_WITHIN))
}

/// What is sent, hashed for its row and sealed for its sender.
fn sealed<A>(
    ctx: &Ctx<A>,
    config: &Config,
    secrets: &Secrets,
    wanted: Wanted,
    (digits, life): (&str, TimeDelta),
) -> Result<NewCode> {
    let Wanted { purpose, address, locale, subject, bound_to, client } = wanted;
    let channel = match &address {
        Address::Email(_) if config.email.smtp_url.is_some() => Channel::Email,
        Address::Email(_) => return Err(Error::refused(Code::ChannelUnavailable)),
        Address::Phone(phone) => way_to(config, phone)?,
    };
    let code = OneTimeCode {
        id: ctx.id(),
        purpose,
        hash: secrets.bound_code_hash(purpose, &address, digits, bound_to),
        address,
        channel,
        locale,
        subject,
        account: bound_to,
        created_at: ctx.now,
        expires_at: ctx.now + life,
    };
    let sealed =
        secrets.seal_code(code.id, digits, ctx.random()).map_err(|_| Error::refused(Code::Internal))?;
    Ok(NewCode { code, sealed, client, paid_per_day: config.sms.codes_per_day.into() })
}

/// A text message to a mobile phone, a call to anything else.
fn way_to(config: &Config, phone: &Phone) -> Result<Channel> {
    let (texts, calls) = (config.sms.is_offered(), config.voice.twilio.is_some());
    if !texts && !calls {
        return Err(Error::refused(Code::ChannelUnavailable));
    }
    if !config.sms.dial_codes.contain(phone.dial_code()) {
        return Err(Error::invalid("/phone", Code::PhoneCountry));
    }
    match phone.kind() {
        PhoneKind::Mobile if texts => Ok(Channel::Sms),
        PhoneKind::Mobile | PhoneKind::Landline if calls => Ok(Channel::Voice),
        _ => Err(Error::invalid("/phone", Code::PhoneUnreachable)),
    }
}
