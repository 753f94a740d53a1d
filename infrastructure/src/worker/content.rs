//! Sources of content, asked by their interval.

use std::{sync::Arc, time::Duration};

use domain::{
    Ctx, Error, Scope, Store, content::sources::service::refresh, context::System, ids::MunicipalityId,
    store::Urgency,
};

use super::{
    Shared,
    rounds::{every, in_each_town},
};
use crate::{content::OnTheWeb, db::SqlStore, sources::Fetcher};

/// How often to look whether a source is to be asked.
const EVERY: Duration = Duration::from_secs(60);

/// Asks the sources that are due. Answers how many were taken in. One that gives nothing is noted, and keeps no
/// other waiting.
///
/// # Errors
/// Those of the database, where nobody can be served.
pub async fn ask_content_sources(
    store: &SqlStore,
    ctx: &Ctx<System>,
    fetcher: &Fetcher,
) -> Result<usize, Error> {
    let store = store.at(Urgency::Sweep);
    in_each_town(&store, |town| of_town(&store, ctx, fetcher, town)).await
}

async fn of_town(
    store: &SqlStore,
    ctx: &Ctx<System>,
    fetcher: &Fetcher,
    town: MunicipalityId,
) -> Result<usize, Error> {
    let (sources, calendar) = {
        let reads = store.read(Scope::Municipality(town)).await?;
        let mut sources = reads.content_sources().await?;
        sources.retain(|source| source.is_due(ctx.now));
        if sources.is_empty() {
            return Ok(0);
        }
        let town = reads.municipality_by_id(town).await?.ok_or_else(Error::not_found)?;
        (sources, town.calendar())
    };
    let mut answered = 0;
    for source in sources {
        let Some(url) = &source.url else { continue };
        let page = OnTheWeb::new(source.format, url.as_str(), calendar, fetcher.clone());
        match refresh(store, ctx, (town, source.id), &page).await {
            Ok(report) => answered += usize::from(report.is_some()),
            Err(Error::Refused(why)) => {
                tracing::warn!(municipality = %town, source = %source.id, %why, "a source of content was not taken in");
                metrics::counter!("content_sources_failed_total").increment(1);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(answered)
}

impl Shared {
    pub(super) async fn ask_content_sources(self: Arc<Self>) {
        every(EVERY, async || {
            let worker = &self.worker;
            if let Err(error) =
                ask_content_sources(&worker.store, &self.at_this_moment(), &worker.fetcher).await
            {
                tracing::warn!(%error, "sources of content were not all asked");
            }
        })
        .await;
    }
}
