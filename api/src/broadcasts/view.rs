//! Broadcasts as staff sees them.

use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    Locale,
    broadcasts::{
        Attachments, AudienceTree, Broadcast, Link, Paid, Poll, Texts,
        service::{Estimate, Report},
    },
    ids::{BroadcastTemplateId, MessageId, StaffId, TopicId},
    text::Name,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::course::{BroadcastArea, BroadcastMoment};

/// The broadcast that another one follows up.
#[derive(Serialize, ToSchema)]
pub struct FollowedUp {
    /// The first broadcast.
    #[schema(value_type = uuid::Uuid)]
    first: MessageId,
    /// `update`, `correction` or `all_clear`.
    #[schema(max_length = 20, example = "all_clear")]
    kind: String,
}

/// The template that the words were made of.
#[derive(Serialize, ToSchema)]
pub struct MadeOf {
    /// The template.
    #[schema(value_type = uuid::Uuid)]
    template: BroadcastTemplateId,
    /// Its version.
    #[schema(minimum = 1, example = 3)]
    version: i64,
}

/// Who did a step, and when.
#[derive(Serialize, ToSchema)]
pub struct BroadcastStep {
    /// The member of staff.
    #[schema(value_type = uuid::Uuid)]
    by: StaffId,
    /// When.
    at: DateTime<Utc>,
}

/// A broadcast.
#[derive(Serialize, ToSchema)]
#[schema(as = Broadcast)]
pub struct BroadcastView {
    /// Its identity. A push message about it carries the same.
    #[schema(value_type = uuid::Uuid)]
    id: MessageId,
    /// `draft`, `submitted`, `approved`, `sending`, `sent`, `cancelled` or `expired`.
    #[schema(max_length = 20, example = "draft")]
    state: String,
    /// `information`, `important` or `crisis`.
    #[schema(max_length = 20, example = "crisis")]
    severity: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = uuid::Uuid)]
    topic: Option<TopicId>,
    /// The office that speaks.
    sender: Name,
    /// The words.
    texts: Texts,
    /// The template they were made of; somebody may have changed them since.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    template: Option<MadeOf>,
    /// Links to more.
    #[schema(max_items = 5)]
    links: Vec<Link>,
    /// Pictures and documents.
    attachments: Attachments,
    /// What those are asked whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    poll: Option<Poll>,
    /// Whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    audience: Option<AudienceTree>,
    /// The broadcast it follows up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    follows_up: Option<FollowedUp>,
    /// Whether it is a drill.
    drill: bool,
    /// When it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    send_at: Option<DateTime<Utc>>,
    /// After this it is worthless.
    expires_at: DateTime<Utc>,
    /// Who wrote it.
    created: BroadcastStep,
    /// Who submitted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    submitted: Option<BroadcastStep>,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    approved: Option<BroadcastStep>,
    /// Why nobody else approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000)]
    glass_broken: Option<String>,
    /// The all-clear since which nothing of it leaves any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = uuid::Uuid)]
    ended_by: Option<MessageId>,
    /// When it began to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sending_at: Option<DateTime<Utc>>,
    /// When nothing was left to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ended_at: Option<DateTime<Utc>>,
    /// People it is for, as far as they are planned.
    #[schema(minimum = 0, example = 1250)]
    people: u64,
}

/// Moments are told in whole seconds.
pub(super) fn seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(0)
}

impl From<Broadcast> for BroadcastView {
    fn from(broadcast: Broadcast) -> Self {
        let step = |(by, at): (StaffId, DateTime<Utc>)| BroadcastStep { by, at: seconds(at) };
        let draft = broadcast.draft;
        Self {
            id: broadcast.id,
            state: broadcast.state.to_string(),
            severity: draft.severity.to_string(),
            topic: draft.topic,
            sender: draft.sender,
            texts: draft.texts,
            template: draft.template.map(|(template, version)| MadeOf { template, version }),
            links: draft.links,
            attachments: draft.attachments,
            poll: draft.poll,
            audience: draft.audience,
            follows_up: draft.follows_up.map(|(first, kind)| FollowedUp { first, kind: kind.to_string() }),
            drill: draft.drill,
            send_at: draft.send_at.map(seconds),
            expires_at: seconds(draft.expires_at),
            created: step((broadcast.created_by, broadcast.created_at)),
            submitted: broadcast.submitted.map(step),
            approved: broadcast.approved.map(step),
            glass_broken: broadcast.glass_broken.map(|why| why.to_string()),
            ended_by: broadcast.ended_by,
            sending_at: broadcast.sending_at.map(seconds),
            ended_at: broadcast.ended_at.map(seconds),
            people: broadcast.people,
        }
    }
}

/// Contact points on one channel in one language.
#[derive(Serialize, ToSchema)]
pub struct EstimatedChannel {
    /// `push`, `sms`, `voice` or `email`.
    #[schema(max_length = 20, example = "push")]
    channel: String,
    /// `de` or `en`.
    #[schema(max_length = 5, example = "de")]
    language: String,
    /// Whether they are told at once; else when nobody acknowledges.
    at_once: bool,
    /// How many, each number and mailbox counted once.
    #[schema(minimum = 0, example = 830)]
    contact_points: u64,
}

