//! Use cases: staff set sources up, and what they publish is taken in, all of it or nothing.

use super::{
    ContentSource, EVERY_MINUTES, Format, Mark, Published, Source, Understood,
    import::{self, Ground, Plan, Report},
};
use crate::{
    Code, Ctx, Error, Result, Scope, Store, Tx, Violation,
    audit::{Accountable, Deed, Subject, note},
    content::{
        announce::{Publisher, announce},
        service::MAX_LIVE,
    },
    context::{Permission, Staff, System},
    idempotency::{Once, Outcome},
    ids::{AreaId, ContentSourceId, DepartmentId, MunicipalityId, TopicId},
    municipalities::Municipality,
    text::{Name, WebAddress},
};

/// Sources one town may have.
const MOST_SOURCES: usize = 50;

/// What staff set up. What a source speaks never changes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What staff call it.
    pub name: Name,
    /// What it speaks.
    pub format: Format,
    /// Where it is asked.
    pub url: Option<WebAddress>,
    /// How often.
    pub every_minutes: u16,
    /// Whether what it says is published at once.
    pub publishes: bool,
    /// The interest its pieces belong to.
    pub topic: Option<TopicId>,
    /// The district they are about.
    pub area: Option<AreaId>,
    /// The department that answers for them.
    pub office: Option<DepartmentId>,
}

impl Settings {
    fn checked(&self) -> Result<()> {
        if !EVERY_MINUTES.contains(&self.every_minutes) {
            return Err(Error::invalid("/every_minutes", Code::OutOfRange));
        }
        Ok(())
    }
}

/// The sources by name.
///
/// # Errors
/// Those of storage.
pub async fn list(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<ContentSource>> {
    ctx.require(Permission::ReadContent)?;
    Ok(store.read(ctx.scope()).await?.content_sources().await?)
}

/// One source.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: ContentSourceId) -> Result<ContentSource> {
    ctx.require(Permission::ReadContent)?;
    store.read(ctx.scope()).await?.content_source(id).await?.ok_or_else(Error::not_found)
}

/// Sets a source up. Nothing is asked yet.
///
/// # Errors
/// [`Code::AlreadyExists`] where the name is taken; [`Code::TooMany`]; violations.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    settings: Settings,
    once: Once<'_, ContentSource>,
) -> Result<Outcome<ContentSource>> {
    ctx.require(Permission::PublishContent)?;
    settings.checked()?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    if tx.content_sources().await?.len() >= MOST_SOURCES {
        return Err(Error::invalid("", Code::TooMany));
    }
    named(&*tx, &settings).await?;
    let Settings { name, format, url, every_minutes, publishes, topic, area, office } = settings;
    let source = ContentSource {
        id: ctx.id(),
        name,
        format,
        url,
        every_minutes,
        publishes,
        topic,
        area,
        office,
        set_up_by: ctx.actor.staff,
        mark: Mark::default(),
        asked_at: None,
        read_at: None,
        failed: None,
        faults: Vec::new(),
        version: 1,
    };
    tx.insert_content_source(ctx.now, &source).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Created, Subject::ContentSource(source.id)).await?;
    once.remember(&*tx, ctx.now, &source).await?;
    tx.commit().await?;
    Ok(Outcome::Done(source))
}

/// Replaces the settings of a source at `version`. It is asked anew.
///
/// # Errors
/// Stale where it changed since; [`Code::AlreadyExists`] where the name is taken; violations.
pub async fn replace(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    (id, version): (ContentSourceId, i64),
    settings: Settings,
) -> Result<ContentSource> {
    ctx.require(Permission::PublishContent)?;
    settings.checked()?;
    let tx = store.begin(ctx.scope()).await?;
    let before = tx.hold_content_source(id).await?.ok_or_else(Error::not_found)?;
    if before.format != settings.format {
        return Err(Error::invalid("/format", Code::NotAllowed));
    }
    named(&*tx, &settings).await?;
    let Settings { name, format: _, url, every_minutes, publishes, topic, area, office } = settings;
    let source = ContentSource {
        name,
        url,
        every_minutes,
        publishes,
        topic,
        area,
        office,
        set_up_by: ctx.actor.staff,
        // Its next answer is read whatever it was before: other settings make other pieces of it.
        mark: Mark::default(),
        version,
        ..before
    };
    tx.update_content_source(&source).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Changed, Subject::ContentSource(id)).await?;
    tx.commit().await?;
    Ok(ContentSource { version: version + 1, ..source })
}

