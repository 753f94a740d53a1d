//! Making photos public, after somebody looked at them: faces, plates and house numbers are personal
//! data.

use super::{
    case::{Case, Entry},
    inbox::Dossier,
};
use crate::{
    Ctx, Error, Result, Store,
    complaints::Action,
    context::{Permission, Staff},
    ids::{ComplaintId, PhotoId},
};

/// Makes a photo of a complaint at `version` public, or private again.
///
/// # Errors
/// [`crate::Code::Forbidden`], [`crate::Code::NotFound`], [`crate::Code::Stale`].
pub async fn release_photo(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: ComplaintId,
    version: i64,
    photo: PhotoId,
    public: bool,
) -> Result<Dossier> {
    ctx.require(Permission::ReleasePhotos)?;
    let mut case = Case::open(store, ctx, id, Some(version)).await?;
    let found = case.tx.photo(photo).await?.filter(|photo| photo.complaint == Some(id));
    let found = found.ok_or_else(Error::not_found)?;
    if found.released_at.is_some() != public {
        case.tx.release_photo(photo, public.then_some(ctx.now)).await?;
        case.note(Action::Released, Entry::default());
    }
    Ok(case.finish().await?.0)
}
