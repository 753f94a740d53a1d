//! What the town hall told a person: what push leads to.

use actix_web::{
    HttpResponse, get, post, put,
    web::{Data, Path},
};
use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    Code, Store,
    broadcasts::{
        Link, Poll, Texts, Told,
        service::{self, Polled},
    },
    content::{Alternative, FileKind},
    ids::MessageId,
    text::{Name, Slug},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::PersonActor,
    extract::{EntityTag, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    problem::Problem,
    reply::{Caching, read},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list)
        .service(show)
        .service(mark_read)
        .service(acknowledge)
        .service(show_poll)
        .service(cast_vote);
}

/// The part of a path that names a message.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct MessagePath {
    /// The message: `message_id` of a push message.
    #[param(value_type = uuid::Uuid)]
    message: MessageId,
}

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MessageFilter {
    /// Only what came or changed after this moment: that of the last answer's newest change. What came in the hour
    /// before may come again, so that nothing is missed.
    #[param(required = false, nullable = false, value_type = DateTime<Utc>)]
    since: Option<DateTime<Utc>>,
}

/// A message of the town hall.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
struct MessageView {
    /// Its identity: `message_id` of the push message.
    #[schema(value_type = uuid::Uuid)]
    id: MessageId,
    /// `broadcast`.
    #[schema(max_length = 40, example = "broadcast")]
    kind: String,
    /// The town hall's name in addresses.
    #[schema(value_type = String, max_length = 60, example = "bad-dueben")]
    municipality: Slug,
    /// `information`, `important` or `crisis`.
    #[schema(max_length = 20, example = "crisis")]
    severity: String,
    /// The office that speaks.
    sender: Name,
    /// The words.
    texts: Texts,
    /// Links to more.
    #[schema(max_items = 5)]
    links: Vec<Link>,
    /// What it shows.
    #[schema(max_items = 5)]
    pictures: Vec<AttachedPicture>,
    /// Documents to read.
    #[schema(max_items = 5)]
    documents: Vec<AttachedDocument>,
    /// What you are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    poll: Option<Poll>,
    /// The answer you chose, from 0 in the order of the answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 9)]
    voted: Option<u16>,
    /// The message it follows up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = uuid::Uuid)]
    first: Option<MessageId>,
    /// What it says about that: `update`, `correction` or `all_clear`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 20, example = "all_clear")]
    follow_up: Option<String>,
    /// Whether the town hall called it back.
    withdrawn: bool,
    /// When it came.
    sent_at: DateTime<Utc>,
    /// After this it is worthless.
    expires_at: DateTime<Utc>,
    /// When you opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    read_at: Option<DateTime<Utc>>,
    /// When you acknowledged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    acknowledged_at: Option<DateTime<Utc>>,
}

/// A picture of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = MessagePicture)]
struct AttachedPicture {
    /// Where it is, relative to this installation; with `?rendition=thumb` a small one.
    #[schema(
        max_length = 200,
        example = "/v1/municipalities/bad-dueben/pictures/019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01"
    )]
    url: String,
    /// What it shows, for who cannot see it, in German and perhaps other languages.
    #[schema(min_items = 1, max_items = 12)]
    alternatives: Vec<Alternative>,
}

/// A document of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageDocument)]
struct AttachedDocument {
    /// Where its PDF is, relative to this installation.
    #[schema(
        max_length = 200,
        example = "/v1/municipalities/bad-dueben/documents/019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01"
    )]
    url: String,
    /// What it is called.
    #[schema(example = "Plan der Sammelstellen")]
    label: Name,
}

impl From<Told> for MessageView {
    fn from(told: Told) -> Self {
        let seconds = |at: DateTime<Utc>| at.trunc_subsecs(0);
        let draft = &*told.draft;
        let pictures = draft.attachments.pictures.iter().map(|picture| AttachedPicture {
            url: FileKind::Picture.path(&told.municipality, picture.id),
            alternatives: picture.alternatives.clone(),
        });
        let documents = draft.attachments.documents.iter().map(|document| AttachedDocument {
            url: FileKind::Document.path(&told.municipality, document.id),
            label: document.label.clone(),
        });
        let (pictures, documents) = (pictures.collect(), documents.collect());
        Self {
            id: told.id,
            kind: "broadcast".to_owned(),
            municipality: told.municipality,
            severity: draft.severity.to_string(),
            sender: draft.sender.clone(),
            texts: draft.texts.clone(),
            links: draft.links.clone(),
            pictures,
            documents,
            poll: draft.poll.clone(),
            voted: told.voted,
            first: draft.follows_up.map(|(first, _)| first),
            follow_up: draft.follows_up.map(|(_, kind)| kind.to_string()),
            withdrawn: told.withdrawn,
            sent_at: seconds(told.at),
            expires_at: seconds(draft.expires_at),
            read_at: told.read_at.map(seconds),
            acknowledged_at: told.acknowledged_at.map(seconds),
        }
    }
}