/// How much of a channel's room the words take.
#[derive(Serialize, ToSchema)]
pub struct ChannelLimit {
    /// `sms` or `voice`.
    #[schema(max_length = 20, example = "sms")]
    channel: String,
    /// `de` or `en`.
    #[schema(max_length = 5, example = "de")]
    language: String,
    /// Messages for `sms`, characters for `voice`.
    #[schema(minimum = 0, example = 2)]
    used: usize,
    /// The most there may be.
    #[schema(minimum = 0, example = 6)]
    most: usize,
    /// Whether it can be sent. What does not fit is never cut: give a `short` text.
    fits: bool,
}

/// What is paid for.
#[derive(Serialize, ToSchema)]
pub struct EstimatedCost {
    /// Text messages, counted as they are paid.
    #[schema(minimum = 0, example = 240)]
    sms_segments: u64,
    /// Minutes of calls.
    #[schema(minimum = 0, example = 35)]
    voice_minutes: u64,
    /// What that costs in euro cents, where `prices` of the settings say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, example = 2220)]
    euro_cents: Option<u64>,
}

impl EstimatedCost {
    fn new(paid: Paid, euro_cents: Option<u64>) -> Self {
        Self { sms_segments: paid.sms_segments, voice_minutes: paid.voice_minutes, euro_cents }
    }
}

/// Text messages and calls, each counted once, however long it is, and the day's budget for them.
#[derive(Serialize, ToSchema)]
pub struct PaidMessages {
    /// That leave at once.
    #[schema(minimum = 0, example = 180)]
    at_once: u64,
    /// Altogether when nobody answers.
    #[schema(minimum = 0, example = 420)]
    if_nobody_answers: u64,
    /// That the town hall may still send today; a crisis has a budget of its own.
    #[schema(minimum = 0, example = 9820)]
    left_today: u64,
    /// Whether those are enough. Where they are not, the last people are not sent anything that costs money.
    is_covered: bool,
}

/// What sending a broadcast would mean now.
#[derive(Serialize, ToSchema)]
pub struct BroadcastPreview {
    /// People it would be for.
    #[schema(minimum = 0, example = 1250)]
    people: u64,
    /// Those of them nothing can be sent to.
    #[schema(minimum = 0, example = 12)]
    unreachable: u64,
    /// Whether approving it takes `confirm_people`.
    is_unusual: bool,
    /// How they would be reached.
    #[schema(max_items = 16)]
    channels: Vec<EstimatedChannel>,
    /// Whether the words fit.
    #[schema(max_items = 4)]
    limits: Vec<ChannelLimit>,
    /// What is paid for at once.
    at_once: EstimatedCost,
    /// What is paid for altogether when nobody acknowledges.
    if_nobody_answers: EstimatedCost,
    /// What it takes of the day's budget.
    paid_messages: PaidMessages,
}

impl BroadcastPreview {
    /// The view of an estimate; more than `usual` people are unusual.
    pub fn new(estimate: Estimate, usual: u64) -> Self {
        let cost = |paid| EstimatedCost::new(paid, estimate.prices.euro_cents(paid));
        Self {
            people: estimate.ways.people,
            unreachable: estimate.ways.people.saturating_sub(estimate.ways.reachable),
            is_unusual: estimate.ways.people > usual,
            channels: estimate
                .ways
                .ways
                .into_iter()
                .map(|way| EstimatedChannel {
                    channel: way.channel.to_string(),
                    language: way.locale.to_string(),
                    at_once: way.at_once,
                    contact_points: way.contact_points,
                })
                .collect(),
            limits: estimate
                .limits
                .into_iter()
                .map(|limit| ChannelLimit {
                    channel: limit.channel.to_string(),
                    language: limit.locale.to_string(),
                    used: limit.used,
                    most: limit.most,
                    fits: limit.fits,
                })
                .collect(),
            at_once: cost(estimate.at_once),
            if_nobody_answers: cost(estimate.if_nobody_answers),
            paid_messages: PaidMessages {
                at_once: estimate.need.at_once,
                if_nobody_answers: estimate.need.if_nobody_answers,
                left_today: estimate.need.left,
                is_covered: estimate.need.is_covered(),
            },
        }
    }
}

/// A test that is on its way.
#[derive(Serialize, ToSchema)]
pub struct BroadcastTest {
    /// Phones and mailboxes it goes to.
    #[schema(minimum = 0, example = 2)]
    pub contact_points: u64,
}

/// How many there are of one kind.
#[derive(Serialize, ToSchema)]
pub struct Counted {
    /// What is counted: a state, a reason, a means, an answer.
    #[schema(max_length = 80, example = "no_channel")]
    pub(super) name: String,
    /// How many.
    #[schema(minimum = 0, example = 12)]
    pub(super) count: u64,
}

