//! Taking in what a source publishes: all of it or nothing.

use super::{calendars::usual, telling};
use crate::{
    Code, Ctx, Error, Reads, Result, Scope, Store, Violation,
    audit::{Accountable, Deed, Subject, note},
    context::{Permission, Staff, System},
    ids::{MunicipalityId, WasteCalendarId},
    municipalities::Municipality,
    waste::{
        Extent, Failure, Source, WasteCalendar, Window, hull,
        import::{self, Ground, MOST_COLLECTIONS, Report},
    },
};

/// The town hall itself.
pub(super) async fn town_of<R: Reads + ?Sized>(reads: &R, id: MunicipalityId) -> Result<Municipality> {
    reads.municipality_by_id(id).await?.ok_or_else(Error::not_found)
}

/// Takes a source into a calendar. `window` are the days it says everything about; where absent, what a service
/// was asked about, and the months of a file's dates. Dates that changed are told to those who had them.
///
/// # Errors
/// A violation for each wrong line, its pointer `/line/column`, and nothing was written; those of the
/// source where it cannot be read at all; [`Code::CalendarUnreadable`] where no line collects anything.
pub async fn import(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: WasteCalendarId,
    source: &dyn Source,
    window: Option<Window>,
) -> Result<Report> {
    ctx.require(Permission::ManageRegister)?;
    take_in(store, ctx, (ctx.actor.municipality, id), source, window).await
}

/// The same for a source that the process asks by itself.
///
/// # Errors
/// As [`import`].
pub async fn refresh(
    store: &dyn Store,
    ctx: &Ctx<System>,
    (town, id): (MunicipalityId, WasteCalendarId),
    source: &dyn Source,
) -> Result<Report> {
    take_in(store, ctx, (town, id), source, None).await
}

/// Lines that are noted of a source that was asked in vain.
const FAULTS_NOTED: usize = 20;

/// Notes that a source was asked in vain, and why: with the first lines that were wrong.
///
/// # Errors
/// Those of storage.
pub async fn note_failure(
    store: &dyn Store,
    ctx: &Ctx<System>,
    (town, id): (MunicipalityId, WasteCalendarId),
    why: &Error,
) -> Result<()> {
    let failure = match why {
        Error::Refused(refusal) => {
            let code = refusal.violations.first().map_or(refusal.code, |violation| violation.code);
            Failure { code, faults: refusal.violations.iter().take(FAULTS_NOTED).cloned().collect() }
        }
        Error::Store(_) => Failure { code: Code::Internal, faults: Vec::new() },
    };
    let tx = store.begin(Scope::Municipality(town)).await?;
    if let Some(calendar) = tx.hold_waste_calendar(id).await? {
        let failed = WasteCalendar { failed_at: Some(ctx.now), failure: Some(failure), ..calendar };
        tx.refresh_waste_calendar(&failed).await?;
        tx.touch_register().await?;
    }
    Ok(tx.commit().await?)
}

async fn take_in<A: Accountable + Sync>(
    store: &dyn Store,
    ctx: &Ctx<A>,
    (town, id): (MunicipalityId, WasteCalendarId),
    source: &dyn Source,
    window: Option<Window>,
) -> Result<Report> {
    let scope = Scope::Municipality(town);
    let town = {
        let reads = store.read(scope).await?;
        reads.waste_calendar(id).await?.ok_or_else(Error::not_found)?;
        town_of(&*reads, town).await?
    };
    let today = town.calendar().date(ctx.now);
    // Nothing is held meanwhile: the source may be far away.
    let asked = window.unwrap_or_else(|| usual(today));
    let records = source.read(asked).await?;
    let extent = match window {
        Some(window) => Extent::Said(window),
        None if source.tells_all() => Extent::Asked(asked),
        None => Extent::Dates,
    };
    if records.len() > MOST_COLLECTIONS {
        return Err(Error::invalid("", Code::TooMany));
    }
    let first = records.iter().flatten().map(|record| record.date).min();
    let tx = store.begin(scope).await?;
    let calendar = tx.hold_waste_calendar(id).await?.ok_or_else(Error::not_found)?;
    let (sections, types) = (tx.sections_of(id).await?, tx.waste_types().await?);
    let known = tx.collections_from(id, first.unwrap_or(today).min(today)).await?;
    let ground = Ground {
        calendar: &calendar,
        sections: &sections,
        known,
        types: &types,
        town: town.calendar(),
        now: ctx.now,
        extent,
    };
    let plan = import::plan(ground, records, || ctx.id());
    if plan.report.refused > 0 {
        let wrong = plan.report.faults.iter();
        let wrong =
            wrong.map(|fault| Violation::new(format!("/{}/{}", fault.line, fault.column), fault.code));
        return Err(Error::violations(wrong.collect()));
    }
    if plan.report.added + plan.report.unchanged + plan.report.moved == 0 {
        return Err(Error::invalid("", Code::CalendarUnreadable));
    }
    tx.add_sections(&plan.sections).await?;
    tx.put_collections(&plan.put).await?;
    let calendar = WasteCalendar {
        covers: hull(&plan.kinds),
        kinds: plan.kinds,
        refreshed_at: Some(ctx.now),
        failed_at: None,
        failure: None,
        ..calendar
    };
    tx.refresh_waste_calendar(&calendar).await?;
    telling::tell(&*tx, ctx, &town, &calendar, &plan.told).await?;
    tx.touch_register().await?;
    note(&*tx, ctx, Deed::Imported, Subject::WasteCalendar(id)).await?;
    tx.commit().await?;
    Ok(plan.report)
}
