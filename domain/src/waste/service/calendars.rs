//! The town hall's staff keep the calendars.

use chrono::NaiveDate;

use super::{importing::town_of, telling};
use crate::{
    Code, Ctx, Error, Reads, Result, Store,
    audit::{Deed, Subject, note},
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    ids::WasteCalendarId,
    municipalities::street_key,
    text::{Name, Street},
    waste::{
        Change, Collection, Coverage, HolidayRule, HouseRange, Origin, Reason, Section, Status,
        WasteCalendar, Window,
    },
};

/// Calendars a town hall may have.
const MOST_CALENDARS: usize = 1_000;
/// Sections one may name for a calendar; files may name more.
pub const MOST_SECTIONS: usize = 1_000;

/// Houses of a street a calendar is for.
#[derive(Clone, Debug)]
pub struct NewSection {
    /// The street.
    pub street: Street,
    /// Which of its houses.
    pub houses: HouseRange,
}

/// A calendar to be added.
#[derive(Clone, Debug)]
pub struct NewCalendar {
    /// What staff call it.
    pub name: Name,
    /// Where its dates come from.
    pub origin: Origin,
    /// What holidays do.
    pub holidays: HolidayRule,
    /// Whether it is for the whole town.
    pub whole_town: bool,
    /// Days after which a source that does not answer is no longer relied on.
    pub stale_after_days: u16,
    /// Whom it is for.
    pub sections: Vec<NewSection>,
}

/// What changes about a calendar; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct CalendarChange {
    /// What staff call it.
    pub name: Option<Name>,
    /// Where its dates come from.
    pub origin: Option<Origin>,
    /// What holidays do.
    pub holidays: Option<HolidayRule>,
    /// Whether it is for the whole town.
    pub whole_town: Option<bool>,
    /// Days after which a source that does not answer is no longer relied on.
    pub stale_after_days: Option<u16>,
    /// Whom it is for.
    pub sections: Option<Vec<NewSection>>,
}

/// The calendars by name.
///
/// # Errors
/// Those of storage.
pub async fn list_calendars(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<WasteCalendar>> {
    ctx.require(Permission::ReadRegister)?;
    Ok(store.read(ctx.scope()).await?.waste_calendars().await?)
}

/// One calendar with the sections that staff named.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn get_calendar(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: WasteCalendarId,
) -> Result<(WasteCalendar, Vec<Section>)> {
    ctx.require(Permission::ReadRegister)?;
    let reads = store.read(ctx.scope()).await?;
    with_sections(&*reads, id).await
}

async fn with_sections<R: Reads + ?Sized>(
    reads: &R,
    id: WasteCalendarId,
) -> Result<(WasteCalendar, Vec<Section>)> {
    let calendar = reads.waste_calendar(id).await?.ok_or_else(Error::not_found)?;
    let mut sections = reads.sections_of(id).await?;
    sections.retain(|section| !section.named);
    Ok((calendar, sections))
}

/// Collections of a calendar in a window, cancelled ones too.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn list_collections(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: WasteCalendarId,
    window: Window,
) -> Result<Vec<Collection>> {
    ctx.require(Permission::ReadRegister)?;
    let reads = store.read(ctx.scope()).await?;
    reads.waste_calendar(id).await?.ok_or_else(Error::not_found)?;
    Ok(reads.collections(Some(&[id]), window).await?)
}

/// Adds a calendar without dates.
///
/// # Errors
/// [`Code::AlreadyExists`] where the name is taken; [`Code::TooMany`]; violations of sections.
pub async fn create_calendar(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewCalendar,
    once: Once<'_, (WasteCalendar, Vec<Section>)>,
) -> Result<Outcome<(WasteCalendar, Vec<Section>)>> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    if tx.waste_calendars().await?.len() >= MOST_CALENDARS {
        return Err(Error::invalid("", Code::TooMany));
    }
    let NewCalendar { name, origin, holidays, whole_town, stale_after_days, sections } = new;
    let calendar = WasteCalendar {
        id: ctx.id(),
        name,
        origin,
        holidays,
        whole_town,
        stale_after_days,
        covers: None,
        kinds: Coverage::new(),
        refreshed_at: None,
        failed_at: None,
        failure: None,
        version: 1,
    };
    let sections = made(ctx, calendar.id, sections)?;
    tx.insert_waste_calendar(ctx.now, &calendar).await.map_err(Error::conflict)?;
    tx.put_sections(calendar.id, &sections).await?;
    tx.touch_register().await?;
    note(&*tx, ctx, Deed::Created, Subject::WasteCalendar(calendar.id)).await?;
    let made = (calendar, sections);
    once.remember(&*tx, ctx.now, &made).await?;
    tx.commit().await?;
    Ok(Outcome::Done(made))
}

