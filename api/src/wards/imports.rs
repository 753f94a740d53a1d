//! Taking over people from an earlier system.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, post,
    web::{Data, Payload, block},
};
use domain::{
    Code, Locale, Store,
    context::Permission,
    municipalities::address_import::OnFault,
    wards::{
        people_import::{Column, Fault, Line, Report},
        service::import,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::record;
use crate::{
    auth::StaffActor,
    config::Config,
    extract::ValidQuery,
    follows::offered,
    municipalities::{Town, TownPath},
    problem::{Problem, of_payload, sentence},
};

/// Bytes of a file of 1,000 lines.
const LARGEST: usize = 1024 * 1024;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(take_in);
}

/// How the file is taken.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PeopleQuery {
    /// `refuse`: where a line is wrong, nothing is taken. `skip`: the others are.
    #[serde(default)]
    #[param(required = false, value_type = String, max_length = 10, default = "refuse", pattern = "^(refuse|skip)$", example = "skip")]
    on_fault: OnFault,
}

/// A file with somebody on each line.
#[derive(ToSchema)]
#[schema(
    value_type = String, max_length = 1_048_576,
    example = "art;name;telefon;gefahr;nachweis;zugestimmt_am\nvertreten;Erna Muster;030 23125014;Anruf;A-17;03.05.2024\n"
)]
#[expect(dead_code, reason = "stands in the document only")]
struct PeopleFile(String);

/// What came of taking people over.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"added": 1, "unchanged": 0, "refused": 0, "lines": []}))]
struct PeopleImport {
    /// People who were not there before.
    added: u64,
    /// People who were there, and choose for themselves.
    unchanged: u64,
    /// Lines that were not taken.
    refused: u64,
    /// These lines.
    #[schema(max_items = 1_000)]
    lines: Vec<RefusedPerson>,
}

/// A line that was not taken.
#[derive(Serialize, ToSchema)]
struct RefusedPerson {
    /// Its number in the file, from 1.
    line: u32,
    /// What it is about.
    #[schema(max_length = 20, example = "phone")]
    column: String,
    /// The stable code.
    #[schema(max_length = 40, example = "phone_invalid")]
    code: String,
    /// What to do about it, in the language asked for.
    #[schema(max_length = 500, example = "Write a number that exists, with its area code.")]
    detail: String,
}

impl PeopleImport {
    fn new(report: Report, locale: Locale) -> Self {
        let Report { added, unchanged, faults } = report;
        let refused = u64::try_from(faults.len()).unwrap_or(u64::MAX);
        let lines = faults.into_iter().map(|Fault { line, column, code }| RefusedPerson {
            line,
            column: column.to_string(),
            code: code.to_string(),
            detail: sentence(code, locale),
        });
        Self { added, unchanged, refused, lines: lines.collect() }
    }
}

/// Take people over
///
/// From an earlier system or from forms, with what proves that they agreed: CSV with headings, separated by
/// commas, semicolons or tabs, in UTF-8 or Windows-1252, up to 1,000 lines. The columns are, in German or
/// English: kind (`resident` with a mailbox or a mobile, who finds it on signing in there; `ward` without a
/// smartphone), name, phone, further phones (tried after it, in their order), e-mail, street, house number,
/// watched streets, topics, age group, language; crisis, important and information with the ways `voice`,
/// `sms`, `email`; document, agreed on and valid until. Lists are separated by commas within the column. Every
/// line is tried before anything is written. Nobody is told, and whoever is there already stays as they are.
#[utoipa::path(tag = "wards", operation_id = "importPeople", security(("bearer" = [])),
    params(TownPath, PeopleQuery), request_body(content((PeopleFile = "text/csv"))),
    responses((status = 200, description = "What came of it.", body = PeopleImport)))]
#[post("/v1/municipalities/{municipality}/staff/people-imports")]
async fn take_in(
    request: HttpRequest,
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    query: ValidQuery<PeopleQuery>,
    config: Data<Config>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    // Before a file is read for nothing.
    ctx.require(Permission::RegisterWards)?;
    if !request.content_type().eq_ignore_ascii_case("text/csv") {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    let bytes = match payload.to_bytes_limited(LARGEST).await {
        Ok(bytes) => bytes.map_err(|error| of_payload(&error))?,
        Err(_) => return Err(Problem::new(Code::PayloadTooLarge)),
    };
    let lines = block(move || record::read(&bytes)).await;
    let lines = lines.map_err(|_| Problem::new(Code::Overloaded))??;
    let paid = |line: Line| match super::paid(&config, &line.choice) {
        Ok(()) => Ok(line),
        Err(error) => Err(Fault::of(line.number, error).unwrap_or(Fault {
            line: line.number,
            column: Column::Phone,
            code: Code::PhoneCountry,
        })),
    };
    let lines = lines.into_iter().map(|line| line.and_then(paid)).collect();
    let report = import(store.as_ref(), &ctx, &town, lines, query.on_fault, &offered(&config)).await?;
    Ok(HttpResponse::Ok().json(PeopleImport::new(report, ctx.locale)))
}
