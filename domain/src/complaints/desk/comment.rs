//! Writing to the reporter, or to colleagues.

use super::case::{Case, Entry};
use crate::{
    Code, Ctx, Error, Result, Store,
    complaints::{Action, Step},
    context::{Permission, Staff},
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
pub async fn comment(store: &dyn Store, ctx: &Ctx<Staff>, id: ComplaintId, comment: Comment) -> Result<Step> {
    ctx.require(Permission::WorkComplaints)?;
    let mut case = Case::open(store, ctx, id, None).await?;
    let entry = match comment {
        Comment::Public(text) => {
            case.answered();
            Entry { public_text: Some(text), ..Entry::default() }
        }
        Comment::Internal(text) => Entry { internal_text: Some(text), ..Entry::default() },
    };
    case.note(Action::Commented, entry);
    let (_, mut steps) = case.finish().await?;
    steps.pop().ok_or_else(|| Error::refused(Code::Internal))
}
