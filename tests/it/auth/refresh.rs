use std::collections::HashSet;

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::Value;

use super::{access, renewal};
use crate::support::{installation::Installation, on_both};

on_both!(
    refresh_reuse,
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

/// A thief and the owner of a token, at once and one after the other: one lineage, or none.
async fn refresh_reuse(rathaus: Installation) {
    for wait in [0, 29, 30, 31, 3600] {
        let stolen = rathaus.guest().await;
        let other = rathaus.guest().await;
        let owner: Value = rathaus.refresh(renewal(&stolen)).expect(200).await;
        rathaus.clock.advance(TimeDelta::seconds(wait));
        let thieves = join_all((0..8).map(|_| rathaus.refresh(renewal(&stolen)).send())).await;
        for thief in &thieves {
            // Within the grace it may have been the owner, whose answer was lost: the same token again.
            let expected = if wait <= 30 { 200 } else { 401 };
            assert_eq!(thief.status, expected, "{wait} s: {}", thief.body);
            if expected == 200 {
                assert_eq!(renewal(&thief.json()), renewal(&owner), "{wait} s");
            }
        }
        if wait > 30 {
            // The family ended, for the owner too, and nobody else's did.
            assert_eq!(rathaus.refresh(renewal(&owner)).send().await.status, 401);
            assert_eq!(rathaus.get("/v1/me").bearer(access(&owner)).send().await.status, 401);
        } else {
            // Once the new token is used, the old one is a copy at any time.
            let next: Value = rathaus.refresh(renewal(&owner)).expect(200).await;
            assert_eq!(rathaus.refresh(renewal(&stolen)).send().await.status, 401);
            assert_eq!(rathaus.refresh(renewal(&next)).send().await.status, 401, "the family ended");
        }
        let _: Value = rathaus.refresh(renewal(&other)).expect(200).await;
    }
}
