//! Following no longer.

use crate::{
    Ctx, Error, Result, Scope, Store,
    consents::{By, CURRENT, Means, entry::Circumstances},
    context::Person,
    follows::{Channels, Follow, follow::Interests},
    municipalities::Municipality,
};

use super::settle;

/// Ends a tie: consents are withdrawn, interests, reminders and address are gone. Complaints stay one's own.
///
/// # Errors
/// [`crate::Code::NotFound`] where the municipality is not followed.
pub async fn leave(store: &dyn Store, ctx: &Ctx<Person>, town: &Municipality) -> Result<()> {
    let person = ctx.actor.person;
    let tx = store.begin(Scope::Municipality(town.id)).await?;
    tx.hold_follow(ctx.now, person, town.id).await?;
    let before = tx.follow_of(person, town.id).await?.filter(Follow::agreed).ok_or_else(Error::not_found)?;
    let circumstances =
        Circumstances { at: ctx.now, means: Means::App, text_version: CURRENT, proof: None, by: By::Person };
    let agreed = before.channels.clone();
    settle(&*tx, &Follow { channels: Channels::default(), ..before }, &agreed, &circumstances).await?;
    tx.put_interests(person, &Interests::default()).await?;
    tx.put_reminders(person, &[]).await?;
    tx.clear_follow(person, town.id).await?;
    Ok(tx.commit().await?)
}
