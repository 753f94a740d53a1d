//! A warning while providers hang, break off, answer pages or lie: everybody else is reached as if nothing were
//! wrong, the ladder climbs past whoever is silent, and the books balance at every moment.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use api::cli::Role;
use chrono::TimeDelta;
use domain::deliveries::{
    Channel::{Email, Push, Sms, Voice},
    Platform,
};
use infrastructure::{
    gateways::{Callbacks, Fcm, FcmConfig, Kannel, KannelConfig, Limits, TwilioConfig, TwilioVoice},
    worker::Running,
};
use serde_json::json;
use simulators::{apns, sms, telephony};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::town::Mulde;
use crate::{
    deliveries::providers::Providers,
    support::{Engine, Fixture, eventually::eventually, on_both},
};

on_both!(
    who_is_reached_otherwise_does_not_notice,
    the_ladder_climbs_past_who_is_silent,
    connections_that_break_off_lose_nothing,
    a_page_that_looks_like_success_is_none,
);

const SOON: Duration = Duration::from_secs(30);
/// Longer than anybody waits.
const FOREVER: Duration = Duration::from_secs(300);
/// How long these gateways wait.
const PATIENCE: Duration = Duration::from_secs(1);

/// A town that serves here and sends by gateways of little patience.
struct Impatient {
    mulde: Mulde,
    providers: Providers,
}

impl Fixture for Impatient {
    async fn on(engine: Engine) -> Self {
        Self { mulde: Mulde::with(engine, Role::Api, |_| {}).await, providers: Providers::start().await }
    }
}

impl Impatient {
    /// Begins to send, text messages through the gateway at this address.
    async fn work(&self, sms: &str) -> Running {
        let Mulde { exchange, fcm, .. } = &self.mulde;
        let limits = Limits { timeout: PATIENCE, ..Limits::default() };
        let callbacks =
            Callbacks { public_url: exchange.url("").parse().unwrap(), secrets: exchange.town.secrets() };
        let google = FcmConfig {
            name: "fcm".into(),
            service_account: fcm.account().to_json().into_bytes(),
            base_url: fcm.base_url().parse().unwrap(),
            ca_pem: Some(fcm.ca_pem().as_bytes().to_vec()),
            limits,
        };
        let texts = KannelConfig {
            name: "sms".into(),
            url: sms.parse().unwrap(),
            user: "rathaus".into(),
            password: "simulated".into(),
            from: "Rathaus".into(),
            ca_pem: None,
            limits,
            callbacks: callbacks.clone(),
        };
        let calls = TwilioConfig {
            name: "voice".into(),
            account_sid: exchange.phone.account_sid().into(),
            auth_token: exchange.phone.auth_token().into(),
            from: "+4934243722000".into(),
            base_url: exchange.phone.base_url().parse().unwrap(),
            ca_pem: None,
            limits,
            callbacks,
        };
        let lines = self.providers.lines_within(limits);
        let lines = lines.with_push(Platform::Android, "default", Arc::new(Fcm::new(google).unwrap()));
        let lines = lines.with_sms(Arc::new(Kannel::new(texts).unwrap()));
        let lines = lines.with_voice(Arc::new(TwilioVoice::new(calls).unwrap()));
        exchange.town.worker(lines).await
    }

    /// Somebody with an iPhone.
    async fn iphone(&self, house: i32, token: &str) {
        let one = self.mulde.resident("Muldestraße", house, &[]).await;
        let point = self.mulde.exchange.town.phone(one.person, Platform::Ios, token).await;
        self.mulde.reach(one.person, Push, point, true).await;
    }

    /// Moves the clock on until the deliveries are these.
    async fn pass_time_until(&self, id: &str, wanted: &[&str]) {
        let mut seen = Vec::new();
        eventually(&format!("{wanted:?}"), SOON, async || {
            self.mulde.exchange.clock.advance(TimeDelta::seconds(2));
            seen = self.mulde.deliveries(id).await;
            (seen == wanted).then_some(())
        })
        .await;
    }

    async fn assert_in_order(&self, id: &str) {
        self.mulde.assert_laws(id).await;
        self.providers.assert_obeyed();
    }
}

