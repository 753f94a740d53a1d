//! What a source publishes, wherever it comes from.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Code, Error, Result,
    content::sources::{Format, Mark, Published, Source, Understood},
    time::TownCalendar,
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
    town: TownCalendar,
}

impl Handed {
    /// A file, what it speaks, and the town's clocks.
    pub fn new(format: Format, bytes: Vec<u8>, town: TownCalendar) -> Self {
        Self { format, bytes: bytes.into(), town }
    }
}

#[async_trait]
impl Source for Handed {
    async fn read(&self, _: &Mark) -> Result<Published> {
        let items = read(self.format, self.bytes.clone(), self.town).await?;
        Ok(Published::Items(items, Mark::default()))
    }
}

/// A page that is asked.
pub struct OnTheWeb {
    format: Format,
    url: String,
    town: TownCalendar,
    fetcher: Fetcher,
}

impl OnTheWeb {
    /// A page, what it speaks, and the town's clocks.
    pub fn new(format: Format, url: impl Into<String>, town: TownCalendar, fetcher: Fetcher) -> Self {
        Self { format, url: url.into(), town, fetcher }
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
                Ok(Published::Items(read(self.format, bytes.as_ref().into(), self.town).await?, mark))
            }
            Err(error) => {
                tracing::warn!(%error, "a source of content gave nothing");
                Err(unavailable())
            }
        }
    }
}

/// Reads away from the threads that serve: a large map takes a moment, and so does a rule that never comes.
async fn read(format: Format, bytes: Arc<[u8]>, town: TownCalendar) -> Result<Understood> {
    let items = tokio::task::spawn_blocking(move || {
        let items = match format {
            Format::Feed => feed::items(&bytes),
            Format::Calendar => calendar::items(&bytes, town.zone),
            Format::Map => map::items(&bytes),
        };
        Understood::of(items?, town)
    });
    items.await.map_err(|_| Error::refused(Code::Internal))?
}
