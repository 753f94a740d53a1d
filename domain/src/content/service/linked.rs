//! Use cases: a gazette may link to a PDF that is kept elsewhere. Whether it is one is seen before the gazette
//! says so, and before anything is held: what is elsewhere may take its time.

use super::files;
use crate::{
    Code, Ctx, Error, Result, Store, Violation,
    content::{Content, Kind, Sheet},
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    text::WebAddress,
    time::TownCalendar,
};

/// Where a document is that is to be looked at before a piece links to it; none where it links to none, or to the
/// one it linked to `before`.
///
/// # Errors
/// Violations, as when the piece is written: nothing is asked for the sake of what is refused anyway.
pub fn unseen(
    ctx: &Ctx<Staff>,
    town: TownCalendar,
    (kind, sheet): (Kind, &mut Sheet),
    before: Option<&Content>,
) -> Result<Option<WebAddress>> {
    ctx.require(Permission::WriteContent)?;
    let Some(link) = sheet.document_url().cloned() else { return Ok(None) };
    sheet.clone().checked(kind, town)?;
    let before = before.map(|before| &before.sheet).filter(|before| before.document_url() == Some(&link));
    sheet.document_bytes = before.and_then(|before| before.document_bytes);
    Ok(Some(link).filter(|_| sheet.document_bytes.is_none()))
}

/// What came of the same request before, where it came before: it is answered so wherever the document is by now.
///
/// # Errors
/// Those of [`Once::replay`].
pub async fn answered(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    once: &Once<'_, Content>,
) -> Result<Option<Outcome<Content>>> {
    let tx = store.begin(ctx.scope()).await?;
    Ok(once.replay(&*tx, ctx.now).await?.map(Outcome::Replayed))
}

/// The sheet with what was found under its link: the document, or why there is none.
///
/// # Errors
/// A violation at the link where there is none, or it is no whole PDF.
pub fn seen(sheet: Sheet, found: Result<&[u8], Code>) -> Result<Sheet> {
    let refused = |code| Error::violations(vec![Violation::new("/gazette/document_url", code)]);
    let bytes = found.map_err(refused)?;
    files::document(bytes).map_err(|_| refused(Code::DocumentUnreadable))?;
    Ok(Sheet { document_bytes: u32::try_from(bytes.len()).ok(), ..sheet })
}
