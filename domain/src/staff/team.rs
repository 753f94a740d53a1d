//! Who works in a town hall: the first admin comes from whoever runs the installation.

use super::{Member, Role};
use crate::{
    Code, Ctx, Error, Result, Scope, Store, Tx,
    audit::{Deed, Subject, note},
    citizens::Account,
    context::Operator,
    ids::{CategoryId, DepartmentId},
    municipalities::Municipality,
    text::{EmailAddress, Name},
};

/// Somebody who starts to work in a town hall.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// Their name, for colleagues only.
    pub name: Name,
    /// The address they sign in with.
    pub email: EmailAddress,
    /// What they may do.
    pub role: Role,
    /// The departments they work in.
    pub departments: Vec<DepartmentId>,
    /// The kinds of complaints they are limited to; all where there are none.
    pub categories: Vec<CategoryId>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Employed {
    /// The new member.
    pub member: Member,
    /// Whether the password given is theirs now. Somebody who signs in with one already keeps it.
    pub has_given_password: bool,
}

/// Adds the operator's choice to a town hall's staff, with an account where there is none yet.
/// `password_hash` is that of a first password.
///
/// # Errors
/// [`Code::AlreadyExists`] for somebody who works there already.
pub async fn employ(
    store: &dyn Store,
    ctx: &Ctx<Operator>,
    town: &Municipality,
    new: NewMember,
    password_hash: &str,
) -> Result<Employed> {
    let tx = store.begin(Scope::Municipality(town.id)).await?;
    let member = add(&*tx, ctx, new).await?;
    let has_given_password = tx.password_hash(member.account).await?.is_none();
    if has_given_password {
        tx.set_password_hash(ctx.now, member.account, password_hash).await?;
    }
    note(&*tx, ctx, Deed::Created, Subject::Staff(member.id)).await?;
    tx.commit().await?;
    Ok(Employed { member, has_given_password })
}

/// Adds a member within a transaction, with an account where there is none yet.
pub(super) async fn add<A>(tx: &dyn Tx, ctx: &Ctx<A>, new: NewMember) -> Result<Member> {
    // Rules may name the new member from now on.
    tx.touch_register().await?;
    let account = match tx.account_of_email(&new.email).await? {
        Some(account) => account,
        None => {
            let account = Account {
                name: Some(new.name.clone()),
                ..Account::new(ctx.id(), new.email.clone(), None, ctx.now)
            };
            tx.insert_account(&account).await?;
            account
        }
    };
    let member = Member {
        id: ctx.id(),
        account: account.id,
        name: new.name,
        email: new.email,
        role: new.role,
        departments: new.departments,
        categories: new.categories,
        active: true,
        last_used_at: None,
        version: 1,
    };
    tx.insert_member(ctx.now, &member).await.map_err(Error::conflict)?;
    Ok(member)
}

/// Gives the account of an address a new password and ends its sessions.
///
/// # Errors
/// [`Code::NotFound`] where nobody signs in with a password under that address.
pub async fn reset_password(
    store: &dyn Store,
    ctx: &Ctx<Operator>,
    email: &EmailAddress,
    password_hash: &str,
) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    let account = tx.account_of_email(email).await?.ok_or_else(Error::not_found)?;
    if tx.password_hash(account.id).await?.is_none() {
        return Err(Error::refused(Code::NotFound));
    }
    tx.set_password_hash(ctx.now, account.id, password_hash).await?;
    tx.revoke_sessions_of_account(ctx.now, account.id).await?;
    note(&*tx, ctx, Deed::Changed, Subject::Account(account.id)).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes the second factor of an account away and ends its sessions: for somebody whose authenticator
/// is lost and who proved otherwise who they are.
///
/// # Errors
/// [`Code::NotFound`] where the address has no account or the account no second factor.
pub async fn reset_second_factor(store: &dyn Store, ctx: &Ctx<Operator>, email: &EmailAddress) -> Result<()> {
    let tx = store.begin(Scope::Installation).await?;
    let account = tx.account_of_email(email).await?.ok_or_else(Error::not_found)?;
    tx.second_factor(account.id).await?.ok_or_else(Error::not_found)?;
    tx.delete_second_factor(account.id).await?;
    tx.revoke_sessions_of_account(ctx.now, account.id).await?;
    note(&*tx, ctx, Deed::Removed, Subject::SecondFactor(account.id)).await?;
    Ok(tx.commit().await?)
}
