//! Use cases: staff keep templates, so that in a hurry only what is new is written.

use crate::{
    Code, Ctx, Error, Result, Store,
    audit::{Deed, Subject, note},
    broadcasts::{Placeholder, Template, TemplateBody, Texts, template::MOST_TEMPLATES},
    context::{Permission, Staff},
    deliveries::Severity,
    idempotency::{Once, Outcome},
    ids::BroadcastTemplateId,
    text::Name,
};

/// What changes about a template; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct TemplateChange {
    /// What staff call it.
    pub name: Option<Name>,
    /// How urgent broadcasts made of it are.
    pub severity: Option<Severity>,
    /// The office that speaks.
    pub sender: Option<Name>,
    /// The words, as a whole.
    pub texts: Option<Texts>,
    /// The places to fill in, as a whole.
    pub placeholders: Option<Vec<Placeholder>>,
}

/// The templates, by their names.
///
/// # Errors
/// Those of storage.
pub async fn list(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<Template>> {
    ctx.require(Permission::ReadBroadcasts)?;
    Ok(store.read(ctx.scope()).await?.templates().await?)
}

/// One template, as it is now or as it was at a version.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn get(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: BroadcastTemplateId,
    version: Option<i64>,
) -> Result<Template> {
    ctx.require(Permission::ReadBroadcasts)?;
    store.read(ctx.scope()).await?.template(id, version).await?.ok_or_else(Error::not_found)
}

/// Adds a template.
///
/// # Errors
/// Violations.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    (name, body): (Name, TemplateBody),
    once: Once<'_, Template>,
) -> Result<Outcome<Template>> {
    ctx.require(Permission::WriteBroadcasts)?;
    body.check()?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    if tx.templates().await?.len() >= MOST_TEMPLATES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let template = Template { id: ctx.id(), name, body, version: 1, changed_at: ctx.now };
    tx.insert_template(ctx.actor.staff, &template).await?;
    note(&*tx, ctx, Deed::Created, Subject::BroadcastTemplate(template.id)).await?;
    once.remember(&*tx, ctx.now, &template).await?;
    tx.commit().await?;
    Ok(Outcome::Done(template))
}

/// Makes a new version of a template that is at `version`. Drafts made of it stay as they are.
///
/// # Errors
/// Stale where it changed since; violations.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: BroadcastTemplateId,
    version: i64,
    change: TemplateChange,
) -> Result<Template> {
    ctx.require(Permission::WriteBroadcasts)?;
    let tx = store.begin(ctx.scope()).await?;
    let before = tx.template(id, None).await?.ok_or_else(Error::not_found)?;
    let TemplateChange { name, severity, sender, texts, placeholders } = change;
    let body = TemplateBody {
        severity: severity.unwrap_or(before.body.severity),
        sender: sender.unwrap_or(before.body.sender),
        texts: texts.unwrap_or(before.body.texts),
        placeholders: placeholders.unwrap_or(before.body.placeholders),
    };
    body.check()?;
    let template = Template { id, name: name.unwrap_or(before.name), body, version, changed_at: ctx.now };
    tx.update_template(ctx.actor.staff, &template).await?;
    note(&*tx, ctx, Deed::Changed, Subject::BroadcastTemplate(id)).await?;
    tx.commit().await?;
    Ok(Template { version: version + 1, ..template })
}

/// Takes a template at `version` out of use. Its versions stay readable: broadcasts name them.
///
/// # Errors
/// Stale where it changed since.
pub async fn remove(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: BroadcastTemplateId,
    version: i64,
) -> Result<()> {
    ctx.require(Permission::WriteBroadcasts)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.template(id, None).await?.ok_or_else(Error::not_found)?;
    tx.remove_template(ctx.now, id, version).await?;
    note(&*tx, ctx, Deed::Removed, Subject::BroadcastTemplate(id)).await?;
    tx.commit().await?;
    Ok(())
}
