//! Reading complaints: all of one's own, of others what is public.

use super::{Intake, PublicComplaint};
use crate::{
    Ctx, Error, Result, Scope, Store,
    complaints::{Complaint, Photo, Step},
    context::Person,
    ids::{ComplaintId, PersonId},
    page::{Page, PageRequest},
    text::{Name, Slug},
};

/// Who asks, as far as that tells a reporter.
#[derive(Clone, Debug, Default)]
pub struct Asker {
    /// The citizen or guest.
    pub person: Option<PersonId>,
    /// Of the return key that was sent, as it is stored.
    pub return_key_hash: Option<String>,
}

/// A complaint as its reporter sees it.
#[derive(Clone, Debug)]
pub struct Own {
    /// The complaint.
    pub complaint: Complaint,
    /// The code of its kind.
    pub category: Slug,
    /// The department whose desk it is on; none until it is confirmed.
    pub department: Option<Name>,
    /// The steps the reporter sees, oldest first. Their internal texts and the ids of staff are left out.
    pub steps: Vec<Step>,
    /// All its photos in order.
    pub photos: Vec<Photo>,
}

/// What somebody may see of one complaint.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Everything that is the reporter's business.
    Own(Box<Own>),
    /// What everybody may see, with the released photos.
    Public(Box<PublicComplaint>, Vec<Photo>),
}

/// A complaint of one's own, in a list over all town halls.
#[derive(Clone, Debug)]
pub struct Mine {
    /// The town hall's name in addresses.
    pub municipality: Slug,
    /// The code of its kind.
    pub category: Slug,
    /// The complaint.
    pub complaint: Complaint,
}

/// One complaint, as far as it is the asker's business.
///
/// # Errors
/// [`crate::Code::NotFound`] where nothing of it is, as for one that is not there.
pub async fn show(store: &dyn Store, intake: &Intake, asker: &Asker, id: ComplaintId) -> Result<Shown> {
    let reads = store.read(Scope::Municipality(intake.town.id)).await?;
    let complaint = reads.complaint(id).await?.ok_or_else(Error::not_found)?;
    let category = match intake.category(complaint.category) {
        Some(category) => category,
        // Added since the intake was prepared.
        None => &reads.category(complaint.category).await?.ok_or_else(Error::not_found)?,
    };
    if !complaint.is_of(asker.person, asker.return_key_hash.as_deref()) {
        let public = PublicComplaint::of(complaint, category).ok_or_else(Error::not_found)?;
        let mut photos = reads.photos(id).await?;
        photos.retain(|photo| photo.released_at.is_some());
        return Ok(Shown::Public(Box::new(public), photos));
    }
    let department = reads.department(complaint.department).await?.filter(|_| complaint.due.is_some());
    let steps = reads.steps(id).await?.into_iter().filter(Step::is_public);
    Ok(Shown::Own(Box::new(Own {
        category: category.code.clone(),
        department: department.map(|department| department.name),
        steps: steps.map(|step| Step { actor: None, internal_text: None, ..step }).collect(),
        photos: reads.photos(id).await?,
        complaint,
    })))
}

/// What a person reported, in all municipalities they are tied to, newest first.
///
/// # Errors
/// Those of storage.
pub async fn mine(store: &dyn Store, ctx: &Ctx<Person>, page: &PageRequest) -> Result<Page<Mine>> {
    let person = ctx.actor.person;
    let followed = store.read(Scope::Installation).await?.followed(person).await?;
    // Each town may fill the page alone; one row more says whether others follow.
    let each = PageRequest { limit: page.limit.saturating_add(1), after: page.after.clone() };
    let mut all = Vec::new();
    for town in followed {
        let reads = store.read(Scope::Municipality(town)).await?;
        let reported = reads.reported_by(person, &each).await?.items;
        if reported.is_empty() {
            continue;
        }
        let town = reads.municipality_by_id(town).await?.ok_or_else(Error::not_found)?;
        let categories = reads.categories().await?;
        all.extend(reported.into_iter().filter_map(|complaint| {
            let category = categories.iter().find(|category| category.id == complaint.category)?;
            Some(Mine { municipality: town.slug.clone(), category: category.code.clone(), complaint })
        }));
    }
    all.sort_by_cached_key(|mine| std::cmp::Reverse(mine.complaint.position()));
    Ok(Page::cut(all, page, |mine| mine.complaint.position()))
}
