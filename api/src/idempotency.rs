//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same request again gets the same
//! answer, byte for byte, and happens once.
//!
//! ```
//! use actix_web::{HttpResponse, web::Data};
//! use api::{auth::PersonActor, extract::ValidJson, idempotency::{Answer, Idempotency}, problem::Problem};
//! use domain::{Ctx, Store, context::Person, idempotency::{Once, Outcome}};
//! # #[derive(serde::Deserialize, validator::Validate)] struct New {}
//! # #[derive(serde::Serialize)] struct Made { id: u8 }
//! # async fn make(_: &dyn Store, _: &Ctx<Person>, _: New, _: Once<'_, Made>) -> domain::Result<Outcome<Made>> {
//! #     Ok(Outcome::Done(Made { id: 7 }))
//! # }
//! async fn create(
//!     store: Data<dyn Store>,
//!     PersonActor(ctx): PersonActor,
//!     idempotency: Idempotency,
//!     body: ValidJson<New>,
//! ) -> Result<HttpResponse, Problem> {
//!     let request = idempotency.of(&ctx.actor, &body);
//!     let answer = |made: &Made| Answer::created(format!("/v1/things/{}", made.id), made);
//!     request.answer(&answer, async |once| make(&**store, &ctx, body.value, once).await).await
//! }
//! ```

use std::{fmt, future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
    web::Data,
};
use domain::{
    Code, Ctx, Error,
    context::{Person, Reporter, Staff, Visitor},
    idempotency::{KeyedRequest, Once, Outcome, SealedAnswer},
    ids::{AccountId, ApiKeyId, PersonId},
};
use infrastructure::secrets::{Purpose, Secrets};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    extract::{EntityTag, IdempotencyKey, Moment, ValidJson},
    problem::Problem,
};

/// The header, for the document: `params(TownPath, IdempotencyParams)`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyParams {
    /// A new UUID for each effect. The same request with the same key within 24 hours happens once and
    /// gets the first answer again; another body is refused with `idempotency_key_reused`, and while the
    /// first request is still being worked on the answer is `idempotency_in_progress`.
    #[serde(rename = "Idempotency-Key")]
    #[param(
        required = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!#-~]+$",
        example = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    )]
    pub key: String,
}

/// Whose key it is: the same key of somebody else means another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A citizen or a guest.
    Person(PersonId),
    /// Somebody of the staff.
    Account(AccountId),
    /// A program, by its key.
    Program(ApiKeyId),
    /// Nobody in particular. All who are nobody share their keys, and nothing tells them apart later.
    Nobody,
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Program(id) => write!(f, "api_key:{id}"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

impl From<&Person> for Asker {
    fn from(person: &Person) -> Self {
        Self::Person(person.person)
    }
}

impl From<&Staff> for Asker {
    fn from(staff: &Staff) -> Self {
        Self::Account(staff.account)
    }
}

impl From<&Reporter> for Asker {
    fn from(reporter: &Reporter) -> Self {
        match reporter {
            Reporter::Person(person) => person.into(),
            Reporter::Program(key) => Self::Program(*key),
            Reporter::Anonymous { .. } => Self::Nobody,
        }
    }
}

/// An answer that can be kept and given again. Headers that every answer gets are not part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    /// 201: `made` as JSON, and the address where it is.
    ///
    /// # Errors
    /// None for types whose keys are texts.
    pub fn created<T: Serialize>(place: String, made: &T) -> Result<Self, Error> {
        Ok(Self::json(StatusCode::CREATED, made)?.with(header::LOCATION, place))
    }

    /// `told` as JSON.
    ///
    /// # Errors
    /// None for types whose keys are texts.
    pub fn json<T: Serialize>(status: StatusCode, told: &T) -> Result<Self, Error> {
        let body = serde_json::to_string(told).map_err(|_| Error::refused(Code::Internal))?;
        let answer = Self { status: status.as_u16(), headers: Vec::new(), body };
        Ok(answer.with(header::CONTENT_TYPE, "application/json"))
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name.to_string(), value.into()));
        self
    }

    /// With the tag of the version that was made.
    #[must_use]
    pub fn versioned(self, version: i64) -> Self {
        self.with(header::ETAG, EntityTag::version(version).to_string())
    }

    fn respond(self) -> Result<HttpResponse, Problem> {
        let status = StatusCode::from_u16(self.status).map_err(|_| Problem::new(Code::Internal))?;
        let mut response = HttpResponse::build(status);
        for header in self.headers {
            response.append_header(header);
        }
        Ok(response.body(self.body))
    }
}

