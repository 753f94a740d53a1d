use serde_json::{Value, json};

use super::{Depot, REMINDERS, faults};
use crate::{
    auth::access,
    follows::choice,
    support::{installation::Installation, on_both},
};

on_both!(
    what_one_is_reminded_of_is_chosen,
    what_cannot_be_told_is_refused,
    the_evening_before_is_told_once,
    what_was_missed_is_told_late_and_never_twice,
    several_processes_tell_once,
    the_clocks_may_change,
    one_kind_is_not_another,
    dates_that_are_not_known_are_said_to_be_so_once,
    who_leaves_is_reminded_of_nothing,
);

fn evening_before() -> Value {
    json!([{"days_before": 1, "time": "18:00", "channel": "push"}])
}

async fn what_one_is_reminded_of_is_chosen(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let token = depot.neighbour("2").await;
    let rathaus = &depot.desk.installation;
    let none: Value = rathaus.get(REMINDERS).bearer(&token).expect(200).await;
    assert_eq!(none, json!({"reminders": []}));
    let chosen = json!([
        {"waste_type": "organic", "days_before": 1, "time": "18:00", "channel": "push"},
        {"days_before": 0, "time": "06:30", "channel": "push"},
    ]);
    let answer: Value = depot.remind_me(&token, chosen.clone()).expect(200).await;
    assert_eq!(answer["reminders"], chosen);
    let shown: Value = rathaus.get(REMINDERS).bearer(&token).expect(200).await;
    assert_eq!(shown["reminders"], chosen);
    let kinds = depot.desk.items(super::TYPES).await;
    let organic = kinds.iter().find(|kind| kind["code"] == "organic").unwrap();
    let place = format!("{}/{}", super::TYPES, organic["id"].as_str().unwrap());
    depot.desk.delete(&place, "\"v1\"").expect_problem(409, "in_use").await;
    assert_eq!(rathaus.delete(REMINDERS).bearer(&token).send().await.status, 204);
    let none: Value = rathaus.get(REMINDERS).bearer(&token).expect(200).await;
    assert_eq!(none, json!({"reminders": []}));
}

