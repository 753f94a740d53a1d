//! Wards as the town hall and those who represent them see them.

use super::registering::found;
use crate::{
    Ctx, Error, Reads, Result, Scope, Store,
    audit::{Deed, Subject, note},
    context::{Permission, Person, Staff},
    deliveries::Channel,
    follows::service::Followed,
    ids::PersonId,
    municipalities::{Municipality, legal::LegalFacts},
    page::{Page, PageRequest},
    phone::Phone,
    text::Query,
    wards::Ward,
};

/// A ward in full.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The ward.
    pub ward: Ward,
    /// The municipality.
    pub town: Municipality,
    /// Mailboxes and telephones.
    pub contacts: Vec<(Channel, String)>,
    /// What is chosen; none once it is over.
    pub followed: Option<Followed>,
}

impl Shown {
    /// A ward with everything that is theirs.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn of<R: Reads + ?Sized>(reads: &R, town: &Municipality, ward: Ward) -> Result<Self> {
        let contacts = reads.contact_addresses(ward.person).await?;
        let followed = match reads.follow_of(ward.person, town.id).await? {
            Some(follow) => {
                let interests = reads.interests(ward.person).await?;
                Some(Followed::of(reads, town, follow, interests, &reads.topics().await?).await?)
            }
            None => None,
        };
        Ok(Self { ward, town: town.clone(), contacts, followed })
    }
}

/// The town hall's wards by name; those a search text fits: part of the name, or a whole number or address.
/// Names are personal, so the list leaves a trace with and without one.
///
/// # Errors
/// Those of storage.
pub async fn list(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    q: Option<&Query>,
    page: &PageRequest,
) -> Result<Page<Ward>> {
    ctx.require(Permission::RegisterWards)?;
    let text = q.map(Query::as_str);
    // A number is found however it is written.
    let number = text.and_then(|text| Phone::parse(text).ok());
    let mailbox = text.filter(|text| text.contains('@')).map(str::to_lowercase);
    let address = number.map(String::from).or(mailbox);
    let name = if address.is_some() { None } else { text };
    let tx = store.begin(ctx.scope()).await?;
    let found = tx.wards(name, address.as_deref(), page).await?;
    note(&*tx, ctx, Deed::Searched, Subject::People).await?;
    tx.commit().await?;
    Ok(found)
}

/// One ward of the town hall.
///
/// # Errors
/// [`crate::Code::NotFound`].
pub async fn look(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    town: &Municipality,
    person: PersonId,
) -> Result<Shown> {
    ctx.require(Permission::RegisterWards)?;
    let tx = store.begin(ctx.scope()).await?;
    let ward = found(&*tx, person).await?;
    let shown = Shown::of(&*tx, town, ward).await?;
    note(&*tx, ctx, Deed::Read, Subject::Person(person)).await?;
    tx.commit().await?;
    Ok(shown)
}

/// The same with what the town hall says about itself, for a letter.
///
/// # Errors
/// [`crate::Code::NotFound`].
pub async fn look_with_facts(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    town: &Municipality,
    person: PersonId,
) -> Result<(Shown, LegalFacts)> {
    let shown = look(store, ctx, town, person).await?;
    Ok((shown, store.read(ctx.scope()).await?.legal_facts().await?.0))
}

/// Those one represents.
///
/// # Errors
/// Those of storage.
pub async fn mine(store: &dyn Store, ctx: &Ctx<Person>) -> Result<Vec<Shown>> {
    let ties = store.read(Scope::Installation).await?.represented_by(ctx.actor.person).await?;
    let mut wards = Vec::with_capacity(ties.len());
    for tie in ties {
        let reads = store.read(Scope::Municipality(tie.municipality)).await?;
        let town = reads.municipality_by_id(tie.municipality).await?.ok_or_else(Error::not_found)?;
        if let Some(ward) = reads.ward(tie.ward).await? {
            wards.push(Shown::of(&*reads, &town, ward).await?);
        }
    }
    Ok(wards)
}

/// One of those one represents.
///
/// # Errors
/// [`crate::Code::NotFound`] for anybody else.
pub async fn get(store: &dyn Store, ctx: &Ctx<Person>, ward: PersonId) -> Result<Shown> {
    let ties = store.read(Scope::Installation).await?.represented_by(ctx.actor.person).await?;
    let tie = ties.into_iter().find(|tie| tie.ward == ward).ok_or_else(Error::not_found)?;
    let reads = store.read(Scope::Municipality(tie.municipality)).await?;
    let town = reads.municipality_by_id(tie.municipality).await?.ok_or_else(Error::not_found)?;
    let ward = found(&*reads, ward).await?;
    Shown::of(&*reads, &town, ward).await
}
