//! Provider tokens: the ES256 JWT with which a sender proves to be of the team.

use std::{collections::HashMap, sync::RwLock};

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::{Credentials, answer::Reason, check::Violation};
use crate::{StartError, record::unpoisoned};

/// Apple refuses older tokens.
const MAX_AGE: Duration = Duration::minutes(60);
/// Apple asks to keep a token at least this long.
const MIN_USE: Duration = Duration::minutes(20);
/// Two clocks are never the same.
const SKEW: Duration = Duration::seconds(5);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    iat: i64,
}

/// A token whose signature was found right.
#[derive(Debug, Clone, Copy)]
struct Known {
    issued: DateTime<Utc>,
    first_used: DateTime<Utc>,
}

/// Checks provider tokens; each signature once.
#[derive(Debug)]
pub(super) struct ProviderTokens {
    key: DecodingKey,
    key_id: String,
    team_id: String,
    max_new: usize,
    known: RwLock<HashMap<String, Known>>,
}

impl ProviderTokens {
    /// `max_new` different tokens are allowed within twenty minutes.
    pub(super) fn new(credentials: &Credentials, max_new: usize) -> Result<Self, StartError> {
        Ok(Self {
            key: DecodingKey::from_ec_pem(credentials.public_key_pem()?.as_bytes())?,
            key_id: credentials.key_id.clone(),
            team_id: credentials.team_id.clone(),
            max_new,
            known: RwLock::default(),
        })
    }

    /// Checks the value of the header `authorization` at the given time.
    pub(super) fn check(&self, authorization: Option<&str>, now: DateTime<Utc>) -> Result<(), Violation> {
        let Some(authorization) = authorization else {
            return Err(Violation::new(Reason::MissingProviderToken, "no header authorization"));
        };
        let Some(token) = authorization.strip_prefix("bearer ") else {
            let sentence = "authorization does not begin with 'bearer ' in lower case, as Apple documents it";
            return Err(Violation::new(Reason::InvalidProviderToken, sentence));
        };
        let known = unpoisoned(self.known.read()).get(token).copied();
        let issued = match known {
            Some(known) => known.issued,
            None => self.meet(token, now)?,
        };
        if now - issued > MAX_AGE {
            return Err(Violation::new(
                Reason::ExpiredProviderToken,
                format!("the provider token is {} minutes old, allowed are 60", (now - issued).num_minutes()),
            ));
        }
        Ok(())
    }

    /// Verifies a token seen for the first time and remembers it.
    fn meet(&self, token: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Violation> {
        let issued = self.verify(token)?;
        if issued > now + SKEW {
            return Err(invalid("iat lies in the future"));
        }
        if now - issued > MAX_AGE {
            // Not remembered: an old token is no update.
            return Ok(issued);
        }
        let mut known = unpoisoned(self.known.write());
        known.retain(|_, token| now - token.issued <= MAX_AGE);
        let recent = known.values().filter(|token| now - token.first_used < MIN_USE).count();
        if recent >= self.max_new && !known.contains_key(token) {
            return Err(Violation::new(
                Reason::TooManyProviderTokenUpdates,
                format!("more than {} different provider tokens within 20 minutes", self.max_new),
            ));
        }
        known.entry(token.to_owned()).or_insert(Known { issued, first_used: now });
        Ok(issued)
    }

    fn verify(&self, token: &str) -> Result<DateTime<Utc>, Violation> {
        let header =
            jsonwebtoken::decode_header(token).map_err(|_| invalid("the provider token is not a JWT"))?;
        if header.alg != Algorithm::ES256 {
            return Err(invalid("the provider token is not signed with ES256"));
        }
        if header.kid.as_deref() != Some(self.key_id.as_str()) {
            return Err(invalid("kid is not the id of the configured key"));
        }
        let mut rules = Validation::new(Algorithm::ES256);
        // Apple's tokens have no exp; their age is judged by iat.
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        rules.validate_aud = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &rules)
            .map_err(|error| invalid(format!("the provider token is refused: {error}")))?
            .claims;
        if claims.iss != self.team_id {
            return Err(invalid("iss is not the configured team"));
        }
        DateTime::from_timestamp(claims.iat, 0).ok_or_else(|| invalid("iat is not a time in seconds"))
    }
}

fn invalid(sentence: impl Into<String>) -> Violation {
    Violation::new(Reason::InvalidProviderToken, sentence)
}