async fn who_is_reached_otherwise_does_not_notice(town: Impatient) {
    let Impatient { mulde, providers } = &town;
    let worker = town.work(&mulde.exchange.sms.url()).await;
    mulde.know_google().await;
    let texted = mulde.resident("Muldestraße", 1, &[Sms]).await;
    let written = mulde.resident("Muldestraße", 2, &[Email]).await;
    town.iphone(3, &"ab".repeat(32)).await;
    for house in 4..8 {
        mulde.resident("Muldestraße", house, &[Push]).await;
    }
    mulde.fcm.set_latency(FOREVER);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    providers.apns.wait_for_accepted(1, SOON).await.unwrap();
    let text = async || mulde.exchange.sms.messages_to(texted.address(Sms)).pop();
    eventually("the text message", SOON, text).await;
    providers.mail.wait_for(1, SOON).await.unwrap();
    assert_eq!(providers.mail.mails_to(written.address(Email)).len(), 1);
    let asked = Instant::now();
    mulde.show(&id).await;
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "the town hall waits for nobody: {:?}",
        asked.elapsed()
    );
    let waiting = ["email sent", "push pending", "push pending", "push pending", "push pending", "push sent"];
    let waiting = [waiting.as_slice(), &["sms delivered"]].concat();
    mulde.until_deliveries(&id, &waiting).await;
    let tried = "SELECT count(*) FROM (SELECT 1 FROM attempts WHERE outcome <> 'sent' LIMIT 1) AS one";
    mulde.exchange.town.until(tried, &["1"]).await;
    town.assert_in_order(&id).await;

    mulde.fcm.set_latency(Duration::ZERO);
    let reached =
        ["email sent", "push sent", "push sent", "push sent", "push sent", "push sent", "sms delivered"];
    town.pass_time_until(&id, &reached).await;
    worker.stop().await;
    assert_eq!(mulde.fcm.phones().visible_duplicates(), 0);
    assert_eq!(mulde.exchange.sms.messages().len(), 1);
    town.assert_in_order(&id).await;
}

async fn the_ladder_climbs_past_who_is_silent(town: Impatient) {
    let mulde = &town.mulde;
    let worker = town.work(&mulde.exchange.sms.url()).await;
    mulde.know_google().await;
    let erna = mulde.resident("Muldestraße", 7, &[Push, Sms, Voice]).await;
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), [telephony::Answer::PickUp("1")]);
    mulde.fcm.set_latency(FOREVER);
    mulde.exchange.sms.set_latency(FOREVER);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push pending", "sms waiting", "voice waiting"]).await;
    town.assert_in_order(&id).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(121));
    mulde.until_deliveries(&id, &["push pending", "sms pending", "voice waiting"]).await;
    assert_eq!(mulde.exchange.phone.heard().len(), 0);
    town.assert_in_order(&id).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(301));
    eventually("the call", SOON, async || mulde.exchange.phone.heard().pop()).await;
    eventually("the acknowledgement", SOON, async || {
        (mulde.standings(&id).await.get("acknowledged") == Some(&1)).then_some(())
    })
    .await;
    worker.stop().await;
    town.assert_in_order(&id).await;
}

async fn connections_that_break_off_lose_nothing(town: Impatient) {
    let Impatient { mulde, providers } = &town;
    let worker = town.work(&mulde.exchange.sms.url()).await;
    let (iphone, other) = ("ab".repeat(32), "cd".repeat(32));
    providers.apns.script(iphone.clone(), [apns::Answer::CutBefore]);
    providers.apns.script(other.clone(), [apns::Answer::CutAfter]);
    town.iphone(1, &iphone).await;
    town.iphone(2, &other).await;
    let one = mulde.resident("Muldestraße", 3, &[Sms]).await;
    mulde.exchange.sms.script(one.address(Sms), [sms::Answer::Busy, sms::Answer::CutAfter]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    town.pass_time_until(&id, &["push sent", "push sent", "sms delivered"]).await;
    worker.stop().await;
    assert_eq!(providers.apns.phones().visible_duplicates(), 0);
    // A warning rather comes twice than never.
    assert_eq!(mulde.exchange.sms.messages_to(one.address(Sms)).len(), 2);
    town.assert_in_order(&id).await;
}

/// A gateway behind a portal that greets everybody.
async fn a_page_that_looks_like_success_is_none(town: Impatient) {
    let mulde = &town.mulde;
    let portal = greeter().await;
    let worker = town.work(&portal).await;
    let erna = mulde.resident("Muldestraße", 7, &[Sms, Voice]).await;
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), [telephony::Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    let tried = "SELECT count(*) FROM (SELECT 1 FROM attempts LIMIT 1) AS one";
    mulde.exchange.town.until(tried, &["1"]).await;
    let stands = mulde.deliveries(&id).await;
    assert!(!stands.iter().any(|one| one == "sms sent" || one == "sms delivered"), "{stands:?}");
    town.assert_in_order(&id).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(301));
    eventually("the call", SOON, async || mulde.exchange.phone.heard().pop()).await;
    worker.stop().await;
    town.assert_in_order(&id).await;
}

/// Answers every request with a page and 200.
async fn greeter() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 8192];
            let _ = stream.read(&mut request).await;
            let page = "<!DOCTYPE html><title>Welcome</title>";
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length";
            let _ = stream.write_all(format!("{head}: {}\r\n\r\n{page}", page.len()).as_bytes()).await;
        }
    });
    format!("http://{address}/cgi-bin/sendsms")
}
