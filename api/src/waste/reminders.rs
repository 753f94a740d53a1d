//! What one is reminded of.

use actix_web::{
    HttpResponse, delete, get,
    http::header,
    put,
    web::{Data, Path},
};
use chrono::{NaiveTime, Timelike};
use domain::{
    Code, Store,
    deliveries::Channel,
    text::{BadText, Slug},
    waste::{
        MOST_REMINDERS,
        service::{NewReminder, Reminders, choose_reminders, get_reminders},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::PersonActor,
    extract::{EntityTag, IfNoneMatch, ValidJson},
    municipalities::{Town, TownPath},
    problem::Problem,
    reply::{Caching, written},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(choose).service(show).service(end);
}

/// A time on the town's clocks, whole minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 5, max_length = 5, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "18:00")]
pub struct TimeOfDay(pub NaiveTime);

impl TryFrom<String> for TimeOfDay {
    type Error = BadText;

    fn try_from(text: String) -> Result<Self, BadText> {
        if text.len() > 5 {
            return Err(BadText(Code::TooLong));
        }
        let whole = text.len() == 5;
        let read = NaiveTime::parse_from_str(&text, "%H:%M").ok().filter(|_| whole);
        read.map(Self).ok_or(BadText(Code::WrongType))
    }
}

impl From<TimeOfDay> for String {
    fn from(TimeOfDay(time): TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.hour(), time.minute())
    }
}

/// A reminder to be chosen.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWasteReminder)]
struct NewBody {
    /// The code of a kind of waste; every kind where absent.
    #[schema(nullable = false, example = "organic")]
    waste_type: Option<Slug>,
    /// Days before the collection.
    #[schema(minimum = 0, maximum = 7, example = 1)]
    #[validate(range(max = 7))]
    days_before: u8,
    /// When, on the town's clocks.
    time: TimeOfDay,
    /// By which way. It must be one that is chosen in `channels.notice` of the follow.
    channel: Channel,
}

/// What one is reminded of, as a whole.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutWasteReminders {
    /// The reminders.
    #[schema(max_items = 20)]
    #[validate(nested)]
    reminders: Vec<NewBody>,
}

impl PutWasteReminders {
    /// What is to be chosen.
    ///
    /// # Errors
    /// [`Code::TooMany`].
    pub fn read(self) -> Result<Vec<NewReminder>, Problem> {
        if self.reminders.len() > MOST_REMINDERS {
            return Err(Problem::invalid("/reminders", Code::TooMany));
        }
        let new = |new: NewBody| NewReminder {
            waste_type: new.waste_type,
            days_before: new.days_before,
            time: new.time.0,
            channel: new.channel,
        };
        Ok(self.reminders.into_iter().map(new).collect())
    }
}

/// A reminder.
#[derive(Serialize, ToSchema)]
#[schema(as = WasteReminder)]
struct ReminderView {
    /// The code of a kind of waste; every kind where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "organic")]
    waste_type: Option<Slug>,
    /// Days before the collection.
    #[schema(minimum = 0, maximum = 7, example = 1)]
    days_before: u8,
    /// When, on the town's clocks.
    time: TimeOfDay,
    /// By which way: `push`, `email`, `sms` or `voice`.
    #[schema(max_length = 16, example = "push")]
    channel: String,
}

/// What one is reminded of.
#[derive(Serialize, ToSchema)]
#[schema(as = WasteReminders)]
pub struct RemindersView {
    /// The reminders in the order they were chosen.
    #[schema(max_items = 20)]
    reminders: Vec<ReminderView>,
}

impl From<Reminders> for RemindersView {
    fn from(Reminders { chosen, types }: Reminders) -> Self {
        let code = |id| types.iter().find(|kind| kind.id == id).map(|kind| kind.code.clone());
        let reminders = chosen.into_iter().map(|reminder| ReminderView {
            waste_type: reminder.waste_type.and_then(code),
            days_before: reminder.days_before,
            time: TimeOfDay(reminder.time),
            channel: reminder.channel.to_string(),
        });
        Self { reminders: reminders.collect() }
    }
}

/// Choose what to be reminded of
///
/// Replaces all reminders for the address of the follow: which kind of waste, how many days before, at what
/// time on the town's clocks, by which way. Each is told once; where the installation was down at that
/// minute it is told later and says so. A date that moves is told to everybody at the address by itself.
#[utoipa::path(tag = "me", operation_id = "putWasteReminders", request_body = PutWasteReminders, security(("bearer" = [])),
    params(TownPath), responses((status = 200, description = "What is chosen now.", body = RemindersView)))]
#[put("/v1/me/follows/{municipality}/waste-reminders")]
async fn choose(
    PersonActor(ctx): PersonActor,
    Town(town): Town,
    body: ValidJson<PutWasteReminders>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let new = body.value.read()?;
    let chosen = choose_reminders(&**store, &ctx, &town, new).await?;
    let answer = HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(RemindersView::from(chosen));
    Ok(answer)
}

/// Show what one is reminded of
#[utoipa::path(tag = "me", operation_id = "getWasteReminders", security(("bearer" = [])), params(TownPath),
    responses((status = 200, description = "What is chosen.", body = RemindersView)))]
#[get("/v1/me/follows/{municipality}/waste-reminders")]
async fn show(
    PersonActor(ctx): PersonActor,
    Town(town): Town,
    seen: IfNoneMatch,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let view = RemindersView::from(get_reminders(&**store, &ctx, &town).await?);
    let body = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::Internal))?;
    let tag = EntityTag::content(&body);
    Ok(written(body.into(), tag, &seen, ctx.locale, Caching::Private))
}

/// Be reminded of nothing any more
#[utoipa::path(tag = "me", operation_id = "deleteWasteReminders", security(("bearer" = [])), params(TownPath),
    responses((status = 204, description = "There are no reminders.")))]
#[delete("/v1/me/follows/{municipality}/waste-reminders")]
async fn end(
    PersonActor(ctx): PersonActor,
    Town(town): Town,
    _path: Path<TownPath>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    choose_reminders(&**store, &ctx, &town, Vec::new()).await?;
    Ok(HttpResponse::NoContent().finish())
}
