//! Taking a whole register in.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, post,
    web::{Bytes, Data, Payload, block},
};
use domain::{
    Code, Locale, Store,
    context::Permission,
    municipalities::{
        address_import::{FAULTS_KEPT, Fault, Mode, OnFault, Report},
        service::addresses::import,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::file::{self, Kind};
use crate::{
    auth::StaffActor,
    extract::ValidQuery,
    municipalities::{Town, TownPath},
    problem::{Problem, of_payload, sentence},
};

/// Bytes of a file: the houses of the largest cities.
const LARGEST: usize = 64 * 1024 * 1024;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(take_in);
}

/// How the file is taken.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// `merge`: houses that the file does not name stay. `replace`: they go, unless a line was refused.
    #[serde(default)]
    #[param(required = false, value_type = String, max_length = 10, default = "merge", pattern = "^(merge|replace)$", example = "merge")]
    mode: Mode,
    /// `refuse`: where a line is wrong, nothing is taken. `skip`: the others are.
    #[serde(default)]
    #[param(required = false, value_type = String, max_length = 10, default = "refuse", pattern = "^(refuse|skip)$", example = "skip")]
    on_fault: OnFault,
}

/// A file with a house on each line.
#[derive(ToSchema)]
#[schema(
    value_type = String, max_length = 67_108_864,
    example = "strasse;hausnummer;plz;lat;lon\nLeipziger Straße;12a;04849;51.5921;12.5857\n"
)]
#[expect(dead_code, reason = "stands in the document only")]
struct AddressFile(String);

/// What came of an import.
#[derive(Serialize, ToSchema)]
struct AddressImport {
    /// Houses that were not there before.
    #[schema(example = 1204)]
    added: u64,
    /// Houses with another place, area, postal code or spelling now.
    #[schema(example = 3)]
    changed: u64,
    /// Houses that were there just so.
    #[schema(example = 88)]
    unchanged: u64,
    /// Houses that are gone.
    #[schema(example = 0)]
    removed: u64,
    /// Lines that were not taken.
    #[schema(example = 1)]
    refused: u64,
    /// The first 1,000 of them.
    #[schema(max_items = 1_000)]
    lines: Vec<RefusedLine>,
}

/// A line that was not taken.
#[derive(Serialize, ToSchema)]
struct RefusedLine {
    /// Its number in the file, from 1; in GeoJSON the number of the feature.
    #[schema(example = 17)]
    line: u32,
    /// What it is about.
    #[schema(max_length = 20, example = "house_number")]
    column: String,
    /// The stable code.
    #[schema(max_length = 40, example = "house_number_invalid")]
    code: String,
    /// What to do about it, in the language asked for.
    #[schema(max_length = 500, example = "A house number begins with a number from 1 to 9999.")]
    detail: String,
}

impl AddressImport {
    fn new(report: Report, locale: Locale) -> Self {
        let Report { added, changed, unchanged, removed, refused, faults } = report;
        let lines = faults.into_iter().take(FAULTS_KEPT).map(|Fault { line, column, code }| RefusedLine {
            line,
            column: column.to_string(),
            code: code.to_string(),
            detail: sentence(code, locale),
        });
        Self { added, changed, unchanged, removed, refused, lines: lines.collect() }
    }
}

fn kind(request: &HttpRequest) -> Result<Kind, Problem> {
    match request.content_type().to_ascii_lowercase().as_str() {
        "text/csv" => Ok(Kind::Csv),
        "application/geo+json" | "application/json" => Ok(Kind::GeoJson),
        _ => Err(Problem::new(Code::UnsupportedMediaType)),
    }
}

async fn body(payload: Payload) -> Result<Bytes, Problem> {
    match payload.to_bytes_limited(LARGEST).await {
        Ok(bytes) => bytes.map_err(|error| of_payload(&error)),
        Err(_) => Err(Problem::new(Code::PayloadTooLarge)),
    }
}

/// Import the address register
///
/// CSV with headings, separated by commas, semicolons or tabs, in UTF-8 or Windows-1252, or GeoJSON with a
/// point for each house. The columns are, in German or English: street, house number, suffix, postal
/// code, area, and the place as latitude and longitude or as easting and northing (UTM on ETRS89, zone
/// 31 to 33). Every line is checked before anything is written. Refused lines are named: in this
/// report, or, where nothing was taken, as `errors` whose pointer is `/line/column`.
#[utoipa::path(tag = "register", operation_id = "importAddresses", security(("bearer" = [])),
    params(TownPath, ImportQuery),
    request_body(content(
        (AddressFile = "text/csv", example = "strasse;hausnummer;plz;breite;laenge\nLeipziger Straße;12a;04849;51.5921;12.5857\n"),
        (AddressFile = "application/geo+json", example = "{\"type\": \"FeatureCollection\", \"features\": []}"),
    )),
    responses((status = 200, description = "What came of it.", body = AddressImport)))]
#[post("/v1/municipalities/{municipality}/admin/address-imports")]
async fn take_in(
    request: HttpRequest,
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    query: ValidQuery<ImportQuery>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    // Before a large file is read for nothing.
    ctx.require(Permission::ManageRegister)?;
    let kind = kind(&request)?;
    let bytes = body(payload).await?;
    let lines = block(move || file::read(kind, &bytes, &town)).await;
    let lines = lines.map_err(|_| Problem::new(Code::Overloaded))??;
    let report = import(store.as_ref(), &ctx, lines, query.mode, query.on_fault).await?;
    Ok(HttpResponse::Ok().json(AddressImport::new(report, ctx.locale)))
}
