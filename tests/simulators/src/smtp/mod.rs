//! A mail server that delivers nothing: it takes mail over SMTP, keeps it for whoever asks, and refuses on demand.

use std::{
    collections::{HashSet, VecDeque},
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rustls::ServerConfig;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, timeout_at},
};

mod answer;
mod message;
mod session;
#[cfg(test)]
mod tests;
mod wire;

pub use answer::{DataAnswer, Refusal};
use message::Envelope;
pub use message::{Attachment, Mail};
use session::Session;
use wire::Wire;

use crate::{Authority, StartError, TimedOut, clock, record::unpoisoned, script::Script};

/// A user who may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: String,
}

/// How to start; the default is a free port, no TLS and no password.
#[derive(Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// When present, mail is taken only after STARTTLS, with a certificate of this authority.
    pub starttls: Option<Arc<Authority>>,
    /// When present, mail is taken only from this user (AUTH PLAIN or LOGIN).
    pub login: Option<Login>,
    /// The largest mail in bytes, announced as SIZE.
    pub max_size: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            starttls: None,
            login: None,
            max_size: 10 * 1024 * 1024,
        }
    }
}

/// A running sink; dropping it stops it.
#[derive(Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    desk: Arc<Desk>,
    running: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl SmtpSink {
    /// Listens and takes mail in the background of the current tokio runtime.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let tls = config.starttls.as_deref().map(|authority| authority.server_config(&[])).transpose()?;
        let failed = |source| StartError::Listen { address: config.address, source };
        let listener = TcpListener::bind(config.address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let desk = Arc::new(Desk::new(tls, config.login, config.max_size));
        let (running, stopped) = watch::channel(());
        let task = tokio::spawn(accept(listener, Arc::clone(&desk), stopped));
        Ok(Self { address, desk, running, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to give to a sender: `smtp://localhost:2525`, with user and password and `?tls=required` where
    /// they are asked for.
    pub fn url(&self) -> String {
        let user = self.desk.login.as_ref().map(|login| format!("{}:{}@", login.user, login.password));
        let tls = if self.desk.tls.is_some() { "?tls=required" } else { "" };
        format!("smtp://{}localhost:{}{tls}", user.unwrap_or_default(), self.address.port())
    }

    /// Every mail so far, in the order of arrival.
    pub fn mails(&self) -> Vec<Mail> {
        unpoisoned(self.desk.mails.lock()).clone()
    }

    /// The mails that went to this recipient.
    pub fn mails_to(&self, recipient: &str) -> Vec<Mail> {
        self.mails().into_iter().filter(|mail| mail.recipients.iter().any(|to| to == recipient)).collect()
    }

    /// What senders did wrong, one sentence each. A good sender leaves this empty.
    pub fn violations(&self) -> Vec<String> {
        unpoisoned(self.desk.violations.lock()).clone()
    }

    /// How many connections were opened so far.
    pub fn connections(&self) -> u64 {
        self.desk.connections.load(Ordering::Relaxed)
    }

    /// Lays down how the next attempts for a recipient are refused, each once, in order.
    pub fn refuse(&self, recipient: impl Into<String>, refusals: impl IntoIterator<Item = Refusal>) {
        self.desk.recipients.append(recipient.into(), refusals);
    }

    /// Refuses every recipient without an answer of its own, until called with `None`.
    pub fn refuse_all(&self, refusal: impl Into<Option<Refusal>>) {
        self.desk.recipients.answer_all(refusal.into());
    }

    /// Lays down what becomes of the next mails that keep the rules, each once, in order.
    pub fn script_data(&self, answers: impl IntoIterator<Item = DataAnswer>) {
        unpoisoned(self.desk.data.lock()).extend(answers);
    }

    /// Waits this long before the answer to each mail, from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.desk.recipients.set_latency(latency);
    }

    /// Forgets the mails kept so far. [`SmtpSink::wait_for`] goes on counting them.
    pub fn forget_mails(&self) {
        unpoisoned(self.desk.mails.lock()).clear();
    }

    /// Waits until `n` mails were kept since the start.
    pub async fn wait_for(&self, n: u64, within: Duration) -> Result<(), TimedOut> {
        self.desk
            .wait(format!("{n} mails"), within, |desk| (desk.kept.load(Ordering::Acquire) >= n).then_some(()))
            .await
    }

    /// Waits for a mail for which `wanted` holds, among those kept already or still to come.
    pub async fn wait_until(
        &self,
        within: Duration,
        mut wanted: impl FnMut(&Mail) -> bool,
    ) -> Result<Mail, TimedOut> {
        let probe = |desk: &Desk| unpoisoned(desk.mails.lock()).iter().find(|mail| wanted(mail)).cloned();
        self.desk.wait("a matching mail".to_owned(), within, probe).await
    }

    /// Waits for the next mail and takes it out, for whoever only watches.
    pub async fn next_mail(&self) -> Mail {
        loop {
            let arrival = self.desk.arrived.notified();
            tokio::pin!(arrival);
            arrival.as_mut().enable();
            let oldest = {
                let mut mails = unpoisoned(self.desk.mails.lock());
                if mails.is_empty() { None } else { Some(mails.remove(0)) }
            };
            match oldest {
                Some(mail) => return mail,
                None => arrival.await,
            }
        }
    }

    /// Ends all conversations and frees the port.
    pub async fn stop(self) {
        drop(self.running);
        let _ = self.task.await;
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>, mut stopped: watch::Receiver<()>) {
    // Dropping the set ends the conversations with it.
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            Some(_) = conversations.join_next() => {}
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                let connection = desk.connections.fetch_add(1, Ordering::Relaxed);
                conversations.spawn(Session::new(Arc::clone(&desk), Wire::new(stream), connection).run());
            }
        }
    }
}

