//! Changing the address one signs in with: the old one is told, the new one is proved, and only then does it
//! take the old one's place. What whoever reads the old one can do about it stands in `taking_back`.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::{NewCode, Profile, queue_code};
use crate::{
    Code, Ctx, Error, Result, Scope, Store, StoreError, Tx,
    audit::{Deed, Subject, note},
    citizens::{
        Account, Address, AddressChange, AddressSlot, ChangeState, CodePurpose,
        code::{self, GUESSES_PER_CLIENT},
        port::ChangesOf,
    },
    context::Person,
    deliveries::Channel,
    ids::{AccountId, AddressChangeId, PersonId},
    limits::{self, Quota, Spent, spend},
    phone::PhoneKind,
};

/// Changes one account may ask for: each tells the old address.
const CHANGES: Quota = Quota::new("address_changes_per_account", 5, TimeDelta::days(1));

/// The address that is told when an account gets `new`: that of the same kind, or the only other one.
pub fn told_of(account: &Account, new: &Address) -> Option<Address> {
    let email = account.email.clone().map(Address::from);
    let phone = account.phone.clone().map(Address::from);
    let told = match new {
        Address::Email(_) => email.or(phone),
        Address::Phone(_) => phone.or(email),
    };
    told.filter(|told| told != new)
}

/// Has a code sent to the new address and tells the old one. Never looks whether somebody signs in with the
/// new one, so nobody learns it. What was asked for before and not confirmed is replaced.
///
/// # Errors
/// [`Code::TooManyRequests`] for the account, the new address or the client; [`StoreError::Stale`] where the
/// account changed since `seen`.
pub async fn request_change(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    seen: &Account,
    code: &NewCode,
    told: Option<&NewCode>,
) -> Result<Option<Spent>> {
    let tx = store.begin(Scope::Installation).await?;
    same(&*tx, seen).await?;
    spend(&*tx, ctx.now, CHANGES, &seen.id.to_string()).await?;
    let spent = queue_code(&*tx, ctx.now, code).await?;
    let kind = Some(code.code.address.kind());
    let replaced = ChangesOf { account: seen.id, kind, since: None };
    tx.move_address_changes(replaced, ChangeState::Cancelled).await?;
    tx.insert_address_change(&AddressChange::asked(&code.code, seen.id)).await?;
    if let Some(told) = told {
        tell(&*tx, ctx.now, told).await?;
    }
    tx.commit().await?;
    Ok(spent)
}

/// The new address with the code that came to it.
#[derive(Clone, Debug)]
pub struct ProvedAddress {
    /// The address.
    pub address: Address,
    /// The hash of purpose, address, digits and account, as the code's row keeps it.
    pub hash: String,
    /// Where the request came from.
    pub client: IpAddr,
}

/// Makes the letter to the old address that tells of a change; none where there is no way to it.
pub type ChangeLetter<'a> = &'a (dyn Fn(AddressChangeId) -> Option<NewCode> + Send + Sync);

/// Takes the new address for the old one, everywhere: for signing in and for what was chosen to come there.
/// Sessions elsewhere end, and the old address is told.
///
/// # Errors
/// [`Code::CodeWrong`] at `/code`, also where the change was cancelled; [`Code::AlreadyExists`] where somebody
/// else signs in with the address, [`StoreError::Stale`] where the account changed since `seen`.
pub async fn change_address(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    seen: &Account,
    proved: ProvedAddress,
    letter: ChangeLetter<'_>,
) -> Result<Profile> {
    let wrong = || Error::invalid("/code", Code::CodeWrong);
    let tx = store.begin(Scope::Installation).await?;
    spend(&*tx, ctx.now, GUESSES_PER_CLIENT, &limits::client(proved.client)).await?;
    let code = tx.open_code(ctx.now, CodePurpose::AddressChange, &proved.address).await?.ok_or_else(wrong);
    let right = match &code {
        Ok(code) => tx.count_guess(code.id).await? && code.hash == proved.hash,
        Err(_) => false,
    };
    let change = match &code {
        Ok(code) if right => tx.address_change(code.id.into()).await?,
        _ => None,
    };
    let open = change.filter(|change| change.state.may_become(ChangeState::Confirmed));
    let (Some(change), Ok(code)) = (open, code) else {
        // A wrong guess counts even though nothing else happens.
        tx.commit().await?;
        return Err(wrong());
    };
    tx.use_code(ctx.now, &code).await?;
    if holder(&*tx, &proved.address).await?.is_some_and(|holder| holder != seen.id) {
        // Whoever asks reads what comes to the address: they may know that it has an account.
        tx.commit().await?;
        return Err(Error::refused(Code::AlreadyExists));
    }
    let mut account = same(&*tx, seen).await?;
    let person = tx.person(ctx.actor.person).await?.ok_or_else(Error::not_found)?;
    let slot = AddressSlot::from(proved.address);
    let before = account.put(slot.clone());
    if let Some(before) = before.address() {
        tx.note_owner_of_codes(&before, account.id).await?;
    }
    let change =
        AddressChange { state: ChangeState::Confirmed, before, confirmed_at: Some(ctx.now), ..change };
    if !tx.confirm_address_change(&change).await? {
        return Err(wrong());
    }
    tx.update_account(&account).await.map_err(Error::conflict)?;
    account.version += 1;
    move_ways(&*tx, ctx.now, person.id, &slot).await?;
    tx.revoke_other_sessions(ctx.now, person.id, ctx.actor.session).await?;
    if let Some(told) = letter(change.id) {
        tell(&*tx, ctx.now, &told).await?;
    }
    note(&*tx, ctx, Deed::Changed, Subject::Account(account.id)).await?;
    tx.commit().await?;
    Ok(Profile { person, account: Some(account) })
}

