//! What has come of a broadcast.

use actix_web::{
    HttpResponse, get,
    http::header,
    web::{Data, Path},
};
use domain::{
    Code, Store,
    broadcasts::{Standing, Wanted, service},
    ids::AreaId,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{BroadcastPath, people::BroadcastPerson, view::BroadcastReport};
use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfNoneMatch, Listed, PageParams, PageQuery},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, read},
};

/// A form of the report.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ReportForm {
    /// As data.
    Json,
    /// As a table for office programs.
    Csv,
}

/// In which form.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReportQuery {
    /// `csv` for a table that office programs open; data where absent.
    #[param(required = false, nullable = false, inline, value_type = ReportForm)]
    format: Option<ReportForm>,
}

/// The report as a table.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 1_048_576, example = "what;name;count\npeople;acknowledged;12\n")]
#[expect(dead_code, reason = "stands in the document only")]
struct ReportTable(String);

/// Read what has come of a broadcast
///
/// People by how they stand, also for each district, deliveries by channel and state, and what happened when.
#[utoipa::path(tag = "broadcasts", operation_id = "getBroadcastReport", security(("bearer" = [])),
    params(TownPath, BroadcastPath, ReportQuery),
    responses((status = 200, description = "The report.",
        content((BroadcastReport = "application/json"), (ReportTable = "text/csv")))))]
#[get("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}/report")]
pub async fn report(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<BroadcastPath>,
    query: PageQuery<ReportQuery>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let view = BroadcastReport::new(service::report(store.as_ref(), &ctx, path.broadcast).await?);
    if let Some(ReportForm::Csv) = query.filter.format {
        return table(&view);
    }
    let bytes = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::Internal))?;
    Ok(read(&view, EntityTag::content(&bytes), &seen, ctx.locale, Caching::Private))
}

fn table(view: &BroadcastReport) -> Result<HttpResponse, Problem> {
    let unwritable = || Problem::new(Code::Internal);
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
    writer.write_record(["what", "name", "count"]).map_err(|_| unwritable())?;
    for line in view.lines() {
        writer.write_record(line).map_err(|_| unwritable())?;
    }
    let bytes = writer.into_inner().map_err(|_| unwritable())?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"report.csv\""))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .body(bytes))
}

/// Which people.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PeopleFilter {
    /// Only those who stand so.
    #[param(required = false, nullable = false, inline, value_type = Standing)]
    standing: Option<Standing>,
    /// Only those who live in this district.
    #[param(required = false, nullable = false, value_type = uuid::Uuid)]
    area: Option<AreaId>,
}

/// List the people of a broadcast
///
/// How each of them stands: who has acknowledged, who has not yet, and who cannot be reached and why, for
/// whoever goes and knocks. That somebody looked is noted.
#[utoipa::path(tag = "broadcasts", operation_id = "listBroadcastDeliveries", security(("bearer" = [])),
    params(TownPath, BroadcastPath, PageParams, PeopleFilter),
    responses((status = 200, description = "People.", body = Listed<BroadcastPerson>)))]
#[get("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}/deliveries")]
pub async fn deliveries(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<BroadcastPath>,
    query: PageQuery<PeopleFilter>,
) -> Result<HttpResponse, Problem> {
    let wanted = Wanted { standing: query.filter.standing, area: query.filter.area };
    let page = service::list_reached(store.as_ref(), &ctx, path.broadcast, wanted, &query.request).await?;
    query.answer(page.map(BroadcastPerson::from))
}
