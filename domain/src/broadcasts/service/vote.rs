//! Voting, and what came of it.

use crate::{
    Code, Ctx, Error, Result, Scope, Store,
    broadcasts::{Broadcast, Poll, Results, Vote},
    context::Person,
    ids::MessageId,
};

use super::read::towns;

/// A poll as one of those sees it who are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    /// What is asked.
    pub poll: Poll,
    /// The answer one chose.
    pub vote: Option<Vote>,
    /// What came of it so far; for those who have voted.
    pub results: Option<Results>,
}

/// A poll, with its results for whoever has voted.
///
/// # Errors
/// [`Code::NotFound`] where nothing is asked of them.
pub async fn poll(store: &dyn Store, ctx: &Ctx<Person>, id: MessageId) -> Result<Polled> {
    for town in towns(store, ctx).await? {
        let reads = store.read(Scope::Municipality(town)).await?;
        let Some(broadcast) = reads.told_one(id, ctx.actor.person).await? else { continue };
        let poll = asked(&broadcast)?;
        let vote = reads.vote_of(id, ctx.actor.person).await?;
        let results = match vote {
            Some(_) => Some(Results::of(poll, reads.votes(id).await?)),
            None => None,
        };
        return Ok(Polled { poll: poll.clone(), vote, results });
    }
    Err(Error::not_found())
}

fn asked(broadcast: &Broadcast) -> Result<&Poll> {
    broadcast.draft.poll.as_ref().filter(|_| broadcast.is_shown()).ok_or_else(Error::not_found)
}

/// Votes, once and for good. Saying the same again changes nothing.
///
/// # Errors
/// [`Code::NotFound`] where nothing is asked of them, [`Code::PollClosed`], [`Code::VotedAlready`],
/// [`Code::OutOfRange`].
pub async fn vote(store: &dyn Store, ctx: &Ctx<Person>, id: MessageId, option: u16) -> Result<Polled> {
    let person = ctx.actor.person;
    for town in towns(store, ctx).await? {
        let tx = store.begin(Scope::Municipality(town)).await?;
        let Some(broadcast) = tx.told_one(id, person).await? else { continue };
        let before = tx.vote_of(id, person).await?;
        let poll = match before {
            Some(_) => asked(&broadcast)?,
            None => broadcast.check_vote(ctx.now, option)?,
        };
        // A guest is a phone: the same phone under another name has voted as well.
        let device = match (ctx.actor.account, before) {
            (None, None) => tx.device_of(person).await?,
            _ => None,
        };
        let vote = before.unwrap_or(Vote { message: id, person, device, option, at: ctx.now });
        if vote.option != option || (before.is_none() && !tx.insert_vote(&vote).await?) {
            return Err(Error::refused(Code::VotedAlready));
        }
        tx.note_read(ctx.now, id, person).await?;
        let results = Results::of(poll, tx.votes(id).await?);
        let polled = Polled { poll: poll.clone(), vote: Some(vote), results: Some(results) };
        tx.commit().await?;
        return Ok(polled);
    }
    Err(Error::not_found())
}
