//! Photos of reports: taken in before the report is filed, shown to those who may see them.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::sender;
use crate::{
    Code, Ctx, Error, Reads, Result, Scope, Store, StoreError,
    audit::{Deed, Subject, note},
    complaints::{
        Complaint, Photo,
        desk::AtDesk,
        photo::{ContentHash, Size, UNATTACHED},
        promises::UnneededPhoto,
    },
    context::{Permission, Reporter, Staff},
    idempotency::{Once, Outcome},
    ids::{MunicipalityId, PhotoId},
    limits::{self, Quota, spend},
    sweep::Fault,
};

/// Uploads of one person: ten reports with all the photos they may have.
const PER_PERSON: Quota = Quota::new("photos", 50, TimeDelta::days(1));

/// Uploads without a token from one client address, behind which many phones may be.
const ANONYMOUS_PER_CLIENT: Quota = Quota::new("anonymous_photos", 150, TimeDelta::days(1));

/// Uploads of guests from one client address.
const GUESTS_PER_CLIENT: Quota = Quota::new("guest_photos", 300, TimeDelta::days(1));

/// Photos removed in one transaction of a sweep.
const SWEPT_AT_ONCE: u64 = 100;

/// An upload before anybody looked into it.
#[derive(Clone, Copy, Debug)]
pub struct Upload {
    /// Its identifier, perhaps made by the app.
    pub id: PhotoId,
    /// Of the bytes as they came in.
    pub content: ContentHash,
    /// Where the request came from.
    pub client: IpAddr,
}

/// Who wants to see a photo.
#[derive(Clone, Debug)]
pub enum Viewer {
    /// Anybody but staff.
    Reporter {
        /// Who it is.
        reporter: Reporter,
        /// Keyed hash of the return key, where one was sent.
        return_key_hash: Option<String>,
    },
    /// A member of the town hall's staff.
    Staff(Staff),
}

/// A photo somebody may see.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Which one.
    pub photo: Photo,
    /// Whether everybody may see it.
    pub public: bool,
}

/// Counts an upload before work is put into it; unreadable ones count as well. Gives what came of it
/// where the same upload came before: then there is nothing left to do.
///
/// # Errors
/// [`Code::AlreadyExists`] where the id belongs to another upload, [`Code::TooManyRequests`].
pub async fn admit(
    store: &dyn Store,
    ctx: &Ctx<Reporter>,
    town: MunicipalityId,
    upload: Upload,
    once: &Once<'_, Photo>,
) -> Result<Option<Outcome<Photo>>> {
    let tx = store.begin(Scope::Municipality(town)).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Some(Outcome::Replayed(answer)));
    }
    if let Some(known) = tx.photo(upload.id).await? {
        return repeated(known, ctx, upload.content).map(Outcome::Done).map(Some);
    }
    match &ctx.actor {
        Reporter::Person(person) => {
            spend(&*tx, ctx.now, PER_PERSON, &format!("{town}/{}", person.person)).await?;
            // Guests cost nothing to make.
            if person.account.is_none() {
                let client = limits::client(upload.client);
                spend(&*tx, ctx.now, GUESTS_PER_CLIENT, &format!("{town}/{client}")).await?;
            }
        }
        Reporter::Anonymous { .. } | Reporter::Program(_) => {
            let client = limits::client(upload.client);
            spend(&*tx, ctx.now, ANONYMOUS_PER_CLIENT, &format!("{town}/{client}")).await?;
        }
    }
    tx.commit().await?;
    Ok(None)
}

/// Notes a photo whose files are stored. Until it is attached it belongs to its sender.
///
/// # Errors
/// [`Code::AlreadyExists`] where the id meanwhile belongs to another upload.
pub async fn keep(
    store: &dyn Store,
    ctx: &Ctx<Reporter>,
    town: MunicipalityId,
    upload: Upload,
    size: Size,
    once: &Once<'_, Photo>,
) -> Result<Outcome<Photo>> {
    let photo = Photo {
        id: upload.id,
        complaint: None,
        sender: sender(&ctx.actor),
        position: 0,
        width: size.width(),
        height: size.height(),
        content: upload.content,
        released_at: None,
        created_at: ctx.now,
    };
    let tx = store.begin(Scope::Municipality(town)).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    if let Reporter::Person(person) = &ctx.actor {
        // The tie by which the photo is found when a guest signs in before reporting.
        tx.follow(ctx.now, person.person, town).await?;
    }
    match tx.insert_photo(&photo).await {
        Ok(()) => {
            once.remember(&*tx, ctx.now, &photo).await?;
            tx.commit().await?;
            Ok(Outcome::Done(photo))
        }
        // The same upload at the same moment was faster.
        Err(StoreError::Duplicate) => {
            drop(tx);
            let reads = store.read(Scope::Municipality(town)).await?;
            let known = reads.photo(upload.id).await?;
            let known = known.ok_or_else(|| Error::refused(Code::AlreadyExists))?;
            repeated(known, ctx, upload.content).map(Outcome::Done)
        }
        Err(error) => Err(error.into()),
    }
}

