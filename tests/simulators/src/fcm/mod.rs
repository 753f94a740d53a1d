//! Google's push service: `POST /v1/projects/{project}/messages:send` over HTTP/2, and the token endpoint that
//! goes with it, `POST /token`.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Request};

mod account;
mod answer;
mod check;
mod oauth;
mod schema;
#[cfg(test)]
mod tests;

pub use account::ServiceAccount;
pub use answer::{Answer, Error};
use check::Fields;
pub use oauth::OauthError;
use oauth::TokenDesk;

use crate::{
    Authority, Control, Received, Recording, StartError, clock,
    device::Phones,
    http2::{Bound, Reply, Server, Service},
    record::{Outcome, unpoisoned},
};

/// How to start; the default is a free port, a fresh account and an authority of its own.
#[derive(Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Who signs the server's certificate; made afresh when absent.
    pub authority: Option<Arc<Authority>>,
    /// Whom to let in; made afresh for the project `rathaus-simulated` when absent. Its `token_uri` is set to
    /// this simulator.
    pub account: Option<ServiceAccount>,
    /// What to keep of each request.
    pub recording: Recording,
    /// How long an access token is good. Google says 3599 seconds.
    pub access_token_lifetime: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            authority: None,
            account: None,
            recording: Recording::Full,
            access_token_lifetime: Duration::from_secs(3599),
        }
    }
}

/// A running FCM simulator. Messages, scripts and switches are on [`Control`], to which it dereferences (token
/// requests are only counted); dropping it stops it.
#[derive(Debug)]
pub struct FcmSimulator {
    server: Server,
    authority: Arc<Authority>,
    account: ServiceAccount,
    desk: Arc<Desk>,
}

impl FcmSimulator {
    /// Listens and answers in the background of the current tokio runtime.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let authority = match config.authority {
            Some(authority) => authority,
            None => Arc::new(Authority::generate()?),
        };
        let mut account = match config.account {
            Some(account) => account,
            None => ServiceAccount::generate("rathaus-simulated")?,
        };
        let lifetime =
            chrono::Duration::from_std(config.access_token_lifetime).unwrap_or(chrono::Duration::MAX);
        let control = Control::new(config.recording);
        let cutter = Arc::clone(&control.cutter);
        let bound = Bound::to(config.address).await?;
        account.token_uri = format!("https://localhost:{}/token", bound.address.port());
        let desk = Arc::new(Desk {
            tokens: TokenDesk::new(account.clone(), lifetime)?,
            project: account.project_id.clone(),
            control,
            served_once: Mutex::default(),
        });
        let server = bound.serve(&authority, cutter, Arc::clone(&desk))?;
        Ok(Self { server, authority, account, desk })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// What to use in place of `https://fcm.googleapis.com`.
    pub fn base_url(&self) -> String {
        format!("https://localhost:{}", self.server.address.port())
    }

    /// The certificate a sender must trust, PEM.
    pub fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// The service account a sender must use.
    pub fn account(&self) -> &ServiceAccount {
        &self.account
    }

    /// Lays down what the token endpoint answers next, each once.
    pub fn script_oauth(&self, errors: impl IntoIterator<Item = OauthError>) {
        self.desk.tokens.script(errors);
    }

    /// From now on the token endpoint takes requests and never answers them, or answers again.
    pub fn silence_oauth(&self, silent: bool) {
        self.desk.tokens.keep_silent(silent);
    }

    /// How often the token endpoint was asked, answered or not.
    pub fn oauth_requests(&self) -> u64 {
        self.desk.tokens.asked()
    }

    /// An access token without asking the token endpoint, for trying by hand.
    pub fn issue_access_token(&self) -> String {
        self.desk.tokens.issue(clock::now()).0
    }

    /// Makes all access tokens given out so far worthless.
    pub fn revoke_access_tokens(&self) {
        self.desk.tokens.revoke_all();
    }

    /// How long access tokens given out from now on are good.
    pub fn set_access_token_lifetime(&self, lifetime: Duration) {
        self.desk.tokens.set_lifetime(chrono::Duration::from_std(lifetime).unwrap_or(chrono::Duration::MAX));
    }

    /// How many access tokens were given out: a good sender needs one an hour.
    pub fn access_tokens_given_out(&self) -> u64 {
        self.desk.tokens.given_out()
    }

    /// What the phones show after everything accepted so far.
    pub fn phones(&self) -> Phones {
        Phones::after_fcm(&self.accepted())
    }

    /// Answers what is open and frees the port.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Deref for FcmSimulator {
    type Target = Control<Answer>;

    fn deref(&self) -> &Self::Target {
        &self.desk.control
    }
}

