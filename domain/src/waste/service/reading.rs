//! Anybody asks what is collected at an address.

use chrono::{DateTime, Utc};

use crate::{
    Result, Scope, Store,
    ids::MunicipalityId,
    municipalities::{House, StreetEntry, address::street_prefix, street_key},
    page::{Page, PageRequest},
    text::{Query, Street},
    waste::{Known, Window, answer, board::needs_no_house, calendars_of},
};

/// Streets that calendars name, those whose name begins with what was typed so far.
///
/// # Errors
/// Those of storage.
pub async fn streets(
    store: &dyn Store,
    town: MunicipalityId,
    typed: Option<&Query>,
    page: &PageRequest,
) -> Result<Page<StreetEntry>> {
    let prefix = typed.map(|typed| street_prefix(typed.as_str())).unwrap_or_default();
    Ok(store.read(Scope::Municipality(town)).await?.waste_streets(&prefix, page).await?)
}

/// What is collected at an address in a window.
///
/// # Errors
/// [`crate::Code::Required`] at `/house_number` where the street is split and no house is given.
pub async fn at_address(
    store: &dyn Store,
    town: MunicipalityId,
    (street, house): (&Street, Option<&House>),
    window: Window,
    now: DateTime<Utc>,
) -> Result<Known> {
    let key = street_key(street.as_str());
    let reads = store.read(Scope::Municipality(town)).await?;
    let sections = reads.sections_in(Some(std::slice::from_ref(&key))).await?;
    needs_no_house(&sections, house)?;
    let calendars = reads.waste_calendars().await?;
    let here: Vec<_> =
        calendars_of(&calendars, &sections, (&key, house)).into_iter().map(|calendar| calendar.id).collect();
    let collections =
        if here.is_empty() { Vec::new() } else { reads.collections(Some(&here), window).await? };
    let types = reads.waste_types().await?;
    let answer = answer(&calendars, &sections, collections, (&key, house), window, now);
    Ok(Known::new(answer, types))
}
