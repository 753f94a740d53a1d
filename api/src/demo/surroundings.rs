//! What the demo runs in: an empty folder, stand-ins for Apple, Google, the mail server and the
//! telephone provider, and the real server with settings that point to them.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
};

use simulators::{
    Authority,
    apns::{self, ApnsSimulator, Credentials},
    fcm::{self, FcmSimulator, ServiceAccount},
    smtp::{self, SmtpSink},
    telephony::{self, TelephonySimulator},
};

use crate::{
    cli::{Failure, Role},
    clock::Clock,
    config::{Apns, Config, Fcm, Http, PushApp, Secret, Twilio},
    server::Server,
};

/// Everything the demo keeps, beside the program's own data.
pub const FOLDER: &str = "data/demo";

/// The number the town hall calls from: one for fiction.
const CALLER: &str = "+493023125000";

/// The running parts.
pub struct Surroundings {
    /// The real server, worker included.
    pub server: Server,
    /// Where it is served, without a path: `http://127.0.0.1:8080`.
    pub base: String,
    /// In place of Apple.
    pub apns: ApnsSimulator,
    /// In place of Google.
    pub fcm: FcmSimulator,
    /// In place of a mail server.
    pub mail: SmtpSink,
    /// In place of a telephone provider and of those who answer.
    pub phone: TelephonySimulator,
    _lock: File,
}

impl Surroundings {
    /// Starts all of it where `http` says, in an emptied folder.
    pub async fn start(http: &Http, clock: Clock) -> Result<Self, Failure> {
        let listen = free(http.listen)?;
        let folder = Path::new(FOLDER);
        let lock = emptied(folder)?;
        let authority = Arc::new(Authority::load_or_generate(folder)?);
        let credentials = Credentials::load_or_generate(folder, "org.example.rathaus")?;
        let apns = ApnsSimulator::start(apns::Config {
            authority: Some(authority.clone()),
            credentials: Some(credentials),
            ..Default::default()
        })
        .await?;
        let account = ServiceAccount::load_or_generate(folder, "rathaus-demo")?;
        let fcm = FcmSimulator::start(fcm::Config {
            authority: Some(authority),
            account: Some(account),
            ..Default::default()
        })
        .await?;
        fcm.account().save(folder)?;
        let mail = SmtpSink::start(smtp::Config::default()).await?;
        let phone = TelephonySimulator::start(telephony::Config::default()).await?;
        let base = format!("http://{}", reachable(listen));
        let mut config = settings(folder, listen, &base)?;
        config.http.requests_per_minute = http.requests_per_minute;
        config.http.account_requests_per_minute = http.account_requests_per_minute;
        config.email.smtp_url = Some(Secret::new(mail.url()));
        let telephony = Twilio {
            account_sid: phone.account_sid().to_owned(),
            auth_token: Secret::new(phone.auth_token()),
            from: CALLER.to_owned(),
            base_url: phone.base_url().parse()?,
        };
        config.sms.twilio = Some(telephony.clone());
        config.voice.twilio = Some(telephony);
        // Nobody who watches waits for minutes.
        config.broadcasts.push_wait_seconds = 1;
        config.broadcasts.sms_wait_seconds = 2;
        config.broadcasts.voice_wait_seconds = 2;
        config.push.ca_file = Some(folder.join("ca.pem"));
        config.push.apps = BTreeMap::from([("default".to_owned(), app(folder, &apns, &fcm)?)]);
        let server = Server::start(config, clock, Role::All).await?;
        Ok(Self { server, base, apns, fcm, mail, phone, _lock: lock })
    }

    /// Stops the server first, so that what it still has to send arrives.
    pub async fn stop(self) -> Result<(), Failure> {
        self.server.stop().await?;
        self.apns.stop().await;
        self.fcm.stop().await;
        self.mail.stop().await;
        self.phone.stop().await;
        Ok(())
    }
}

