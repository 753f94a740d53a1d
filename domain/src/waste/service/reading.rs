//! Anybody asks what is collected at an address.

use chrono::{DateTime, Utc};

use crate::{
    Code, Error, Result, Scope, Store,
    ids::MunicipalityId,
    municipalities::{House, StreetEntry, address::street_prefix, street_key},
    page::{Page, PageRequest},
    text::{Query, Street},
    waste::{Answer, WasteType, Window, answer, calendars_of},
};

/// What is known of an address, and the kinds of waste it names.
#[derive(Clone, Debug)]
pub struct Known {
    /// Collections and gaps.
    pub answer: Answer,
    /// The town's kinds of waste.
    pub types: Vec<WasteType>,
}

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
/// [`Code::Required`] at `/house_number` where the street is split and no house is given.
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
    if house.is_none() && sections.iter().any(|section| !section.houses.is_whole()) {
        return Err(Error::invalid("/house_number", Code::Required));
    }
    let calendars = reads.waste_calendars().await?;
    let here: Vec<_> =
        calendars_of(&calendars, &sections, (&key, house)).into_iter().map(|calendar| calendar.id).collect();
    let collections =
        if here.is_empty() { Vec::new() } else { reads.collections(Some(&here), window).await? };
    let types = reads.waste_types().await?;
    let mut answer = answer(&calendars, &sections, collections, (&key, house), window, now);
    // In the town's order within a day.
    let place = |id| types.iter().position(|kind| kind.id == id);
    answer.collections.sort_by_key(|shown| (shown.collection.date, place(shown.collection.waste_type)));
    Ok(Known { answer, types })
}
