//! What people see and change of themselves.

use crate::{
    Ctx, Error, Result, Scope, Store, StoreError,
    audit::{Deed, Subject, note},
    citizens::{self, Account},
    context::{Locale, Person},
    text::Name,
    wards::service::end_all_by_proxy,
};

/// A person with their account.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The person.
    pub person: citizens::Person,
    /// The account; none for guests.
    pub account: Option<Account>,
}

/// What is to be different; absent stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The language to be addressed in.
    pub locale: Option<Locale>,
    /// The name, or none any more. Only for those with an account.
    pub name: Option<Option<Name>>,
}

/// One's own profile.
///
/// # Errors
/// Those of storage.
pub async fn profile(store: &dyn Store, ctx: &Ctx<Person>) -> Result<Profile> {
    let reads = store.read(Scope::Installation).await?;
    let person = reads.person(ctx.actor.person).await?.ok_or_else(Error::not_found)?;
    let account = match ctx.actor.account {
        Some(account) => reads.account(account).await?,
        None => None,
    };
    Ok(Profile { person, account })
}

/// Changes one's own profile, seen at `version`.
///
/// # Errors
/// [`StoreError::Stale`] when it changed since, [`crate::Code::NotAllowed`] for a guest's name.
pub async fn change(store: &dyn Store, ctx: &Ctx<Person>, version: i64, changes: Changes) -> Result<Profile> {
    let tx = store.begin(Scope::Installation).await?;
    let mut person = tx.person(ctx.actor.person).await?.ok_or_else(Error::not_found)?;
    if person.version != version {
        return Err(StoreError::Stale.into());
    }
    person.locale = changes.locale.unwrap_or(person.locale);
    tx.update_person(&person).await?;
    person.version += 1;
    let account = match (ctx.actor.account, changes.name) {
        (None, Some(_)) => return Err(Error::invalid("/name", crate::Code::NotAllowed)),
        (None, None) => None,
        (Some(id), name) => {
            let mut account = tx.account(id).await?.ok_or_else(Error::not_found)?;
            if let Some(name) = name {
                account.name = name;
                tx.update_account(&account).await?;
                account.version += 1;
            }
            Some(account)
        }
    };
    tx.commit().await?;
    Ok(Profile { person, account })
}

/// Erases a person: everything that is theirs goes, and complaints stay without what says whose they
/// were. Whoever also works in a town hall keeps the sign-in for that.
///
/// # Errors
/// Those of storage.
pub async fn erase(store: &dyn Store, ctx: &Ctx<Person>) -> Result<()> {
    end_all_by_proxy(store, ctx.now, ctx.actor.person).await?;
    let tx = store.begin(Scope::Installation).await?;
    tx.erase_person(ctx.now, ctx.actor.person).await?;
    note(&*tx, ctx, Deed::Erased, Subject::Person(ctx.actor.person)).await?;
    Ok(tx.commit().await?)
}
