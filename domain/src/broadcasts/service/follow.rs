//! Looking ahead and looking back: whom it would reach and at what cost, and what came of it.

use crate::{
    Ctx, Error, Result, Store,
    audit::{Deed, Subject, note},
    broadcasts::{Broadcast, Limit, Reached, Results, Standing, Tally, Ways},
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
    /// Paid text messages sent at once, and those that follow when nobody acknowledges.
    pub sms_segments: (u64, u64),
    /// Minutes of calls, in the same way; every number is called twice.
    pub voice_minutes: (u64, u64),
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
    Ok(estimate(&broadcast, town.name.as_str(), ways))
}

fn estimate(broadcast: &Broadcast, town: &str, ways: Ways) -> Estimate {
    let (texts, severity) = (&broadcast.draft.texts, broadcast.draft.severity);
    let (mut sms_segments, mut voice_minutes) = ((0, 0), (0, 0));
    for way in &ways.ways {
        let wording = texts.in_locale(way.locale);
        let (sum, each) = match way.channel {
            Channel::Push | Channel::Email => continue,
            Channel::Sms => {
                let sms = Sms::new(&wording.text_message(town, severity, way.locale));
                (&mut sms_segments, u64::try_from(sms.length().segments).unwrap_or(u64::MAX))
            }
            Channel::Voice => (&mut voice_minutes, wording.minutes(town, way.locale)),
        };
        let all = way.contact_points.saturating_mul(each);
        if way.at_once {
            sum.0 += all;
        } else {
            sum.1 += all;
        }
    }
    if !severity.is_routine() {
        // Whoever does not acknowledge the first call is called a second time.
        let once = voice_minutes.0 + voice_minutes.1;
        voice_minutes.1 += once;
    }
    Estimate { limits: texts.limits(town, severity), ways, sms_segments, voice_minutes }
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
    Ok(Report { broadcast, tally, votes })
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
