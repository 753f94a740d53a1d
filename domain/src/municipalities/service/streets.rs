//! Use cases: anybody completes a street and picks a house, as the town hall's register has them.

use crate::{
    Error, Result, Scope, Store,
    ids::MunicipalityId,
    municipalities::{Address, StreetEntry, address::street_prefix, street_key},
    page::{Page, PageRequest},
    text::{Query, Street},
};

/// Streets by name, those whose name begins with what was typed so far.
pub async fn streets(
    store: &dyn Store,
    town: MunicipalityId,
    typed: Option<&Query>,
    page: &PageRequest,
) -> Result<Page<StreetEntry>> {
    let prefix = typed.map(|typed| street_prefix(typed.as_str())).unwrap_or_default();
    Ok(store.read(Scope::Municipality(town)).await?.streets(&prefix, page).await?)
}

/// The houses of a street, however its name is written, by number.
///
/// # Errors
/// [`crate::Code::NotFound`] for a street that the register does not have.
pub async fn houses(
    store: &dyn Store,
    town: MunicipalityId,
    street: &Street,
    page: &PageRequest,
) -> Result<Page<Address>> {
    let reads = store.read(Scope::Municipality(town)).await?;
    let found = reads.houses(&street_key(street.as_str()), page).await?;
    if found.items.is_empty() && page.after.is_none() {
        return Err(Error::not_found());
    }
    Ok(found)
}
