use serde_json::{Value, json};

use super::{STAFF, TOWN, piece};
use crate::{
    admin::Desk,
    support::{installation::Installation, on_both},
};

on_both!(events_come_back, an_event_is_called_off);

fn market(more: Value) -> Value {
    let mut event = json!({
        "starts_at": "2026-11-05T08:00:00Z", "ends_at": "2026-11-05T12:00:00Z", "recurrence": "FREQ=WEEKLY;BYDAY=TH",
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    piece("event", "Wochenmarkt", json!({"event": event, "address": "Markt"}))
}

async fn events_come_back(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.publish(&market(json!({}))).await;
    let concert = json!({"event": {"starts_at": "2026-12-04T18:00:00Z"}});
    desk.publish(&piece("event", "Konzert", concert)).await;
    let soon = desk.look("events?to=2026-12-11T00:00:00Z").await;
    let times: Vec<_> = soon
        .iter()
        .map(|item| {
            format!("{} {}", item["title"].as_str().unwrap(), item["event"]["starts_at"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        times,
        [
            "Wochenmarkt 2026-11-26T08:00:00Z",
            "Wochenmarkt 2026-12-03T08:00:00Z",
            "Konzert 2026-12-04T18:00:00Z",
            "Wochenmarkt 2026-12-10T08:00:00Z",
        ]
    );
    // In summer nine o'clock is an hour earlier.
    let summer = desk.look("events?from=2027-07-01T00:00:00Z&to=2027-07-02T00:00:00Z").await;
    assert_eq!(summer[0]["event"]["starts_at"], "2027-07-01T07:00:00Z");
    // It never ends; a window does.
    let most = desk.look("events?from=2026-12-01T00:00:00Z&to=2027-12-31T00:00:00Z&limit=100").await;
    assert_eq!(most.len(), 58);
    let too_long =
        desk.installation.get(&format!("{TOWN}/events?from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z"));
    too_long.expect_problem(400, "malformed_parameter").await;
}

async fn an_event_is_called_off(installation: Installation) {
    let desk = Desk::open(installation).await;
    let id = desk.publish(&market(json!({}))).await;
    let place = format!("{STAFF}/{id}");
    let once: Value =
        desk.put(&place, "\"v2\"", &market(json!({"cancelled_dates": ["2026-12-03"]}))).expect(200).await;
    assert_eq!(once["event"]["cancelled_dates"], json!(["2026-12-03"]));
    let off = async || {
        let items = desk.look("events?to=2026-12-11T00:00:00Z").await;
        items.iter().map(|item| item["event"]["cancelled"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(off().await, [false, true, false]);
    let calendar = desk.installation.get(&format!("{TOWN}/events/calendar.ics")).send().await.body;
    assert_eq!(calendar.matches("STATUS:CANCELLED").count(), 1);
    assert!(calendar.contains("SEQUENCE:3"), "{calendar}");
    let _: Value = desk.put(&place, "\"v3\"", &market(json!({"cancelled": true}))).expect(200).await;
    assert_eq!(off().await, [true, true, true]);
}