async fn what_cannot_be_told_is_refused(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let token = depot.neighbour("2").await;
    let one = |more: Value| {
        let mut one = json!({"days_before": 1, "time": "18:00", "channel": "push"});
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    for (reminders, wanted) in [
        (json!([one(json!({"days_before": 8}))]), "/reminders/0/days_before out_of_range"),
        (json!([one(json!({"time": "24:00"}))]), "/reminders/0/time wrong_type"),
        (json!([one(json!({"time": "6:30"}))]), "/reminders/0/time wrong_type"),
        (json!([one(json!({"channel": "sms"}))]), "/reminders/0/channel channel_not_chosen"),
        (json!([one(json!({"waste_type": "glass"}))]), "/reminders/0/waste_type unknown_reference"),
        (json!([one(json!({})), one(json!({}))]), "/reminders/1 contradiction"),
        (json!(vec![one(json!({})); 21]), "/reminders too_many"),
        (json!([one(json!({"colour": "red"}))]), "/reminders/0/colour unknown_field"),
    ] {
        let refused = depot.remind_me(&token, reminders).expect_problem(422, "validation_failed").await;
        assert_eq!(faults(&refused), [wanted]);
    }
    let rathaus = &depot.desk.installation;
    let stranger = access(&rathaus.guest().await).to_owned();
    depot.remind_me(&stranger, evening_before()).expect_problem(404, "not_found").await;
    let homeless = choice(json!({"topics": [], "channels": {"notice": ["push"]}}));
    rathaus.choose(&stranger, &homeless).expect::<Value>(200).await;
    let refused = depot.remind_me(&stranger, evening_before()).expect_problem(422, "validation_failed").await;
    assert_eq!(faults(&refused), ["/reminders home_missing"]);
}

async fn the_evening_before_is_told_once(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-11-26", "2026-12-17", "2026-12-25"]).await;
    let moved = json!({"from": "2026-12-25", "to": "2026-12-28", "reason": "holiday"});
    depot.change(&moved).expect::<Value>(200).await;
    depot.change(&json!({"from": "2026-12-17", "reason": "weather"})).expect::<Value>(200).await;
    let (token, other) = (depot.neighbour("2").await, depot.neighbour("3").await);
    depot.remind_me(&token, evening_before()).expect::<Value>(200).await;
    depot.remind_me(&other, evening_before()).expect::<Value>(200).await;
    depot.at("2026-11-25T16:59:59Z");
    assert_eq!(depot.turn().await, 0);
    depot.at("2026-11-25T17:00:00Z");
    assert_eq!(depot.turn().await, 1, "the other side of the street has no collection");
    for _ in 0..3 {
        depot.desk.installation.clock.advance(chrono::TimeDelta::minutes(1));
        assert_eq!(depot.turn().await, 0);
    }
    assert_eq!(depot.told().await, ["waste_reminder push"]);
    assert_eq!(depot.said().await, ["Abholung am Do., 26.11.: Biotonne."]);
    // Nobody is reminded of what is cancelled; a collection that moves takes its reminder along.
    for (before, moment, told) in [
        ("2026-12-16T16:59:10Z", "2026-12-16T17:00:10Z", 0),
        ("2026-12-24T16:59:10Z", "2026-12-24T17:00:10Z", 0),
        ("2026-12-27T16:59:10Z", "2026-12-27T17:00:10Z", 1),
    ] {
        depot.at(before);
        depot.turn().await;
        depot.at(moment);
        assert_eq!(depot.turn().await, told, "{moment}");
    }
    let said = depot.said().await;
    assert_eq!(said[1..], ["Abholung am Mo., 28.12.: Biotonne. Verschoben vom Fr., 25.12."]);
}

async fn what_was_missed_is_told_late_and_never_twice(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-11-24", "2026-11-26"]).await;
    let token = depot.neighbour("2").await;
    depot.remind_me(&token, evening_before()).expect::<Value>(200).await;
    // Down from Monday noon to Wednesday night: Tuesday's collection is over, Thursday's is not.
    depot.at("2026-11-25T20:30:00Z");
    assert_eq!(depot.turn().await, 1);
    assert_eq!(depot.said().await, ["Abholung am Do., 26.11.: Biotonne. Diese Erinnerung kommt verspätet."]);
    depot.at("2026-11-25T20:31:00Z");
    assert_eq!(depot.turn().await, 0);
    assert_eq!(depot.told().await.len(), 1);
    // Down over midnight: the morning of the day is late, and better than never.
    depot.at("2026-11-26T04:00:00Z");
    assert_eq!(depot.turn().await, 0);
    // The clock goes back: nothing is told again.
    depot.at("2026-11-25T16:59:00Z");
    assert_eq!(depot.turn().await, 0);
    depot.at("2026-11-25T17:01:00Z");
    assert_eq!(depot.turn().await, 0);
    assert_eq!(depot.told().await.len(), 1);
}

async fn several_processes_tell_once(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-11-26"]).await;
    let token = depot.neighbour("2").await;
    depot.remind_me(&token, evening_before()).expect::<Value>(200).await;
    depot.at("2026-11-25T17:00:30Z");
    let told = futures::future::join_all((0..6).map(|_| depot.turn())).await;
    assert_eq!(told.iter().sum::<usize>(), 1, "{told:?}");
    assert_eq!(depot.told().await, ["waste_reminder push"]);
}

async fn the_clocks_may_change(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let lines = "Abfallart;Datum\nBiotonne;29.03.2027\nBiotonne;28.03.2027\nBiotonne;31.10.2027\nBiotonne;01.11.2027\n";
    depot.upload("", "text/csv", lines).expect::<Value>(200).await;
    let token = depot.neighbour("2").await;
    let chosen = json!([
        {"days_before": 1, "time": "18:00", "channel": "push"},
        {"days_before": 0, "time": "02:30", "channel": "push"},
    ]);
    depot.remind_me(&token, chosen).expect::<Value>(200).await;
    // On 28 March 2027 clocks go from 2:00 to 3:00, on 31 October from 3:00 back to 2:00.
    for (from, to, wanted) in [
        ("2027-03-27T16:59:00Z", "2027-03-27T17:00:00Z", 1),
        ("2027-03-28T00:59:00Z", "2027-03-28T01:00:00Z", 1),
        ("2027-03-28T01:00:00Z", "2027-03-28T02:31:00Z", 0),
        ("2027-03-28T15:59:00Z", "2027-03-28T16:00:00Z", 1),
        ("2027-03-29T00:29:00Z", "2027-03-29T00:30:00Z", 1),
        ("2027-10-30T15:59:00Z", "2027-10-30T16:00:00Z", 1),
        ("2027-10-31T00:29:00Z", "2027-10-31T00:30:00Z", 1),
        ("2027-10-31T00:30:00Z", "2027-10-31T01:31:00Z", 0),
        ("2027-10-31T16:59:00Z", "2027-10-31T17:00:00Z", 1),
    ] {
        depot.at(from);
        depot.turn().await;
        depot.at(to);
        assert_eq!(depot.turn().await, wanted, "{from} to {to}");
    }
}

async fn one_kind_is_not_another(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-11-26"]).await;
    for day in ["2026-11-26", "2026-11-28"] {
        let residual = json!({"to": day, "waste_type": "residual", "reason": "operations"});
        depot.change(&residual).expect::<Value>(200).await;
    }
    let token = depot.neighbour("2").await;
    let organic = json!([{"waste_type": "organic", "days_before": 1, "time": "18:00", "channel": "push"}]);
    depot.remind_me(&token, organic).expect::<Value>(200).await;
    depot.at("2026-11-25T17:00:00Z");
    assert_eq!(depot.turn().await, 1);
    assert_eq!(
        depot.said().await,
        ["Abholung am Do., 26.11.: Biotonne."],
        "and not the other one of that day"
    );
    depot.at("2026-11-27T16:59:00Z");
    depot.turn().await;
    depot.at("2026-11-27T17:00:00Z");
    assert_eq!(depot.turn().await, 0, "silent for another kind");
}

async fn dates_that_are_not_known_are_said_to_be_so_once(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-11-26"]).await;
    let (token, other) = (depot.neighbour("2").await, depot.neighbour("3").await);
    let twice = json!([
        {"days_before": 1, "time": "18:00", "channel": "push"},
        {"days_before": 1, "time": "20:00", "channel": "push"},
    ]);
    depot.remind_me(&token, twice).expect::<Value>(200).await;
    depot.remind_me(&other, evening_before()).expect::<Value>(200).await;
    let turns = async |moments: &[(&str, usize)]| {
        for (moment, told) in moments {
            let due: chrono::DateTime<chrono::Utc> = moment.parse().unwrap();
            depot.at(&(due - chrono::TimeDelta::minutes(1)).to_rfc3339());
            depot.turn().await;
            depot.at(moment);
            assert_eq!(depot.turn().await, *told, "{moment}");
        }
    };
    // The calendar ends with the year; on the other side of the street there is none.
    turns(&[
        ("2026-12-30T17:00:00Z", 0),
        ("2026-12-31T17:00:00Z", 1),
        ("2026-12-31T19:00:00Z", 0),
        ("2027-01-01T17:00:00Z", 0),
    ])
    .await;
    let missing = "Wir kennen Ihre Abholtermine zurzeit nicht und können Sie nicht erinnern. \
                   Bitte sehen Sie im Abfallkalender des Entsorgers nach.";
    assert_eq!(depot.said().await, [missing]);
    // Another month is published, and ends.
    depot.asked(&["2027-01-28"]).await;
    turns(&[("2027-01-27T17:00:00Z", 1), ("2027-01-31T17:00:00Z", 1), ("2027-02-01T17:00:00Z", 0)]).await;
    assert_eq!(depot.said().await[1..], ["Abholung am Do., 28.1.: Biotonne.", missing]);
}

async fn who_leaves_is_reminded_of_nothing(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-11-26"]).await;
    let (stays, leaves, silent) =
        (depot.neighbour("2").await, depot.neighbour("4").await, depot.neighbour("6").await);
    for token in [&stays, &leaves, &silent] {
        depot.remind_me(token, evening_before()).expect::<Value>(200).await;
    }
    let rathaus = &depot.desk.installation;
    assert_eq!(rathaus.delete(crate::follows::FOLLOW).bearer(&leaves).send().await.status, 204);
    // Takes back the consent to be told of one's own matters by push.
    let quiet = choice(
        json!({"topics": [], "channels": {}, "address": {"street": "Leipziger Straße", "house_number": "6"}}),
    );
    rathaus.choose(&silent, &quiet).expect::<Value>(200).await;
    let kept = "SELECT count(*) FROM waste_reminders";
    assert_eq!(rathaus.ask(depot.desk.town.id, kept).await, ["2"]);

    // A guest who signs in takes the reminders along.
    let code = rathaus.code("erika@example.org").await;
    let signed_in = rathaus.post("/v1/auth/sessions", &json!({"email": "erika@example.org", "code": code}));
    let session: Value = signed_in.bearer(&stays).expect(201).await;
    let shown: Value = rathaus.get(REMINDERS).bearer(access(&session)).expect(200).await;
    assert_eq!(shown["reminders"], evening_before());
    assert_eq!(rathaus.ask(depot.desk.town.id, kept).await, ["2"]);
    depot.at("2026-11-25T17:00:00Z");
    assert_eq!(depot.turn().await, 1);
}
