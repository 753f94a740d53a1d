//! Simulators of the providers, and the gateways to them.

use std::sync::Arc;

use domain::{deliveries::Platform, text::EmailAddress};
use infrastructure::{
    gateways::{Apns, ApnsConfig, Email, EmailConfig, Fcm, FcmConfig, Limits, ProcessTokens},
    worker::Lines,
};
use simulators::{apns::ApnsSimulator, fcm::FcmSimulator, smtp::SmtpSink};

pub struct Providers {
    pub apns: ApnsSimulator,
    pub fcm: FcmSimulator,
    pub mail: SmtpSink,
}

impl Providers {
    pub async fn start() -> Self {
        Self {
            apns: ApnsSimulator::start(Default::default()).await.unwrap(),
            fcm: FcmSimulator::start(Default::default()).await.unwrap(),
            mail: SmtpSink::start(Default::default()).await.unwrap(),
        }
    }

    /// Fresh gateways, as a process that has just begun has them.
    pub fn lines(&self) -> Lines {
        self.lines_within(Limits::default())
    }

    /// The same, within other limits.
    pub fn lines_within(&self, limits: Limits) -> Lines {
        let credentials = self.apns.credentials();
        let apns = ApnsConfig {
            name: "apns".into(),
            key_pem: credentials.key_pem.clone().into_bytes(),
            key_id: credentials.key_id.clone(),
            team_id: credentials.team_id.clone(),
            topic: credentials.topic.clone(),
            base_url: self.apns.base_url().parse().unwrap(),
            sandbox_url: None,
            ca_pem: Some(self.apns.ca_pem().as_bytes().to_vec()),
            critical_alerts: false,
            limits,
        };
        let fcm = FcmConfig {
            name: "fcm".into(),
            service_account: self.fcm.account().to_json().into_bytes(),
            base_url: self.fcm.base_url().parse().unwrap(),
            ca_pem: Some(self.fcm.ca_pem().as_bytes().to_vec()),
            limits,
        };
        let email = EmailConfig {
            name: "email".into(),
            smtp_url: self.mail.url().parse().unwrap(),
            from: EmailAddress::parse("rathaus@bad-dueben.example").unwrap(),
            ca_pem: None,
            limits: Limits { connections: 2, ..limits },
        };
        Lines::default()
            .with_push(
                Platform::Ios,
                "default",
                Arc::new(Apns::new(apns, Arc::new(ProcessTokens::default())).unwrap()),
            )
            .with_push(Platform::Android, "default", Arc::new(Fcm::new(fcm).unwrap()))
            .with_email(Arc::new(Email::new(email).unwrap()))
    }

    /// Fails the test where a request was not as the provider wants it.
    pub fn assert_obeyed(&self) {
        assert_eq!(self.apns.violations(), Vec::<String>::new());
        assert_eq!(self.fcm.violations(), Vec::<String>::new());
        assert_eq!(self.mail.violations(), Vec::<String>::new());
    }
}
