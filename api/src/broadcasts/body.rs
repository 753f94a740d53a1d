//! What staff send about broadcasts.

use chrono::{DateTime, Utc};
use domain::{
    broadcasts::{
        Attachments, AudienceTree, FollowUp, Link, Poll, Texts,
        service::{Approval, Change as DraftChange, FromTemplate, NewDraft},
        template::Filled,
    },
    deliveries::Severity,
    ids::{BroadcastTemplateId, MessageId, StaffId, TopicId},
    text::{Name, PlaceholderName, PlaceholderValue, Remark},
};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::extract::Change;

/// How urgent a broadcast is.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BroadcastSeverity {
    /// Can wait for the morning.
    Information,
    /// To read today.
    Important,
    /// Danger.
    Crisis,
}

impl From<BroadcastSeverity> for Severity {
    fn from(severity: BroadcastSeverity) -> Self {
        match severity {
            BroadcastSeverity::Information => Self::Information,
            BroadcastSeverity::Important => Self::Important,
            BroadcastSeverity::Crisis => Self::Crisis,
        }
    }
}

/// What a broadcast says about an earlier one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowingUp {
    /// The first broadcast.
    #[schema(value_type = uuid::Uuid)]
    first: MessageId,
    /// What this one says about it.
    kind: FollowUp,
}

/// What stands at a place of a template.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilledPlaceholder {
    /// The place.
    name: PlaceholderName,
    /// What stands there: a date as `2026-11-24`, a time as `16:00`, a number as `2.5`, or words.
    value: PlaceholderValue,
}

/// A template with its places filled in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilledTemplate {
    /// The template, as it is now.
    #[schema(value_type = uuid::Uuid)]
    template: BroadcastTemplateId,
    /// Every place once.
    #[serde(default)]
    #[schema(required = false, max_items = 20)]
    values: Vec<FilledPlaceholder>,
}

impl From<FilledTemplate> for FromTemplate {
    fn from(body: FilledTemplate) -> Self {
        let filled = |one: FilledPlaceholder| Filled { name: one.name, value: one.value };
        Self { template: body.template, values: body.values.into_iter().map(filled).collect() }
    }
}

/// A broadcast to be written.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "severity": "crisis", "sender": "Ordnungsamt",
    "texts": {"de": {"title": "Hochwasser an der Mulde", "body": "Bitte verlassen Sie Keller und Ufer."}},
    "audience": {"street": {"name": "Muldestraße", "from": 1, "to": 20}},
    "expires_at": "2026-11-24T18:00:00Z",
}))]
pub struct NewBroadcast {
    /// How urgent; as its template says where absent.
    #[schema(nullable = false)]
    severity: Option<BroadcastSeverity>,
    /// What it is about. All but a crisis goes only to those who chose the topic.
    #[schema(nullable = false, value_type = Option<uuid::Uuid>)]
    topic: Option<TopicId>,
    /// The office that speaks; as its template says where absent.
    #[schema(nullable = false)]
    sender: Option<Name>,
    /// The words. Exactly one of `texts` and `template` is given.
    #[schema(nullable = false)]
    texts: Option<Texts>,
    /// The template they are made of.
    #[schema(nullable = false)]
    template: Option<FilledTemplate>,
    /// Links to more.
    #[serde(default)]
    #[schema(required = false, max_items = 5)]
    links: Vec<Link>,
    /// Pictures and documents, which were sent before as those of content are. Apps show them, letters link to
    /// them; text messages and calls say nothing of them.
    #[serde(default)]
    #[schema(required = false)]
    attachments: Attachments,
    /// What those are asked whom it is for; they vote until it expires.
    #[schema(nullable = false)]
    poll: Option<Poll>,
    /// Whom it is for. Exactly one of `audience` and `follows_up` is given.
    #[schema(nullable = false)]
    audience: Option<AudienceTree>,
    /// The broadcast it follows up: it goes to exactly those whom that one reached, or another one about the same,
    /// by the ways they agreed to for the first. Nothing of that one is copied, no links or attachments either. An
    /// `all_clear` stops all that was sent about it.
    #[schema(nullable = false)]
    follows_up: Option<FollowingUp>,
    /// Whether it is a drill: every step is taken, and nobody is reached. What follows up a drill is one, and what
    /// follows up a real broadcast is none.
    #[serde(default)]
    #[schema(required = false)]
    drill: bool,
    /// When it is sent; as soon as it is approved where absent.
    #[schema(nullable = false)]
    send_at: Option<DateTime<Utc>>,
    /// After this it is worthless: no phone rings with yesterday's warning.
    expires_at: DateTime<Utc>,
}