/// Removes a source at `version`. What was taken from it stays, and is staff's from then on.
///
/// # Errors
/// Stale where it changed since.
pub async fn remove(store: &dyn Store, ctx: &Ctx<Staff>, id: ContentSourceId, version: i64) -> Result<()> {
    ctx.require(Permission::PublishContent)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.content_source(id).await?.ok_or_else(Error::not_found)?;
    tx.delete_content_source(id, version).await?;
    note(&*tx, ctx, Deed::Removed, Subject::ContentSource(id)).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes in what a source publishes, for somebody who waits for the report.
///
/// # Errors
/// A violation for each piece that is wrong, its pointer `/line/…`, and nothing was written; those of the
/// source where it cannot be read at all.
pub async fn import(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: ContentSourceId,
    source: &dyn Source,
) -> Result<Report> {
    ctx.require(Permission::PublishContent)?;
    noted(store, ctx, (ctx.actor.municipality, id), source).await
}

/// The same for a source that the process asks by itself, where it is due and no other process was faster.
///
/// # Errors
/// As [`import`].
pub async fn refresh(
    store: &dyn Store,
    ctx: &Ctx<System>,
    (town, id): (MunicipalityId, ContentSourceId),
    source: &dyn Source,
) -> Result<Option<Report>> {
    let tx = store.begin(Scope::Municipality(town)).await?;
    let due = tx.hold_content_source(id).await?.filter(|source| source.is_due(ctx.now));
    let Some(due) = due else { return Ok(None) };
    tx.refresh_content_source(&ContentSource { asked_at: Some(ctx.now), ..due }).await?;
    tx.commit().await?;
    noted(store, ctx, (town, id), source).await.map(Some)
}

/// Takes a source in; where that fails, this is noted with the source.
async fn noted<A: Accountable + Sync>(
    store: &dyn Store,
    ctx: &Ctx<A>,
    (town, id): (MunicipalityId, ContentSourceId),
    source: &dyn Source,
) -> Result<Report> {
    let taken = take_in(store, ctx, (town, id), source).await;
    if let Err(Error::Refused(why)) = &taken
        && why.code != Code::NotFound
    {
        let (why, faults) =
            (why.violations.first().map_or(why.code, |first| first.code), why.violations.clone());
        let tx = store.begin(Scope::Municipality(town)).await?;
        if let Some(source) = tx.hold_content_source(id).await? {
            tx.refresh_content_source(&source.failed(ctx.now, why, faults)).await?;
        }
        tx.commit().await?;
    }
    taken
}

async fn take_in<A: Accountable + Sync>(
    store: &dyn Store,
    ctx: &Ctx<A>,
    (town, id): (MunicipalityId, ContentSourceId),
    source: &dyn Source,
) -> Result<Report> {
    let scope = Scope::Municipality(town);
    let (known, town) = {
        let reads = store.read(scope).await?;
        let known = reads.content_source(id).await?.ok_or_else(Error::not_found)?;
        (known, reads.municipality_by_id(town).await?.ok_or_else(Error::not_found)?)
    };
    // Nothing is held meanwhile: the source may be far away.
    let (items, mark) = match source.read(&known.mark).await? {
        Published::Unchanged => (None, known.mark),
        Published::Items(items, mark) => (Some(items), mark),
    };
    let tx = store.begin(scope).await?;
    let known = tx.hold_content_source(id).await?.ok_or_else(Error::not_found)?;
    let report = match items {
        Some(items) => taken_in(&*tx, ctx, &town, &known, items).await?,
        None => Report::default(),
    };
    tx.refresh_content_source(&known.succeeded(ctx.now, mark)).await?;
    note(&*tx, ctx, Deed::Imported, Subject::ContentSource(id)).await?;
    tx.commit().await?;
    Ok(report)
}

async fn taken_in<A: Accountable + Sync>(
    tx: &dyn Tx,
    ctx: &Ctx<A>,
    town: &Municipality,
    source: &ContentSource,
    items: Understood,
) -> Result<Report> {
    if items.is_empty() && source.format.is_whole() {
        // Nothing at all is a mistake of whoever made the file: it would take everything away.
        return Err(Error::invalid("", Code::SourceEmpty));
    }
    let looked = planned(tx, ctx, (town, source), items.clone(), 0).await?;
    if looked.put.is_empty() {
        return Ok(looked.report);
    }
    // From here on nobody else changes the town's content; what they changed until now is looked at again.
    let changed = tx.count_content_change().await?;
    let plan = planned(tx, ctx, (town, source), items, changed).await?;
    if tx.live_contents().await? + plan.report.added > MAX_LIVE {
        return Err(Error::invalid("", Code::TooMany));
    }
    tx.put_contents(&plan.put).await?;
    tx.put_taken(source.id, &plan.taken).await?;
    tx.forget_taken(source.id, &plan.forgotten).await?;
    let publisher = Publisher { now: ctx.now, municipality: town.id, staff: source.set_up_by };
    for content in &plan.told {
        announce(tx, &publisher, content, true).await?;
    }
    Ok(plan.report)
}

/// The plan; refused where anything of the source is.
async fn planned<A: Accountable + Sync>(
    tx: &dyn Tx,
    ctx: &Ctx<A>,
    (town, source): (&Municipality, &ContentSource),
    items: Understood,
    changed: i64,
) -> Result<Plan> {
    let keys: Vec<_> = items.items.iter().map(|item| item.key.clone()).collect();
    let taken = tx.taken_from(source.id, (!source.format.is_whole()).then_some(&keys)).await?;
    let ids: Vec<_> = taken.iter().map(|taken| taken.content).collect();
    let contents = tx.contents_of(&ids).await?;
    let ground = Ground { source, taken, contents, town: town.calendar(), now: ctx.now, changed };
    let plan = import::plan(ground, items, || ctx.id());
    if plan.report.faults.is_empty() {
        return Ok(plan);
    }
    let faults = plan.report.faults.into_iter();
    let faults = faults.map(|fault| Violation::new(format!("/{}{}", fault.line, fault.pointer), fault.code));
    Err(Error::violations(faults.collect()))
}

/// Refuses what is named and not there: topic, district and department.
async fn named(tx: &dyn Tx, settings: &Settings) -> Result<()> {
    let mut wrong = Vec::new();
    let mut miss = |pointer: &str| wrong.push(Violation::new(pointer, Code::UnknownReference));
    if let Some(topic) = settings.topic
        && tx.topic(topic).await?.is_none()
    {
        miss("/topic");
    }
    if let Some(area) = settings.area
        && tx.area(area).await?.is_none()
    {
        miss("/area");
    }
    if let Some(office) = settings.office
        && tx.department(office).await?.is_none()
    {
        miss("/office");
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::violations(wrong)) }
}
