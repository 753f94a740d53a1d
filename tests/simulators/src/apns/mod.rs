//! Apple's push service: `POST /3/device/{token}` over HTTP/2, with a provider token.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    path::Path,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::Request;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::KeyPair;
use serde::{Deserialize, Serialize};

mod answer;
mod check;
mod payload;
mod provider_token;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Reason, Refusal};
use provider_token::ProviderTokens;

use crate::{
    Authority, Control, Received, Recording, StartError, clock,
    device::Phones,
    http2::{Bound, Reply, Server, Service},
    record::{Outcome, unpoisoned},
    tls,
};

/// What Apple hands to a developer: the key, its names, and the app it is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// The private key as in Apple's `.p8` file: PKCS #8, PEM, P-256.
    pub key_pem: String,
    /// Ten characters, the `kid` of the provider token.
    pub key_id: String,
    /// Ten characters, the `iss` of the provider token.
    pub team_id: String,
    /// The app's bundle id, expected as `apns-topic`.
    pub topic: String,
}

impl Credentials {
    /// A fresh key with made-up names for the given app.
    pub fn generate(topic: impl Into<String>) -> Result<Self, StartError> {
        Ok(Self {
            key_pem: KeyPair::generate()?.serialize_pem(),
            key_id: "SIMKEY0001".to_owned(),
            team_id: "SIMTEAM001".to_owned(),
            topic: topic.into(),
        })
    }

    /// Reads `apns.json` in `folder`, or makes it for the given app, and writes the key beside it as Apple
    /// names its files, `AuthKey_{key id}.p8`.
    pub fn load_or_generate(folder: &Path, topic: &str) -> Result<Self, StartError> {
        let file = folder.join("apns.json");
        let credentials = if file.exists() {
            serde_json::from_str(&tls::read(file)?)?
        } else {
            let fresh = Self::generate(topic)?;
            tls::write(file, &serde_json::to_string_pretty(&fresh)?)?;
            fresh
        };
        tls::write(folder.join(format!("AuthKey_{}.p8", credentials.key_id)), &credentials.key_pem)?;
        Ok(credentials)
    }

    /// A provider token signed now, good for an hour: what a sender puts after `bearer `. For trying by hand; a
    /// sender signs its own.
    pub fn provider_token(&self) -> Result<String, StartError> {
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::ES256) };
        let claims = serde_json::json!({ "iss": self.team_id, "iat": clock::now().timestamp() });
        Ok(jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_pem(self.key_pem.as_bytes())?)?)
    }

    fn public_key_pem(&self) -> Result<String, StartError> {
        Ok(KeyPair::from_pem(&self.key_pem)?.public_key_pem())
    }
}

/// How to start; the default is a free port, fresh credentials and an authority of its own.
#[derive(Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Who signs the server's certificate; made afresh when absent.
    pub authority: Option<Arc<Authority>>,
    /// Whom to let in; made afresh for the app `de.example.rathaus` when absent.
    pub credentials: Option<Credentials>,
    /// What to keep of each request.
    pub recording: Recording,
    /// How many different provider tokens may come within twenty minutes.
    pub max_new_provider_tokens: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            authority: None,
            credentials: None,
            recording: Recording::Full,
            max_new_provider_tokens: 4,
        }
    }
}

/// A running APNs simulator. Requests, scripts and switches are on [`Control`], to which it dereferences;
/// dropping it stops it.
#[derive(Debug)]
pub struct ApnsSimulator {
    server: Server,
    authority: Arc<Authority>,
    desk: Arc<Desk>,
}

impl ApnsSimulator {
    /// Listens and answers in the background of the current tokio runtime.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let authority = match config.authority {
            Some(authority) => authority,
            None => Arc::new(Authority::generate()?),
        };
        let credentials = match config.credentials {
            Some(credentials) => credentials,
            None => Credentials::generate("de.example.rathaus")?,
        };
        let desk = Arc::new(Desk {
            tokens: ProviderTokens::new(&credentials, config.max_new_provider_tokens)?,
            credentials,
            control: Control::new(config.recording),
            served_once: Mutex::default(),
        });
        let cutter = Arc::clone(&desk.control.cutter);
        let server = Bound::to(config.address).await?.serve(&authority, cutter, Arc::clone(&desk))?;
        Ok(Self { server, authority, desk })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// What to use in place of `https://api.push.apple.com`.
    pub fn base_url(&self) -> String {
        format!("https://localhost:{}", self.server.address.port())
    }

    /// The certificate a sender must trust, PEM.
    pub fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// What a sender must sign with.
    pub fn credentials(&self) -> &Credentials {
        &self.desk.credentials
    }

    /// What the phones show after everything accepted so far.
    pub fn phones(&self) -> Phones {
        Phones::after_apns(&self.accepted())
    }

    /// Answers what is open and frees the port.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Deref for ApnsSimulator {
    type Target = Control<Answer>;

    fn deref(&self) -> &Self::Target {
        &self.desk.control
    }
}

/// Where requests are checked, recorded and answered.
#[derive(Debug)]
struct Desk {
    credentials: Credentials,
    tokens: ProviderTokens,
    control: Control<Answer>,
    /// Magic device tokens that have had their one error.
    served_once: Mutex<HashSet<String>>,
}

impl Service for Desk {
    async fn call(&self, connection: u64, request: Request<Bytes>) -> Reply {
        let at = clock::now();
        let token = check::device_token(request.uri().path()).to_owned();
        let violation = check::check(&request, &self.credentials, &self.tokens, at).err();
        let answer = match &violation {
            Some(violation) => violation.reason.into(),
            None => self.answer_for(&token),
        };
        let (parts, body) = request.into_parts();
        let apns_id = match parts.headers.get("apns-id").and_then(|id| id.to_str().ok()) {
            Some(id) => id.to_owned(),
            None => clock::random_id().to_string(),
        };
        let sentence = violation.map(|violation| violation.sentence);
        let reply = answer.response(&apns_id, sentence.as_deref());
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
            violation: sentence,
        });
        if let Some(latency) = self.control.script.latency() {
            tokio::time::sleep(latency).await;
        }
        reply
    }
}

impl Desk {
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

/// One line for a person who watches.
impl std::fmt::Display for Received<Answer> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let json = self.json();
        let alert = json.pointer("/aps/alert").map(ToString::to_string).unwrap_or_default();
        let status = match self.answer {
            Answer::Refuse(refusal) => refusal.reason.status().as_u16(),
            _ => 200,
        };
        write!(
            f,
            "{} {} {} {} {alert}",
            self.at.format("%H:%M:%S%.3f"),
            self.token,
            status,
            self.answer.name()
        )?;
        match &self.violation {
            Some(sentence) => write!(f, " ({sentence})"),
            None => Ok(()),
        }
    }
}
