//! Drawing a one-time code: hashed for its row, sealed for its sender.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::{
    Code, Ctx, Locale,
    citizens::{Address, CodePurpose, OneTimeCode, code, service::NewCode},
    deliveries::Channel,
    ids::{ComplaintId, MunicipalityId},
    phone::{Phone, PhoneKind},
};
use infrastructure::secrets::Secrets;

use crate::{config::Config, problem::Problem};

/// What a code is asked for.
pub struct Wanted {
    pub purpose: CodePurpose,
    pub address: Address,
    pub locale: Locale,
    /// The complaint it confirms.
    pub subject: Option<(MunicipalityId, ComplaintId)>,
    /// Where the request came from.
    pub client: IpAddr,
}

/// How long a code is good.
pub fn life(config: &Config) -> TimeDelta {
    TimeDelta::minutes(config.auth.code_minutes.into()).min(code::LONGEST_LIFE)
}

/// A code that is good for [`life`] from now.
///
/// # Errors
/// [`Code::ChannelUnavailable`] where codes do not go by this way here, a violation of `/phone` where
/// this very line cannot get one.
pub fn new_code<A>(
    ctx: &Ctx<A>,
    config: &Config,
    secrets: &Secrets,
    wanted: Wanted,
) -> Result<NewCode, Problem> {
    let Wanted { purpose, address, locale, subject, client } = wanted;
    let channel = match &address {
        Address::Email(_) if config.email.smtp_url.is_some() => Channel::Email,
        Address::Email(_) => return Err(Problem::new(Code::ChannelUnavailable)),
        Address::Phone(phone) => way_to(config, phone)?,
    };
    let digits = code::draw(ctx);
    let code = OneTimeCode {
        id: ctx.id(),
        purpose,
        hash: secrets.code_hash(purpose, &address, &digits),
        address,
        channel,
        locale,
        subject,
        created_at: ctx.now,
        expires_at: ctx.now + life(config),
    };
    let sealed =
        secrets.seal_code(code.id, &digits, ctx.random()).map_err(|_| Problem::new(Code::Internal))?;
    Ok(NewCode { code, sealed, client, paid_per_day: config.sms.codes_per_day.into() })
}

/// A text message to a mobile phone, a call to anything else.
fn way_to(config: &Config, phone: &Phone) -> Result<Channel, Problem> {
    let (texts, calls) = (config.sms.is_offered(), config.voice.twilio.is_some());
    if !texts && !calls {
        return Err(Problem::new(Code::ChannelUnavailable));
    }
    if !config.sms.dial_codes.contain(phone.dial_code()) {
        return Err(Problem::invalid("/phone", Code::PhoneCountry));
    }
    match phone.kind() {
        PhoneKind::Mobile if texts => Ok(Channel::Sms),
        PhoneKind::Mobile | PhoneKind::Landline if calls => Ok(Channel::Voice),
        _ => Err(Problem::invalid("/phone", Code::PhoneUnreachable)),
    }
}