impl From<NewBroadcast> for NewDraft {
    fn from(new: NewBroadcast) -> Self {
        Self {
            severity: new.severity.map(Severity::from),
            topic: new.topic,
            sender: new.sender,
            texts: new.texts,
            template: new.template.map(FromTemplate::from),
            links: new.links,
            attachments: new.attachments,
            poll: new.poll,
            audience: new.audience,
            follows_up: new.follows_up.map(|up| (up.first, up.kind)),
            drill: new.drill,
            send_at: new.send_at,
            expires_at: new.expires_at,
        }
    }
}

/// What changes about a draft. Words, links, attachments and audience are replaced as a whole.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchBroadcast {
    /// How urgent.
    #[schema(nullable = false)]
    severity: Option<BroadcastSeverity>,
    /// What it is about; null for nothing in particular.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uuid", max_length = 36)]
    topic: Change<TopicId>,
    /// The office that speaks.
    #[schema(nullable = false)]
    sender: Option<Name>,
    /// The words.
    #[schema(nullable = false)]
    texts: Option<Texts>,
    /// Links to more.
    #[schema(nullable = false, max_items = 5)]
    links: Option<Vec<Link>>,
    /// Pictures and documents.
    #[schema(nullable = false)]
    attachments: Option<Attachments>,
    /// What is asked. A poll that was written can be changed, and not be taken away.
    #[schema(nullable = false)]
    poll: Option<Poll>,
    /// Whom it is for.
    #[schema(nullable = false)]
    audience: Option<AudienceTree>,
    /// Whether it is a drill.
    #[schema(nullable = false)]
    drill: Option<bool>,
    /// When it is sent; null for as soon as it is approved.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date-time", max_length = 40)]
    send_at: Change<DateTime<Utc>>,
    /// After this it is worthless.
    #[schema(nullable = false)]
    expires_at: Option<DateTime<Utc>>,
}

fn wanted<T>(change: Change<T>) -> Option<Option<T>> {
    match change {
        Change::Keep => None,
        Change::Clear => Some(None),
        Change::Set(value) => Some(Some(value)),
    }
}

impl From<PatchBroadcast> for DraftChange {
    fn from(patch: PatchBroadcast) -> Self {
        Self {
            severity: patch.severity.map(Severity::from),
            topic: wanted(patch.topic),
            sender: patch.sender,
            texts: patch.texts,
            links: patch.links,
            attachments: patch.attachments,
            poll: patch.poll.map(Some),
            audience: patch.audience,
            drill: patch.drill,
            send_at: wanted(patch.send_at),
            expires_at: patch.expires_at,
        }
    }
}

/// What somebody says who approves.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"confirm_people": 1250}))]
pub struct ApproveBroadcast {
    /// How many people it is for. Needed where those are unusually many: the number the preview counted.
    #[schema(nullable = false, minimum = 1, maximum = 100_000_000)]
    #[validate(range(min = 1, max = 100_000_000))]
    confirm_people: Option<u64>,
    /// Why nobody else can approve a crisis that you submitted yourself. All admins are told.
    #[schema(nullable = false)]
    break_glass: Option<Remark>,
}

impl From<ApproveBroadcast> for Approval {
    fn from(body: ApproveBroadcast) -> Self {
        Self { confirm_people: body.confirm_people, break_glass: body.break_glass }
    }
}

/// Who gets a test.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct TestBroadcast {
    /// Members of the staff; yourself where there are none.
    #[serde(default)]
    #[schema(required = false, max_items = 20, value_type = Vec<uuid::Uuid>)]
    pub staff: Vec<StaffId>,
}
