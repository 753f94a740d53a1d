use serde_json::json;

use super::{STAFF, piece};
use crate::{
    admin::{Desk, first_pointer},
    support::{installation::Installation, on_both},
};

on_both!(what_makes_no_sense_is_refused);

async fn what_makes_no_sense_is_refused(installation: Installation) {
    let desk = Desk::open(installation).await;
    let starts = "2026-12-01T10:00:00Z";
    let recurring = |rule: &str| json!({"event": {"starts_at": starts, "recurrence": rule}});
    let long = vec![json!({"lat": 51.59, "lon": 12.58}); 2_001];
    for (kind, more, pointer) in [
        ("event", json!({}), "/event"),
        ("event", recurring("FREQ=SECONDLY"), "/event/recurrence"),
        ("event", recurring("FREQ=HOURLY;INTERVAL=1"), "/event/recurrence"),
        ("event", recurring("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "/event/recurrence"),
        ("event", recurring("FREQ=DAILY\nRRULE:FREQ=SECONDLY"), "/event/recurrence"),
        (
            "event",
            json!({"event": {"starts_at": "0001-01-01T00:00:00Z", "recurrence": "FREQ=DAILY"}}),
            "/event/starts_at",
        ),
        (
            "event",
            json!({"event": {"starts_at": starts, "ends_at": "2026-12-01T09:00:00Z"}}),
            "/event/ends_at",
        ),
        ("place", json!({"place": {"opening_hours": "montags ab neun"}}), "/place/opening_hours"),
        ("place", json!({"place": {"wheelchair": "maybe"}}), "/place/wheelchair"),
        ("place", json!({"location": {"lat": 12.58, "lon": 51.59}}), "/location"),
        ("place", json!({"location": {"lat": 91, "lon": 12}}), "/location"),
        (
            "tour",
            json!({"tour": {"path": [{"lat": 12.58, "lon": 51.59}, {"lat": 12.6, "lon": 51.6}]}}),
            "/tour/path/0",
        ),
        ("tour", json!({"tour": {"path": long}}), "/tour/path"),
        ("tour", json!({"tour": {"length_m": 0}}), "/tour/length_m"),
        ("contact", json!({"contact": {"phone": "ruf mich an"}}), "/contact/phone"),
        (
            "gazette",
            json!({"gazette": {"date": "2026-02-30", "document_url": "https://x.example/a.pdf"}}),
            "/gazette/date",
        ),
        ("gazette", json!({"gazette": {"date": "2026-12-01"}}), "/gazette/document"),
        (
            "gazette",
            json!({"gazette": {"date": "2026-12-01", "document_url": "file:///etc/passwd"}}),
            "/gazette/document_url",
        ),
        ("news", json!({"publish_from": starts, "publish_until": starts}), "/publish_until"),
        ("news", json!({"publish_from": "gestern"}), "/publish_from"),
        ("news", json!({"publish_from": "+262142-12-31T23:59:59Z"}), "/publish_from"),
        ("news", json!({"publish_until": "-262143-01-01T00:00:00Z"}), "/publish_until"),
        ("event", json!({"event": {"starts_at": "+262142-12-31T23:59:59Z"}}), "/event/starts_at"),
        (
            "event",
            json!({"event": {"starts_at": starts, "ends_at": "+262142-12-31T23:59:59Z"}}),
            "/event/ends_at",
        ),
        (
            "event",
            json!({"event": {"starts_at": starts, "cancelled_dates": ["-262143-01-01"]}}),
            "/event/cancelled_dates",
        ),
        (
            "gazette",
            json!({"gazette": {"date": "-262143-01-01", "document_url": "https://x.example/a.pdf"}}),
            "/gazette/date",
        ),
    ] {
        let refused =
            desk.post(STAFF, &piece(kind, "Etwas", more)).expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{}", refused.body);
    }
    assert!(desk.items(STAFF).await.is_empty(), "nothing was written");
}
