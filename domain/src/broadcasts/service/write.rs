//! Writing a broadcast.

use chrono::{DateTime, Utc};

use crate::{
    Code, Ctx, Error, Result, Store, Tx, Violation,
    audit::{Deed, Subject, note},
    broadcasts::{
        Attachments, AudienceTree, Broadcast, BroadcastState, Draft, FollowUp, Link, Poll, Texts,
        template::Filled,
    },
    context::{Permission, Staff},
    deliveries::Severity,
    idempotency::{Once, Outcome},
    ids::{BroadcastTemplateId, MessageId, TopicId},
    page::{Page, PageRequest},
    text::Name,
};

use super::known;

/// A template and what is filled into it.
#[derive(Clone, Debug)]
pub struct FromTemplate {
    /// The template, as it is now.
    pub template: BroadcastTemplateId,
    /// What is filled in.
    pub values: Vec<Filled>,
}

/// A draft to be written. What a template says need not be said again.
#[derive(Clone, Debug)]
pub struct NewDraft {
    /// How urgent; as the template says where absent.
    pub severity: Option<Severity>,
    /// What it is about.
    pub topic: Option<TopicId>,
    /// The office that speaks; as the template says where absent.
    pub sender: Option<Name>,
    /// The words; exactly one of these and a template.
    pub texts: Option<Texts>,
    /// The template they are made of.
    pub template: Option<FromTemplate>,
    /// Links to more.
    pub links: Vec<Link>,
    /// Pictures and documents.
    pub attachments: Attachments,
    /// What those are asked whom it is for.
    pub poll: Option<Poll>,
    /// Whom it is for.
    pub audience: Option<AudienceTree>,
    /// The first broadcast, and what this one says about it.
    pub follows_up: Option<(MessageId, FollowUp)>,
    /// Whether every step is taken and nobody is reached.
    pub drill: bool,
    /// When it is sent.
    pub send_at: Option<DateTime<Utc>>,
    /// After this it is worthless.
    pub expires_at: DateTime<Utc>,
}

impl NewDraft {
    /// The draft it becomes.
    async fn complete(self, tx: &dyn Tx) -> Result<Draft> {
        let (template, texts) = match (self.texts, self.template) {
            (Some(texts), None) => (None, texts),
            (None, Some(from)) => {
                let unknown = || Error::invalid("/template/template", Code::UnknownReference);
                let template = tx.template(from.template, None).await?.ok_or_else(unknown)?;
                let texts = template.body.fill(&from.values, "/template/values")?;
                (Some(template), texts)
            }
            _ => return Err(Error::invalid("", Code::ExactlyOne)),
        };
        let made_of = template.as_ref().map(|template| (template.id, template.version));
        let (severity, sender) =
            template.map(|template| (template.body.severity, template.body.sender)).unzip();
        let (Some(severity), Some(sender)) = (self.severity.or(severity), self.sender.clone().or(sender))
        else {
            let missing = [("/severity", self.severity.is_none()), ("/sender", self.sender.is_none())];
            let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
            let violation = |(pointer, _)| Violation::new(pointer, Code::Required);
            return Err(Error::violations(missing.map(violation).collect()));
        };
        Ok(Draft {
            severity,
            topic: self.topic,
            sender,
            texts,
            template: made_of,
            links: self.links,
            attachments: self.attachments,
            poll: self.poll,
            audience: self.audience,
            follows_up: self.follows_up,
            drill: self.drill,
            send_at: self.send_at,
            expires_at: self.expires_at,
        })
    }
}

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
    /// Pictures and documents, as a whole.
    pub attachments: Option<Attachments>,
    /// What is asked, as a whole.
    pub poll: Option<Option<Poll>>,
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
        let Self { severity, topic, sender, texts, links, attachments, poll, .. } = self;
        let Self { audience, drill, send_at, expires_at, .. } = self;
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
        if let Some(poll) = poll {
            draft.poll = poll;
        }
        if let Some(links) = links {
            draft.links = links;
        }
        if let Some(attachments) = attachments {
            draft.attachments = attachments;
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
    new: NewDraft,
    once: Once<'_, Broadcast>,
) -> Result<Outcome<Broadcast>> {
    ctx.require(Permission::WriteBroadcasts)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    let draft = new.complete(&*tx).await?;
    draft.check(ctx.now)?;
    let incident = known::draft(&*tx, &draft).await?;
    known::attachments(&*tx, &draft.attachments).await?;
    let broadcast = Broadcast { incident, ..Broadcast::new(ctx.id(), ctx.now, ctx.actor.staff, draft) };
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
    broadcast.incident = known::draft(&*tx, &broadcast.draft).await?;
    known::attachments(&*tx, &broadcast.draft.attachments).await?;
    tx.update_broadcast(&broadcast).await?;
    note(&*tx, ctx, Deed::Changed, Subject::Broadcast(id)).await?;
    tx.commit().await?;
    Ok(Broadcast { version: version + 1, ..broadcast })
}
