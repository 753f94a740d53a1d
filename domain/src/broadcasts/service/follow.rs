//! Looking ahead and looking back: whom it would reach and at what cost, and what came of it.

use crate::{
    Ctx, Error, Locale, Result, Store,
    audit::{Deed, Subject, note},
    broadcasts::{Broadcast, Limit, Paid, Prices, Reached, Results, Standing, Tally, Ways},
    context::{Permission, Staff},
    deliveries::Channel,
    ids::MessageId,
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
    /// What is paid for altogether when nobody acknowledges; every number is called twice then.
    pub if_nobody_answers: Paid,
    /// What that costs the town hall.
    pub prices: Prices,
}

/// What sending a broadcast would mean now.
///
/// # Errors
/// [`crate::Code::NotFound`].
pub async fn preview(store: &dyn Store, ctx: &Ctx<Staff>, id: MessageId) -> Result<Estimate> {
    ctx.require(Permission::ReadBroadcasts)?;
    let reads = store.read(ctx.scope()).await?;
    let broadcast = reads.broadcast(id).await?.ok_or_else(Error::not_found)?;
    let town = reads.municipality_by_id(ctx.actor.municipality).await?.ok_or_else(Error::not_found)?;
    let ways = reads.count_audience(&broadcast.whom()?).await?;
    Ok(estimate(&broadcast, town.name.as_str(), ways, town.settings.prices))
}

fn estimate(broadcast: &Broadcast, town: &str, ways: Ways, prices: Prices) -> Estimate {
    let (texts, severity) = (&broadcast.draft.texts, broadcast.draft.severity);
    let (mut at_once, mut later) = (Paid::default(), Paid::default());
    for way in &ways.ways {
        let paid = paid(broadcast, town, (way.channel, way.locale, way.contact_points));
        let sum = if way.at_once { &mut at_once } else { &mut later };
        *sum = sum.and(paid);
    }
    let mut if_nobody_answers = at_once.and(later);
    if !severity.is_routine() {
        // Whoever does not acknowledge the first call is called a second time.
        if_nobody_answers.voice_minutes = if_nobody_answers.voice_minutes.saturating_mul(2);
    }
    Estimate { limits: texts.limits(town, severity), ways, at_once, if_nobody_answers, prices }
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
    let votes = match &broadcast.draft.poll {
        Some(poll) => Some(Results::of(poll, reads.votes(id).await?)),
        None => None,
    };
    let town = reads.municipality_by_id(ctx.actor.municipality).await?.ok_or_else(Error::not_found)?;
    let said = tally.said.iter().map(|said| paid(&broadcast, town.name.as_str(), *said));
    let paid = if broadcast.draft.drill { Paid::default() } else { said.fold(Paid::default(), Paid::and) };
    let euro_cents = town.settings.prices.euro_cents(paid);
    Ok(Report { broadcast, tally, votes, paid, euro_cents })
}

/// The people of a broadcast and how they stand, for whoever knocks at doors. Looking is noted.
///
/// # Errors
/// [`crate::Code::NotFound`].
pub async fn list_reached(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: MessageId,
    standing: Option<Standing>,
    page: &PageRequest,
) -> Result<Page<Reached>> {
    ctx.require(Permission::ReadBroadcasts)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.broadcast(id).await?.ok_or_else(Error::not_found)?;
    let people = tx.reached(id, standing, page).await?;
    note(&*tx, ctx, Deed::Searched, Subject::Broadcast(id)).await?;
    tx.commit().await?;
    Ok(people)
}