/// List what the town hall told you
///
/// As a citizen or a guest, of all municipalities you follow, the newest first. With `since` only what came or
/// changed after that moment.
#[utoipa::path(tag = "me", operation_id = "listMyMessages", security(("bearer" = [])), params(PageParams, MessageFilter),
    responses((status = 200, description = "Messages.", body = Listed<MessageView>)))]
#[get("/v1/me/messages")]
async fn list(
    store: Data<dyn Store>,
    PersonActor(ctx): PersonActor,
    query: PageQuery<MessageFilter>,
) -> Result<HttpResponse, Problem> {
    let page = service::messages(store.as_ref(), &ctx, query.filter.since, &query.request).await?;
    query.answer(page.map(MessageView::from))
}

/// Read one message
///
/// What push leads to: `message_id` of the push message says which.
#[utoipa::path(tag = "me", operation_id = "getMyMessage", security(("bearer" = [])), params(MessagePath),
    responses((status = 200, description = "The message.", body = MessageView)))]
#[get("/v1/me/messages/{message}")]
async fn show(
    store: Data<dyn Store>,
    PersonActor(ctx): PersonActor,
    path: Path<MessagePath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let view = MessageView::from(service::message(store.as_ref(), &ctx, path.message).await?);
    let bytes = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::Internal))?;
    Ok(read(&view, EntityTag::content(&bytes), &seen, ctx.locale, Caching::Private))
}

/// Say that you opened a message
///
/// Counts once, however often it is said.
#[utoipa::path(tag = "me", operation_id = "readMessage", security(("bearer" = [])), params(MessagePath),
    responses((status = 204, description = "Noted.")))]
#[post("/v1/me/messages/{message}/read")]
async fn mark_read(
    store: Data<dyn Store>,
    PersonActor(ctx): PersonActor,
    path: Path<MessagePath>,
) -> Result<HttpResponse, Problem> {
    service::mark_read(store.as_ref(), &ctx, path.message).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Acknowledge a message
///
/// Nobody sends you a text message or calls because of it any more. Counts once.
#[utoipa::path(tag = "me", operation_id = "acknowledgeMessage", security(("bearer" = [])), params(MessagePath),
    responses((status = 204, description = "Noted.")))]
#[post("/v1/me/messages/{message}/acknowledgement")]
async fn acknowledge(
    store: Data<dyn Store>,
    PersonActor(ctx): PersonActor,
    path: Path<MessagePath>,
) -> Result<HttpResponse, Problem> {
    service::acknowledge(store.as_ref(), &ctx, path.message).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A vote.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Vote, example = json!({"option": 0}))]
struct VoteBody {
    /// The answer you choose, from 0 in the order of the answers.
    #[schema(minimum = 0, maximum = 9)]
    #[validate(range(max = 9))]
    option: u16,
}

/// A poll as you see it.
#[derive(Serialize, ToSchema)]
#[schema(as = PollOfMessage)]
struct PollView {
    /// What you are asked.
    poll: Poll,
    /// The answer you chose, from 0 in the order of the answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 9)]
    voted: Option<u16>,
    /// Votes for each answer so far, in the order of the answers; once you have voted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 10)]
    votes: Option<Vec<u64>>,
}

impl From<Polled> for PollView {
    fn from(polled: Polled) -> Self {
        let Polled { poll, vote, results } = polled;
        Self { poll, voted: vote.map(|vote| vote.option), votes: results.map(|results| results.0) }
    }
}

/// See a poll and, once you have voted, what came of it so far
#[utoipa::path(tag = "me", operation_id = "getMessagePoll", security(("bearer" = [])), params(MessagePath),
    responses((status = 200, description = "The poll.", body = PollView)))]
#[get("/v1/me/messages/{message}/poll")]
async fn show_poll(
    store: Data<dyn Store>,
    PersonActor(ctx): PersonActor,
    path: Path<MessagePath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let view = PollView::from(service::poll(store.as_ref(), &ctx, path.message).await?);
    let bytes = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::Internal))?;
    Ok(read(&view, EntityTag::content(&bytes), &seen, ctx.locale, Caching::Private))
}

/// Vote
///
/// Once and for good, until the message expires; saying the same again changes nothing. A guest's phone votes
/// once, under whatever name. The town hall sees numbers, not who chose what.
#[utoipa::path(tag = "me", operation_id = "putMessageVote", security(("bearer" = [])), params(MessagePath),
    request_body = VoteBody,
    responses((status = 200, description = "Your vote, and what came of the poll so far.", body = PollView)))]
#[put("/v1/me/messages/{message}/vote")]
async fn cast_vote(
    store: Data<dyn Store>,
    PersonActor(ctx): PersonActor,
    path: Path<MessagePath>,
    body: ValidJson<VoteBody>,
) -> Result<HttpResponse, Problem> {
    let polled = service::vote(store.as_ref(), &ctx, path.message, body.value.option).await?;
    Ok(HttpResponse::Ok().json(PollView::from(polled)))
}
