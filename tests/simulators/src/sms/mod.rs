//! A text message gateway: Kannel's `GET /cgi-bin/sendsms`, with delivery reports to the address the
//! sender names.

mod check;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    ops::Deref,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, StatusCode};

use crate::{
    Control, Received, Recording, StartError, clock,
    http1::{CalledBack, Caller, Server, typed},
    http2::{Reply, Service},
    record::{Outcome, unpoisoned},
};

pub use check::Message;

/// How to start; the default is a free port and the user `rathaus` with the password `simulated`.
#[derive(Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Who may send.
    pub user: String,
    /// With which password.
    pub password: String,
    /// What to keep of each request.
    pub recording: Recording,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            user: "rathaus".into(),
            password: "simulated".into(),
            recording: Recording::Full,
        }
    }
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Taken; these reports follow, in this order: 1 arrived, 2 did not, 4 waits, 8 with the network,
    /// 16 refused by it.
    Accept(Vec<u32>),
    /// Taken for later: the connection to the network is down.
    Queue,
    /// "Temporal failure, try again later."
    Busy,
    /// A rule was broken, or the message is refused.
    Refuse,
    /// Wrong user or password.
    Unauthorised,
    /// The message takes effect and the connection dies.
    CutAfter,
}

impl Default for Answer {
    fn default() -> Self {
        Self::Accept(vec![8, 1])
    }
}

impl Outcome for Answer {
    fn accepted(&self) -> bool {
        matches!(self, Self::Accept(_) | Self::Queue | Self::CutAfter)
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Accept(_) => "accepted",
            Self::Queue => "queued",
            Self::Busy => "temporal failure",
            Self::Refuse => "refused",
            Self::Unauthorised => "authorization failed",
            Self::CutAfter => "cut",
        }
    }
}

/// A running gateway; dropping it stops it. Scripts and records go by the recipient's number.
#[derive(Debug)]
pub struct SmsSimulator {
    server: Server,
    desk: Arc<Desk>,
}

impl SmsSimulator {
    /// Listens in the background of the current tokio runtime.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let address = config.address;
        let desk = Arc::new(Desk {
            control: Control::new(config.recording),
            user: config.user,
            password: config.password,
            caller: Caller::new(),
            reports: Arc::default(),
        });
        let server = Server::start(address, Arc::clone(&desk)).await?;
        Ok(Self { server, desk })
    }

    /// The whole address of `sendsms`.
    pub fn url(&self) -> String {
        format!("http://{}/cgi-bin/sendsms", self.server.address)
    }

    /// The messages that took effect, read.
    pub fn messages(&self) -> Vec<Message> {
        self.accepted().iter().filter_map(|request| Message::of(&request.path)).collect()
    }

    /// The messages to one number.
    pub fn messages_to(&self, number: &str) -> Vec<Message> {
        self.messages().into_iter().filter(|message| message.to == number).collect()
    }

    /// The reports handed over so far, with what the sender answered.
    pub fn reports(&self) -> Vec<CalledBack> {
        unpoisoned(self.desk.reports.lock()).clone()
    }

    /// Sends a report to an address of the sender once more, as networks do.
    pub async fn report(&self, dlr_url: &str, status: u32) -> CalledBack {
        let answer = self.desk.caller.get(&dlr_url.replace("%d", &status.to_string())).await;
        unpoisoned(self.desk.reports.lock()).push(answer.clone());
        answer
    }

    /// Answers what is open and frees the port.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Deref for SmsSimulator {
    type Target = Control<Answer>;

    fn deref(&self) -> &Self::Target {
        &self.desk.control
    }
}

#[derive(Debug)]
struct Desk {
    control: Control<Answer>,
    user: String,
    password: String,
    caller: Caller,
    reports: Arc<Mutex<Vec<CalledBack>>>,
}

impl Service for Desk {
    async fn call(&self, connection: u64, request: Request<Bytes>) -> Reply {
        let at = clock::now();
        let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        if request.method() != Method::GET || request.uri().path() != "/cgi-bin/sendsms" {
            return Reply::Answer(typed(StatusCode::NOT_FOUND, "text/html", "Unknown request."));
        }
        let checked = check::check(request.uri().query().unwrap_or_default(), &self.user, &self.password);
        let (token, answer, violation) = match &checked {
            Ok(message) => (message.to.clone(), self.answer_for(&message.to), None),
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
            path,
            headers: parts.headers,
            body,
            token,
            answer: answer.clone(),
            violation: violation.clone(),
        });
        if let (Answer::Accept(reports), Ok(message)) = (&answer, checked) {
            self.report_later(message, reports.clone());
        }
        let said = violation.unwrap_or_default();
        Reply::Answer(match answer {
            Answer::Accept(_) => typed(StatusCode::ACCEPTED, "text/html", "0: Accepted for delivery"),
            Answer::Queue => typed(StatusCode::ACCEPTED, "text/html", "3: Queued for later delivery"),
            Answer::Busy => {
                typed(StatusCode::SERVICE_UNAVAILABLE, "text/html", "Temporal failure, try again later.")
            }
            Answer::Refuse => typed(StatusCode::BAD_REQUEST, "text/html", said),
            Answer::Unauthorised => {
                typed(StatusCode::FORBIDDEN, "text/html", "Authorization failed for sendsms")
            }
            Answer::CutAfter => return Reply::Cut,
        })
    }
}

impl Desk {
    fn answer_for(&self, to: &str) -> Answer {
        let script = &self.control.script;
        script.next(to).or_else(|| script.everybody()).unwrap_or_default()
    }

    fn report_later(&self, message: Message, statuses: Vec<u32>) {
        let (Some(url), mask) = (message.dlr_url, message.dlr_mask) else { return };
        let (caller, reports) = (self.caller.clone(), Arc::clone(&self.reports));
        tokio::spawn(async move {
            for status in statuses.into_iter().filter(|status| mask & status != 0) {
                // The network takes its time; the sender has our answer before.
                tokio::time::sleep(Duration::from_millis(20)).await;
                let answer = caller.get(&url.replace("%d", &status.to_string())).await;
                unpoisoned(reports.lock()).push(answer);
            }
        });
    }
}

/// One line for a person who watches.
impl fmt::Display for Received<Answer> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Message::of(&self.path).map(|message| message.text).unwrap_or_default();
        let (at, name) = (self.at.format("%H:%M:%S%.3f"), self.answer.name());
        write!(f, "{at} {} {name} {text:?}", self.token)?;
        match &self.violation {
            Some(sentence) => write!(f, " ({sentence})"),
            None => Ok(()),
        }
    }
}
