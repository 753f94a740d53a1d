//! The PDF a gazette links to, asked where it is.

use domain::{
    Code, Result,
    content::{MAX_DOCUMENT_BYTES, Sheet, service::linked::seen, sources::Mark},
    text::WebAddress,
};
use infrastructure::sources::{FetchError, Fetcher, Page};
use url::Url;

/// The sheet with what is found under its link.
///
/// # Errors
/// A violation at the link where nothing answers that may be asked, or what does is no PDF or too large.
pub async fn looked_at(fetcher: &Fetcher, sheet: Sheet, link: &WebAddress) -> Result<Sheet> {
    let Ok(url) = Url::parse(link.as_str()) else { return seen(sheet, Err(Code::NotAllowed)) };
    if !fetcher.asks(link.as_str()) {
        return seen(sheet, Err(Code::NotAllowed));
    }
    match fetcher.get(&url, &Mark::default(), MAX_DOCUMENT_BYTES).await {
        Ok(Page::Body(bytes, _)) => seen(sheet, Ok(&bytes)),
        Err(FetchError::TooLong) => seen(sheet, Err(Code::PayloadTooLarge)),
        // Nothing was said to be known, so nothing can be unchanged.
        Ok(Page::Unchanged) | Err(_) => seen(sheet, Err(Code::SourceUnavailable)),
    }
}
