use std::time::Duration;

use domain::{
    Locale,
    deliveries::{Content, Gateway, Keys, Platform, Spoken},
    phone::Phone,
};
use simulators::telephony::{Answer, Config, TelephonySimulator};

use super::*;
use crate::{
    gateways::tests::{noon, push},
    secrets::{CallScript, Secrets},
};
use domain::deliveries::Outgoing;

const MOBILE: &str = "+491711234567";

fn secrets() -> Secrets {
    Secrets::new("a secret for tests that is long enough").unwrap()
}

fn config(phone: &TelephonySimulator, auth_token: &str) -> TwilioConfig {
    TwilioConfig {
        name: "sms".into(),
        account_sid: phone.account_sid().into(),
        auth_token: auth_token.into(),
        from: "+4934243722000".into(),
        base_url: phone.base_url().parse().unwrap(),
        ca_pem: None,
        limits: Limits { timeout: Duration::from_secs(20), ..Limits::default() },
        callbacks: Callbacks { public_url: "http://127.0.0.1:1".parse().unwrap(), secrets: secrets() },
    }
}

fn item(content: Content) -> Outgoing {
    Outgoing { content, ..push(Platform::Ios, "aabbccdd") }
}

fn text() -> Outgoing {
    item(Content::Sms { to: Phone::parse(MOBILE).unwrap(), text: "„Hallo“".into() })
}

#[tokio::test]
async fn a_message_is_sent_and_its_refusals_are_told_apart() {
    let phone = TelephonySimulator::start(Config::default()).await.unwrap();
    let gateway = TwilioSms::new(config(&phone, phone.auth_token())).unwrap();
    let Outcome::Sent { provider_id: Some(sid) } = gateway.send(noon(), &text()).await else { panic!() };
    assert!(sid.starts_with("SM"));
    assert_eq!(phone.texts_to(MOBILE), ["\"Hallo\""]);
    phone.script(MOBILE, [Answer::Error(400, 21610), Answer::Error(429, 20429), Answer::CutAfter]);
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        outcomes.push(gateway.send(noon(), &text()).await.reason());
    }
    assert_eq!(outcomes, [Some("unsubscribed"), Some("too_many_requests"), Some("connection_lost")]);
    assert_eq!(phone.violations(), Vec::<String>::new());

    let wrong = TwilioSms::new(config(&phone, "guess")).unwrap();
    let refused = wrong.send(noon(), &text()).await;
    assert_eq!(refused, Outcome::StopChannel { reason: "credentials_refused" });
}

#[tokio::test]
async fn a_call_names_where_its_words_are() {
    let phone = TelephonySimulator::start(Config::default()).await.unwrap();
    let gateway = TwilioVoice::new(config(&phone, phone.auth_token())).unwrap();
    let spoken = |text: String| {
        let to = Phone::parse("034243 722001").unwrap();
        item(Content::Call(Box::new(Spoken { to, locale: Locale::De, text, keys: Keys::Heard })))
    };
    let sent = gateway.send(noon(), &spoken("Guten Tag".into())).await;
    assert!(matches!(sent, Outcome::Sent { .. }), "{sent:?}");
    let request = phone.requests().remove(0);
    let fields: Vec<(String, String)> = form_urlencoded::parse(&request.body).into_owned().collect();
    let url = fields.iter().find(|(name, _)| name == "Url").unwrap();
    let script = url.1.strip_prefix("http://127.0.0.1:1/callbacks/twilio/calls/").unwrap();
    let script = CallScript::open(script, &secrets(), noon()).unwrap();
    assert_eq!((script.text.as_str(), script.keys), ("Guten Tag", Keys::Heard));
    assert!(fields.iter().any(|(name, _)| name == "StatusCallback"));
    assert_eq!(phone.violations(), Vec::<String>::new());

    let long = gateway.send(noon(), &spoken("x".repeat(4000))).await;
    assert_eq!(long, Outcome::Permanent { reason: "text_too_long" });
}
