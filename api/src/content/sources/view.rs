//! What staff see of a source.

use chrono::{DateTime, Utc};
use domain::{
    Violation,
    content::sources::{ContentSource, FAULTS_SHOWN, import::Report},
    ids::{AreaId, ContentSourceId, DepartmentId, TopicId},
    text::{Name, WebAddress},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::Time;

/// A source of content, as its staff sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = ContentSource)]
pub struct SourceView {
    /// Its identity.
    id: ContentSourceId,
    /// What staff call it.
    #[schema(example = "Website der Stadt")]
    name: Name,
    /// What it speaks: `feed`, `calendar`, `map`.
    #[schema(max_length = 16, example = "feed")]
    format: String,
    /// Where it is asked; absent where staff hand in files.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    url: Option<WebAddress>,
    /// Minutes between two questions.
    #[schema(minimum = 15, maximum = 1_440, example = 60)]
    every_minutes: u16,
    /// Whether what it says is published at once.
    publish: bool,
    /// The interest its pieces belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    topic: Option<TopicId>,
    /// The district its pieces are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    area: Option<AreaId>,
    /// The department that answers for its pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    office: Option<DepartmentId>,
    /// Whether it is asked and has not answered for long: what came of it may be out of date.
    stale: bool,
    /// When it was asked last, or a file handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    asked_at: Option<Time>,
    /// When it was taken in last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    read_at: Option<Time>,
    /// When that failed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    failed_at: Option<Time>,
    /// Why, as the code of a problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 40, example = "source_unavailable")]
    failure: Option<String>,
    /// What was wrong in it then, the first 20.
    #[schema(max_items = 20)]
    faults: Vec<FaultView>,
}

/// What was wrong in a source.
#[derive(Serialize, ToSchema)]
#[schema(as = ContentSourceFault)]
struct FaultView {
    /// Where: it begins with the line of a calendar, the number of an entry or of a feature.
    #[schema(max_length = 300, example = "/9/dtstart")]
    pointer: String,
    /// What, as the code of a problem.
    #[schema(max_length = 40, example = "required")]
    code: String,
}

const _: () = assert!(FAULTS_SHOWN == 20, "the document names this bound");

impl SourceView {
    /// A source at a moment.
    pub fn new(source: ContentSource, now: DateTime<Utc>) -> Self {
        let (failed_at, failure) = source.failed.unzip();
        let stale = source.is_stale(now);
        let fault = |fault: Violation| FaultView { pointer: fault.pointer, code: fault.code.to_string() };
        let faults = source.faults.into_iter().map(fault);
        Self {
            stale,
            id: source.id,
            name: source.name,
            format: source.format.to_string(),
            url: source.url,
            every_minutes: source.every_minutes,
            publish: source.publishes,
            topic: source.topic,
            area: source.area,
            office: source.office,
            asked_at: source.asked_at.map(Time::from),
            read_at: source.read_at.map(Time::from),
            failed_at: failed_at.map(Time::from),
            failure: failure.map(|code| code.to_string()),
            faults: faults.collect(),
        }
    }
}

/// What came of an import.
#[derive(Serialize, ToSchema)]
#[schema(as = ContentImport)]
pub struct ReportView {
    /// Pieces that were not there before.
    #[schema(example = 12)]
    added: u64,
    /// Pieces that say something else now.
    #[schema(example = 1)]
    changed: u64,
    /// Pieces that were there just so.
    #[schema(example = 30)]
    unchanged: u64,
    /// Pieces that staff changed, removed or published themselves, and that stay so.
    #[schema(example = 2)]
    kept: u64,
    /// Pieces that the source no longer has, and that are archived.
    #[schema(example = 0)]
    withdrawn: u64,
    /// Repetitions within the source.
    #[schema(example = 0)]
    ignored: u64,
}

impl From<Report> for ReportView {
    fn from(report: Report) -> Self {
        let Report { added, changed, unchanged, kept, withdrawn, ignored, faults: _ } = report;
        Self { added, changed, unchanged, kept, withdrawn, ignored }
    }
}