/// The same upload by the same sender is answered as the first time; an attached photo has no sender
/// any more.
fn repeated(known: Photo, ctx: &Ctx<Reporter>, content: ContentHash) -> Result<Photo> {
    let own = known.complaint.is_some() || known.sender == sender(&ctx.actor);
    if own && known.content == content { Ok(known) } else { Err(Error::refused(Code::AlreadyExists)) }
}

/// A photo, for its sender until it is attached, then for the reporter and the desk, and for everybody
/// once it is released, as long as its complaint is public.
///
/// # Errors
/// [`Code::NotFound`] for everybody else.
pub async fn show(
    store: &dyn Store,
    ctx: &Ctx<Viewer>,
    town: MunicipalityId,
    photo: PhotoId,
) -> Result<Shown> {
    let scope = Scope::Municipality(town);
    let Viewer::Staff(staff) = &ctx.actor else {
        return shown(store.read(scope).await?.as_ref(), &ctx.actor, photo).await;
    };
    let tx = store.begin(scope).await?;
    let shown = shown(&*tx, &ctx.actor, photo).await?;
    if !shown.public {
        note(&*tx, &ctx.with(staff.clone()), Deed::Read, Subject::Photo(photo)).await?;
        tx.commit().await?;
    }
    Ok(shown)
}

async fn shown(reads: &dyn Reads, viewer: &Viewer, photo: PhotoId) -> Result<Shown> {
    let photo = reads.photo(photo).await?.ok_or_else(Error::not_found)?;
    let Some(complaint) = photo.complaint else {
        return if viewer.sent(&photo) {
            Ok(Shown { photo, public: false })
        } else {
            Err(Error::not_found())
        };
    };
    let complaint = reads.complaint(complaint).await?.ok_or_else(Error::not_found)?;
    let public = photo.released_at.is_some() && is_public(reads, &complaint).await?;
    if public || viewer.sees(&complaint) { Ok(Shown { photo, public }) } else { Err(Error::not_found()) }
}

async fn is_public(reads: &dyn Reads, complaint: &Complaint) -> Result<bool> {
    let category = reads.category(complaint.category).await?;
    Ok(complaint.status.is_public() && category.is_some_and(|category| category.is_public))
}

impl Viewer {
    fn sent(&self, photo: &Photo) -> bool {
        matches!(self, Self::Reporter { reporter, .. } if photo.sender == sender(reporter))
    }

    fn sees(&self, complaint: &Complaint) -> bool {
        match self {
            Self::Reporter { reporter: Reporter::Person(person), .. } => {
                complaint.reporter == Some(person.person)
            }
            Self::Reporter {
                reporter: Reporter::Anonymous { .. } | Reporter::Program(_),
                return_key_hash,
            } => return_key_hash.is_some() && *return_key_hash == complaint.return_key_hash,
            Self::Staff(staff) => staff.rights.permit(Permission::ReadComplaints) && staff.sees(complaint),
        }
    }
}

/// Removes in every town hall what no report wanted for [`UNATTACHED`]. The caller deletes the files
/// afterwards, so that a row never lacks its files.
pub async fn remove_unattached(
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<(Vec<UnneededPhoto>, Vec<Fault>)> {
    let (mut removed, mut faults) = (Vec::new(), Vec::new());
    for town in store.read(Scope::Installation).await?.municipality_ids().await? {
        match remove_from(store, now, town).await {
            Ok(photos) => removed.extend(photos),
            Err(error) => faults.push(Fault::of_town(town, error)),
        }
    }
    Ok((removed, faults))
}

async fn remove_from(
    store: &dyn Store,
    now: DateTime<Utc>,
    town: MunicipalityId,
) -> Result<Vec<UnneededPhoto>> {
    let tx = store.begin(Scope::Municipality(town)).await?;
    let mut removed = Vec::new();
    for photo in tx.unattached_before(now - UNATTACHED, SWEPT_AT_ONCE).await? {
        match tx.delete_photo(photo.id).await {
            Ok(()) => {
                removed.push(UnneededPhoto { municipality: town, photo: photo.id, content: photo.content });
            }
            // A report took it at the last moment, or another instance removed it.
            Err(StoreError::Stale) => (),
            Err(error) => return Err(error.into()),
        }
    }
    tx.commit().await?;
    Ok(removed)
}