/// What a handler takes that honours the key. Optional for the client: without one, each request counts.
pub struct Idempotency {
    key: Option<String>,
    method: String,
    path: String,
    ctx: Ctx<Visitor>,
    secrets: Data<Secrets>,
}

impl Idempotency {
    /// The request that `asker` made with `body`.
    pub fn of<T>(self, asker: impl Into<Asker>, body: &ValidJson<T>) -> Request {
        self.with(asker, body.fingerprint())
    }

    /// The request that `asker` made with a body of this SHA-256.
    pub fn with(self, asker: impl Into<Asker>, fingerprint: [u8; 32]) -> Request {
        let Self { key, method, path, ctx, secrets } = self;
        let actor = asker.into().to_string();
        let keyed = key.map(|key| KeyedRequest { actor, method, path, key, fingerprint });
        Request { keyed, ctx, secrets }
    }
}

/// One request, told from all others where the client sent a key.
pub struct Request {
    keyed: Option<KeyedRequest>,
    ctx: Ctx<Visitor>,
    secrets: Data<Secrets>,
}

impl Request {
    /// Does `work` once and answers with `answer`; again, with the answer of the first time. The
    /// answer is stored, sealed, in the transaction of the work.
    ///
    /// # Errors
    /// Those of the work; [`Code::IdempotencyKeyReused`] and [`Code::IdempotencyInProgress`].
    pub async fn answer<T>(
        self,
        answer: &(impl Fn(&T) -> Result<Answer, Error> + Send + Sync),
        work: impl AsyncFnOnce(Once<'_, T>) -> Result<Outcome<T>, Error>,
    ) -> Result<HttpResponse, Problem> {
        let Some(request) = self.keyed.clone() else {
            return match work(Once::unkeyed()).await? {
                Outcome::Done(made) => answer(&made)?.respond(),
                Outcome::Replayed(_) => Err(Problem::new(Code::Internal)),
            };
        };
        let sealing = |made: &T| self.seal(&request, &answer(made)?);
        match work(Once::keyed(request.clone(), &sealing)).await? {
            Outcome::Done(made) => answer(&made)?.respond(),
            Outcome::Replayed(kept) => self.open(&request, &kept)?.respond(),
        }
    }

    fn seal(&self, request: &KeyedRequest, answer: &Answer) -> Result<SealedAnswer, Error> {
        let broken = || Error::refused(Code::Internal);
        let bytes = serde_json::to_vec(answer).map_err(|_| broken())?;
        let sealed = self
            .secrets
            .seal(Purpose::StoredAnswer, &bytes, &place_of(request), self.ctx.random())
            .map_err(|_| broken())?;
        Ok(SealedAnswer { status: answer.status, sealed })
    }

    fn open(&self, request: &KeyedRequest, kept: &SealedAnswer) -> Result<Answer, Error> {
        let broken = || Error::refused(Code::Internal);
        let bytes = self
            .secrets
            .open(Purpose::StoredAnswer, &kept.sealed, &place_of(request))
            .map_err(|_| broken())?;
        serde_json::from_slice(&bytes).map_err(|_| broken())
    }
}

/// Names the row, so that a sealed answer cannot be moved to another.
fn place_of(request: &KeyedRequest) -> Vec<u8> {
    let KeyedRequest { actor, method, path, key, fingerprint } = request;
    [actor, "\n", method, "\n", path, "\n", key, "\n"]
        .iter()
        .flat_map(|part| part.as_bytes())
        .chain(fingerprint)
        .copied()
        .collect()
}

impl FromRequest for Idempotency {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let IdempotencyKey(key) = IdempotencyKey::extract(&request).await?;
            let secrets = request.app_data::<Data<Secrets>>().cloned();
            Ok(Self {
                key,
                method: request.method().to_string(),
                path: request.path().to_owned(),
                ctx: Moment::of(&request)?.ctx,
                secrets: secrets.ok_or_else(|| Problem::new(Code::Internal))?,
            })
        })
    }
}
