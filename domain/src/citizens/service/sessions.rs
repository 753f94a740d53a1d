//! Signing in, staying signed in, signing out.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::{AccountLetter, address::tell_if_paid};
use crate::{
    Code, Ctx, Error, Reads, Result, Scope, Store, Tx,
    audit::{Deed, Subject, note},
    citizens::{
        Account, Address, CodePurpose, Person, PersonKind, Presented, Session, SessionKind,
        code::GUESSES_PER_CLIENT,
    },
    context::{self, Locale, Visitor},
    ids::{PersonId, SessionId},
    limits::{self, Quota, refuse_spent, spend},
    text::Name,
};

/// Guests that begin at one client address. Generous: a mobile operator puts many phones behind one.
const GUESTS_PER_CLIENT: Quota = Quota::new("guests_per_client", 300, TimeDelta::hours(1));

/// Address and code, and what comes with them.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The address the code was sent to.
    pub address: Address,
    /// The hash of purpose, address and the digits given, as the code's row keeps it.
    pub hash: String,
    /// The guest who signs in, by the token sent along.
    pub guest: Option<context::Person>,
    /// What the person calls the device.
    pub device_name: Option<Name>,
    /// Where the request came from.
    pub client: IpAddr,
    /// How long the session lives without being used.
    pub idle: TimeDelta,
}

/// Begins a session for whoever holds the code, with a new account the first time. What the guest
/// did so far becomes the citizen's.
///
/// # Errors
/// [`Code::CredentialsWrong`] for any mismatch, [`Code::TooManyRequests`] for too many guesses.
pub async fn sign_in(store: &dyn Store, ctx: &Ctx<Visitor>, given: SignIn) -> Result<Session> {
    let wrong = || Error::refused(Code::CredentialsWrong);
    let tx = store.begin(Scope::Installation).await?;
    spend(&*tx, ctx.now, GUESSES_PER_CLIENT, &limits::client(given.client)).await?;
    let code = tx.open_code(ctx.now, CodePurpose::SignIn, &given.address).await?;
    let right = match &code {
        Some(code) => tx.count_guess(code.id).await? && code.hash == given.hash,
        None => false,
    };
    let (true, Some(code)) = (right, code) else {
        // A wrong guess counts even though nothing else happens.
        tx.commit().await?;
        return Err(wrong());
    };
    tx.use_code(ctx.now, &code).await?;
    let guest = guest(&*tx, given.guest).await?;
    let (account, person) = match account_of(&*tx, &given.address).await? {
        Some(account) if account.disabled_at.is_some() => {
            tx.commit().await?;
            return Err(wrong());
        }
        Some(account) => known(&*tx, ctx, account, guest.as_ref(), code.locale).await?,
        None => {
            let person = citizen(&*tx, ctx, guest.as_ref(), code.locale).await?;
            let account = Account::of(ctx.id(), given.address, Some(person), ctx.now);
            tx.insert_account(&account).await?;
            (account, person)
        }
    };
    let session = Session {
        device_name: given.device_name,
        ..Session::begin(ctx, SessionKind::Citizen, Some(person), Some(account.id), given.idle)
    };
    begin(&*tx, ctx, &session, guest.as_ref()).await?;
    note(&*tx, ctx, Deed::SignedIn, Subject::Account(account.id)).await?;
    tx.commit().await?;
    Ok(session)
}

/// A guest who signs in, with the session they did so far what they did in.
pub(super) struct Joining {
    person: Person,
    session: SessionId,
}

/// Whoever signs in, where they are a guest. Their token may outlive them for some seconds.
pub(super) async fn guest(tx: &dyn Tx, bearer: Option<context::Person>) -> Result<Option<Joining>> {
    let Some(bearer) = bearer else { return Ok(None) };
    let person = tx.person(bearer.person).await?.filter(|person| person.kind == PersonKind::Guest);
    Ok(person.map(|person| Joining { person, session: bearer.session }))
}

/// Begins the session of a citizen. What the guest registered goes on in it, and theirs ends.
pub(super) async fn begin(
    tx: &dyn Tx,
    ctx: &Ctx<Visitor>,
    session: &Session,
    guest: Option<&Joining>,
) -> Result<()> {
    tx.insert_session(session).await?;
    if let Some(guest) = guest {
        tx.hand_devices(guest.session, session.id).await?;
        tx.revoke_other_sessions(ctx.now, guest.person.id, session.id).await?;
    }
    Ok(())
}

/// The account an address signs in to.
///
/// # Errors
/// Those of storage.
pub async fn account_of(tx: &dyn Tx, address: &Address) -> Result<Option<Account>> {
    Ok(match address {
        Address::Email(email) => tx.account_of_email(email).await?,
        Address::Phone(phone) => tx.account_of_phone(phone).await?,
    })
}

/// The citizen behind an account: the one it has, joined by the guest; or, for staff who become
/// citizens, a new one.
pub(super) async fn known(
    tx: &dyn Tx,
    ctx: &Ctx<Visitor>,
    account: Account,
    guest: Option<&Joining>,
    locale: Locale,
) -> Result<(Account, PersonId)> {
    if let Some(person) = account.person {
        if let Some(guest) = guest {
            tx.merge_person(guest.person.id, person).await?;
        }
        return Ok((account, person));
    }
    let person = citizen(tx, ctx, guest, locale).await?;
    let account = Account { person: Some(person), ..account };
    tx.update_account(&account).await?;
    Ok((account, person))
}

