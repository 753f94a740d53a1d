use std::collections::HashSet;

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::Value;

use super::{access, renewal};
use crate::support::{installation::Installation, on_both};

on_both!(
    a_lost_answer_is_given_again,
    a_copied_token_ends_the_family,
    twenty_at_once_leave_one_lineage,
    sessions_end_by_time_and_by_hand,
);

async fn a_lost_answer_is_given_again(rathaus: Installation) {
    let first = rathaus.guest().await;
    let second: Value = rathaus.refresh(renewal(&first)).expect(200).await;
    rathaus.clock.advance(TimeDelta::seconds(30));
    let again: Value = rathaus.refresh(renewal(&first)).expect(200).await;
    assert_eq!(renewal(&second), renewal(&again));
    let third: Value = rathaus.refresh(renewal(&again)).expect(200).await;
    assert_ne!(renewal(&third), renewal(&second));
    rathaus.me(&third).await;
}

async fn a_copied_token_ends_the_family(rathaus: Installation) {
    let first = rathaus.guest().await;
    let second: Value = rathaus.refresh(renewal(&first)).expect(200).await;
    rathaus.clock.advance(TimeDelta::seconds(31));
    rathaus.refresh(renewal(&first)).expect_problem(401, "unauthenticated").await;
    assert_eq!(rathaus.refresh(renewal(&second)).send().await.status, 401);
    assert_eq!(rathaus.get("/v1/me").bearer(access(&second)).send().await.status, 401);
}

async fn twenty_at_once_leave_one_lineage(rathaus: Installation) {
    let session = rathaus.guest().await;
    let answers = join_all((0..20).map(|_| rathaus.refresh(renewal(&session)).send())).await;
    let tokens: HashSet<String> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 200, "{}", answer.body);
            renewal(&answer.json()).to_owned()
        })
        .collect();
    assert_eq!(tokens.len(), 1);
    for token in tokens {
        let next: Value = rathaus.refresh(&token).expect(200).await;
        rathaus.me(&next).await;
    }
}

async fn sessions_end_by_time_and_by_hand(rathaus: Installation) {
    let idle = rathaus.guest().await;
    rathaus.clock.advance(TimeDelta::days(90));
    assert_eq!(rathaus.refresh(renewal(&idle)).send().await.status, 401);
    let mut session = rathaus.guest().await;
    for _ in 0..2 {
        rathaus.clock.advance(TimeDelta::days(89));
        session = rathaus.refresh(renewal(&session)).expect(200).await;
    }
    rathaus.clock.advance(TimeDelta::days(2));
    assert_eq!(rathaus.refresh(renewal(&session)).send().await.status, 401, "180 days are the end");
    let session = rathaus.guest().await;
    let end = || rathaus.delete("/v1/auth/sessions/current").bearer(access(&session)).send();
    assert_eq!(end().await.status, 204);
    assert_eq!(end().await.status, 401);
    assert_eq!(rathaus.refresh(renewal(&session)).send().await.status, 401);
}
