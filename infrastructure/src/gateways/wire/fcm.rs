use simulators::{
    Cut,
    fcm::{Answer, Config, Error, FcmSimulator, OauthError},
};

use super::*;
use crate::gateways::{Fcm, FcmConfig};

async fn simulator() -> FcmSimulator {
    FcmSimulator::start(Config::default()).await.unwrap()
}

fn gateway(simulator: &FcmSimulator, limits: Limits) -> Fcm {
    Fcm::new(FcmConfig {
        name: "fcm".into(),
        service_account: simulator.account().to_json().into_bytes(),
        base_url: simulator.base_url().parse().unwrap(),
        ca_pem: Some(simulator.ca_pem().as_bytes().to_vec()),
        limits,
    })
    .unwrap()
}

fn phone(number: u128) -> Outgoing {
    push_to(Platform::Android, &token(number), number)
}

fn token(number: u128) -> String {
    format!("dQw4w9WgXcQ:APA91b{number:0120x}")
}

fn sent(outcome: Outcome) {
    assert!(matches!(outcome, Outcome::Sent { provider_id: Some(_) }), "{outcome:?}");
}

#[tokio::test]
async fn a_push_arrives_and_attempts_keep_their_ids() {
    let simulator = simulator().await;
    let item = phone(1);
    for _ in 0..2 {
        sent(gateway(&simulator, Limits::default()).send(now(), &item).await);
    }
    assert_eq!(simulator.violations(), Vec::<String>::new());
    let requests = simulator.accepted();
    let ids = |number: usize| {
        let json = requests[number].json();
        (
            json.pointer("/message/android/notification/tag").unwrap().clone(),
            json.pointer("/message/data").unwrap().clone(),
        )
    };
    assert_eq!(ids(0), ids(1));
    assert_eq!(simulator.phones().visible(), 1);
    assert_eq!(simulator.phones().visible_duplicates(), 0);
}

#[tokio::test]
async fn every_error_over_the_wire() {
    let simulator = simulator().await;
    let fcm = gateway(&simulator, Limits::default());
    for (number, error) in (100..).zip(Error::all()) {
        let mut item = phone(number);
        to(&mut item, format!("sim-{}-{}", error.magic_word(), token(number)));
        let outcome = fcm.send(now(), &item).await;
        let stops = matches!(outcome, Outcome::StopChannel { .. });
        let expected = match error {
            Error::Unregistered | Error::SenderIdMismatch | Error::InvalidToken => {
                matches!(outcome, Outcome::DropContactPoint { .. })
            }
            Error::InvalidArgument | Error::ThirdPartyAuth => matches!(outcome, Outcome::Permanent { .. }),
            Error::QuotaExceeded => {
                outcome == Outcome::PauseProvider { pause: Duration::from_secs(60), reason: "quota_exceeded" }
            }
            Error::Unavailable | Error::Internal | Error::Unspecified | Error::BadGateway => {
                let ten = Some(Duration::from_secs(10));
                matches!(outcome, Outcome::Retry { after, .. } if after == ten)
            }
            Error::Unauthenticated | Error::PermissionDenied | Error::ProjectNotFound => stops,
        };
        assert!(expected, "{error:?}: {outcome:?}");
    }
    assert_eq!(simulator.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_thousand_at_once_share_two_connections_and_one_access_token() {
    let simulator = simulator().await;
    let fcm = gateway(&simulator, Limits::default());
    let items: Vec<_> = (1..=1000).map(phone).collect();
    assert_eq!(send_all(&fcm, &items).await, 1000);
    assert_eq!(simulator.counts().accepted, 1000);
    assert_eq!(simulator.counts().violations, 0);
    assert_eq!(simulator.access_tokens_given_out(), 1);
    // The third is to the OAuth endpoint.
    assert!(simulator.connections() <= 3, "{}", simulator.connections());
}

#[tokio::test]
async fn access_is_renewed_before_it_ends_and_when_it_was_revoked() {
    let simulator = simulator().await;
    let fcm = gateway(&simulator, Limits::default());
    sent(fcm.send(now(), &phone(1)).await);
    sent(fcm.send(now(), &phone(2)).await);
    assert_eq!(simulator.access_tokens_given_out(), 1);

    simulator.revoke_access_tokens();
    let items: Vec<_> = (1..=100).map(phone).collect();
    assert_eq!(send_all(&fcm, &items).await, 100);
    assert_eq!(simulator.access_tokens_given_out(), 2);

    simulator.set_access_token_lifetime(Duration::from_secs(120));
    simulator.revoke_access_tokens();
    sent(fcm.send(now(), &phone(3)).await);
    // Two minutes are less than the reserve: each send renews.
    sent(fcm.send(now(), &phone(4)).await);
    assert_eq!(simulator.access_tokens_given_out(), 4);
}

#[tokio::test]
async fn trouble_at_the_oauth_endpoint() {
    let simulator = simulator().await;
    let fcm = gateway(&simulator, Limits::default());
    simulator.script_oauth([OauthError::Unavailable, OauthError::InvalidGrant, OauthError::InvalidClient]);
    let mut reasons = Vec::new();
    // Between two tries it rests, and answers as it did before.
    let until_sent = async {
        while let Some(reason) = fcm.send(now(), &phone(1)).await.reason() {
            reasons.push(reason);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), until_sent).await.unwrap();
    reasons.dedup();
    assert_eq!(reasons, ["oauth_fault", "oauth_invalid_grant", "oauth_invalid_client"]);
    assert_eq!(simulator.oauth_requests(), 4);
}

#[tokio::test]
async fn a_silent_oauth_endpoint_is_asked_once_for_all_who_wait() {
    let simulator = simulator().await;
    let fcm = gateway(&simulator, impatient());
    simulator.silence_oauth(true);
    let items: Vec<_> = (1..=100).map(phone).collect();
    let started = std::time::Instant::now();
    for outcome in join_all(items.iter().map(|item| fcm.send(now(), item))).await {
        assert_eq!(outcome.reason(), Some("timeout"));
    }
    assert_eq!(simulator.oauth_requests(), 1);
    // One after the other they would have waited half a minute.
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());

    simulator.silence_oauth(false);
    let again = async {
        while fcm.send(now(), &phone(1)).await.reason().is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), again).await.unwrap();
    assert_eq!(simulator.oauth_requests(), 2);
}

#[tokio::test]
async fn lost_connections_lose_no_push_and_show_none_twice() {
    for cut in [Cut::GoAway, Cut::Drop] {
        let simulator = simulator().await;
        let fcm = gateway(&simulator, Limits::default());
        sent(fcm.send(now(), &phone(1)).await);
        simulator.cut_connections(Some((100, cut)));
        let items: Vec<_> = (1..=1000).map(phone).collect();
        send_all(&fcm, &items).await;
        let phones = simulator.phones();
        assert_eq!((phones.visible(), phones.visible_duplicates()), (1000, 0), "{cut:?}");
    }
}

#[tokio::test]
async fn an_answer_lost_on_the_way_and_a_hanging_provider() {
    let simulator = simulator().await;
    let fcm = gateway(&simulator, Limits::default());
    simulator.script(token(1), [Answer::CutAfter]);
    assert_eq!(fcm.send(now(), &phone(1)).await.reason(), Some("connection_lost"));
    sent(fcm.send(now(), &phone(1)).await);
    assert_eq!(simulator.phones().visible(), 1);
    simulator.set_latency(Duration::from_secs(30));
    let fcm = gateway(&simulator, impatient());
    assert_eq!(fcm.send(now(), &phone(1)).await.reason(), Some("timeout"));
}
