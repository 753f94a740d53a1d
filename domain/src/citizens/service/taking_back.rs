//! What whoever reads the old address can do about a change: call it off before, and undo it for a day after.

use super::{
    AccountLetter,
    address::{holder, move_ways, tell_if_paid},
};
use crate::{
    Code, Ctx, Error, Result, Scope, Store, StoreError, Tx,
    audit::{Deed, Subject, note},
    citizens::{
        Account, Address, AddressChange, AddressSlot, ChangeState,
        address_change::{Remedy, taken_back},
        port::ChangesOf,
    },
    context::Visitor,
    ids::AddressChangeId,
};

/// The change a link is about.
///
/// # Errors
/// [`Code::NotFound`] where it is forgotten, or whose it was.
pub async fn look_at_change(store: &dyn Store, id: AddressChangeId) -> Result<AddressChange> {
    let reads = store.read(Scope::Installation).await?;
    reads.address_change(id).await?.ok_or_else(Error::not_found)
}

/// Calls a change off, or undoes it where it was confirmed; again and again the same. Answers how it ended.
///
/// To undo it is to put back every address that was changed since, to end all sessions and to forget the
/// passwords: whoever changed the address may have set them. The addresses that go are told.
///
/// # Errors
/// [`Code::NotFound`] where it is too late, [`Code::AlreadyExists`] where somebody else signs in with an
/// address that was to be put back, [`StoreError::Stale`] where something else happens to the account now.
pub async fn take_back(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    id: AddressChangeId,
    letter: AccountLetter<'_>,
) -> Result<ChangeState> {
    let tx = store.begin(Scope::Installation).await?;
    let change = tx.address_change(id).await?.ok_or_else(Error::not_found)?;
    let (end, deed) = match change.remedy(ctx.now) {
        Some(Remedy::Cancel) => (ChangeState::Cancelled, Deed::Cancelled),
        Some(Remedy::Undo) => (ChangeState::Undone, Deed::Undone),
        None if change.state == ChangeState::Confirmed => return Err(Error::not_found()),
        None => return Ok(change.state),
    };
    // Nothing that was asked for meanwhile goes on either.
    let open = ChangesOf { account: change.account, kind: None, since: None };
    let cancelled = tx.move_address_changes(open, ChangeState::Cancelled).await?;
    match change.confirmed_at {
        Some(since) => {
            let account = tx.account(change.account).await?.ok_or_else(Error::not_found)?;
            let before = taken_back(&account, &tx.address_changes(account.id).await?, since);
            put_back(&*tx, ctx, (&account, &before), letter).await?;
            let later = ChangesOf { account: account.id, kind: None, since: Some(since) };
            tx.move_address_changes(later, ChangeState::Undone).await?;
        }
        None if cancelled == 0 => return Err(StoreError::Stale.into()),
        None => {}
    }
    note(&*tx, ctx, deed, Subject::Account(change.account)).await?;
    tx.commit().await?;
    Ok(end)
}

/// Lets an account be as it was before.
async fn put_back(
    tx: &dyn Tx,
    ctx: &Ctx<Visitor>,
    (now, before): (&Account, &Account),
    letter: AccountLetter<'_>,
) -> Result<()> {
    let mut going = Vec::new();
    for (here, slot) in [
        (now.email.clone().map(Address::from), AddressSlot::Email(before.email.clone())),
        (now.phone.clone().map(Address::from), AddressSlot::Phone(before.phone.clone())),
    ] {
        let back = slot.address();
        if here == back {
            continue;
        }
        if let Some(address) = &back
            && holder(tx, address).await?.is_some_and(|holder| holder != now.id)
        {
            return Err(Error::refused(Code::AlreadyExists));
        }
        going.push((here, slot));
    }
    tx.update_account(before).await.map_err(Error::conflict)?;
    tx.forget_passwords(now.id).await?;
    tx.revoke_sessions_of_account(ctx.now, now.id).await?;
    let person = match now.person {
        Some(person) => tx.person(person).await?,
        None => None,
    };
    let locale = person.as_ref().map_or(ctx.locale, |person| person.locale);
    for (gone, slot) in going {
        if let Some(person) = &person {
            move_ways(tx, ctx.now, person.id, &slot).await?;
        }
        let Some(gone) = gone else { continue };
        tx.note_owner_of_codes(&gone, now.id).await?;
        if let Some(letter) = letter(now.id, gone, locale) {
            tell_if_paid(tx, ctx.now, &letter).await?;
        }
    }
    Ok(())
}