/// Where mail is judged and kept.
#[derive(Debug)]
struct Desk {
    tls: Option<Arc<ServerConfig>>,
    login: Option<Login>,
    max_size: usize,
    connections: AtomicU64,
    recipients: Script<Refusal>,
    data: Mutex<VecDeque<DataAnswer>>,
    /// Magic recipients that have had their one refusal.
    served_once: RwLock<HashSet<String>>,
    mails: Mutex<Vec<Mail>>,
    kept: AtomicU64,
    violations: Mutex<Vec<String>>,
    arrived: Notify,
}

impl Desk {
    fn new(tls: Option<Arc<ServerConfig>>, login: Option<Login>, max_size: usize) -> Self {
        Self {
            tls,
            login,
            max_size,
            connections: AtomicU64::new(0),
            recipients: Script::new(),
            data: Mutex::default(),
            served_once: RwLock::default(),
            mails: Mutex::default(),
            kept: AtomicU64::new(0),
            violations: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    fn violation(&self, sentence: &str) {
        unpoisoned(self.violations.lock()).push(sentence.to_owned());
    }

    /// Script first, then the address's own meaning, then the refusal for everybody.
    fn refusal_of(&self, recipient: &str) -> Option<Refusal> {
        self.recipients
            .next(recipient)
            .or_else(|| self.magic(recipient))
            .or_else(|| self.recipients.everybody())
    }

    fn magic(&self, recipient: &str) -> Option<Refusal> {
        let (refusal, once) = Refusal::for_magic(recipient)?;
        let had_it = once && !unpoisoned(self.served_once.write()).insert(recipient.to_owned());
        (!had_it).then_some(refusal)
    }

    /// Judges a complete mail and keeps it when nothing speaks against it.
    async fn take(&self, raw: Vec<u8>, envelope: Envelope) -> Result<DataAnswer, String> {
        let mut mail = message::parse(raw, envelope, 0, clock::now())
            .inspect_err(|sentence| self.violation(sentence))?;
        let answer = unpoisoned(self.data.lock()).pop_front().unwrap_or(DataAnswer::Accept);
        if matches!(answer, DataAnswer::Accept | DataAnswer::CutAfter) {
            let mut mails = unpoisoned(self.mails.lock());
            mail.number = self.kept.load(Ordering::Acquire);
            mails.push(mail);
            self.kept.fetch_add(1, Ordering::Release);
            drop(mails);
            self.arrived.notify_waiters();
        }
        if let Some(latency) = self.recipients.latency() {
            tokio::time::sleep(latency).await;
        }
        Ok(answer)
    }

    async fn wait<T>(
        &self,
        wanted: String,
        within: Duration,
        mut probe: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T, TimedOut> {
        let deadline = Instant::now() + within;
        loop {
            let arrival = self.arrived.notified();
            tokio::pin!(arrival);
            // Registers before asking: nothing can arrive unnoticed in between.
            arrival.as_mut().enable();
            if let Some(found) = probe(self) {
                return Ok(found);
            }
            if timeout_at(deadline, arrival).await.is_err() {
                return Err(TimedOut { wanted, seen: self.kept.load(Ordering::Acquire), waited: within });
            }
        }
    }
}

/// One line for a person who watches.
impl std::fmt::Display for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (at, to) = (self.at.format("%H:%M:%S%.3f"), self.recipients.join(", "));
        write!(f, "{at} {} -> {to} {:?}", self.sender, self.subject)
    }
}
