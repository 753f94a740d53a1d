//! Those who chose a topic hear of its news, and of a new gazette. The piece becomes a broadcast to them: who
//! is reached and how, consents, quiet hours and the report are those of every broadcast.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Content, Kind, Language, in_language};
use crate::{
    Ctx, Error, Locale, Result, Tx,
    broadcasts::{Attachments, AudienceTree, Broadcast, BroadcastState, Draft, Link, Texts, Wording},
    context::Staff,
    deliveries::Severity,
    error::Code,
    ids::{MessageId, MunicipalityId, StaffId},
    text::{Announcement, Name},
};

/// How long news are news.
const WORTH: TimeDelta = TimeDelta::days(7);

/// Who publishes, where and when.
#[derive(Clone, Copy, Debug)]
pub struct Publisher {
    /// The moment.
    pub now: DateTime<Utc>,
    /// The town.
    pub municipality: MunicipalityId,
    /// Who answers for it.
    pub staff: StaffId,
}

impl From<&Ctx<Staff>> for Publisher {
    fn from(ctx: &Ctx<Staff>) -> Self {
        Self { now: ctx.now, municipality: ctx.actor.municipality, staff: ctx.actor.staff }
    }
}

/// The broadcast of a piece. There is at most one: it is told once, however often it is changed.
fn broadcast_of(content: &Content) -> MessageId {
    MessageId(content.id.0)
}

/// Plans that a piece is told which was just published, for the `first` time or again, or says something else from
/// now on: as long as nobody was told, what is planned is what the piece says. News and gazettes with a topic are
/// told; where nobody chose it, or it is meant for a time too far away, nothing is planned. What staff called back
/// themselves stays so.
///
/// # Errors
/// Those of storage.
pub async fn announce(tx: &dyn Tx, publisher: &Publisher, content: &Content, first: bool) -> Result<()> {
    if !matches!(content.kind, Kind::News | Kind::Gazette) {
        return Ok(());
    }
    let before = tx.hold_broadcast(broadcast_of(content)).await?;
    let is_open = match &before {
        None => first,
        Some(before) => before.state == BroadcastState::Approved || was_called_back(before),
    };
    if !is_open {
        return Ok(());
    }
    let Some(draft) = draft(tx, publisher, content).await? else {
        return call_back_planned(tx, publisher.now, before).await;
    };
    let decided = Some((publisher.staff, publisher.now));
    let mut broadcast = Broadcast::new(broadcast_of(content), publisher.now, publisher.staff, draft);
    (broadcast.state, broadcast.submitted, broadcast.approved) = (BroadcastState::Approved, decided, decided);
    if tx.count_audience(&broadcast.whom()?, None).await?.people == 0 {
        return call_back_planned(tx, publisher.now, before).await;
    }
    match before {
        None => tx.insert_broadcast(&broadcast).await?,
        // Nobody heard of the one before: it begins once more.
        Some(before) => {
            broadcast.version = before.version;
            tx.update_broadcast(&broadcast).await?;
        }
    }
    Ok(tx.call_up(broadcast.draft.send_at.unwrap_or(publisher.now), &broadcast).await?)
}

/// A piece that is public no more, and was not told yet, is not told.
///
/// # Errors
/// Those of storage.
pub async fn call_back(tx: &dyn Tx, now: DateTime<Utc>, content: &Content) -> Result<()> {
    call_back_planned(tx, now, tx.hold_broadcast(broadcast_of(content)).await?).await
}

async fn call_back_planned(tx: &dyn Tx, now: DateTime<Utc>, planned: Option<Broadcast>) -> Result<()> {
    let planned = planned.filter(|planned| planned.state == BroadcastState::Approved);
    let Some(mut broadcast) = planned else { return Ok(()) };
    broadcast.state = broadcast.state.step(BroadcastState::Cancelled)?;
    (broadcast.approved, broadcast.ended_at) = (None, Some(now));
    tx.update_broadcast(&broadcast).await?;
    Ok(tx.call_up(now, &broadcast).await?)
}

/// Whether a broadcast was called back with its piece: nobody stands for it any more. What staff call back keeps
/// the name of who approved it.
fn was_called_back(broadcast: &Broadcast) -> bool {
    broadcast.state == BroadcastState::Cancelled
        && broadcast.sending_at.is_none()
        && broadcast.approved.is_none()
        && broadcast.submitted.is_some()
}

/// What is told of a piece; none of one that is not told.
async fn draft(tx: &dyn Tx, publisher: &Publisher, content: &Content) -> Result<Option<Draft>> {
    let (Some(topic), Kind::News | Kind::Gazette) = (content.sheet.topic, content.kind) else {
        return Ok(None);
    };
    let now = publisher.now;
    let town = tx.municipality_by_id(publisher.municipality).await?.ok_or_else(Error::not_found)?;
    let office = match content.sheet.office {
        Some(office) => tx.department(office).await?.map(|office| office.name),
        None => None,
    };
    let Some(de) = wording(content, Locale::De, &town.name)? else { return Ok(None) };
    let en = wording(content, Locale::En, &town.name)?.filter(|en| *en != de);
    let send_at = content.sheet.publish_from.filter(|from| *from > now);
    // What is published lies within the years a town reckons with.
    let end = send_at.unwrap_or(now).checked_add_signed(WORTH).unwrap_or(now);
    let links = content.sheet.links.iter().take(crate::broadcasts::broadcast::MOST_LINKS);
    let draft = Draft {
        severity: Severity::Information,
        topic: Some(topic),
        sender: office.unwrap_or(town.name),
        texts: Texts { de, en },
        attachments: Attachments::default(),
        links: links.map(|link| Link { url: link.url.clone(), label: link.label.clone() }).collect(),
        audience: Some(AudienceTree { everyone: Some(true), ..AudienceTree::default() }),
        follows_up: None,
        poll: None,
        template: None,
        drill: false,
        send_at,
        expires_at: content.sheet.publish_until.map_or(end, |until| until.min(end)),
    };
    Ok(Some(draft).filter(|draft| draft.check(now).is_ok()))
}

/// The heading, and the summary where there is one.
fn wording(content: &Content, locale: Locale, town: &Name) -> Result<Option<Wording>> {
    let language = Language::from(locale);
    let Some(text) = in_language(&content.sheet.texts, &language) else { return Ok(None) };
    let summary = text.summary.as_ref().map(|summary| summary.as_str());
    let issue = content.sheet.gazette.as_ref().and_then(|gazette| gazette.issue.as_ref());
    let body = match (summary, issue) {
        (Some(summary), _) => summary.to_owned(),
        (None, Some(issue)) => format!("{town}: {} {issue}", text.title),
        (None, None) => text.title.to_string(),
    };
    let body = Announcement::parse(body).map_err(|_| Error::refused(Code::Internal))?;
    Ok(Some(Wording { title: text.title.clone(), body, short: None }))
}