/// The address with a port of its own, or the sentence that names the one that is taken.
fn free(listen: SocketAddr) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind(listen).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "Port {} is in use. Stop what listens there, or give the demo another one: \
             RATHAUS__HTTP__LISTEN={}:{} before the command.",
            listen.port(),
            listen.ip(),
            listen.port().saturating_add(1),
        ),
        _ => format!("{listen} cannot be listened on: {error}"),
    })?;
    Ok(listener.local_addr()?)
}

/// The address as a browser on this machine reaches it.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let any = listen.ip().is_unspecified();
    SocketAddr::new(if any { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() }, listen.port())
}

/// Empties the folder of what an earlier demo left; refuses while one runs in it.
fn emptied(folder: &Path) -> Result<File, Failure> {
    let lock_file = folder.join("lock");
    let unusable = |error: io::Error| {
        let folder = folder.display();
        format!("The folder {folder} cannot be used: {error}. Start the demo in a folder you may write to.")
    };
    fs::create_dir_all(folder).map_err(unusable)?;
    let lock = File::create(&lock_file).map_err(unusable)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => format!("Another demo is running in {}.", folder.display()),
        TryLockError::Error(error) => unusable(error),
    })?;
    for entry in fs::read_dir(folder).map_err(unusable)? {
        let path = entry.map_err(unusable)?.path();
        if path == lock_file {
            continue;
        }
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(unusable)?;
    }
    Ok(lock)
}

/// The default settings with everything kept in the folder.
fn settings(folder: &Path, listen: SocketAddr, base: &str) -> Result<Config, Failure> {
    let mut config = Config::default();
    config.database.url = format!("sqlite://{}", folder.join("rathaus.db").display()).try_into()?;
    config.files.url = format!("file://{}", folder.join("files").display());
    config.http.listen = listen;
    config.http.ops_listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    config.http.public_url = base.parse()?;
    config.email.from = "rathaus@bad-dueben.example".to_owned();
    Ok(config)
}

/// The demo's app: its credentials as Apple and Google would hand them out.
fn app(folder: &Path, apns: &ApnsSimulator, fcm: &FcmSimulator) -> Result<PushApp, Failure> {
    let credentials = apns.credentials();
    Ok(PushApp {
        apns: Some(Apns {
            critical_alerts: false,
            key: folder.join(format!("AuthKey_{}.p8", credentials.key_id)),
            key_id: credentials.key_id.clone(),
            team_id: credentials.team_id.clone(),
            topic: credentials.topic.clone(),
            base_url: apns.base_url().parse()?,
        }),
        fcm: Some(Fcm {
            service_account: folder.join("fcm-service-account.json"),
            base_url: fcm.base_url().parse()?,
        }),
        minimum_version: None,
        maintenance_notice: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_is_named_with_a_way_out() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let sentence = free(address).unwrap_err().to_string();
        assert!(sentence.contains(&address.port().to_string()), "{sentence}");
        assert!(sentence.contains("RATHAUS__HTTP__LISTEN"), "{sentence}");
    }

    #[test]
    fn the_folder_is_emptied_and_belongs_to_one_demo() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("demo");
        let first = emptied(&folder).unwrap();
        fs::create_dir(folder.join("files")).unwrap();
        fs::write(folder.join("rathaus.db"), "old").unwrap();
        assert!(emptied(&folder).unwrap_err().to_string().contains("Another demo is running"));
        assert!(folder.join("rathaus.db").exists());
        drop(first);
        let _second = emptied(&folder).unwrap();
        let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["lock"]);
    }

    #[test]
    fn every_address_of_the_machine_is_reached_at_home() {
        assert_eq!(reachable("0.0.0.0:8080".parse().unwrap()).to_string(), "127.0.0.1:8080");
        assert_eq!(reachable("192.0.2.1:80".parse().unwrap()).to_string(), "192.0.2.1:80");
    }
}
