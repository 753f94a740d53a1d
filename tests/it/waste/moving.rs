use serde_json::{Value, json};

use super::{Depot, days, faults};
use crate::support::{installation::Installation, on_both};

on_both!(
    a_moved_date_is_told_to_those_who_had_it,
    a_source_that_changed_is_told_as_well,
    many_changes_are_told_in_one_sentence,
    what_was_dropped_by_mistake_is_back,
    what_was_cancelled_is_not_moved_along,
    at_night_nobody_is_told_what_can_wait,
    what_cannot_change_is_refused,
);

const HERE: &str = "street=Leipziger%20Straße&house_number=2&to=2026-12-31";

async fn a_moved_date_is_told_to_those_who_had_it(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-12-25"]).await;
    depot.neighbour("2").await;
    depot.neighbour("18a").await;
    depot.neighbour("3").await;
    depot.neighbour("22").await;
    let moved =
        json!({"from": "2026-12-25", "to": "2026-12-28", "waste_type": "organic", "reason": "holiday"});
    let answer: Value = depot.change(&moved).expect(200).await;
    let one = &answer["collections"][0];
    assert_eq!(
        (&one["date"], &one["regular_date"], &one["sequence"]),
        (&json!("2026-12-28"), &json!("2026-12-25"), &json!(1))
    );
    assert_eq!(
        depot.told().await,
        ["waste_changed push", "waste_changed push"],
        "the even side, and nobody else"
    );
    assert_eq!(depot.said().await, ["Biotonne: Abholung am Mo., 28.12. statt am Fr., 25.12."]);
    let shown = depot.shown(HERE).await;
    let it = &shown["collections"][0];
    assert_eq!(
        (&it["date"], &it["moved_from"], &it["reason"]),
        (&json!("2026-12-28"), &json!("2026-12-25"), &json!("holiday"))
    );

    depot.desk.installation.clock.advance(chrono::TimeDelta::seconds(1));
    depot.change(&json!({"from": "2026-12-28", "reason": "weather"})).expect::<Value>(200).await;
    let added = json!({"to": "2026-12-30", "waste_type": "organic", "reason": "weather"});
    depot.desk.installation.clock.advance(chrono::TimeDelta::seconds(1));
    depot.change(&added).expect::<Value>(200).await;
    assert_eq!(depot.told().await.len(), 6);
    assert_eq!(
        depot.said().await[1..],
        ["Biotonne: Die Abholung am Mo., 28.12. entfällt.", "Biotonne: Zusätzliche Abholung am Mi., 30.12."]
    );
    assert_eq!(days(&depot.shown(HERE).await), ["2026-12-28 organic cancelled", "2026-12-30 organic added"]);
}

async fn a_source_that_changed_is_told_as_well(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.neighbour("2").await;
    depot.take(&["2026-12-03", "2026-12-17"]).await;
    assert_eq!(depot.told().await, [""; 0], "the first dates are no news");
    let report = depot.take(&["2026-12-04", "2026-12-17"]).await;
    assert_eq!((&report["moved"], &report["unchanged"]), (&json!(1), &json!(1)));
    assert_eq!(depot.said().await, ["Biotonne: Abholung am Fr., 4.12. statt am Do., 3.12."]);
    let moved = &depot.shown(HERE).await["collections"][0];
    assert_eq!((&moved["status"], &moved["moved_from"]), (&json!("moved"), &json!("2026-12-03")));
    let again = depot.take(&["2026-12-04", "2026-12-17"]).await;
    assert_eq!((&again["moved"], &again["unchanged"]), (&json!(0), &json!(2)));
    assert_eq!(depot.told().await.len(), 1, "nothing is told twice");

    let rule = json!({"holidays": "later"});
    depot.take(&["2026-12-04", "2026-12-17", "2026-12-25"]).await;
    depot.desk.patch(&depot.calendar, &rule).header("if-match", "\"v1\"").expect::<Value>(200).await;
    let shown = depot.shown(HERE).await;
    assert_eq!(days(&shown)[2], "2026-12-28 organic moved", "{shown}");
    assert_eq!(shown["collections"][2]["reason"], "holiday");
    assert_eq!(depot.said().await.len(), 3, "the one that was added, and the one that was moved");
}

async fn many_changes_are_told_in_one_sentence(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.neighbour("2").await;
    depot.take(&["2026-11-26", "2026-12-03", "2026-12-10", "2026-12-17", "2026-12-23"]).await;
    let report = depot.take(&["2026-11-27", "2026-12-04", "2026-12-11", "2026-12-18", "2026-12-23"]).await;
    assert_eq!(report["moved"], 4);
    assert_eq!(depot.said().await, ["In Ihrem Abfallkalender haben sich 4 Termine geändert."]);
}

