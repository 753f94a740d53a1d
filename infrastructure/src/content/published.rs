//! What a source publishes, wherever it comes from.

use std::sync::Arc;

use async_trait::async_trait;
use chrono_tz::Tz;
use domain::{
    Code, Error, Result,
    content::sources::{Fault, Format, Item, Mark, Published, Source},
};
use url::Url;

use super::{calendar, feed, map};
use crate::sources::{Fetcher, Page};

/// Most bytes of an answer: a feed of everything a town ever said, a year of a district's events, the places
/// of a town with their shapes.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// A file that staff handed in.
pub struct Handed {
    format: Format,
    bytes: Arc<[u8]>,
    zone: Tz,
}

impl Handed {
    /// A file, what it speaks, and the zone of the town's clocks.
    pub fn new(format: Format, bytes: Vec<u8>, zone: Tz) -> Self {
        Self { format, bytes: bytes.into(), zone }
    }
}

#[async_trait]
impl Source for Handed {
    async fn read(&self, _: &Mark) -> Result<Published> {
        let items = read(self.format, self.bytes.clone(), self.zone).await?;
        Ok(Published::Items(items, Mark::default()))
    }
}

/// A page that is asked.
pub struct OnTheWeb {
    format: Format,
    url: String,
    zone: Tz,
    fetcher: Fetcher,
}

impl OnTheWeb {
    /// A page, what it speaks, and the zone of the town's clocks.
    pub fn new(format: Format, url: impl Into<String>, zone: Tz, fetcher: Fetcher) -> Self {
        Self { format, url: url.into(), zone, fetcher }
    }
}

#[async_trait]
impl Source for OnTheWeb {
    async fn read(&self, known: &Mark) -> Result<Published> {
        let unavailable = || Error::invalid("/url", Code::SourceUnavailable);
        let url = Url::parse(&self.url).map_err(|_| unavailable())?;
        let page = self.fetcher.get(&url, known, LONGEST_ANSWER).await;
        match page {
            Ok(Page::Unchanged) => Ok(Published::Unchanged),
            Ok(Page::Body(bytes, mark)) => {
                Ok(Published::Items(read(self.format, bytes.as_ref().into(), self.zone).await?, mark))
            }
            Err(error) => {
                tracing::warn!(%error, "a source of content gave nothing");
                Err(unavailable())
            }
        }
    }
}

/// Reads away from the threads that serve: a large map takes a moment.
async fn read(format: Format, bytes: Arc<[u8]>, zone: Tz) -> Result<Vec<Result<Item, Fault>>> {
    let items = tokio::task::spawn_blocking(move || match format {
        Format::Feed => feed::items(&bytes),
        Format::Calendar => calendar::items(&bytes, zone),
        Format::Map => map::items(&bytes),
    });
    items.await.map_err(|_| Error::refused(Code::Internal))?
}
