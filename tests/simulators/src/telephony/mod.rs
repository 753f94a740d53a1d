//! A telephone provider with Twilio's interface: text messages and calls. It plays calls as a person at
//! the other end would hear them, and signs everything it asks or tells the sender.

mod answer;
mod call;
mod check;
#[cfg(test)]
mod tests;
pub mod twiml;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::json;

use crate::{
    Control, Received, Recording, StartError, clock,
    http1::{CalledBack, Caller, Server, field, fields, typed},
    http2::{Reply, Service},
    record::{Outcome, unpoisoned},
};

pub use answer::Answer;
pub use call::Heard;
use check::Resource;

/// How to start; the default is a free port and an account of its own.
#[derive(Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// The account, `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// Its token, which also signs.
    pub auth_token: String,
    /// What to keep of each request.
    pub recording: Recording,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            account_sid: format!("AC{}", "5".repeat(32)),
            auth_token: "simulated-auth-token".into(),
            recording: Recording::Full,
        }
    }
}

/// A running provider; dropping it stops it. Scripts and records go by the recipient's number.
#[derive(Debug)]
pub struct TelephonySimulator {
    server: Server,
    desk: Arc<Desk>,
}

impl TelephonySimulator {
    /// Listens in the background of the current tokio runtime.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let address = config.address;
        let desk = Arc::new(Desk {
            control: Control::new(config.recording),
            sids: AtomicU64::new(1),
            line: Line {
                account_sid: config.account_sid,
                auth_token: config.auth_token,
                caller: Caller::new(),
                told: Arc::default(),
                heard: Arc::default(),
            },
        });
        let server = Server::start(address, Arc::clone(&desk)).await?;
        Ok(Self { server, desk })
    }

    /// What to give to a sender.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// The account.
    pub fn account_sid(&self) -> &str {
        &self.desk.line.account_sid
    }

    /// Its token.
    pub fn auth_token(&self) -> &str {
        &self.desk.line.auth_token
    }

    /// The texts of the messages to one number that took effect.
    pub fn texts_to(&self, number: &str) -> Vec<String> {
        let body = |request: &Received<Answer>| field(&fields(&request.body), "Body").map(str::to_owned);
        let mine = self.requests_for(number).into_iter().filter(|request| request.answer.accepted());
        mine.filter_map(|request| body(&request)).collect()
    }

    /// The calls that are over, as the person at the other end heard them.
    pub fn heard(&self) -> Vec<Heard> {
        unpoisoned(self.desk.line.heard.lock()).clone()
    }

    /// Everything asked and told of the sender so far, with what it answered.
    pub fn told(&self) -> Vec<CalledBack> {
        unpoisoned(self.desk.line.told.lock()).clone()
    }

    /// Tells the sender something, signed: a status once more, or a text message that came in.
    pub async fn tell(&self, url: &str, fields: &[(&str, &str)]) -> CalledBack {
        self.desk.line.tell(url, owned(fields)).await
    }

    /// Answers what is open and frees the port.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Deref for TelephonySimulator {
    type Target = Control<Answer>;

    fn deref(&self) -> &Self::Target {
        &self.desk.control
    }
}

pub(crate) fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The way back to the sender.
#[derive(Debug, Clone)]
struct Line {
    account_sid: String,
    auth_token: String,
    caller: Caller,
    told: Arc<Mutex<Vec<CalledBack>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Line {
    /// One signed POST.
    async fn tell(&self, url: &str, fields: Vec<(String, String)>) -> CalledBack {
        let mut headers = HeaderMap::new();
        if let Ok(signature) = HeaderValue::from_str(&self.signature(url, &fields)) {
            headers.insert("x-twilio-signature", signature);
        }
        let answer = self.caller.post(url, headers, fields).await;
        unpoisoned(self.told.lock()).push(answer.clone());
        answer
    }

    /// HMAC-SHA1 over the address and the sorted form.
    fn signature(&self, url: &str, fields: &[(String, String)]) -> String {
        let mut sorted = fields.to_vec();
        sorted.sort();
        let text = sorted.iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.auth_token.as_bytes());
        STANDARD.encode(hmac::sign(&key, text.as_bytes()))
    }
}

#[derive(Debug)]
struct Desk {
    control: Control<Answer>,
    sids: AtomicU64,
    line: Line,
}

impl Service for Desk {
    async fn call(&self, connection: u64, request: Request<Bytes>) -> Reply {
        let at = clock::now();
        let checked = check::check(&request, &self.line.account_sid, &self.line.auth_token);
        let (token, answer, violation) = match &checked {
            Ok(order) => (order.to.clone(), self.answer_for(order.resource, &order.to), None),
            Err((answer, sentence)) => (String::new(), answer.clone(), Some(sentence.clone())),
        };
        if let Some(latency) = self.control.script.latency() {
            tokio::time::sleep(latency).await;
        }
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
            answer: answer.clone(),
            violation: violation.clone(),
        });
        match (answer, checked) {
            (Answer::Error(status, code), _) => refusal(status, code, &violation.unwrap_or_default()),
            (Answer::CutAfter, _) => Reply::Cut,
            (answer, Ok(order)) => {
                let number = self.sids.fetch_add(1, Ordering::Relaxed);
                let prefix = if order.resource == Resource::Messages { "SM" } else { "CA" };
                let sid = format!("{prefix}{number:032x}");
                tokio::spawn(call::play(self.line.clone(), sid.clone(), order, answer));
                let body = json!({"sid": sid, "status": "queued", "account_sid": self.line.account_sid});
                Reply::Answer(typed(StatusCode::CREATED, "application/json", body.to_string()))
            }
            (_, Err((_, sentence))) => refusal(400, 20001, &sentence),
        }
    }
}

impl Desk {
    fn answer_for(&self, resource: Resource, to: &str) -> Answer {
        let script = &self.control.script;
        script.next(to).or_else(|| script.everybody()).unwrap_or(match resource {
            Resource::Messages => Answer::Message(vec!["sent", "delivered"]),
            Resource::Calls => Answer::PickUp(""),
        })
    }
}

fn refusal(status: u16, code: u32, sentence: &str) -> Reply {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    let body = json!({"code": code, "message": sentence, "more_info": more, "status": status});
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Reply::Answer(typed(status, "application/json", body.to_string()))
}

/// Between two steps of a message or call: the sender has our answer before.
const STEP: Duration = Duration::from_millis(20);

/// One line for a person who watches.
impl fmt::Display for Received<Answer> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, name) = (self.at.format("%H:%M:%S%.3f"), self.answer.name());
        let given = fields(&self.body);
        let said = field(&given, "Body").or_else(|| field(&given, "Url")).unwrap_or_default();
        write!(f, "{at} {} {name} {said:?}", self.token)?;
        match &self.violation {
            Some(sentence) => write!(f, " ({sentence})"),
            None => Ok(()),
        }
    }
}
