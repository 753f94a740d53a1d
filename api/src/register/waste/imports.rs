//! Taking in what a source publishes.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, post,
    web::{Bytes, Data, Path, Payload},
};
use chrono::NaiveDate;
use domain::{
    Code, Store,
    context::Permission,
    waste::{Origin, Source, Window, import::Report, service},
};
use infrastructure::{
    sources::Fetcher,
    waste::{AbfallIoHouse, Ics},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{calendars::CalendarPath, table::Table};
use crate::{
    auth::StaffActor,
    extract::{ValidQuery, malformed},
    municipalities::{Town, TownPath},
    problem::{Problem, of_payload},
};

/// Bytes of a file: a district's whole year, street by street.
const LARGEST: usize = 8 * 1024 * 1024;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(take_in).service(ask);
}

/// The days a file says everything about.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// The first day; together with `to`. The months of the file's dates where absent.
    #[param(required = false, nullable = false, example = "2027-01-01")]
    from: Option<NaiveDate>,
    /// The last day.
    #[param(required = false, nullable = false, example = "2027-12-31")]
    to: Option<NaiveDate>,
}

impl ImportQuery {
    fn window(&self) -> Result<Option<Window>, Problem> {
        match (self.from, self.to) {
            (None, None) => Ok(None),
            (Some(from), Some(until)) if from > until => Err(malformed("/to", Code::Contradiction)),
            (Some(from), Some(until)) if (until - from).num_days() > 3 * 366 => {
                Err(malformed("/to", Code::OutOfRange))
            }
            (Some(from), Some(until)) => Ok(Some(Window { from, until })),
            (Some(_), None) => Err(malformed("/to", Code::Required)),
            (None, Some(_)) => Err(malformed("/from", Code::Required)),
        }
    }
}

/// A calendar file or a table.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 8_388_608, example = "Abfallart;Datum\nRestabfall;05.01.2027\n")]
#[expect(dead_code, reason = "stands in the document only")]
struct WasteFile(String);

/// What came of an import.
#[derive(Serialize, ToSchema)]
#[schema(as = WasteImport)]
struct ReportView {
    /// Collections that were not there before, and those that are there again.
    #[schema(example = 104)]
    added: u64,
    /// Collections on another day now.
    #[schema(example = 2)]
    moved: u64,
    /// Collections that no longer take place.
    #[schema(example = 0)]
    cancelled: u64,
    /// Collections that were there just so.
    #[schema(example = 51)]
    unchanged: u64,
    /// Lines that collect nothing: holidays, days long past, repetitions.
    #[schema(example = 9)]
    ignored: u64,
}

impl From<Report> for ReportView {
    fn from(report: Report) -> Self {
        let Report { added, moved, cancelled, unchanged, ignored, refused: _, faults: _ } = report;
        Self { added, moved, cancelled, unchanged, ignored }
    }
}

async fn body(payload: Payload) -> Result<Bytes, Problem> {
    match payload.to_bytes_limited(LARGEST).await {
        Ok(bytes) => bytes.map_err(|error| of_payload(&error)),
        Err(_) => Err(Problem::new(Code::PayloadTooLarge)),
    }
}

/// Import a waste calendar
///
/// A calendar file (ICS) as districts publish it, or CSV with headings: kind of waste, date, and optionally
/// street, house numbers, place, from, until, in German or English. All of it is taken or nothing: each line
/// that is wrong is named in `errors`, its pointer `/line/column`. A date that is no longer in the file
/// moves to the one that appeared in its place, or is cancelled, and everybody at the addresses is told; at
/// night, in the morning. Kinds of waste that the file does not name stay as they are.
#[utoipa::path(tag = "register", operation_id = "importWasteCalendar", security(("bearer" = [])),
    params(TownPath, CalendarPath, ImportQuery),
    request_body(content(
        (WasteFile = "text/csv", example = "Abfallart;Datum\nRestabfall;05.01.2027\n"),
        (WasteFile = "text/calendar", example = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
    )),
    responses((status = 200, description = "What came of it.", body = ReportView)))]
#[post("/v1/municipalities/{municipality}/admin/waste-calendars/{calendar}/imports")]
async fn take_in(
    request: HttpRequest,
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    path: Path<CalendarPath>,
    query: ValidQuery<ImportQuery>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    // Before a large file is read for nothing.
    ctx.require(Permission::ManageRegister)?;
    let kind = request.content_type().to_ascii_lowercase();
    let window = query.window()?;
    if !matches!(kind.as_str(), "text/calendar" | "text/csv") {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    let bytes = body(payload).await?.to_vec();
    let source: Box<dyn Source> = match kind.as_str() {
        "text/calendar" => Box::new(Ics::new(bytes, town.time_zone)),
        _ => Box::new(Table(bytes)),
    };
    let report = service::import(&**store, &ctx, path.calendar, &*source, window).await?;
    Ok(HttpResponse::Ok().json(ReportView::from(report)))
}

/// Ask a calendar's source now
///
/// For a calendar whose source is a service. It is asked once a day by itself; dates that changed are told to
/// everybody at the addresses.
#[utoipa::path(tag = "register", operation_id = "refreshWasteCalendar", security(("bearer" = [])),
    params(TownPath, CalendarPath),
    responses((status = 200, description = "What came of it.", body = ReportView)))]
#[post("/v1/municipalities/{municipality}/admin/waste-calendars/{calendar}/refresh")]
async fn ask(
    store: Data<dyn Store>,
    fetcher: Data<Fetcher>,
    StaffActor(ctx): StaffActor,
    path: Path<CalendarPath>,
) -> Result<HttpResponse, Problem> {
    ctx.require(Permission::ManageRegister)?;
    let (calendar, _) = service::get_calendar(&**store, &ctx, path.calendar).await?;
    let Origin::AbfallIo(settings) = calendar.origin else {
        return Err(Problem::invalid("/source", Code::NotAllowed));
    };
    let source = AbfallIoHouse::new(settings, fetcher.get_ref().clone());
    let report = service::import(&**store, &ctx, path.calendar, &source, None).await?;
    Ok(HttpResponse::Ok().json(ReportView::from(report)))
}
