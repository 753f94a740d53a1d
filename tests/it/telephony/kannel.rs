//! Through a real gateway: Kannel with its fake SMSC, both from Debian. All of it, our server and the
//! database too, runs in a network namespace of its own, because the fake SMSC listens everywhere.

use std::{
    env,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use domain::deliveries::{Channel, Recipients};

use super::{Exchange, INCOMING_KEY, MOBILE};
use crate::support::{Engine, eventually::eventually, run};

/// Set for the process inside the namespace.
const INSIDE: &str = "RATHAUS_TEST_INSIDE_NAMESPACE";
const BEARERBOX: &str = "/usr/sbin/bearerbox";
const SMSBOX: &str = "/usr/sbin/smsbox";
const FAKESMSC: &str = "/usr/lib/kannel/test/fakesmsc";
/// Whoever writes to the town hall.
const JOINING: &str = "+4915228817386";
const SOON: Duration = Duration::from_secs(60);

#[test]
fn sqlite() {
    inside("telephony::kannel::sqlite", Engine::Sqlite);
}

#[test]
fn postgres() {
    inside("telephony::kannel::postgres", Engine::Postgres);
}

/// Runs this very test once more in a namespace with nothing but a loopback device.
fn inside(test: &str, engine: Engine) {
    if env::var_os(INSIDE).is_some() {
        return run(engine, async |Own(engine): Own| through_kannel(engine).await);
    }
    if let Some(why) = missing() {
        assert!(env::var_os("CI").is_none(), "with CI set this may not be left out: {why}");
        eprintln!("left out: SMS through Kannel: {why}");
        return;
    }
    let status = Command::new("unshare")
        .args(["--net", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
}

/// What keeps the test from running here.
fn missing() -> Option<&'static str> {
    let installed = [BEARERBOX, SMSBOX, FAKESMSC].iter().all(|program| Path::new(program).exists());
    if !installed {
        return Some("it is not installed; on Debian `apt-get install kannel kannel-extras`");
    }
    let namespace = Command::new("unshare").args(["--net", "ip", "link", "set", "lo", "up"]).output();
    let possible = namespace.is_ok_and(|output| output.status.success());
    (!possible).then_some("a network namespace needs root, unshare (util-linux) and ip (iproute2)")
}

/// The engine itself: the installation is made once Kannel's ports are known.
struct Own(Engine);

impl crate::support::Fixture for Own {
    async fn on(engine: Engine) -> Self {
        Self(engine)
    }
}

/// Kannel's programs, ended with the test.
struct Gateway {
    programs: Vec<Child>,
    folder: tempfile::TempDir,
    sendsms: u16,
    /// Where the network connects, and where our server is to listen.
    smsc: u16,
    server: u16,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        for program in self.programs.iter_mut().rev() {
            // It may have ended by itself.
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

impl Gateway {
    async fn start() -> Self {
        let [admin, boxes, smsc, sendsms, server] = free_ports();
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("kannel.conf");
        let text = format!(
            "group = core\nadmin-port = {admin}\nadmin-password = tests\nsmsbox-port = {boxes}\n\
             box-allow-ip = 127.0.0.1\nlog-level = 0\n\n\
             group = smsc\nsmsc = fake\nsmsc-id = fake\nport = {smsc}\nconnect-allow-ip = 127.0.0.1\n\n\
             group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {sendsms}\nlog-level = 0\n\n\
             group = sendsms-user\nusername = rathaus\npassword = simulated\nmax-messages = 10\nconcatenation = true\n\n\
             group = sms-service\nkeyword = default\nmax-messages = 0\ncatch-all = true\nomit-empty = true\n\
             get-url = \"http://127.0.0.1:{server}/callbacks/kannel/messages/{INCOMING_KEY}\
             ?from=%p&id=%I&coding=%c&text=%b\"\n"
        );
        std::fs::write(&conf, text).unwrap();
        let mut gateway = Self { programs: Vec::new(), folder, sendsms, smsc, server };
        gateway.program(BEARERBOX, &["-v", "0", conf.to_str().unwrap()]);
        listening(boxes).await;
        gateway.program(SMSBOX, &["-v", "0", conf.to_str().unwrap()]);
        listening(sendsms).await;
        listening(smsc).await;
        gateway
    }

    /// The network's end: takes what is sent, and sends one message of its own.
    fn network(&mut self, message: &str) {
        let smsc = self.smsc.to_string();
        self.program(FAKESMSC, &["-H", "127.0.0.1", "-r", &smsc, "-m", "1", message]);
    }

    fn program(&mut self, path: &str, arguments: &[&str]) {
        let log = std::fs::File::create(self.log(path)).unwrap();
        let child = Command::new(path)
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.programs.push(child);
    }

    fn log(&self, program: &str) -> PathBuf {
        self.folder.path().join(Path::new(program).file_name().unwrap()).with_extension("log")
    }
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

async fn listening(port: u16) {
    eventually("Kannel to listen", SOON, async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()).await;
}

async fn through_kannel(engine: Engine) {
    let mut gateway = Gateway::start().await;
    let server = gateway.server;
    let url = format!("http://127.0.0.1:{}/cgi-bin/sendsms", gateway.sendsms);
    let exchange = Exchange::with(engine, |config| {
        if let Some(kannel) = config.sms.kannel.as_mut() {
            kannel.url = url.parse().unwrap();
        }
        config.http.listen = ([127, 0, 0, 1], server).into();
        config.http.public_url = format!("http://127.0.0.1:{server}").parse().unwrap();
    })
    .await;
    // Somebody joins by text message, and what confirms it goes out the same way.
    gateway.network(&format!("{JOINING} 300 text ANMELDEN bad-dueben"));
    exchange.town.until("SELECT state FROM wards", &["active"]).await;
    exchange.town.until("SELECT state FROM deliveries", &["delivered"]).await;
    let town = &exchange.town;
    let numbers = [MOBILE, "+4915112345678"];
    for number in numbers {
        let telephone = town.telephone(Channel::Sms, number).await;
        let notice = town.notice(Recipients::Telephone(telephone, Channel::Sms));
        town.enqueue(&notice).await.unwrap();
    }
    // Two reports come for each: with the network (8), and arrived (1).
    town.until("SELECT state FROM deliveries", &["delivered"; 3]).await;
    let log = gateway.log(SMSBOX);
    eventually("both reports of each", SOON, async || {
        let log = String::from_utf8_lossy(&std::fs::read(&log).unwrap()).into_owned();
        let asked = |line: &&str| line.contains("Parsing URL") && line.contains("/callbacks/kannel/reports/");
        (log.lines().filter(asked).count() >= 6).then_some(())
    })
    .await;
    assert_eq!(town.ask("SELECT state FROM deliveries").await, ["delivered"; 3]);
    let network = String::from_utf8_lossy(&std::fs::read(gateway.log(FAKESMSC)).unwrap()).into_owned();
    for number in numbers.into_iter().chain([JOINING]) {
        assert!(network.contains(number.trim_start_matches('+')), "{network}");
    }
    town.assert_laws().await;
}
