use serde_json::{Value, json};

use super::Depot;
use crate::support::{http::Answer, installation::Installation, on_both};

on_both!(
    a_subscribed_calendar_follows_every_change,
    what_is_not_known_stays_where_it_is_entered,
    a_subscription_is_bounded,
);

const FEED: &str =
    "/v1/municipalities/bad-dueben/waste/calendar.ics?street=Leipziger%20Straße&house_number=2";

/// The events of a calendar: UID, SEQUENCE, DTSTART and STATUS.
fn events(answer: &Answer) -> Vec<[String; 4]> {
    let text = answer.body.replace("\r\n ", "");
    let events = text.split("BEGIN:VEVENT").skip(1);
    let get = |event: &str, name: &str| {
        let line = event.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.rsplit(':').next().unwrap_or_default().to_owned()
    };
    events.map(|event| ["UID", "SEQUENCE", "DTSTART", "STATUS"].map(|name| get(event, name))).collect()
}

async fn a_subscribed_calendar_follows_every_change(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let rathaus = &depot.desk.installation;
    depot.take(&["2026-12-03", "2026-12-25"]).await;
    let first = rathaus.get(FEED).send().await;
    assert_eq!(first.status, 200);
    assert_eq!(first.headers["content-type"], "text/calendar; charset=utf-8");
    assert!(first.body.starts_with("BEGIN:VCALENDAR\r\n"), "{}", first.body);
    assert!(first.body.contains("SUMMARY:Biotonne\r\n") && !first.body.contains('\0'));
    let before = events(&first);
    let seen: Vec<_> =
        before.iter().map(|[_, sequence, day, status]| format!("{sequence} {day} {status}")).collect();
    assert_eq!(
        seen,
        ["0 20261203 CONFIRMED", "0 20261225 CONFIRMED", " 20270101 "],
        "the last says from when nothing is known"
    );

    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(rathaus.get(FEED).header("if-none-match", &tag).send().await.status, 304);
    assert_eq!(rathaus.get(FEED).send().await.body, first.body, "the same as long as nothing changes");

    let moved = json!({"from": "2026-12-25", "to": "2026-12-28", "reason": "holiday"});
    depot.change(&moved).expect::<Value>(200).await;
    depot.change(&json!({"from": "2026-12-03", "reason": "weather"})).expect::<Value>(200).await;
    let second = rathaus.get(FEED).header("if-none-match", &tag).send().await;
    assert_eq!(second.status, 200);
    let after = events(&second);
    let seen: Vec<_> =
        after.iter().map(|[_, sequence, day, status]| format!("{sequence} {day} {status}")).collect();
    assert_eq!(seen, ["1 20261203 CANCELLED", "1 20261228 CONFIRMED", " 20270101 "]);
    let uids = |events: &[[String; 4]]| events.iter().map(|event| event[0].clone()).collect::<Vec<_>>();
    assert_eq!(uids(&after), uids(&before), "a calendar knows them by their UID");
}

async fn what_is_not_known_stays_where_it_is_entered(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let rathaus = &depot.desk.installation;
    let file = "Abfallart;Datum\nBiotonne;2026-12-03\n";
    let query = "?from=2026-12-01&to=2026-12-31";
    depot.upload(query, "text/csv", file).expect::<Value>(200).await;
    let asked = json!({"source": {"kind": "abfall_io", "key": "k", "house": "1"}});
    depot.desk.patch(&depot.calendar, &asked).header("if-match", "\"v1\"").expect::<Value>(200).await;
    let first = rathaus.get(FEED).send().await;
    let entries = events(&first);
    let days: Vec<_> = entries.iter().map(|[_, _, day, _]| day.as_str()).collect();
    assert_eq!(days, ["20261203", "20261001", "20270101"], "before and after what is covered");
    assert_ne!(entries[1][0], entries[2][0], "each is an entry of its own");
    depot.at("2026-11-24T09:00:00Z");
    assert_eq!(rathaus.get(FEED).send().await.body, first.body, "nothing wanders from day to day");

    // A source that fell silent is entered on the day on which it had been so for too long.
    depot.at("2026-12-02T09:00:00Z");
    let stale = events(&rathaus.get(FEED).send().await);
    depot.at("2026-12-03T09:00:00Z");
    assert_eq!(events(&rathaus.get(FEED).send().await), stale);
    assert_eq!(stale.iter().map(|[_, _, day, _]| day.as_str()).collect::<Vec<_>>(), ["20261201"]);
}

async fn a_subscription_is_bounded(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let rathaus = &depot.desk.installation;
    for window in ["from=2026-12-31&to=2026-12-01", "from=2026-01-01&to=2036-01-01", "to=2036-01-01"] {
        rathaus.get(&format!("{FEED}&{window}")).expect_problem(400, "malformed_parameter").await;
    }
    assert_eq!(rathaus.get(&format!("{FEED}&from=2026-12-01&to=2026-12-31")).send().await.status, 200);
}
