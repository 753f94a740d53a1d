//! Drawing a one-time code: hashed for its row, sealed for its mail.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::{
    Code, Ctx, Error, Locale, Result,
    citizens::{
        CodePurpose, OneTimeCode,
        code::{self, Subject},
        service::NewCode,
    },
    ids::MunicipalityId,
    text::EmailAddress,
};
use infrastructure::secrets::Secrets;

use crate::config::Config;

/// What a code is asked for.
pub struct Wanted {
    pub purpose: CodePurpose,
    pub address: EmailAddress,
    pub locale: Locale,
    /// What it is about, and in which town hall.
    pub subject: Option<(MunicipalityId, Subject)>,
    /// Where the request came from.
    pub client: IpAddr,
}

/// How long a code is good.
pub fn life(config: &Config) -> TimeDelta {
    TimeDelta::minutes(config.auth.code_minutes.into()).min(code::LONGEST_LIFE)
}

/// A code of six digits that is good for [`life`] from now, or an invitation.
///
/// # Errors
/// [`Code::ChannelUnavailable`] without a mail server.
pub fn new_code<A>(ctx: &Ctx<A>, config: &Config, secrets: &Secrets, wanted: Wanted) -> Result<NewCode> {
    if config.email.smtp_url.is_none() {
        return Err(Error::refused(Code::ChannelUnavailable));
    }
    let Wanted { purpose, address, locale, subject, client } = wanted;
    let (digits, life) = match purpose {
        CodePurpose::StaffInvitation => (code::draw_letters(ctx), code::INVITATION_LIFE),
        CodePurpose::SignIn | CodePurpose::ComplaintConfirmation => (code::draw(ctx), life(config)),
    };
    let code = OneTimeCode {
        id: ctx.id(),
        purpose,
        hash: secrets.code_hash(purpose, &address, &digits),
        address,
        locale,
        subject,
        created_at: ctx.now,
        expires_at: ctx.now + life,
    };
    let sealed =
        secrets.seal_code(code.id, &digits, ctx.random()).map_err(|_| Error::refused(Code::Internal))?;
    Ok(NewCode { code, sealed, client })
}
