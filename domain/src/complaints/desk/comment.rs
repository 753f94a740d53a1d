//! Writing to the reporter, or to colleagues.

use super::case::{Case, Entry};
use crate::{
    Code, Ctx, Error, Result, Store,
    complaints::{Action, Step},
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    ids::ComplaintId,
    text::Remark,
};

/// A remark, and who reads it.
#[derive(Clone, Debug)]
pub enum Comment {
    /// The reporter reads it and is told.
    Public(Remark),
    /// Only the town hall reads it.
    Internal(Remark),
}

/// Adds a remark. The first public one is the town hall's first answer. Remarks do not get in each
/// other's way, so no version is asked for.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Forbidden`].
pub async fn comment(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: ComplaintId,
    comment: Comment,
    once: Once<'_, Step>,
) -> Result<Outcome<Step>> {
    ctx.require(Permission::WorkComplaints)?;
    let mut case = Case::open(store, ctx, id, None).await?;
    if let Some(answer) = once.replay(&*case.tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    let entry = match comment {
        Comment::Public(text) => {
            case.answered();
            Entry { public_text: Some(text), ..Entry::default() }
        }
        Comment::Internal(text) => Entry { internal_text: Some(text), ..Entry::default() },
    };
    case.note(Action::Commented, entry);
    let step = case.write().await?.pop().ok_or_else(|| Error::refused(Code::Internal))?;
    once.remember(&*case.tx, ctx.now, &step).await?;
    case.tx.commit().await?;
    Ok(Outcome::Done(step))
}
