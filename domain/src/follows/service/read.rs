//! What somebody chose, as they see it.

use crate::{
    Ctx, Error, Reads, Result, Scope, Store,
    consents::Entry,
    context::Person,
    follows::{Follow, follow::Interests},
    municipalities::{Area, Municipality, Topic},
    page::{Page, PageRequest},
    text::{Slug, Street},
};

/// A tie in full.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The municipality.
    pub town: Municipality,
    /// What was chosen.
    pub follow: Follow,
    /// The district of the home address.
    pub area: Option<Area>,
    /// Codes of the topics, in the town hall's order.
    pub topics: Vec<Slug>,
    /// Streets.
    pub streets: Vec<Street>,
}

impl Followed {
    /// A tie with the names of what it refers to; `topics` are all of the town hall.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn of<R: Reads + ?Sized>(
        reads: &R,
        town: &Municipality,
        follow: Follow,
        interests: Interests,
        topics: &[Topic],
    ) -> Result<Self> {
        let area = match follow.home.as_ref().and_then(|home| home.area) {
            Some(area) => reads.area(area).await?,
            None => None,
        };
        let chosen = topics.iter().filter(|topic| interests.topics.contains(&topic.id));
        let topics = chosen.map(|topic| topic.code.clone()).collect();
        Ok(Self { town: town.clone(), follow, area, topics, streets: interests.streets })
    }
}

/// A tie and its municipality.
#[derive(Clone, Debug)]
pub struct Tie {
    /// The municipality.
    pub town: Municipality,
    /// What was chosen.
    pub follow: Follow,
}

/// What one chose in a municipality.
///
/// # Errors
/// [`crate::Code::NotFound`] where it is not followed.
pub async fn get(store: &dyn Store, ctx: &Ctx<Person>, town: &Municipality) -> Result<Followed> {
    let reads = store.read(Scope::Municipality(town.id)).await?;
    let follow = reads.follow_of(ctx.actor.person, town.id).await?;
    let follow = follow.filter(Follow::agreed).ok_or_else(Error::not_found)?;
    let interests = reads.interests(ctx.actor.person).await?;
    let topics = reads.topics().await?;
    Followed::of(&*reads, town, follow, interests, &topics).await
}

/// The municipalities one follows, the longest-standing first; at most [`crate::follows::follow::MOST`].
///
/// # Errors
/// Those of storage.
pub async fn list(store: &dyn Store, ctx: &Ctx<Person>) -> Result<Vec<Tie>> {
    let reads = store.read(Scope::Installation).await?;
    let mut ties = Vec::new();
    for follow in reads.follows(ctx.actor.person).await? {
        if let Some(town) = reads.municipality_by_id(follow.municipality).await? {
            ties.push(Tie { town, follow });
        }
    }
    Ok(ties)
}

/// What one agreed to and withdrew in a municipality, the oldest entry first.
///
/// # Errors
/// Those of storage.
pub async fn consents(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    town: &Municipality,
    page: &PageRequest,
) -> Result<Page<(u64, Entry)>> {
    Ok(store.read(Scope::Municipality(town.id)).await?.consents(ctx.actor.person, page).await?)
}
