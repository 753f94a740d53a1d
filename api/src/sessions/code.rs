//! Drawing a one-time code: hashed for its row, sealed for its mail.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::{
    Code, Ctx, Locale,
    citizens::{CodePurpose, OneTimeCode, code, service::NewCode},
    ids::{ComplaintId, MunicipalityId},
    text::EmailAddress,
};
use infrastructure::secrets::Secrets;

use crate::{config::Config, problem::Problem};

/// What a code is asked for.
pub struct Wanted {
    pub purpose: CodePurpose,
    pub address: EmailAddress,
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
/// [`Code::ChannelUnavailable`] without a mail server.
pub fn new_code<A>(
    ctx: &Ctx<A>,
    config: &Config,
    secrets: &Secrets,
    wanted: Wanted,
) -> Result<NewCode, Problem> {
    if config.email.smtp_url.is_none() {
        return Err(Problem::new(Code::ChannelUnavailable));
    }
    let Wanted { purpose, address, locale, subject, client } = wanted;
    let digits = code::draw(ctx);
    let code = OneTimeCode {
        id: ctx.id(),
        purpose,
        hash: secrets.code_hash(purpose, &address, &digits),
        address,
        locale,
        subject,
        created_at: ctx.now,
        expires_at: ctx.now + life(config),
    };
    let sealed =
        secrets.seal_code(code.id, &digits, ctx.random()).map_err(|_| Problem::new(Code::Internal))?;
    Ok(NewCode { code, sealed, client })
}
