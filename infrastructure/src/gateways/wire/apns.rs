use std::sync::Arc;

use domain::deliveries::PushEnvironment;
use simulators::{
    Cut,
    apns::{Answer, ApnsSimulator, Config, Reason},
};

use super::*;
use crate::gateways::{Apns, ApnsConfig, ProcessTokens};

async fn simulator() -> ApnsSimulator {
    ApnsSimulator::start(Config::default()).await.unwrap()
}

fn config(simulator: &ApnsSimulator) -> ApnsConfig {
    let credentials = simulator.credentials();
    ApnsConfig {
        name: "apns".into(),
        key_pem: credentials.key_pem.clone().into_bytes(),
        key_id: credentials.key_id.clone(),
        team_id: credentials.team_id.clone(),
        topic: credentials.topic.clone(),
        base_url: simulator.base_url().parse().unwrap(),
        sandbox_url: None,
        ca_pem: Some(simulator.ca_pem().as_bytes().to_vec()),
        critical_alerts: false,
        limits: Limits::default(),
    }
}

fn gateway(config: ApnsConfig) -> Apns {
    Apns::new(config, Arc::new(ProcessTokens::default())).unwrap()
}

fn phone(number: u128) -> Outgoing {
    push_to(Platform::Ios, &format!("{number:064x}"), number)
}

#[tokio::test]
async fn a_push_arrives_and_attempts_are_identical() {
    let simulator = simulator().await;
    let item = phone(1);
    // Two instances, as after a crash.
    for _ in 0..2 {
        let outcome = gateway(config(&simulator)).send(now(), &item).await;
        assert!(matches!(outcome, Outcome::Sent { provider_id: Some(_) }), "{outcome:?}");
    }
    assert_eq!(simulator.violations(), Vec::<String>::new());
    let requests = simulator.accepted();
    let [first, second] = requests.as_slice() else { panic!("{}", requests.len()) };
    assert_eq!(first.body, second.body);
    for header in ["apns-id", "apns-collapse-id", "apns-topic", "apns-priority", "apns-expiration"] {
        assert!(first.header(header).is_some(), "{header}");
        assert_eq!(first.header(header), second.header(header), "{header}");
    }
    assert_eq!(simulator.phones().visible_duplicates(), 0);
    assert_eq!(simulator.phones().visible(), 1);
}

