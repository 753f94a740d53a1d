//! Filing a complaint.

use actix_web::{HttpResponse, http::header, post, web::Data};
use domain::{
    Code, Error, Store,
    citizens::{CodePurpose, code::Subject},
    complaints::{
        photo::ContentHash,
        service::{self, Intake, NewComplaint, NewPlace, Submitted},
    },
    context::Reporter,
    geo::Point,
    ids::{ComplaintId, PhotoId},
    text::{AddressLine, Description, EmailAddress, Name, Slug},
};
use infrastructure::secrets::{Purpose, Secrets, hex};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::Intakes;
use crate::{
    auth::ReporterActor,
    config::Config,
    extract::{Moment, ValidJson},
    idempotency::{Answer, Asker, Idempotency, IdempotencyParams},
    municipalities::{Town, TownPath},
    problem::Problem,
    sessions::{Wanted, new_code},
    time::Time,
};

/// A report.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewComplaint, example = json!({
    "category": "illegal-waste", "description": "Alte Reifen am Waldrand, seit gestern.",
    "location": {"lat": 51.5919, "lon": 12.5853}, "anonymous": true,
}))]
#[validate(schema(function = one_place))]
struct Report {
    /// Its identifier, made by the app: sent again, the same report is not filed twice.
    #[schema(nullable = false)]
    id: Option<ComplaintId>,
    /// The code of the kind of complaint.
    #[schema(example = "illegal-waste")]
    category: Slug,
    /// What it is about. Never public.
    description: Description,
    /// Where it is. Either this or `address`.
    #[schema(nullable = false)]
    location: Option<Point>,
    /// Street and house number on one line, or a description of the place. Either this or `location`.
    #[schema(nullable = false)]
    address: Option<AddressLine>,
    /// Photos sent before by the same app.
    #[serde(default)]
    #[validate(length(max = 5))]
    #[schema(max_items = 5)]
    photos: Vec<PhotoId>,
    /// Whether nobody shall know who reports. The answer then has a return key.
    #[serde(default)]
    anonymous: bool,
    /// Where the code goes with which a guest confirms the report. Needed where the town hall asks
    /// guests to confirm, else neither used nor kept.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
}

fn one_place(report: &Report) -> Result<(), ValidationError> {
    if report.location.is_some() == report.address.is_some() {
        return Err(ValidationError::new("exactly_one").with_message("location".into()));
    }
    Ok(())
}

impl Report {
    fn place(&self) -> Result<NewPlace, Error> {
        match (self.location, &self.address) {
            (Some(point), _) => Point::parse(point.lat, point.lon)
                .map(NewPlace::Point)
                .map_err(|code| Error::invalid("/location", code)),
            (None, Some(line)) => Ok(NewPlace::Address(line.clone())),
            (None, None) => Err(Error::invalid("/location", Code::ExactlyOne)),
        }
    }
}

/// A complaint that was just filed.
#[derive(Serialize, ToSchema)]
#[schema(as = FiledComplaint)]
struct Filed {
    /// Its identifier.
    id: ComplaintId,
    /// Its number for people.
    #[schema(max_length = 24, example = "BD-2026-000123")]
    reference: String,
    /// Where it stands: `routed`, or `unconfirmed` while it waits for the code sent by e-mail.
    #[schema(max_length = 24, example = "routed")]
    status: String,
    /// The code of the kind of complaint.
    #[schema(example = "illegal-waste")]
    category: Slug,
    /// The department whose desk it is on; absent until it is confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Ordnungsamt")]
    department: Option<Name>,
    /// By when the town hall promises a first answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    due_at: Option<Time>,
    /// When it was filed.
    created_at: Time,
    /// The only way back to an anonymous report; shown this once. Send it as `Return-Key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 40, example = "9f2c5a7be01d4468a3c1f05e7d9b2a6c8e4f1037")]
    return_key: Option<String>,
}

impl Filed {
    fn new(submitted: &Submitted, intake: &Intake, category: &Slug, return_key: &str) -> Self {
        let complaint = &submitted.complaint;
        let department = intake.department(complaint.department).map(|department| department.name.clone());
        let shown = complaint.anonymous && !submitted.repeated;
        Self {
            id: complaint.id,
            reference: complaint.reference.to_string(),
            status: complaint.status.to_string(),
            category: category.clone(),
            department: department.filter(|_| complaint.due.is_some()),
            due_at: complaint.next_due().map(Time),
            created_at: complaint.created_at.into(),
            return_key: shown.then(|| return_key.to_owned()),
        }
    }
}

/// File a complaint
///
/// With the token of a citizen or a guest, or anonymously. It is on a desk when this answers, unless
/// the town hall asks guests to confirm. A program with a key files for somebody who told it:
/// always anonymously, and it keeps the return key.
#[utoipa::path(tag = "complaints", operation_id = "createComplaint", security((), ("bearer" = []), ("api_key" = ["complaints.file"])),
    params(TownPath, IdempotencyParams), request_body = Report,
    responses((status = 201, description = "It is filed.", body = Filed)))]
#[post("/v1/municipalities/{municipality}/complaints")]
#[expect(clippy::too_many_arguments, reason = "a handler takes each part of the request by itself")]
pub async fn submit(
    store: Data<dyn Store>,
    secrets: Data<Secrets>,
    config: Data<Config>,
    intakes: Data<Intakes>,
    Town(town): Town,
    ReporterActor(ctx): ReporterActor,
    moment: Moment,
    idempotency: Idempotency,
    report: ValidJson<Report>,
) -> Result<HttpResponse, Problem> {
    let intake = intakes.of(&**store, town).await?;
    let return_key = hex(&ctx.random::<20>());
    // Whoever is signed in and reports anonymously is nobody to the stored answer as well.
    let asker = match &ctx.actor {
        Reporter::Person(_) if report.value.anonymous => Asker::Nobody,
        reporter => Asker::from(reporter),
    };
    let request = idempotency.of(asker, &report);
    let content = ContentHash(report.fingerprint());
    let report = report.value;
    let id = report.id.unwrap_or_else(|| ctx.id());
    let code = match (&report.email, intake.town.settings.guests_confirm_by_email) {
        (Some(address), true) => Some(new_code(
            &ctx,
            &config,
            &secrets,
            Wanted {
                purpose: CodePurpose::ComplaintConfirmation,
                address: address.clone().into(),
                locale: ctx.locale,
                subject: Some((intake.town.id, Subject::Complaint(id))),
                bound_to: None,
                client: moment.client,
            },
        )?),
        _ => None,
    };
    let new = NewComplaint {
        id,
        may_repeat: report.id.is_some(),
        place: report.place()?,
        category: report.category,
        description: report.description,
        photos: report.photos,
        anonymous: report.anonymous,
        content,
        return_key_hash: hex(&secrets.sign(Purpose::ReturnKey, return_key.as_bytes())),
        code,
        client: moment.client,
    };
    let category = new.category.clone();
    let answer = |submitted: &Submitted| {
        let id = submitted.complaint.id;
        let place = format!("/v1/municipalities/{}/complaints/{id}", intake.town.slug);
        let filed = Filed::new(submitted, &intake, &category, &return_key);
        Ok(Answer::created(place, &filed)?.with(header::CACHE_CONTROL, "no-store"))
    };
    request.answer(&answer, async |once| service::submit(&**store, &ctx, &intake, new, once).await).await
}
