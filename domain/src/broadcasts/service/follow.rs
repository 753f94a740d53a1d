//! Looking ahead and looking back: whom it would reach and at what cost, and what came of it.

use crate::{
    Ctx, Error, Locale, Result, Store,
    audit::{Deed, Subject, note},
    broadcasts::{
        Broadcast, Ladder, Limit, Moment, Paid, Prices, Reached, Results, Tally, Waits, Wanted, Ways,
    },
    context::{Permission, Staff},
    deliveries::{
        Channel,
        budget::{self, Budget, Purse},
    },
    ids::MessageId,
    municipalities::Municipality,
    page::{Page, PageRequest},
    sms::Sms,
};

/// What sending would mean.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Whom it would reach.
    pub ways: Ways,
    /// How much of each channel's room the words take.
    pub limits: Vec<Limit>,
    /// What is paid for at once.
    pub at_once: Paid,
    /// What is paid for altogether when nobody answers: each number as often as it stands on the ladder.
    pub if_nobody_answers: Paid,
    /// What that costs the town hall.
    pub prices: Prices,
    /// Whether the day's budget pays for it.
    pub need: Need,
}

/// Text messages and calls, each counted once, however long it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// That leave at once.
    pub at_once: u64,
    /// Altogether when nobody answers.
    pub if_nobody_answers: u64,
    /// That the town hall may still send today.
    pub left: u64,
}

impl Need {
    /// Whether the budget lasts whatever people answer.
    pub fn is_covered(self) -> bool {
        self.if_nobody_answers <= self.left
    }
}

/// What sending a broadcast would mean now.
///
/// # Errors
/// [`crate::Code::NotFound`].
pub async fn preview(store: &dyn Store, ctx: &Ctx<Staff>, id: MessageId, budget: Budget) -> Result<Estimate> {
    ctx.require(Permission::ReadBroadcasts)?;
    let reads = store.read(ctx.scope()).await?;
    let broadcast = reads.broadcast(id).await?.ok_or_else(Error::not_found)?;
    let town = reads.municipality_by_id(ctx.actor.municipality).await?.ok_or_else(Error::not_found)?;
    let ladder = ladder_of(&broadcast, &town);
    let ways = reads.count_audience(&broadcast.whom()?, ladder.as_ref()).await?;
    let purse = Purse::from(broadcast.draft.severity);
    let left = budget::left(&*reads, ctx.now, budget, (town.id, purse)).await?;
    Ok(estimate(&broadcast, &town, (ways, left), ladder.as_ref()))
}

/// The ladder people would climb if it began now. How long a rung waits on this installation is not known here.
pub(super) fn ladder_of(broadcast: &Broadcast, town: &Municipality) -> Option<Ladder> {
    Ladder::of(broadcast.draft.severity, Waits::default(), &town.settings.ladders)
}

fn estimate(
    broadcast: &Broadcast,
    town: &Municipality,
    (ways, left): (Ways, u64),
    ladder: Option<&Ladder>,
) -> Estimate {
    let (texts, severity) = (&broadcast.draft.texts, broadcast.draft.severity);
    let (prices, town) = (town.settings.prices, town.name.as_str());
    let (mut at_once, mut if_nobody_answers) = (Paid::default(), Paid::default());
    let mut need = Need { left, ..Need::default() };
    for way in &ways.ways {
        let once = paid(broadcast, town, (way.channel, way.locale, way.contact_points));
        // A drill costs nothing.
        let messages = if way.channel.is_paid() && !broadcast.draft.drill { way.contact_points } else { 0 };
        if way.at_once {
            at_once = at_once.and(once);
            need.at_once = need.at_once.saturating_add(messages);
        }
        let times = ladder.map_or(1, |ladder| ladder.times(way.channel));
        if_nobody_answers = if_nobody_answers.and(once.times(times));
        need.if_nobody_answers = need.if_nobody_answers.saturating_add(messages.saturating_mul(times));
    }
    Estimate { limits: texts.limits(town, severity), ways, at_once, if_nobody_answers, prices, need }
}

/// What it takes to say a broadcast so many times by a channel in a language.
fn paid(broadcast: &Broadcast, town: &str, (channel, locale, times): (Channel, Locale, u64)) -> Paid {
    let wording = broadcast.draft.texts.in_locale(locale);
    match channel {
        Channel::Push | Channel::Email => Paid::default(),
        Channel::Sms => {
            let sms = Sms::new(&wording.text_message(town, broadcast.draft.severity, locale));
            let segments = u64::try_from(sms.length().segments).unwrap_or(u64::MAX);
            Paid { sms_segments: segments.saturating_mul(times), ..Paid::default() }
        }
        Channel::Voice => {
            Paid { voice_minutes: wording.minutes(town, locale).saturating_mul(times), ..Paid::default() }
        }
    }
}

/// What came of a broadcast.
#[derive(Clone, Debug)]
pub struct Report {
    /// The broadcast.
    pub broadcast: Broadcast,
    /// People and deliveries.
    pub tally: Tally,
    /// What happened when.
    pub course: Vec<Moment>,
    /// Votes for each answer of its poll.
    pub votes: Option<Results>,
    /// What was paid for at most: a call that nobody picked up costs nothing.
    pub paid: Paid,
    /// What that costs the town hall, in euro cents, where it said what it pays.
    pub euro_cents: Option<u64>,
}

/// What has come of a broadcast.
///
/// # Errors
/// [`crate::Code::NotFound`].
pub async fn report(store: &dyn Store, ctx: &Ctx<Staff>, id: MessageId) -> Result<Report> {
    ctx.require(Permission::ReadBroadcasts)?;
    let reads = store.read(ctx.scope()).await?;
    let broadcast = reads.broadcast(id).await?.ok_or_else(Error::not_found)?;
    let tally = reads.tally(id).await?;
    let course = match broadcast.sending_at {
        Some(since) => reads.course(id, since).await?,
        None => Vec::new(),
    };
    let votes = match &broadcast.draft.poll {
        Some(poll) => Some(Results::of(poll, reads.votes(id).await?)),
        None => None,
    };
    let town = reads.municipality_by_id(ctx.actor.municipality).await?.ok_or_else(Error::not_found)?;
    let said = tally.said.iter().map(|said| paid(&broadcast, town.name.as_str(), *said));
    let paid = if broadcast.draft.drill { Paid::default() } else { said.fold(Paid::default(), Paid::and) };
    let euro_cents = town.settings.prices.euro_cents(paid);
    Ok(Report { broadcast, tally, course, votes, paid, euro_cents })
}

/// The people of a broadcast and how they stand, for whoever knocks at doors. Looking is noted.
///
/// # Errors
/// [`crate::Code::NotFound`].
pub async fn list_reached(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: MessageId,
    wanted: Wanted,
    page: &PageRequest,
) -> Result<Page<Reached>> {
    ctx.require(Permission::ReadBroadcasts)?;
    // Counted before anything is held: an audience may be large, and others want to write.
    let reads = store.read(ctx.scope()).await?;
    reads.broadcast(id).await?.ok_or_else(Error::not_found)?;
    let people = reads.reached(id, wanted, page).await?;
    drop(reads);
    let tx = store.begin(ctx.scope()).await?;
    note(&*tx, ctx, Deed::Searched, Subject::Broadcast(id)).await?;
    tx.commit().await?;
    Ok(people)
}