#[tokio::test]
async fn every_reason_over_the_wire() {
    let simulator = simulator().await;
    let apns = gateway(config(&simulator));
    for (number, reason) in (100..).zip(Reason::all()) {
        let mut item = phone(number);
        to(&mut item, format!("{}{number:056x}", reason.magic_prefix()));
        let outcome = apns.send(now(), &item).await;
        let stops = matches!(outcome, Outcome::StopChannel { .. });
        let waits = matches!(outcome, Outcome::Retry { .. } | Outcome::PauseProvider { .. });
        let drops = matches!(outcome, Outcome::DropContactPoint { .. });
        let fails = matches!(outcome, Outcome::Permanent { .. });
        let expected = match reason {
            Reason::BadDeviceToken | Reason::Unregistered | Reason::ExpiredToken => drops,
            Reason::DeviceTokenNotForTopic | Reason::PayloadTooLarge => fails,
            Reason::IdleTimeout
            | Reason::TooManyRequests
            | Reason::TooManyProviderTokenUpdates
            | Reason::InternalServerError
            | Reason::ServiceUnavailable
            | Reason::Shutdown => waits,
            _ => stops,
        };
        assert!(expected, "{reason:?}: {outcome:?}");
    }
    assert_eq!(simulator.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn waits_and_times_over_the_wire() {
    let simulator = simulator().await;
    let apns = gateway(config(&simulator));
    let item = phone(1);
    let token = format!("{:064x}", 1);
    let gone = "2026-11-20T08:00:00Z".parse().unwrap();
    simulator.script(
        token.clone(),
        [Answer::retry_after(Reason::TooManyRequests, 30), Answer::unregistered_since(gone)],
    );
    assert_eq!(
        apns.send(now(), &item).await,
        Outcome::PauseProvider { pause: Duration::from_secs(30), reason: "too_many_requests" }
    );
    assert_eq!(
        apns.send(now(), &item).await,
        Outcome::DropContactPoint { reason: "unregistered", since: Some(gone) }
    );
}

#[tokio::test]
async fn the_provider_token_is_renewed_by_age_and_on_demand() {
    let simulator = simulator().await;
    let apns = gateway(config(&simulator));
    let bearer = |number: usize| simulator.requests()[number].header("authorization").unwrap().to_owned();
    let sent = |outcome: Outcome| assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");

    sent(apns.send(now() - TimeDelta::minutes(45), &phone(1)).await);
    sent(apns.send(now() - TimeDelta::minutes(15), &phone(2)).await);
    sent(apns.send(now(), &phone(3)).await);
    assert_eq!(bearer(0), bearer(1));
    assert_ne!(bearer(1), bearer(2));

    simulator.script(format!("{:064x}", 4), [Answer::from(Reason::ExpiredProviderToken)]);
    sent(apns.send(now(), &phone(4)).await);
    assert_eq!(bearer(3), bearer(2));
    assert_ne!(bearer(4), bearer(3));
    assert_eq!(simulator.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_developers_phone_is_found_at_the_other_service() {
    let production = simulator().await;
    // One team's key is known to both services.
    let sandbox = ApnsSimulator::start(Config {
        credentials: Some(production.credentials().clone()),
        ..Config::default()
    })
    .await
    .unwrap();
    let mut config = config(&production);
    config.sandbox_url = Some(sandbox.base_url().parse().unwrap());
    config.ca_pem = Some(format!("{}{}", production.ca_pem(), sandbox.ca_pem()).into_bytes());
    let apns = gateway(config);
    let mut item = phone(1);
    production.script(format!("{:064x}", 1), [Answer::from(Reason::BadDeviceToken)]);
    assert!(matches!(apns.send(now(), &item).await, Outcome::Sent { .. }));
    assert_eq!(sandbox.counts().accepted, 1);
    if let Content::Push { to, .. } = &mut item.content {
        to.environment = Some(PushEnvironment::Sandbox);
    }
    assert!(matches!(apns.send(now(), &item).await, Outcome::Sent { .. }));
    assert_eq!((production.counts().total, sandbox.counts().total), (1, 2));
}

#[tokio::test]
async fn a_thousand_at_once_share_two_connections() {
    let simulator = simulator().await;
    let apns = gateway(config(&simulator));
    let items: Vec<_> = (1..=1000).map(phone).collect();
    assert_eq!(send_all(&apns, &items).await, 1000);
    assert_eq!(simulator.counts().accepted, 1000);
    assert_eq!(simulator.counts().violations, 0);
    assert!(simulator.connections() <= 2, "{}", simulator.connections());
}

#[tokio::test]
async fn lost_connections_lose_no_push_and_show_none_twice() {
    for cut in [Cut::GoAway, Cut::Drop] {
        let simulator = simulator().await;
        let apns = gateway(config(&simulator));
        simulator.cut_connections(Some((200, cut)));
        let items: Vec<_> = (1..=1000).map(phone).collect();
        let sends = send_all(&apns, &items).await;
        let phones = simulator.phones();
        assert_eq!((phones.visible(), phones.visible_duplicates()), (1000, 0), "{cut:?}");
        assert!(simulator.connections() > 2, "{cut:?}");
        if cut == Cut::GoAway {
            // What the server did not read went to the next connection unnoticed.
            assert_eq!((sends, simulator.counts().accepted), (1000, 1000));
        }
    }
}

#[tokio::test]
async fn an_answer_lost_on_the_way_is_tried_again_with_the_same_ids() {
    let simulator = simulator().await;
    let apns = gateway(config(&simulator));
    simulator.script(format!("{:064x}", 1), [Answer::CutBefore, Answer::CutAfter]);
    let item = phone(1);
    let lost = Outcome::Retry { after: None, reason: "connection_lost" };
    assert_eq!(apns.send(now(), &item).await, lost);
    assert_eq!(apns.send(now(), &item).await, lost);
    assert!(matches!(apns.send(now(), &item).await, Outcome::Sent { .. }));
    assert_eq!(simulator.accepted().len(), 2);
    assert_eq!(simulator.phones().visible_duplicates(), 0);
}

#[tokio::test]
async fn a_hanging_provider_is_given_up() {
    let simulator = simulator().await;
    let mut config = config(&simulator);
    config.limits = impatient();
    simulator.set_latency(Duration::from_secs(30));
    assert_eq!(
        gateway(config).send(now(), &phone(1)).await,
        Outcome::Retry { after: None, reason: "timeout" }
    );
}

#[tokio::test]
async fn a_stranger_is_not_trusted() {
    let simulator = simulator().await;
    let mut config = config(&simulator);
    config.ca_pem = None;
    assert_eq!(
        gateway(config).send(now(), &phone(1)).await,
        Outcome::Retry { after: None, reason: "tls_failed" }
    );
    assert_eq!(simulator.counts().total, 0);
}
