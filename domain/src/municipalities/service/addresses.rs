//! Use cases: the town hall's staff keep the address register.

use super::super::address_import::{self, Fault, Line, MAX_ADDRESSES, Mode, OnFault, Report};
use crate::{
    Code, Ctx, Error, Reads, Result, Scope, Store, Violation,
    audit::{Accountable, Deed, Subject, note},
    context::{Operator, Permission, Staff},
    geo::Point,
    idempotency::{Once, Outcome},
    ids::{AddressId, AreaId, MunicipalityId},
    municipalities::{Address, House, Municipality},
    page::{Page, PageRequest},
    text::{Query, Street},
};

/// Rows read or written in one go. On SQLite others write in between.
const SLICE: usize = 20_000;

/// A house to be added.
#[derive(Clone, Debug)]
pub struct NewAddress {
    /// The street as written on its sign.
    pub street: Street,
    /// The house.
    pub house: House,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Where it stands.
    pub point: Option<Point>,
    /// The district it belongs to; the one its point lies in where absent.
    pub area: Option<AreaId>,
}

/// What changes about a house; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct AddressChange {
    /// The street as written on its sign.
    pub street: Option<Street>,
    /// The house.
    pub house: Option<House>,
    /// Postal code; none inside takes it away.
    pub postal_code: Option<Option<String>>,
    /// Where it stands.
    pub point: Option<Point>,
    /// The district it belongs to; none inside takes it away.
    pub area: Option<Option<AreaId>>,
}

/// Houses by street and number, of streets whose name begins with `street` where given.
pub async fn list(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    street: Option<&Query>,
    page: &PageRequest,
) -> Result<Page<Address>> {
    ctx.require(Permission::ReadRegister)?;
    Ok(store.read(ctx.scope()).await?.addresses(street.map(Query::as_str), page).await?)
}

/// One house.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: AddressId) -> Result<Address> {
    ctx.require(Permission::ReadRegister)?;
    store.read(ctx.scope()).await?.address_by_id(id).await?.ok_or_else(Error::not_found)
}

/// Adds a house.
///
/// # Errors
/// [`Code::AlreadyExists`] where street and number are taken; violations at `/location` and `/area`.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewAddress,
    once: Once<'_, Address>,
) -> Result<Outcome<Address>> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    let NewAddress { street, house, postal_code, point, area } = new;
    let address = Address { id: ctx.id(), street, house, postal_code, point, area, version: 1 };
    let address = placed(&*tx, ctx.actor.municipality, address).await?;
    tx.insert_address(ctx.now, &address).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Created, Subject::Address(address.id)).await?;
    once.remember(&*tx, ctx.now, &address).await?;
    tx.commit().await?;
    Ok(Outcome::Done(address))
}

/// Changes a house at `version`.
///
/// # Errors
/// As [`create`]; stale where it changed since.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: AddressId,
    version: i64,
    change: AddressChange,
) -> Result<Address> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    let mut address = tx.address_by_id(id).await?.ok_or_else(Error::not_found)?;
    address.version = version;
    address.street = change.street.unwrap_or(address.street);
    address.house = change.house.unwrap_or(address.house);
    address.postal_code = change.postal_code.unwrap_or(address.postal_code);
    address.point = change.point.or(address.point);
    address.area = change.area.unwrap_or(address.area);
    let address = placed(&*tx, ctx.actor.municipality, address).await?;
    tx.update_address(&address).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Changed, Subject::Address(id)).await?;
    tx.commit().await?;
    Ok(Address { version: version + 1, ..address })
}

/// Removes a house at `version`.
pub async fn remove(store: &dyn Store, ctx: &Ctx<Staff>, id: AddressId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.address_by_id(id).await?.ok_or_else(Error::not_found)?;
    tx.delete_address(id, version).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Removed, Subject::Address(id)).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a register in.
///
/// # Errors
/// With [`OnFault::Refuse`], a violation for each wrong line, its pointer `/line/column`, and nothing
/// was written; [`Code::TooMany`] beyond [`MAX_ADDRESSES`].
pub async fn import(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    lines: Vec<std::result::Result<Line, Fault>>,
    mode: Mode,
    on_fault: OnFault,
) -> Result<Report> {
    ctx.require(Permission::ManageRegister)?;
    take_in(store, ctx, ctx.actor.municipality, lines, mode, on_fault).await
}

/// The same at the command line.
///
/// # Errors
/// As [`import`].
pub async fn import_by_operator(
    store: &dyn Store,
    ctx: &Ctx<Operator>,
    town: MunicipalityId,
    lines: Vec<std::result::Result<Line, Fault>>,
    mode: Mode,
    on_fault: OnFault,
) -> Result<Report> {
    take_in(store, ctx, town, lines, mode, on_fault).await
}

async fn take_in<A: Accountable + Sync>(
    store: &dyn Store,
    ctx: &Ctx<A>,
    town: MunicipalityId,
    lines: Vec<std::result::Result<Line, Fault>>,
    mode: Mode,
    on_fault: OnFault,
) -> Result<Report> {
    if lines.len() > MAX_ADDRESSES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let scope = Scope::Municipality(town);
    let plan = {
        let reads = store.read(scope).await?;
        let town = reads.municipality_by_id(town).await?.ok_or_else(Error::not_found)?;
        let areas = reads.areas().await?;
        let known = register(&*reads).await?;
        address_import::plan(&town, &areas, known, lines, mode, || ctx.id())
    };
    if on_fault == OnFault::Refuse && plan.report.refused > 0 {
        let wrong = plan.report.faults.iter();
        let wrong =
            wrong.map(|fault| Violation::new(format!("/{}/{}", fault.line, fault.column), fault.code));
        return Err(Error::violations(wrong.collect()));
    }
    // Nothing in it can be refused any more, and taken in twice it changes nothing: so a large
    // register need not keep all others from writing.
    for slice in plan.put.chunks(SLICE) {
        let tx = store.begin(scope).await?;
        tx.put_addresses(ctx.now, slice).await?;
        note(&*tx, ctx, Deed::Imported, Subject::Addresses).await?;
        tx.commit().await?;
    }
    for slice in plan.gone.chunks(SLICE) {
        let tx = store.begin(scope).await?;
        tx.delete_addresses(slice).await?;
        note(&*tx, ctx, Deed::Removed, Subject::Addresses).await?;
        tx.commit().await?;
    }
    Ok(plan.report)
}

/// The whole register.
async fn register(reads: &dyn Reads) -> Result<Vec<Address>> {
    let mut all = Vec::new();
    let limit = u64::try_from(SLICE).unwrap_or(u64::MAX);
    let mut request = PageRequest { limit, after: None };
    loop {
        let Page { items, next } = reads.addresses(None, &request).await?;
        all.extend(items);
        match next {
            Some(position) => request.after = Some(position),
            None => return Ok(all),
        }
    }
}

/// The house with its district, once its place is known to be in town.
async fn placed(reads: &dyn Reads, town: MunicipalityId, address: Address) -> Result<Address> {
    let town: Municipality = reads.municipality_by_id(town).await?.ok_or_else(Error::not_found)?;
    if address.point.is_some_and(|point| !town.contains(point)) {
        return Err(Error::invalid("/location", Code::OutsideMunicipality));
    }
    let areas = reads.areas().await?;
    let area = match address.area {
        Some(id) if areas.iter().any(|area| area.id == id) => Some(id),
        Some(_) => return Err(Error::invalid("/area", Code::UnknownReference)),
        None => address.point.and_then(|point| address_import::district(&areas, point)),
    };
    Ok(Address { area, ..address })
}
