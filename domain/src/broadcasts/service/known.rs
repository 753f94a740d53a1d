//! Refuses what names something that is not there.

use crate::{
    Code, Error, Result, Tx, Violation,
    broadcasts::{Attachments, Audience, AudienceTree, Draft},
    content::service::files::missing,
    ids::TopicId,
};

/// Looks up everything a draft names.
///
/// # Errors
/// [`Code::UnknownReference`] at each place.
pub(super) async fn draft(tx: &dyn Tx, draft: &Draft) -> Result<()> {
    let mut unknown = Vec::new();
    if let Some(topic) = draft.topic
        && !tx.topics().await?.iter().any(|there| there.id == topic)
    {
        unknown.push("/topic");
    }
    if let Some(tree) = &draft.audience
        && !is_known(tx, tree).await?
    {
        unknown.push("/audience");
    }
    if let Some((first, _)) = draft.follows_up {
        let first = tx.broadcast(first).await?;
        if first.is_none_or(|first| first.sending_at.is_none()) {
            unknown.push("/follows_up/first");
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let violation = |pointer| Violation::new(pointer, Code::UnknownReference);
    Err(Error::violations(unknown.into_iter().map(violation).collect()))
}

/// Looks up the files a draft names, and keeps them: what is named is not swept away.
///
/// # Errors
/// [`Code::UnknownReference`] at each place.
pub(super) async fn attachments(tx: &dyn Tx, attachments: &Attachments) -> Result<()> {
    if attachments.is_empty() {
        return Ok(());
    }
    // Whoever removes files that nothing names counts as well, and so comes before or after this.
    tx.count_content_change().await?;
    let missing = missing(tx, attachments.files()).await?;
    if missing.is_empty() { Ok(()) } else { Err(Error::violations(missing)) }
}

/// Looks up everything a filter names.
///
/// # Errors
/// [`Code::UnknownReference`].
pub(super) async fn audience(tx: &dyn Tx, tree: &AudienceTree) -> Result<()> {
    if is_known(tx, tree).await? { Ok(()) } else { Err(Error::invalid("/audience", Code::UnknownReference)) }
}

async fn is_known(tx: &dyn Tx, tree: &AudienceTree) -> Result<bool> {
    let Ok(audience) = Audience::parse(tree, "/audience") else { return Ok(true) };
    let (areas, topics, segments) = (audience.areas(), audience.topics(), audience.segments());
    if !topics.is_empty() {
        let there = tx.topics().await?;
        if !topics.iter().all(|id: &TopicId| there.iter().any(|topic| topic.id == *id)) {
            return Ok(false);
        }
    }
    if !areas.is_empty() {
        let there = tx.areas().await?;
        if !areas.iter().all(|id| there.iter().any(|area| area.id == *id)) {
            return Ok(false);
        }
    }
    if segments.is_empty() {
        return Ok(true);
    }
    // Held, so that none of them changes or goes while it is decided who is meant.
    let there = tx.hold_segments(&segments).await?;
    Ok(segments.iter().all(|id| there.iter().any(|segment| segment.id == *id)))
}
