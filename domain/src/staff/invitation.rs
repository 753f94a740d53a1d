//! Use cases: somebody new on the staff is sent a code and sets a password with it.
//!
//! In two steps, because hashing a password takes long and no transaction waits for it: the guess is
//! counted and compared, the edge hashes, then the code is used up.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::Member;
use crate::{
    Code, Ctx, Error, Result, Scope, Store, Tx,
    audit::{self, Deed, note},
    citizens::{
        CodePurpose, OneTimeCode,
        code::{GUESSES_PER_CLIENT, Subject},
        service::NewCode,
    },
    context::{Permission, Staff, Visitor},
    ids::StaffId,
    limits::{self, Quota, spend},
    text::EmailAddress,
};

/// Invitations sent to one address.
const PER_ADDRESS: Quota = Quota::new("invitations_per_address", 6, TimeDelta::days(1));
/// Invitations one town hall sends.
const PER_TOWN: Quota = Quota::new("invitations_per_town", 500, TimeDelta::days(1));

/// Sends an active member another invitation, made for their address, for a first password or for one that was lost. It
/// replaces any earlier one.
///
/// # Errors
/// [`Code::NotFound`] for whoever does not work here now, [`Code::TooManyRequests`].
pub async fn send_again(store: &dyn Store, ctx: &Ctx<Staff>, id: StaffId, invitation: NewCode) -> Result<()> {
    ctx.require(Permission::ManageStaff)?;
    let tx = store.begin(ctx.scope()).await?;
    let addressee = |member: &Member| member.active && Some(&member.email) == invitation.code.address.email();
    let member = tx.member(id).await?.filter(addressee).ok_or_else(Error::not_found)?;
    send(&*tx, ctx, &member, invitation).await?;
    Ok(tx.commit().await?)
}

/// Has the letter sent within the transaction of what it is for, in the town hall's language.
pub(super) async fn send(
    tx: &dyn Tx,
    ctx: &Ctx<Staff>,
    member: &Member,
    mut invitation: NewCode,
) -> Result<()> {
    let town = ctx.actor.municipality;
    spend(tx, ctx.now, PER_TOWN, &town.to_string()).await?;
    spend(tx, ctx.now, PER_ADDRESS, member.email.as_str()).await?;
    let settings = tx.municipality_by_id(town).await?.ok_or_else(Error::not_found)?.settings;
    invitation.code.locale = settings.default_locale;
    invitation.code.subject = Some((town, Subject::Member(member.id)));
    Ok(tx.insert_code(&invitation.code, &invitation.sealed).await?)
}

/// Counts a guess at the latest code that was sent to an address for `purpose` and compares it. `hash` is what the code's
/// row keeps of purpose, address and code.
///
/// # Errors
/// [`Code::CodeWrong`] at `/code` for any mismatch, [`Code::TooManyRequests`] for the client.
pub async fn open(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    purpose: CodePurpose,
    email: &EmailAddress,
    hash: &str,
    client: IpAddr,
) -> Result<OneTimeCode> {
    let tx = store.begin(Scope::Installation).await?;
    spend(&*tx, ctx.now, GUESSES_PER_CLIENT, &limits::client(client)).await?;
    let code = tx.open_code(ctx.now, purpose, &email.clone().into()).await?;
    let right = match &code {
        Some(code) => tx.count_guess(code.id).await? && code.hash == hash,
        None => false,
    };
    // A wrong guess counts even though nothing else happens.
    tx.commit().await?;
    code.filter(|_| right).ok_or_else(wrong)
}

/// Sets the password and uses the invitation up; sessions under an earlier password end.
///
/// # Errors
/// [`Code::CodeWrong`] at `/code` where it was used meanwhile, or whom it invites works there no more.
pub async fn accept(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    invitation: &OneTimeCode,
    password_hash: &str,
) -> Result<()> {
    let Some((town, Subject::Member(id))) = invitation.subject else { return Err(wrong()) };
    let tx = store.begin(Scope::Municipality(town)).await?;
    let member = tx
        .member(id)
        .await?
        .filter(|member| member.active && Some(&member.email) == invitation.address.email());
    let member = member.ok_or_else(wrong)?;
    // Counting waits for whoever uses it up at this moment.
    if !tx.count_guess(invitation.id).await? {
        return Err(wrong());
    }
    tx.use_code(ctx.now, invitation).await?;
    tx.set_password_hash(ctx.now, member.account, password_hash).await?;
    tx.revoke_staff_sessions(ctx.now, member.account).await?;
    note(&*tx, ctx, Deed::Changed, audit::Subject::Account(member.account)).await?;
    Ok(tx.commit().await?)
}

fn wrong() -> Error {
    Error::invalid("/code", Code::CodeWrong)
}
