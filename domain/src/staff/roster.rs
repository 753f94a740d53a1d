//! Use cases: admins keep their town hall's staff.

use chrono::{DateTime, Utc};

use super::{
    Member, Role,
    invitation::send,
    team::{NewMember, add},
};
use crate::{
    Code, Ctx, Error, Result, Store, StoreError, Tx,
    audit::{Deed, Subject, note},
    citizens::service::NewCode,
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    ids::{AccountId, CategoryId, DepartmentId, StaffId},
    municipalities::service::MAX_ENTRIES,
    routing::service::unused_by_rules,
    text::Name,
};

/// What changes about a member of staff; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct MemberChange {
    /// Their name, for colleagues only.
    pub name: Option<Name>,
    /// What they may do.
    pub role: Option<Role>,
    /// The departments they work in, all of them.
    pub departments: Option<Vec<DepartmentId>>,
    /// The kinds of complaints they are limited to, all of them; none for no limit.
    pub categories: Option<Vec<CategoryId>>,
    /// Whether they still work here.
    pub active: Option<bool>,
}

/// The staff by name, those who no longer work here included.
pub async fn list(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<Member>> {
    ctx.require(Permission::ReadStaff)?;
    Ok(store.read(ctx.scope()).await?.staff().await?)
}

/// One member.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: StaffId) -> Result<Member> {
    ctx.require(Permission::ReadStaff)?;
    store.read(ctx.scope()).await?.member(id).await?.ok_or_else(Error::not_found)
}

/// Adds somebody and has them sent an invitation to set a password. Whoever has one already, from
/// another town hall, may keep it: nobody learns here whether they do.
///
/// # Errors
/// [`Code::AlreadyExists`] for somebody who works here already, violations at `/departments` and
/// `/categories`,
/// [`Code::TooManyRequests`] for too many invitations.
pub async fn invite(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewMember,
    invitation: NewCode,
    once: Once<'_, Member>,
) -> Result<Outcome<Member>> {
    ctx.require(Permission::ManageStaff)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    tx.touch_register().await?;
    if tx.staff().await?.len() >= MAX_ENTRIES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let departments = existing(&*tx, new.departments).await?;
    let categories = known_kinds(&*tx, new.categories).await?;
    let member = add(&*tx, ctx, NewMember { departments, categories, ..new }).await?;
    send(&*tx, ctx, &member, invitation).await?;
    note(&*tx, ctx, Deed::Created, Subject::Staff(member.id)).await?;
    once.remember(&*tx, ctx.now, &member).await?;
    tx.commit().await?;
    Ok(Outcome::Done(member))
}

/// Changes a member at `version`. What they may do is looked up for each request, and so changes at once.
///
/// # Errors
/// [`Code::LastAdmin`] where no admin would be left, violations at `/departments`; stale where the
/// member changed since.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: StaffId,
    version: i64,
    change: MemberChange,
) -> Result<Member> {
    ctx.require(Permission::ManageStaff)?;
    let tx = store.begin(ctx.scope()).await?;
    // First, since it makes changes of the staff wait for each other: two admins who take the role
    // from one another at the same time would leave none.
    tx.touch_register().await?;
    let before = at(&*tx, id, version).await?;
    let departments = match change.departments {
        Some(departments) => existing(&*tx, departments).await?,
        None => before.departments.clone(),
    };
    let categories = match change.categories {
        Some(categories) => known_kinds(&*tx, categories).await?,
        None => before.categories.clone(),
    };
    let after = Member {
        name: change.name.unwrap_or_else(|| before.name.clone()),
        role: change.role.unwrap_or(before.role),
        active: change.active.unwrap_or(before.active),
        departments,
        categories,
        ..before.clone()
    };
    if runs_it(&before) && !runs_it(&after) {
        another_admin(&*tx, id).await?;
    }
    tx.update_member(&after).await?;
    if before.active && !after.active {
        lock_out(&*tx, ctx.now, after.account).await?;
    }
    note(&*tx, ctx, Deed::Changed, Subject::Staff(id)).await?;
    tx.commit().await?;
    Ok(Member { version: version + 1, ..after })
}

/// Removes a member at `version`, as if they had never worked here. Who once worked on a complaint
/// is made inactive instead.
///
/// # Errors
/// [`Code::LastAdmin`], [`Code::InUse`] while rules or complaints name them.
pub async fn remove(store: &dyn Store, ctx: &Ctx<Staff>, id: StaffId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageStaff)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.touch_register().await?;
    let member = at(&*tx, id, version).await?;
    if runs_it(&member) {
        another_admin(&*tx, id).await?;
    }
    unused_by_rules(&*tx, id).await?;
    tx.delete_member(id, version).await.map_err(Error::conflict)?;
    lock_out(&*tx, ctx.now, member.account).await?;
    note(&*tx, ctx, Deed::Removed, Subject::Staff(id)).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends the sessions of somebody who works here no more. Not where another town hall employs them: there they
/// go on, and here nothing opens to them anyway.
async fn lock_out(tx: &dyn Tx, now: DateTime<Utc>, account: AccountId) -> Result<()> {
    if !tx.works_elsewhere(account).await? {
        tx.revoke_staff_sessions(now, account).await?;
    }
    Ok(())
}

async fn at(tx: &dyn Tx, id: StaffId, version: i64) -> Result<Member> {
    let member = tx.member(id).await?.ok_or_else(Error::not_found)?;
    if member.version == version { Ok(member) } else { Err(StoreError::Stale.into()) }
}

fn runs_it(member: &Member) -> bool {
    member.active && member.role == Role::Admin
}

/// Somebody must be left who can let others in.
async fn another_admin(tx: &dyn Tx, id: StaffId) -> Result<()> {
    let staff = tx.staff().await?;
    let another = staff.iter().any(|member| member.id != id && runs_it(member));
    if another { Ok(()) } else { Err(Error::refused(Code::LastAdmin)) }
}

/// The departments, each once, all of them this town hall's.
async fn existing(tx: &dyn Tx, mut wanted: Vec<DepartmentId>) -> Result<Vec<DepartmentId>> {
    let departments = tx.departments().await?;
    let known = |id: &DepartmentId| departments.iter().any(|department| department.id == *id);
    if let Some(unknown) = wanted.iter().position(|id| !known(id)) {
        return Err(Error::invalid(format!("/departments/{unknown}"), Code::UnknownReference));
    }
    wanted.sort_unstable();
    wanted.dedup();
    Ok(wanted)
}

/// The kinds of complaints, each once, all of them this town hall's.
async fn known_kinds(tx: &dyn Tx, mut wanted: Vec<CategoryId>) -> Result<Vec<CategoryId>> {
    if wanted.is_empty() {
        return Ok(wanted);
    }
    let categories = tx.categories().await?;
    let known = |id: &CategoryId| categories.iter().any(|category| category.id == *id);
    if let Some(unknown) = wanted.iter().position(|id| !known(id)) {
        return Err(Error::invalid(format!("/categories/{unknown}"), Code::UnknownReference));
    }
    wanted.sort_unstable();
    wanted.dedup();
    Ok(wanted)
}
