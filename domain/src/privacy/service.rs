//! Use cases: people get what is kept about them.

use chrono::TimeDelta;

use super::port::{Kept, PhotoOf};
use crate::{
    Ctx, Error, Result, Scope, Store,
    audit::{Deed, Subject, note},
    context::{Permission, Person, Staff},
    ids::PersonId,
    limits::{Quota, spend},
};

/// Exports of one person.
const PER_PERSON: Quota = Quota::new("exports", 10, TimeDelta::days(1));

/// Everything kept about a person.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// Whose.
    pub person: PersonId,
    /// Their rows, table by table.
    pub tables: Vec<Kept>,
    /// Their pictures.
    pub photos: Vec<PhotoOf>,
}

/// Everything kept about oneself, in every town hall.
///
/// # Errors
/// [`crate::Code::TooManyRequests`] beyond ten a day.
pub async fn export(store: &dyn Store, ctx: &Ctx<Person>) -> Result<Portrait> {
    let person = ctx.actor.person;
    let tx = store.begin(Scope::Installation).await?;
    spend(&*tx, ctx.now, PER_PERSON, &person.to_string()).await?;
    let tables = tx.kept_about(person, None, false).await?;
    let photos = tx.photos_of(person, None).await?;
    note(&*tx, ctx, Deed::Exported, Subject::Person(person)).await?;
    tx.commit().await?;
    Ok(Portrait { person, tables, photos })
}

/// What this town hall keeps about a person, to be handed to them: with internal notes, which somebody
/// looks through first.
///
/// # Errors
/// [`crate::Code::NotFound`] for somebody this town hall has nothing to do with.
pub async fn export_for(store: &dyn Store, ctx: &Ctx<Staff>, person: PersonId) -> Result<Portrait> {
    ctx.require(Permission::AnswerRequests)?;
    let town = ctx.actor.municipality;
    let tx = store.begin(ctx.scope()).await?;
    let photos = tx.photos_of(person, Some(town)).await?;
    let tables = tx.kept_about(person, Some(town), true).await?;
    let follows = tx.followed(person).await?.contains(&town);
    let has_case = tables.iter().any(|kept| kept.table == "complaints" && !kept.rows.is_empty());
    if !follows && !has_case {
        return Err(Error::not_found());
    }
    note(&*tx, ctx, Deed::Exported, Subject::Person(person)).await?;
    tx.commit().await?;
    Ok(Portrait { person, tables, photos })
}
