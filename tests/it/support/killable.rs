//! The program as a process of its own, beside simulated providers: to be killed, and started again.

use std::{
    fs,
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use serde_json::json;
use simulators::{
    Authority, Recording,
    apns::{self, ApnsSimulator},
    fcm::{self, FcmSimulator},
    smtp::SmtpSink,
};
use tempfile::TempDir;

use super::eventually::eventually;

/// Whoever signs in with [`PASSWORD`].
pub const ADMIN: &str = "admin@bad-dueben.example";
pub const PASSWORD: &str = "correct horse battery staple";
/// The town hall.
pub const TOWN: &str = "/v1/municipalities/bad-dueben";

/// An installation whose server is another process. It ends with this value.
pub struct Killable {
    pub apns: ApnsSimulator,
    pub fcm: FcmSimulator,
    pub mail: SmtpSink,
    /// Where the server listens, each time it is started.
    pub address: SocketAddr,
    /// Where it shows what operators look at.
    pub ops: SocketAddr,
    program: PathBuf,
    folder: TempDir,
    /// The server, once it was started.
    pub child: Option<Child>,
}

impl Killable {
    /// Simulators that keep so much of each push, and the settings of a server between them and a database.
    /// `program` takes the commands of `rathaus`; `database` and `worker` are the members of these sections.
    pub async fn prepare(recording: Recording, program: &Path, database: &str, worker: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Arc::new(Authority::generate().unwrap());
        let trusted = Some(Arc::clone(&authority));
        // What only counts is sent to by many processes, each with a token of its own.
        let max_new_provider_tokens = match recording {
            Recording::Counts => usize::MAX,
            Recording::Full => apns::Config::default().max_new_provider_tokens,
        };
        let apns = apns::Config {
            authority: trusted.clone(),
            recording,
            max_new_provider_tokens,
            ..Default::default()
        };
        let fcm = fcm::Config { authority: trusted, recording, ..Default::default() };
        let killable = Self {
            apns: ApnsSimulator::start(apns).await.unwrap(),
            fcm: FcmSimulator::start(fcm).await.unwrap(),
            mail: SmtpSink::start(Default::default()).await.unwrap(),
            address: free_address(),
            ops: free_address(),
            program: program.to_owned(),
            folder,
            child: None,
        };
        killable.write_settings(database, worker);
        killable
    }

    fn write_settings(&self, database: &str, worker: &str) {
        let Self { apns, fcm, mail, address, ops, .. } = self;
        let keep = |name: &str, content: &str| {
            let file = self.folder.path().join(name);
            fs::write(&file, content).unwrap();
            file
        };
        let credentials = apns.credentials();
        let settings = format!(
            "[database]\n{database}\n[worker]\n{worker}\n\
             [http]\nlisten = \"{address}\"\nops_listen = \"{ops}\"\nrequests_per_minute = 1000000000\n\
             account_requests_per_minute = 1000000000\n\
             trusted_proxies = [\"127.0.0.1/32\"]\n\
             [files]\nurl = \"file://{files}\"\n\
             [auth]\nsecret = \"of an installation that is killed on purpose\"\n\
             [email]\nsmtp_url = \"{mail}\"\nfrom = \"rathaus@bad-dueben.example\"\n\
             [push]\nca_file = {ca:?}\n\
             [push.apps.default.apns]\nkey = {key:?}\nkey_id = \"{key_id}\"\nteam_id = \"{team_id}\"\n\
             topic = \"{topic}\"\nbase_url = \"{apns_url}\"\n\
             [push.apps.default.fcm]\nservice_account = {account:?}\nbase_url = \"{fcm_url}\"\n",
            files = self.folder.path().join("files").display(),
            mail = mail.url(),
            ca = keep("ca.pem", apns.ca_pem()),
            key = keep("key.p8", &credentials.key_pem),
            key_id = credentials.key_id,
            team_id = credentials.team_id,
            topic = credentials.topic,
            apns_url = apns.base_url(),
            account = keep("account.json", &fcm.account().to_json()),
            fcm_url = fcm.base_url(),
        );
        keep("rathaus.toml", &settings);
        let ring = [[12.5, 51.5], [12.7, 51.5], [12.7, 51.7], [12.5, 51.7], [12.5, 51.5]];
        keep("boundary.json", &json!({"type": "Polygon", "coordinates": [ring]}).to_string());
    }

    /// The program with these words, as an operator types them.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words.split_whitespace()).current_dir(self.folder.path()).stdout(Stdio::null());
        command
    }

    /// Founds the town hall with one admin, as an operator does.
    pub fn found(&self) {
        let town = "admin create-municipality --slug bad-dueben --name Bad-Düben --state SN --prefix BD \
                    --boundary boundary.json";
        assert!(self.command(town).status().unwrap().success());
        self.employ("admin", ADMIN);
    }

    /// Somebody new on the staff, who signs in with [`PASSWORD`].
    pub fn employ(&self, role: &str, email: &str) {
        let member = format!(
            "admin create-staff --municipality bad-dueben --name {role} --role {role} --email {email} --password-stdin"
        );
        let mut creating = self.command(&member).stdin(Stdio::piped()).spawn().unwrap();
        writeln!(creating.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        assert!(creating.wait().unwrap().success());
    }

    /// Starts the server, waits until it is ready, and gives its process id.
    pub async fn start(&mut self) -> u32 {
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut child = self.command("serve").stdin(Stdio::null()).stdout(log).spawn().unwrap();
        let ready = format!("http://{}/readyz", self.address);
        eventually("the server to be ready", Duration::from_secs(60), async || {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {ended:?}");
            reqwest::get(&ready).await.ok().filter(|answer| answer.status().is_success())
        })
        .await;
        let process = child.id();
        self.child = Some(child);
        process
    }

    /// Ends the server without any warning (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Killable {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An address on the loopback that nobody listens at.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
