//! The tokens of a session.

use actix_web::{HttpResponse, http::header};
use chrono::TimeDelta;
use domain::{Ctx, Result, citizens::Session, ids::AccountId};
use infrastructure::{secrets::Secrets, tokens::RefreshToken};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{auth::Gate, config::Config};

/// The tokens of a session. Both are secrets; the app keeps them where the system keeps passwords.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// Goes into `Authorization: Bearer …` of each request.
    #[schema(max_length = 2000, example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2ln")]
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(max_length = 10, example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token ends.
    #[schema(minimum = 1, maximum = 900, example = 900)]
    pub expires_in: i64,
    /// Renews the session, once: each renewal gives a new one.
    #[schema(max_length = 200, example = "019a8f3e7c117d2b9a523f1f0f2a6c01.1.c2lnbmF0dXJl")]
    pub refresh_token: String,
    /// The account; guests have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>, nullable = false, example = "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01")]
    pub account_id: Option<AccountId>,
}

impl Tokens {
    /// The tokens of `session` as it stands.
    pub async fn of<A>(ctx: &Ctx<A>, gate: &Gate, secrets: &Secrets, session: &Session) -> Result<Self> {
        let refresh = RefreshToken { session: session.id, generation: session.generation };
        Ok(Self {
            access_token: gate.issue(ctx, session).await?,
            token_type: "Bearer",
            expires_in: gate.keyring().lifetime().num_seconds(),
            refresh_token: refresh.encode(secrets),
            account_id: session.account,
        })
    }

    /// 201 for a session that begins.
    pub fn created(&self) -> HttpResponse {
        HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(self)
    }

    /// 200 for one that goes on.
    pub fn renewed(&self) -> HttpResponse {
        HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(self)
    }
}

/// How long a session lives without being used.
pub fn idle(config: &Config) -> TimeDelta {
    TimeDelta::days(config.auth.session_idle_days.into())
}
