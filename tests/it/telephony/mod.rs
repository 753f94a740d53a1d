//! Text messages and calls, through stand-ins of a gateway and a telephone provider, with a worker.

mod calls;
mod codes;
mod kannel;
mod reports;

use std::{net::TcpListener, time::Duration};

use api::{
    cli::Role,
    clock::Clock,
    config::{Config, Kannel, Secret, Twilio},
    server::Server,
};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use simulators::{sms::SmsSimulator, telephony::TelephonySimulator};
use tempfile::TempDir;

use crate::{
    deliveries::town::Town,
    support::{
        Engine, Fixture, TestDatabase, eventually::eventually, http::Call, installation::config, town::start,
    },
};

pub const MOBILE: &str = "+491711234567";
pub const LANDLINE: &str = "+4934243722001";
/// Stands in the address by which Kannel hands on what came in.
pub const INCOMING_KEY: &str = "a-long-word-by-chance";
const SOON: Duration = Duration::from_secs(30);

/// A serving and sending installation with telephones.
pub struct Exchange {
    pub server: Server,
    pub clock: Clock,
    pub sms: SmsSimulator,
    pub phone: TelephonySimulator,
    pub town: Town,
    client: Client,
    pub database: TestDatabase,
    files: TempDir,
}

impl Exchange {
    /// With settings of its own.
    pub async fn with(engine: Engine, change: impl FnOnce(&mut Config)) -> Self {
        Self::within(engine, Role::All, change).await
    }

    /// The same, of which this process does only so much.
    pub async fn within(engine: Engine, role: Role, change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::on(engine).await;
        let files = tempfile::tempdir().unwrap();
        let sms = SmsSimulator::start(Default::default()).await.unwrap();
        let phone = TelephonySimulator::start(Default::default()).await.unwrap();
        let mut config = config(&database, &files);
        // Providers must know the address before anything listens on it.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        config.http.listen = ([127, 0, 0, 1], port).into();
        config.http.public_url = format!("http://127.0.0.1:{port}").parse().unwrap();
        config.http.trusted_proxies = "127.0.0.1".parse().unwrap();
        config.email.smtp_url = None;
        config.sms.kannel = Some(Kannel {
            url: sms.url().parse().unwrap(),
            user: "rathaus".into(),
            password: Secret::new("simulated"),
            from: "Rathaus".into(),
            incoming_key: Some(Secret::new(INCOMING_KEY)),
        });
        config.voice.twilio = Some(Twilio {
            account_sid: phone.account_sid().into(),
            auth_token: Secret::new(phone.auth_token()),
            from: "+4934243722000".into(),
            base_url: phone.base_url().parse().unwrap(),
        });
        change(&mut config);
        let clock = Clock::adjustable(Clock::system().now());
        let server = Server::start(config, clock.clone(), role).await.unwrap();
        let town = Town::within(server.store().clone(), clock.clone()).await;
        start(server.store(), town.municipality, clock.now()).await;
        Self { server, clock, sms, phone, town, client: Client::new(), database, files }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address().unwrap())
    }

    /// Where pictures and documents lie.
    pub fn files(&self) -> &std::path::Path {
        self.files.path()
    }

    pub fn post(&self, path: &str, body: &Value) -> Call {
        Call(self.client.request(Method::POST, self.url(path)).json(body))
    }

    pub async fn ask_for_code(&self, phone: &str) {
        let _: Value = self.post("/v1/auth/codes", &json!({"phone": phone})).expect(202).await;
    }

    /// The digits of the last text message to a number.
    pub async fn texted_code(&self, number: &str) -> String {
        eventually("a text message", SOON, async || {
            let message = self.sms.messages_to(number).pop()?;
            Some(message.text.chars().take(6).collect::<String>())
        })
        .await
    }

    /// Fails the test where a request was not as the provider wants it.
    pub fn assert_obeyed(&self) {
        assert_eq!(self.sms.violations(), Vec::<String>::new());
        assert_eq!(self.phone.violations(), Vec::<String>::new());
        for heard in self.phone.heard() {
            assert_eq!(heard.violation, None);
        }
    }
}

impl Fixture for Exchange {
    async fn on(engine: Engine) -> Self {
        Self::with(engine, |_| {}).await
    }
}
