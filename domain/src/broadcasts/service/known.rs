//! Refuses what names something that is not there.

use crate::{
    Code, Error, Result, Tx, Violation,
    broadcasts::{Attachments, Audience, AudienceTree, Draft, Incident},
    content::service::files::missing,
    ids::TopicId,
};

/// Looks up everything a draft names. Answers what it is about, where it follows up another one.
///
/// # Errors
/// [`Code::UnknownReference`] at each place; [`Code::DrillMismatch`] where it follows up a drill and is none, or the
/// other way round.
pub(super) async fn draft(tx: &dyn Tx, draft: &Draft) -> Result<Option<Incident>> {
    let (mut unknown, mut incident, mut mixed) = (Vec::new(), None, None);
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
        match tx.broadcast(first).await? {
            Some(first) if first.sending_at.is_some() => {
                mixed =
                    (first.draft.drill != draft.drill).then(|| Violation::new("/drill", Code::DrillMismatch));
                let begins = Incident { first: first.id, severity: first.draft.severity };
                incident = Some(first.incident.unwrap_or(begins));
            }
            _ => unknown.push("/follows_up/first"),
        }
    }
    let violations: Vec<_> = unknown
        .into_iter()
        .map(|pointer| Violation::new(pointer, Code::UnknownReference))
        .chain(mixed)
        .collect();
    if violations.is_empty() { Ok(incident) } else { Err(Error::violations(violations)) }
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