/// Deliveries of one channel in one state.
#[derive(Serialize, ToSchema)]
pub struct CountedDeliveries {
    /// `push`, `sms`, `voice` or `email`.
    #[schema(max_length = 20, example = "push")]
    channel: String,
    /// `waiting`, `pending`, `sent`, `delivered`, `read`, `failed`, `expired`, `unknown`, `suppressed` or
    /// `cancelled`.
    #[schema(max_length = 20, example = "sent")]
    state: String,
    /// How many.
    #[schema(minimum = 0, example = 830)]
    count: u64,
}

/// What has come of a broadcast.
#[derive(Serialize, ToSchema)]
pub struct BroadcastReport {
    /// The broadcast.
    broadcast: BroadcastView,
    /// People it is for.
    #[schema(minimum = 0, example = 1250)]
    people: u64,
    /// How they stand: `acknowledged`, `delivered`, `not_yet`, `called_back`, `unreachable`.
    #[schema(max_items = 5)]
    standings: Vec<Counted>,
    /// The same for each district people live in.
    #[schema(max_items = 1001)]
    areas: Vec<BroadcastArea>,
    /// What happened when, from the beginning: by the minute in the first two hours, by ten minutes in the first day,
    /// by the hour in the first week, by half days after it. What nothing happened in is left out.
    #[schema(max_items = 503)]
    timeline: Vec<BroadcastMoment>,
    /// How they acknowledged: `app`, `voice`, `sms`, `link`, `staff`.
    #[schema(max_items = 10)]
    acknowledged: Vec<Counted>,
    /// Why nothing could be sent to some.
    #[schema(max_items = 10)]
    unreachable: Vec<Counted>,
    /// People who opened it in the app.
    #[schema(minimum = 0, example = 610)]
    read: u64,
    /// People whose representative was told that they did not acknowledge.
    #[schema(minimum = 0, example = 3)]
    proxies_told: u64,
    /// What was sent.
    #[schema(max_items = 40)]
    deliveries: Vec<CountedDeliveries>,
    /// Votes for each answer of its poll, in the order of the answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 10)]
    votes: Option<Vec<Counted>>,
    /// What was paid for at most: a call that nobody picked up costs nothing.
    cost: EstimatedCost,
}

impl BroadcastReport {
    /// The view of a tally.
    pub fn new(report: Report) -> Self {
        let Report { broadcast, tally, course, votes, paid, euro_cents } = report;
        let timeline = BroadcastMoment::all(broadcast.sending_at, &course);
        fn counted<K: ToString>(counts: impl IntoIterator<Item = (K, u64)>) -> Vec<Counted> {
            counts.into_iter().map(|(name, count)| Counted { name: name.to_string(), count }).collect()
        }
        let options =
            broadcast.draft.poll.iter().flat_map(|poll| poll.options_in(Locale::De).map(str::to_owned));
        let votes = votes.map(|results| counted(options.collect::<Vec<_>>().into_iter().zip(results.0)));
        let deliveries = tally.deliveries.into_iter().map(|((channel, state), count)| CountedDeliveries {
            channel: channel.to_string(),
            state,
            count,
        });
        Self {
            broadcast: broadcast.into(),
            people: tally.people,
            standings: counted(tally.standings),
            areas: BroadcastArea::all(tally.districts),
            timeline,
            acknowledged: counted(tally.acknowledged),
            unreachable: counted(tally.unreachable),
            read: tally.read,
            proxies_told: tally.proxies_told,
            deliveries: deliveries.collect(),
            votes,
            cost: EstimatedCost::new(paid, euro_cents),
        }
    }

    /// The same as a table: what is counted, of what, how many.
    pub fn lines(&self) -> Vec<[String; 3]> {
        let of = |kind: &'static str| {
            move |counted: &Counted| [kind.to_owned(), counted.name.clone(), counted.count.to_string()]
        };
        let alone = |name: &str, count: u64| ["people".to_owned(), name.to_owned(), count.to_string()];
        let mut lines = vec![
            alone("all", self.people),
            alone("read", self.read),
            alone("proxies_told", self.proxies_told),
        ];
        lines.extend(self.standings.iter().map(of("standing")));
        lines.extend(self.areas.iter().flat_map(BroadcastArea::lines));
        lines.extend(self.timeline.iter().flat_map(BroadcastMoment::lines));
        lines.extend(self.acknowledged.iter().map(of("acknowledged")));
        let cost = |name: &str, many: u64| ["cost".to_owned(), name.to_owned(), many.to_string()];
        lines.push(cost("sms_segments", self.cost.sms_segments));
        lines.push(cost("voice_minutes", self.cost.voice_minutes));
        lines.extend(self.cost.euro_cents.map(|cents| cost("euro_cents", cents)));
        lines.extend(self.votes.iter().flatten().map(of("vote")));
        lines.extend(self.unreachable.iter().map(of("unreachable")));
        lines.extend(
            self.deliveries.iter().map(|one| [one.channel.clone(), one.state.clone(), one.count.to_string()]),
        );
        lines
    }
}