fn made(ctx: &Ctx<Staff>, calendar: WasteCalendarId, new: Vec<NewSection>) -> Result<Vec<Section>> {
    if new.len() > MOST_SECTIONS {
        return Err(Error::invalid("/sections", Code::TooMany));
    }
    let mut sections: Vec<Section> = Vec::with_capacity(new.len());
    let mut seen = std::collections::HashSet::new();
    for (place, NewSection { street, houses }) in new.into_iter().enumerate() {
        if !seen.insert((street_key(street.as_str()), houses.clone())) {
            return Err(Error::invalid(format!("/sections/{place}"), Code::Contradiction));
        }
        sections.push(Section { id: ctx.id(), calendar, street, houses, named: false });
    }
    Ok(sections)
}

/// Changes a calendar at `version`. Another holiday rule moves what is still to come, and those who had
/// the dates hear of it.
///
/// # Errors
/// [`Code::AlreadyExists`] where the name is taken; stale where it changed since; violations of sections.
pub async fn change_calendar(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: WasteCalendarId,
    version: i64,
    change: CalendarChange,
) -> Result<(WasteCalendar, Vec<Section>)> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    let before = tx.hold_waste_calendar(id).await?.ok_or_else(Error::not_found)?;
    let calendar = WasteCalendar {
        name: change.name.unwrap_or(before.name),
        origin: change.origin.unwrap_or(before.origin),
        holidays: change.holidays.unwrap_or(before.holidays),
        whole_town: change.whole_town.unwrap_or(before.whole_town),
        stale_after_days: change.stale_after_days.unwrap_or(before.stale_after_days),
        version,
        ..before
    };
    tx.update_waste_calendar(&calendar).await.map_err(Error::conflict)?;
    if let Some(sections) = change.sections {
        tx.put_sections(id, &made(ctx, id, sections)?).await?;
    }
    if calendar.holidays != before.holidays {
        let town = town_of(&*tx, ctx.actor.municipality).await?;
        let days = town.calendar();
        let today = days.date(ctx.now);
        let (mut put, mut told) = (Vec::new(), Vec::new());
        for mut collection in tx.collections_from(id, today).await? {
            let by_rule = collection.status == Status::Planned
                || (collection.status == Status::Moved && collection.reason == Some(Reason::Holiday));
            if !by_rule || collection.stop.is_some() {
                continue;
            }
            let to = calendar.holidays.shifted(collection.regular, days);
            // What is over, or would be, stays as it is.
            let moved = collection.change(Change::Move(to, Reason::Holiday), ctx.now, today);
            if let Ok(Some(news)) = moved {
                told.push(news);
                put.push(collection);
            }
        }
        tx.put_collections(&put).await?;
        telling::tell(&*tx, ctx, &town, &calendar, &told).await?;
    }
    tx.touch_register().await?;
    note(&*tx, ctx, Deed::Changed, Subject::WasteCalendar(id)).await?;
    let (_, sections) = with_sections(&*tx, id).await?;
    tx.commit().await?;
    Ok((WasteCalendar { version: version + 1, ..calendar }, sections))
}

/// Removes a calendar at `version` with its dates.
///
/// # Errors
/// Stale where it changed since.
pub async fn remove_calendar(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: WasteCalendarId,
    version: i64,
) -> Result<()> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.waste_calendar(id).await?.ok_or_else(Error::not_found)?;
    tx.delete_waste_calendar(id, version).await?;
    tx.touch_register().await?;
    note(&*tx, ctx, Deed::Removed, Subject::WasteCalendar(id)).await?;
    tx.commit().await?;
    Ok(())
}

/// The days around today that are kept in mind when a source is read.
pub(super) fn usual(today: NaiveDate) -> Window {
    use chrono::Datelike;
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or(today);
    Window { from: day(today.year(), 1, 1), until: day(today.year().saturating_add(1), 12, 31) }
}
