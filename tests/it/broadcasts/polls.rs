//! One vote each, and what came of it.

use chrono::TimeDelta;
use domain::{Scope, Store, deliveries::Channel::Push};
use reqwest::Method;
use serde_json::{Value, json};

use super::town::{CASTS, MESSAGES, Mulde, Resident};
use crate::{
    admin::first_pointer,
    support::{http::Call, on_both},
};

on_both!(
    everybody_has_one_vote_and_then_sees_the_results,
    a_phone_votes_once_under_whatever_name,
    what_is_over_takes_no_votes,
    a_poll_has_two_answers_at_least,
);

fn market() -> Value {
    json!({
        "question": {"de": "Wann soll der Markt beginnen?", "en": "When shall the market begin?"},
        "options": [{"de": "Um 7 Uhr", "en": "At 7"}, {"de": "Um 8 Uhr"}, {"de": "Um 9 Uhr"}],
    })
}

impl Mulde {
    async fn vote(&self, one: &Resident, id: &str, option: u16) -> Call {
        let place = format!("{MESSAGES}/{id}/vote");
        self.call(Method::PUT, &place, Some(&json!({"option": option}))).bearer(&self.app(one).await)
    }
}

async fn everybody_has_one_vote_and_then_sees_the_results(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push]).await;
    let other = mulde.resident("Muldestraße", 2, &[]).await;
    let stranger = mulde.resident("Am Lauch", 1, &[Push]).await;
    let street = json!({"street": {"name": "Muldestraße"}});
    let id = mulde.send(json!({"severity": "important", "poll": market(), "audience": street})).await;
    mulde.until(&id, "sent").await;
    let place = format!("{MESSAGES}/{id}/poll");
    let told: Value = mulde.get(MESSAGES).bearer(&mulde.app(&one).await).expect(200).await;
    assert_eq!(told["items"][0]["poll"], market());
    assert!(told["items"][0].get("voted").is_none());
    let seen: Value = mulde.get(&place).bearer(&mulde.app(&one).await).expect(200).await;
    assert_eq!(seen, json!({"poll": market()}), "nobody sees results who has not voted");
    let voted: Value = mulde.vote(&one, &id, 1).await.expect(200).await;
    assert_eq!((&voted["voted"], &voted["votes"]), (&json!(1), &json!([0, 1, 0])));
    let again: Value = mulde.vote(&one, &id, 1).await.expect(200).await;
    assert_eq!(again, voted, "said twice, counted once");
    mulde.vote(&one, &id, 2).await.expect_problem(409, "voted_already").await;
    let both: Value = mulde.vote(&other, &id, 1).await.expect(200).await;
    assert_eq!(both["votes"], json!([0, 2, 0]));
    let seen: Value = mulde.get(&place).bearer(&mulde.app(&one).await).expect(200).await;
    assert_eq!((&seen["voted"], &seen["votes"]), (&json!(1), &json!([0, 2, 0])));
    let told: Value = mulde.get(MESSAGES).bearer(&mulde.app(&one).await).expect(200).await;
    assert_eq!(told["items"][0]["voted"], 1);
    mulde.vote(&stranger, &id, 0).await.expect_problem(404, "not_found").await;
    mulde.get(&place).bearer(&mulde.app(&stranger).await).expect_problem(404, "not_found").await;
    let report = mulde.report(&id).await;
    let counted = [("Um 7 Uhr", 0), ("Um 8 Uhr", 2), ("Um 9 Uhr", 0)];
    assert_eq!(report["votes"], json!(counted.map(|(name, count)| json!({"name": name, "count": count}))));
    let table =
        mulde.get(&format!("{CASTS}/{id}/report?format=csv")).bearer(&mulde.lead().await).send().await;
    assert!(table.body.lines().any(|line| line == "vote;Um 8 Uhr;2"), "{}", table.body);
}

async fn a_phone_votes_once_under_whatever_name(mulde: Mulde) {
    let before = mulde.resident("Muldestraße", 1, &[]).await;
    let anew = mulde.resident("Muldestraße", 1, &[]).await;
    let id = mulde.send(json!({"severity": "important", "poll": market()})).await;
    mulde.until(&id, "sent").await;
    // The app says which installation it is; whoever starts it anew is another guest on the same phone.
    let device = format!("/v1/me/devices/{}", uuid::Uuid::new_v4());
    let phone = json!({"platform": "android", "token": "token-of-one-phone"});
    for (resident, voted) in [(&before, true), (&anew, false)] {
        let put = mulde.call(Method::PUT, &device, Some(&phone)).bearer(&mulde.app(resident).await);
        assert_eq!(put.send().await.status, 204);
        let vote = mulde.vote(resident, &id, 0).await;
        match voted {
            true => drop(vote.expect::<Value>(200).await),
            false => drop(vote.expect_problem(409, "voted_already").await),
        }
    }
    assert_eq!(mulde.exchange.town.ask("SELECT count(*) FROM poll_votes").await, ["1"]);
    // Who becomes a citizen keeps the one vote.
    let citizen = mulde.resident("Muldestraße", 5, &[]).await;
    let tx = mulde.exchange.server.store().begin(Scope::Installation).await.unwrap();
    tx.merge_person(before.person, citizen.person).await.unwrap();
    tx.commit().await.unwrap();
    let seen: Value =
        mulde.get(&format!("{MESSAGES}/{id}/poll")).bearer(&mulde.app(&citizen).await).expect(200).await;
    assert_eq!((&seen["voted"], &seen["votes"]), (&json!(0), &json!([1, 0, 0])));
}

async fn what_is_over_takes_no_votes(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push]).await;
    let other = mulde.resident("Muldestraße", 2, &[]).await;
    let plain = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&plain, "sent").await;
    mulde.vote(&one, &plain, 0).await.expect_problem(404, "not_found").await;
    let id = mulde.send(json!({"severity": "important", "poll": market()})).await;
    mulde.until(&id, "sent").await;
    let refused = mulde.vote(&one, &id, 3).await.expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/option");
    let _: Value = mulde.vote(&one, &id, 2).await.expect(200).await;
    mulde.exchange.clock.advance(TimeDelta::hours(7));
    mulde.vote(&other, &id, 0).await.expect_problem(409, "poll_closed").await;
    let seen: Value =
        mulde.get(&format!("{MESSAGES}/{id}/poll")).bearer(&mulde.app(&one).await).expect(200).await;
    assert_eq!(seen["votes"], json!([0, 0, 1]), "results stay");
}

async fn a_poll_has_two_answers_at_least(mulde: Mulde) {
    for (options, pointer) in [
        (json!([{"de": "Ja"}]), "/poll/options"),
        (json!((0..11).map(|n| json!({"de": n.to_string()})).collect::<Vec<_>>()), "/poll/options"),
        (json!([{"de": "Ja"}, {"de": "Ja"}]), "/poll/options/1"),
    ] {
        let mut poll = market();
        poll["options"] = options;
        let draft = mulde.draft(json!({"poll": poll}));
        let refused = mulde.post(CASTS, &draft).bearer(&mulde.editor().await);
        let refused = refused.expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{}", refused.body);
    }
}