/// A new citizen: the guest who signs in, with everything that is theirs, or somebody new.
async fn citizen(
    tx: &dyn Tx,
    ctx: &Ctx<Visitor>,
    guest: Option<&Joining>,
    locale: Locale,
) -> Result<PersonId> {
    if let Some(guest) = guest {
        let citizen = Person { kind: PersonKind::Citizen, ..guest.person.clone() };
        tx.update_person(&citizen).await?;
        return Ok(citizen.id);
    }
    let person = Person { id: ctx.id(), kind: PersonKind::Citizen, locale, version: 1, created_at: ctx.now };
    tx.insert_person(&person).await?;
    Ok(person.id)
}

/// Begins a session for an app installation without an account.
///
/// # Errors
/// [`Code::TooManyRequests`] for the client.
pub async fn begin_as_guest(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    locale: Locale,
    device_name: Option<Name>,
    client: IpAddr,
    idle: TimeDelta,
) -> Result<Session> {
    let client = limits::client(client);
    let reads = store.read(Scope::Installation).await?;
    refuse_spent(&*reads, ctx.now, &[(GUESTS_PER_CLIENT, &client)]).await?;
    let tx = store.begin(Scope::Installation).await?;
    spend(&*tx, ctx.now, GUESTS_PER_CLIENT, &client).await?;
    let person = Person { id: ctx.id(), kind: PersonKind::Guest, locale, version: 1, created_at: ctx.now };
    tx.insert_person(&person).await?;
    let session =
        Session { device_name, ..Session::begin(ctx, SessionKind::Guest, Some(person.id), None, idle) };
    tx.insert_session(&session).await?;
    tx.commit().await?;
    Ok(session)
}

/// Renews a session with the refresh token of `generation`; the answer's generation names the token
/// to use from now on. A copied token ends the session, and whoever has an account is told.
///
/// # Errors
/// [`Code::Unauthenticated`] when the token is not, or no longer, good.
pub async fn refresh(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    id: SessionId,
    generation: i64,
    idle: TimeDelta,
    letter: AccountLetter<'_>,
) -> Result<Session> {
    let refused = || Error::refused(Code::Unauthenticated);
    let tx = store.begin(Scope::Installation).await?;
    let mut session = standing_row(&*tx, id).await?.ok_or_else(refused)?;
    if session.present(generation, ctx.now) == Presented::Live {
        let renewed = session.renewed(ctx.now, idle);
        if tx.renew_session(&renewed).await? {
            tx.commit().await?;
            return Ok(renewed);
        }
        // Another request with the same token was faster.
        session = standing_row(&*tx, id).await?.ok_or_else(refused)?;
    }
    match session.present(generation, ctx.now) {
        Presented::Again => Ok(session),
        Presented::Copied => {
            tx.revoke_session(ctx.now, id).await?;
            tell_of_copy(&*tx, ctx, &session, letter).await?;
            tx.commit().await?;
            Err(refused())
        }
        Presented::Live | Presented::Over => Err(refused()),
    }
}

/// Notes that a session ended because somebody has a copy of its token, and tells whoever it was of.
async fn tell_of_copy(
    tx: &dyn Tx,
    ctx: &Ctx<Visitor>,
    session: &Session,
    letter: AccountLetter<'_>,
) -> Result<()> {
    let subject = session.account.map(Subject::Account).or(session.person.map(Subject::Person));
    if let Some(subject) = subject {
        note(tx, ctx, Deed::TokenCopied, subject).await?;
    }
    // A guest has no address.
    let Some(account) = session.account else { return Ok(()) };
    let Some(account) = tx.account(account).await? else { return Ok(()) };
    let person = match session.person {
        Some(person) => tx.person(person).await?,
        None => None,
    };
    let locale = person.map_or(ctx.locale, |person| person.locale);
    let address = account.email.map(Address::from).or(account.phone.map(Address::from));
    let Some(letter) = address.and_then(|address| letter(account.id, address, locale)) else {
        return Ok(());
    };
    tell_if_paid(tx, ctx.now, &letter).await
}

/// A session whose access tokens count at this moment.
///
/// # Errors
/// [`Code::Unauthenticated`] when it is over or its account disabled.
pub async fn standing<A: Sync>(reads: &dyn Reads, ctx: &Ctx<A>, id: SessionId) -> Result<Session> {
    standing_row(reads, id)
        .await?
        .filter(|session| session.lives(ctx.now))
        .ok_or_else(|| Error::refused(Code::Unauthenticated))
}

/// A session unless its account is disabled.
async fn standing_row<R: Reads + ?Sized>(reads: &R, id: SessionId) -> Result<Option<Session>> {
    let Some(session) = reads.session(id).await? else { return Ok(None) };
    if let Some(account) = session.account {
        let account = reads.account(account).await?;
        if account.is_none_or(|account| account.disabled_at.is_some()) {
            return Ok(None);
        }
    }
    Ok(Some(session))
}

/// Ends a session, with what was registered in it: the phone is told nothing more.
///
/// # Errors
/// Those of storage.
pub async fn sign_out<A: Sync>(store: &dyn Store, ctx: &Ctx<A>, session: SessionId) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    tx.revoke_session(ctx.now, session).await?;
    Ok(tx.commit().await?)
}