/// Where messages are checked, recorded and answered.
#[derive(Debug)]
struct Desk {
    tokens: TokenDesk,
    project: String,
    control: Control<Answer>,
    /// Magic device tokens that have had their one error.
    served_once: Mutex<HashSet<String>>,
}

/// What came of checking one message.
struct Verdict {
    token: String,
    answer: Answer,
    fields: Fields,
}

impl Service for Desk {
    async fn call(&self, connection: u64, request: Request<Bytes>) -> Reply {
        let at = clock::now();
        let reply = match (request.method(), request.uri().path()) {
            (&Method::POST, "/token") => {
                self.tokens.is_asked().await;
                self.tokens.exchange(request.headers(), request.body(), at)
            }
            (&Method::POST, path) if path.ends_with("/messages:send") => self.take(connection, request, at),
            _ => answer::unknown_route(),
        };
        if let Some(latency) = self.control.script.latency() {
            tokio::time::sleep(latency).await;
        }
        reply
    }
}

impl Desk {
    fn take(&self, connection: u64, request: Request<Bytes>, at: DateTime<Utc>) -> Reply {
        let Verdict { token, answer, fields } = self.judge(&request, at);
        let reply = answer.response(&self.project, &fields);
        let violation = fields.first().map(|(field, sentence)| format!("{field}: {sentence}"));
        let (parts, body) = request.into_parts();
        self.control.ledger.append(Received {
            number: self.control.ledger.number(),
            connection,
            at,
            method: parts.method,
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
            body,
            token,
            answer,
            violation,
        });
        reply
    }

    fn judge(&self, request: &Request<Bytes>, at: DateTime<Utc>) -> Verdict {
        let refuse = |error: Error, field: &str, sentence: &str| Verdict {
            token: String::new(),
            answer: error.into(),
            fields: vec![(field.to_owned(), sentence.to_owned())],
        };
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        if let Err(sentence) = self.tokens.admits(header("authorization"), at) {
            return refuse(Error::Unauthenticated, "authorization", sentence);
        }
        let project = request
            .uri()
            .path()
            .strip_prefix("/v1/projects/")
            .and_then(|rest| rest.strip_suffix("/messages:send"));
        if project != Some(self.project.as_str()) || request.uri().query().is_some() {
            return refuse(Error::ProjectNotFound, "path", "the path is not that of the account's project");
        }
        if !header("content-type").is_some_and(is_json) {
            return refuse(
                Error::InvalidArgument,
                "content-type",
                "the content-type is not application/json",
            );
        }
        match check::check(request.body()) {
            Err((token, fields)) => {
                let about_token = fields.iter().all(|(field, _)| field == "message.token");
                let error = if about_token { Error::InvalidToken } else { Error::InvalidArgument };
                Verdict { token, answer: error.into(), fields }
            }
            Ok(token) => {
                let answer = self.answer_for(&token);
                Verdict { token, answer, fields: Fields::new() }
            }
        }
    }

    /// Script first, then the token's own meaning, then the answer for everybody.
    fn answer_for(&self, token: &str) -> Answer {
        let script = &self.control.script;
        script
            .next(token)
            .or_else(|| self.magic(token))
            .or_else(|| script.everybody())
            .unwrap_or(Answer::Accept)
    }

    fn magic(&self, token: &str) -> Option<Answer> {
        let (answer, once) = Answer::for_magic(token)?;
        if once && !unpoisoned(self.served_once.lock()).insert(token.to_owned()) {
            return None;
        }
        Some(answer)
    }
}

fn is_json(content_type: &str) -> bool {
    let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, "charset=utf-8"));
    kind.eq_ignore_ascii_case("application/json") && parameters.trim().eq_ignore_ascii_case("charset=utf-8")
}

/// One line for a person who watches.
impl std::fmt::Display for Received<Answer> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let json = self.json();
        let text = |pointer: &str| json.pointer(pointer).map(ToString::to_string).unwrap_or_default();
        let status = match self.answer {
            Answer::Refuse { error, .. } => error.status().as_u16(),
            _ => 200,
        };
        let (at, name) = (self.at.format("%H:%M:%S%.3f"), self.answer.name());
        write!(
            f,
            "{at} {} {status} {name} {} {}",
            self.token,
            text("/message/notification"),
            text("/message/data")
        )?;
        match &self.violation {
            Some(sentence) => write!(f, " ({sentence})"),
            None => Ok(()),
        }
    }
}
