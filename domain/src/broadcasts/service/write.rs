//! Writing a broadcast.

use chrono::{DateTime, Utc};

use crate::{
    Code, Ctx, Error, Result, Store, Tx, Violation,
    audit::{Deed, Subject, note},
    broadcasts::{Audience, AudienceTree, Broadcast, BroadcastState, Draft, Link, Texts},
    context::{Permission, Staff},
    deliveries::Severity,
    idempotency::{Once, Outcome},
    ids::{MessageId, TopicId},
    page::{Page, PageRequest},
    text::Name,
};

/// What changes about a draft; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// How urgent.
    pub severity: Option<Severity>,
    /// What it is about.
    pub topic: Option<Option<TopicId>>,
    /// The office that speaks.
    pub sender: Option<Name>,
    /// The words, as a whole.
    pub texts: Option<Texts>,
    /// The links, as a whole.
    pub links: Option<Vec<Link>>,
    /// Whom it is for, as a whole.
    pub audience: Option<AudienceTree>,
    /// Whether nobody is reached.
    pub drill: Option<bool>,
    /// When it is sent.
    pub send_at: Option<Option<DateTime<Utc>>>,
    /// When it is worthless.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Change {
    fn apply(self, draft: &mut Draft) {
        let Self { severity, topic, sender, texts, links, audience, drill, send_at, expires_at } = self;
        draft.severity = severity.unwrap_or(draft.severity);
        draft.topic = topic.unwrap_or(draft.topic);
        draft.drill = drill.unwrap_or(draft.drill);
        draft.send_at = send_at.unwrap_or(draft.send_at);
        draft.expires_at = expires_at.unwrap_or(draft.expires_at);
        if let Some(sender) = sender {
            draft.sender = sender;
        }
        if let Some(texts) = texts {
            draft.texts = texts;
        }
        if let Some(links) = links {
            draft.links = links;
        }
        if audience.is_some() {
            draft.audience = audience;
        }
    }
}

/// Broadcasts, the newest first.
///
/// # Errors
/// Those of storage.
pub async fn list(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    state: Option<BroadcastState>,
    page: &PageRequest,
) -> Result<Page<Broadcast>> {
    ctx.require(Permission::ReadBroadcasts)?;
    Ok(store.read(ctx.scope()).await?.broadcasts(state, page).await?)
}

/// One broadcast.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: MessageId) -> Result<Broadcast> {
    ctx.require(Permission::ReadBroadcasts)?;
    store.read(ctx.scope()).await?.broadcast(id).await?.ok_or_else(Error::not_found)
}

/// Writes a draft. Nothing of it is sent before it was submitted and approved.
///
/// # Errors
/// Violations.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    draft: Draft,
    once: Once<'_, Broadcast>,
) -> Result<Outcome<Broadcast>> {
    ctx.require(Permission::WriteBroadcasts)?;
    draft.check(ctx.now)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    known(&*tx, &draft).await?;
    let broadcast = Broadcast::new(ctx.id(), ctx.now, ctx.actor.staff, draft);
    tx.insert_broadcast(&broadcast).await?;
    note(&*tx, ctx, Deed::Created, Subject::Broadcast(broadcast.id)).await?;
    once.remember(&*tx, ctx.now, &broadcast).await?;
    tx.commit().await?;
    Ok(Outcome::Done(broadcast))
}

/// Changes a draft at `version`.
///
/// # Errors
/// [`Code::NotEditable`] once it was submitted; stale where it changed since; violations.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: MessageId,
    version: i64,
    change: Change,
) -> Result<Broadcast> {
    ctx.require(Permission::WriteBroadcasts)?;
    let tx = store.begin(ctx.scope()).await?;
    let mut broadcast = tx.hold_broadcast(id).await?.ok_or_else(Error::not_found)?;
    if broadcast.version != version {
        return Err(Error::refused(Code::Stale));
    }
    if broadcast.state != BroadcastState::Draft {
        return Err(Error::refused(Code::NotEditable));
    }
    change.apply(&mut broadcast.draft);
    broadcast.draft.check(ctx.now)?;
    known(&*tx, &broadcast.draft).await?;
    tx.update_broadcast(&broadcast).await?;
    note(&*tx, ctx, Deed::Changed, Subject::Broadcast(id)).await?;
    tx.commit().await?;
    Ok(Broadcast { version: version + 1, ..broadcast })
}

/// Refuses what names something that is not there.
async fn known(tx: &dyn Tx, draft: &Draft) -> Result<()> {
    let mut unknown = Vec::new();
    let mut refuse = |pointer: &str| unknown.push(Violation::new(pointer, Code::UnknownReference));
    let audience = draft.audience.as_ref().and_then(|tree| Audience::parse(tree, "/audience").ok());
    let (areas, topics) = audience.map(|audience| (audience.areas(), audience.topics())).unwrap_or_default();
    if !topics.is_empty() || draft.topic.is_some() {
        let there = tx.topics().await?;
        let is_there = |id: &TopicId| there.iter().any(|topic| topic.id == *id);
        if !draft.topic.iter().all(is_there) {
            refuse("/topic");
        }
        if !topics.iter().all(is_there) {
            refuse("/audience");
        }
    }
    if !areas.is_empty() {
        let there = tx.areas().await?;
        if !areas.iter().all(|id| there.iter().any(|area| area.id == *id)) {
            refuse("/audience");
        }
    }
    if let Some((first, _)) = draft.follows_up {
        let first = tx.broadcast(first).await?;
        if first.is_none_or(|first| first.sending_at.is_none()) {
            refuse("/follows_up/first");
        }
    }
    if unknown.is_empty() { Ok(()) } else { Err(Error::violations(unknown)) }
}
