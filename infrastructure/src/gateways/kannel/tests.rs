use std::time::Duration;

use chrono::TimeDelta;
use domain::deliveries::Platform;
use simulators::sms::{Answer, Config, SmsSimulator};

use super::*;
use crate::{
    gateways::tests::{noon, push},
    secrets::Secrets,
};

fn item(text: &str) -> Outgoing {
    let to = Phone::parse("0171 1234567").unwrap();
    Outgoing { content: Content::Sms { to, text: text.into() }, ..push(Platform::Ios, "aabbccdd") }
}

fn gateway(url: &str, timeout: Duration) -> Kannel {
    Kannel::new(KannelConfig {
        name: "sms".into(),
        url: url.parse().unwrap(),
        user: "rathaus".into(),
        password: "simulated".into(),
        from: "Rathaus".into(),
        ca_pem: None,
        limits: Limits { timeout, ..Limits::default() },
        callbacks: Callbacks {
            public_url: "http://127.0.0.1:1".parse().unwrap(),
            secrets: Secrets::new("a secret for tests that is long enough").unwrap(),
        },
    })
    .unwrap()
}

#[tokio::test]
async fn a_text_is_made_plain_and_sent_as_it_must_be() {
    let sms = SmsSimulator::start(Config::default()).await.unwrap();
    let gateway = gateway(&sms.url(), Duration::from_secs(20));
    let sent = Outcome::Sent { provider_id: None };
    for (text, shown, coding) in [
        ("„Wasser“ – bis 12\u{a0}Uhr…", "\"Wasser\" - bis 12 Uhr...", 0),
        ("5 € & {10} %", "5 € & {10} %", 0),
        ("Žižka", "Žižka", 2),
    ] {
        assert_eq!(gateway.send(noon(), &item(text)).await, sent);
        let message = sms.messages().pop().unwrap();
        assert_eq!((message.text.as_str(), message.coding), (shown, coding));
        assert_eq!((message.to.as_str(), message.dlr_mask), ("+491711234567", 31));
        assert!(message.dlr_url.unwrap().starts_with("http://127.0.0.1:1/callbacks/kannel/reports/"));
    }
    let code = Outgoing { municipality: domain::ids::MunicipalityId(uuid::Uuid::nil()), ..item("042117") };
    assert_eq!(gateway.send(noon(), &code).await, sent);
    assert_eq!(sms.messages().pop().unwrap().dlr_url, None);
    assert_eq!(sms.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_too_long_late_or_lost_is_told_apart() {
    let sms = SmsSimulator::start(Config::default()).await.unwrap();
    let fast = gateway(&sms.url(), Duration::from_secs(20));
    let long = fast.send(noon(), &item(&"a".repeat(919))).await;
    assert_eq!(long, Outcome::Permanent { reason: "text_too_long" });
    let late = fast.send(noon() + TimeDelta::hours(2), &item("Hallo")).await;
    assert_eq!(late, Outcome::Permanent { reason: "expired" });
    assert_eq!(sms.counts().total, 0, "neither costs anything");

    sms.script("+491711234567", [Answer::Busy, Answer::CutAfter]);
    assert_eq!(
        fast.send(noon(), &item("Hallo")).await,
        Outcome::Retry { after: None, reason: "unavailable" }
    );
    assert_eq!(fast.send(noon(), &item("Hallo")).await, Outcome::Unknown { reason: "connection_lost" });
    sms.set_latency(Duration::from_secs(5));
    let hasty = gateway(&sms.url(), Duration::from_millis(300));
    assert_eq!(hasty.send(noon(), &item("Hallo")).await, Outcome::Unknown { reason: "timeout" });
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = gateway(&format!("http://{closed}/cgi-bin/sendsms"), Duration::from_secs(20));
    assert_eq!(
        nobody.send(noon(), &item("Hallo")).await,
        Outcome::Retry { after: None, reason: "unreachable" }
    );
}