async fn what_was_dropped_by_mistake_is_back(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.neighbour("2").await;
    let clock = &depot.desk.installation.clock;
    depot.take(&["2026-12-03", "2026-12-17"]).await;
    for (days, wanted, count) in [
        (vec!["2026-12-17"], "2026-12-03 organic cancelled", "cancelled"),
        (vec!["2026-12-03", "2026-12-17"], "2026-12-03 organic planned", "added"),
    ] {
        clock.advance(chrono::TimeDelta::seconds(1));
        let report = depot.take(&days).await;
        assert_eq!((&report[count], &report["unchanged"]), (&json!(1), &json!(1)), "{report}");
        assert_eq!(super::days(&depot.shown(HERE).await)[0], wanted);
    }
    assert_eq!(
        depot.said().await,
        ["Biotonne: Die Abholung am Do., 3.12. entfällt.", "Biotonne: Zusätzliche Abholung am Do., 3.12."]
    );
    assert_eq!(depot.take(&["2026-12-03", "2026-12-17"]).await["unchanged"], 2);
    // What staff cancelled the source does not bring back.
    depot.change(&json!({"from": "2026-12-17", "reason": "weather"})).expect::<Value>(200).await;
    assert_eq!(depot.take(&["2026-12-03", "2026-12-17"]).await["unchanged"], 2);
    assert_eq!(days(&depot.shown(HERE).await)[1], "2026-12-17 organic cancelled");
}

async fn what_was_cancelled_is_not_moved_along(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-12-03", "2026-12-10"]).await;
    let change = async |body: Value| depot.change(&body).expect::<Value>(200).await;
    change(json!({"to": "2026-12-03", "waste_type": "residual", "reason": "operations"})).await;
    change(json!({"from": "2026-12-03", "waste_type": "organic", "reason": "weather"})).await;
    let moved = change(json!({"from": "2026-12-03", "to": "2026-12-04", "reason": "holiday"})).await;
    assert_eq!(moved["collections"].as_array().unwrap().len(), 1);
    let shown = days(&depot.shown(HERE).await);
    assert_eq!(
        shown,
        ["2026-12-03 organic cancelled", "2026-12-04 residual added", "2026-12-10 organic planned"]
    );
    let onto =
        |day: &str| json!({"from": "2026-12-03", "to": day, "waste_type": "organic", "reason": "weather"});
    depot.change(&onto("2026-12-10")).expect_problem(409, "already_exists").await;
    change(onto("2026-12-04")).await;
    let shown = days(&depot.shown(HERE).await);
    assert_eq!(
        shown,
        ["2026-12-04 residual added", "2026-12-04 organic moved", "2026-12-10 organic planned"],
        "named, it is back; another kind on that day is no obstacle"
    );
}

async fn at_night_nobody_is_told_what_can_wait(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.neighbour("2").await;
    let days = ["2026-11-24", "2026-12-03", "2026-12-10", "2026-12-17", "2026-12-24"];
    depot.take(&days).await;
    // Three in the morning on the town's clocks, and nine: each time the source has one less.
    for (moment, left) in
        [("2026-11-24T02:00:00Z", 1), ("2026-11-24T02:00:01Z", 2), ("2026-11-24T08:00:00Z", 3)]
    {
        depot.at(moment);
        assert_eq!(depot.asked(&days[left..]).await.cancelled, 1, "{moment}");
    }
    let due = "SELECT substr(CAST(d.due_at AS text), 12, 5) FROM deliveries d \
               JOIN messages m ON m.municipality_id = d.municipality_id AND m.id = d.message_id \
               JOIN work_chunks w ON w.id = d.chunk_id AND w.due_at = d.due_at ORDER BY m.created_at";
    let due = depot.desk.installation.ask(depot.desk.town.id, due).await;
    assert_eq!(due, ["02:00", "06:00", "08:00"], "what is about today cannot wait");
}

async fn what_cannot_change_is_refused(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.neighbour("2").await;
    depot.take(&["2026-11-20", "2026-12-03"]).await;
    for (change, wanted) in [
        (json!({"reason": "weather"}), "/from exactly_one"),
        (json!({"from": "2026-12-04", "reason": "weather"}), "/from unknown_reference"),
        (json!({"from": "2026-11-20", "to": "2026-12-04", "reason": "weather"}), "/from out_of_range"),
        (json!({"from": "2026-12-03", "to": "2026-11-20", "reason": "weather"}), "/to out_of_range"),
        (
            json!({"from": "2026-12-03", "to": "2026-12-04", "waste_type": "glass", "reason": "weather"}),
            "/waste_type unknown_reference",
        ),
        (json!({"to": "2026-12-04", "reason": "weather"}), "/waste_type required"),
        (json!({"from": "2026-12-03", "reason": "mood"}), "/reason not_allowed"),
        (json!({"from": "2026-12-03", "starts_at": "09:30", "reason": "weather"}), "/place required"),
        (
            json!({"from": "2026-12-03", "place": "Markt", "starts_at": "9:30", "reason": "weather"}),
            "/starts_at wrong_type",
        ),
    ] {
        let refused = depot.change(&change).expect_problem(422, "validation_failed").await;
        assert_eq!(faults(&refused), [wanted], "{change}");
    }
    let again = json!({"to": "2026-12-03", "waste_type": "organic", "reason": "weather"});
    depot.change(&again).expect_problem(409, "already_exists").await;
    assert_eq!(depot.told().await, [""; 0]);
    assert_eq!(days(&depot.shown(HERE).await), ["2026-12-03 organic planned"]);
}