/// The account, where its addresses are still those that were seen.
async fn same(tx: &dyn Tx, seen: &Account) -> Result<Account> {
    let account = tx.account(seen.id).await?.ok_or_else(Error::not_found)?;
    if account.version == seen.version { Ok(account) } else { Err(StoreError::Stale.into()) }
}

/// The account that signs in with an address.
pub(super) async fn holder(tx: &dyn Tx, address: &Address) -> Result<Option<AccountId>> {
    let account = match address {
        Address::Email(email) => tx.account_of_email(email).await?,
        Address::Phone(phone) => tx.account_of_phone(phone).await?,
    };
    Ok(account.map(|account| account.id))
}

/// Tells an address, and counts what that costs.
pub(crate) async fn tell(tx: &dyn Tx, now: DateTime<Utc>, told: &NewCode) -> Result<()> {
    if matches!(told.code.address, Address::Phone(_)) {
        spend(tx, now, code::budget(told.paid_per_day), code::BUDGET_OF).await?;
    }
    Ok(tx.insert_code(&told.code, &told.sealed).await?)
}

/// Tells an address of what is done in any case: that no text message can be paid for any more today keeps it
/// from nothing.
pub(super) async fn tell_if_paid(tx: &dyn Tx, now: DateTime<Utc>, told: &NewCode) -> Result<()> {
    match tell(tx, now, told).await {
        Err(Error::Store(error)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Has what was chosen to come by letter, text message or call come to the address that is there now, or no
/// more where there is none. A number that takes no text messages gets none.
pub(super) async fn move_ways(
    tx: &dyn Tx,
    now: DateTime<Utc>,
    person: PersonId,
    slot: &AddressSlot,
) -> Result<()> {
    let follows = tx.follows(person).await?;
    let channels: &[Channel] = match slot {
        AddressSlot::Email(_) => &[Channel::Email],
        AddressSlot::Phone(_) => &[Channel::Sms, Channel::Voice],
    };
    for channel in channels {
        let Some(follow) = follows.iter().find(|follow| follow.channels.uses(*channel)) else { continue };
        let takes = |address: &Address| match address {
            Address::Phone(phone) => *channel != Channel::Sms || phone.kind() == PhoneKind::Mobile,
            Address::Email(_) => true,
        };
        match slot.address().filter(takes) {
            Some(address) => {
                tx.put_contact(now, person, *channel, address.as_str(), follow.locale).await?;
            }
            None => tx.drop_contacts(person, *channel).await?,
        }
    }
    Ok(tx.reach_anew(person).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::EmailAddress;

    #[test]
    fn the_address_that_goes_is_told_or_the_only_other_one() {
        let email = |text: &str| Address::from(EmailAddress::parse(text).unwrap());
        let phone = Address::from(crate::phone::Phone::parse("+4915228817386").unwrap());
        let now = chrono::DateTime::UNIX_EPOCH;
        let mut account = Account::of(AccountId(uuid::Uuid::nil()), email("a@example.org"), None, now);
        assert_eq!(told_of(&account, &email("b@example.org")), Some(email("a@example.org")));
        assert_eq!(told_of(&account, &phone), Some(email("a@example.org")));
        assert_eq!(told_of(&account, &email("a@example.org")), None);
        account.phone = Some(crate::phone::Phone::parse("+493023125014").unwrap());
        assert!(matches!(told_of(&account, &phone), Some(Address::Phone(_))));
    }
}
