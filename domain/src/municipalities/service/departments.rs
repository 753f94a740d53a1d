//! Use cases: the town hall's staff keep its departments.

use super::MAX_ENTRIES;
use crate::{
    Code, Ctx, Error, Result, Store, StoreError,
    audit::{Deed, Subject, note},
    content::{Named, service::renamed},
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    ids::DepartmentId,
    municipalities::Department,
    routing::service::unused_by_rules,
    text::{EmailAddress, Name},
};

/// A department to be added. It is not the default; [`change`] can make it so.
#[derive(Clone, Debug)]
pub struct NewDepartment {
    /// Its name.
    pub name: Name,
    /// Where its mail goes.
    pub email: Option<EmailAddress>,
    /// Who is told when a promise passes.
    pub lead_email: Option<EmailAddress>,
}

/// What changes about a department; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct DepartmentChange {
    /// Its name.
    pub name: Option<Name>,
    /// Where its mail goes, or nowhere any more.
    pub email: Option<Option<EmailAddress>>,
    /// Who is told when a promise passes, or nobody any more.
    pub lead_email: Option<Option<EmailAddress>>,
    /// Whether it gets what no rule places. One that does stops only when another one starts.
    pub is_default: Option<bool>,
}

/// The departments by name.
pub async fn list(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<Department>> {
    ctx.require(Permission::ReadRegister)?;
    Ok(store.read(ctx.scope()).await?.departments().await?)
}

/// One department.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: DepartmentId) -> Result<Department> {
    ctx.require(Permission::ReadRegister)?;
    store.read(ctx.scope()).await?.department(id).await?.ok_or_else(Error::not_found)
}

/// Adds a department.
///
/// # Errors
/// [`Code::AlreadyExists`] where the name is taken.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewDepartment,
    once: Once<'_, Department>,
) -> Result<Outcome<Department>> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    tx.touch_register().await?;
    if tx.departments().await?.len() >= MAX_ENTRIES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let department = Department {
        id: ctx.id(),
        name: new.name,
        email: new.email,
        lead_email: new.lead_email,
        is_default: false,
        version: 1,
    };
    tx.insert_department(ctx.now, &department).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Created, Subject::Department(department.id)).await?;
    once.remember(&*tx, ctx.now, &department).await?;
    tx.commit().await?;
    Ok(Outcome::Done(department))
}

/// Changes a department at `version`.
///
/// # Errors
/// [`Code::AlreadyExists`] where the name is taken, [`Code::DefaultDepartment`] where no default would
/// be left; stale where it changed since.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: DepartmentId,
    version: i64,
    change: DepartmentChange,
) -> Result<Department> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.touch_register().await?;
    let mut department = tx.department(id).await?.ok_or_else(Error::not_found)?;
    if department.version != version {
        return Err(StoreError::Stale.into());
    }
    let is_renamed = change.name.as_ref().is_some_and(|name| *name != department.name);
    department.name = change.name.unwrap_or(department.name);
    department.email = change.email.unwrap_or(department.email);
    department.lead_email = change.lead_email.unwrap_or(department.lead_email);
    match (department.is_default, change.is_default) {
        (true, Some(false)) => return Err(Error::refused(Code::DefaultDepartment)),
        (false, Some(true)) => {
            let before = tx.default_department().await?;
            tx.update_department(&Department { is_default: false, ..before }).await?;
            department.is_default = true;
        }
        _ => {}
    }
    tx.update_department(&department).await.map_err(Error::conflict)?;
    if is_renamed {
        renamed(&*tx, Named::Office(id)).await?;
    }
    note(&*tx, ctx, Deed::Changed, Subject::Department(id)).await?;
    tx.commit().await?;
    Ok(Department { version: version + 1, ..department })
}

/// Removes a department at `version`.
///
/// # Errors
/// [`Code::DefaultDepartment`] for the default, [`Code::InUse`] while rules or complaints name it.
pub async fn remove(store: &dyn Store, ctx: &Ctx<Staff>, id: DepartmentId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.touch_register().await?;
    let department = tx.department(id).await?.ok_or_else(Error::not_found)?;
    if department.is_default {
        return Err(Error::refused(Code::DefaultDepartment));
    }
    unused_by_rules(&*tx, id).await?;
    tx.delete_department(id, version).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Removed, Subject::Department(id)).await?;
    tx.commit().await?;
    Ok(())
}
