use serde_json::{Value, json};

use super::{COLLECTIONS, Depot, days, faults};
use crate::support::{installation::Installation, on_both};

on_both!(
    a_district_s_calendar_is_taken_in,
    a_table_with_streets_is_taken_in,
    all_of_a_source_or_nothing,
    what_is_no_calendar_is_refused,
    only_those_who_keep_the_register_take_one_in,
);

fn counts(report: &Value) -> [u64; 5] {
    ["added", "moved", "cancelled", "unchanged", "ignored"].map(|name| report[name].as_u64().unwrap())
}

fn calendar(events: &[&str]) -> String {
    let events: String =
        events.iter().map(|event| format!("BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n")).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
}

/// Every other Thursday, without an end; the one of Christmas Eve is on Wednesday.
const THURSDAYS: &str = "UID:bio@entsorger\r\nDTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=WEEKLY;INTERVAL=2\r\n\
                         EXDATE;VALUE=DATE:20261224\r\nSUMMARY:<b>Bioabfall</b>";
const WEDNESDAY: &str = "DTSTART;VALUE=DATE:20261223\r\nSUMMARY:Restmüll\\, Bioabfall";

async fn a_district_s_calendar_is_taken_in(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let stop = "DTSTART:20261205T083000Z\r\nDTEND:20261205T093000Z\r\nLOCATION:Kurhaus\r\nSUMMARY:Restabfall";
    let file =
        calendar(&[THURSDAYS, WEDNESDAY, stop, "DTSTART;VALUE=DATE:20261225\r\nSUMMARY:1. Weihnachtstag"]);
    let report: Value = depot.upload("", "text/calendar", file.clone()).expect(200).await;
    // Until the end of next year: 29 Thursdays but one, and three on other days.
    assert_eq!(counts(&report), [31, 0, 0, 0, 1]);
    let again: Value = depot.upload("", "text/calendar; charset=utf-8", file).expect(200).await;
    assert_eq!(counts(&again), [0, 0, 0, 31, 1]);

    let shown = depot.shown("street=leipziger%20str.&house_number=12a&to=2026-12-31").await;
    assert_eq!(
        days(&shown),
        [
            "2026-11-26 organic planned",
            "2026-12-05 residual planned",
            "2026-12-10 organic planned",
            "2026-12-23 residual planned",
            "2026-12-23 organic planned",
        ]
    );
    let stop = &shown["collections"][1]["stop"];
    assert_eq!(
        *stop,
        json!({"place": "Kurhaus", "starts_at": "09:30", "ends_at": "10:30"}),
        "on the town's clocks"
    );
    assert_eq!(shown["gaps"], json!([]));
    let (latin, _, _) = encoding_of("DTSTART;VALUE=DATE:20261203\r\nSUMMARY:Restmüll");
    let wrong_charset: Value = depot
        .upload("?from=2026-12-03&to=2026-12-03", "text/calendar; charset=utf-8", latin)
        .expect(200)
        .await;
    assert_eq!(wrong_charset["added"], 1);
}

/// As Windows writes it.
fn encoding_of(event: &str) -> (Vec<u8>, (), ()) {
    (calendar(&[event]).chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(), (), ())
}

async fn a_table_with_streets_is_taken_in(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let file = "Straße;Hausnummern;Abfallart;Datum\n\
                Am Lauch;ungerade;Restmüll;Do, 03.12.2026\n\
                Am Lauch;2-10 gerade;Restmüll;04.12.2026\n\
                ;;Biotonne;2026-12-10\n";
    let report: Value = depot.upload("", "text/csv", file).expect(200).await;
    assert_eq!(counts(&report), [3, 0, 0, 0, 0]);
    for (address, wanted) in [
        ("street=Am%20Lauch&house_number=3b", vec!["2026-12-03 residual planned"]),
        ("street=Am%20Lauch&house_number=4", vec!["2026-12-04 residual planned"]),
        ("street=Am%20Lauch&house_number=12", vec![]),
        ("street=Leipziger%20Straße&house_number=2", vec!["2026-12-10 organic planned"]),
        ("street=Leipziger%20Straße&house_number=3", vec![]),
    ] {
        assert_eq!(days(&depot.shown(address).await), wanted, "{address}");
    }
    let streets: Value =
        depot.desk.installation.get("/v1/municipalities/bad-dueben/waste/streets").expect(200).await;
    let names: Vec<_> = streets["items"].as_array().unwrap().iter().map(|street| &street["name"]).collect();
    assert_eq!(names, ["Am Lauch", "Leipziger Straße"]);
    let again: Value = depot.upload("", "text/csv", file).expect(200).await;
    assert_eq!(counts(&again), [0, 0, 0, 3, 0], "sections are made once");
}

async fn all_of_a_source_or_nothing(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let file = calendar(&[
        THURSDAYS,
        "SUMMARY:Bioabfall",
        "DTSTART;VALUE=DATE:20261203\r\nSUMMARY:Bioabfall\\, Glas",
        "DTSTART;VALUE=DATE:20261203\r\nRRULE:FREQ=SECONDLY\r\nSUMMARY:Bioabfall",
        "DTSTART;VALUE=DATE:20261303\r\nSUMMARY:Bioabfall",
    ]);
    let refused = depot.upload("", "text/calendar", file).expect_problem(422, "validation_failed").await;
    assert_eq!(
        faults(&refused),
        [
            "/10/date required",
            "/14/waste waste_unknown",
            "/19/recurrence recurrence_unreadable",
            "/23/date wrong_type",
        ]
    );
    let table = "Straße;Hausnummern;Abfallart;Datum\nAm Lauch;12 1/2;Biotonne;03.12.2026\nAm Lauch;0;Biotonne;03.12.2026\n\
                 Am Lauch;hinter 5;Biotonne;03.12.2026\n";
    let refused = depot.upload("", "text/csv", table).expect_problem(422, "validation_failed").await;
    assert_eq!(faults(&refused), ["/3/houses house_range_invalid", "/4/houses house_range_invalid"]);
    let nothing = depot.desk.items(&format!("{}/collections", depot.calendar)).await;
    assert_eq!(nothing, [json!(null); 0]);
    let kept: Value = depot.desk.get(&depot.calendar).expect(200).await;
    assert_eq!((&kept["freshness"], kept.get("covers")), (&json!("empty"), None));
}

async fn what_is_no_calendar_is_refused(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let page = "<!DOCTYPE html><html>Die Seite BEGIN:VCALENDAR wurde nicht gefunden</html>";
    for (kind, file, status, code) in [
        ("text/calendar", page, 422, "validation_failed"),
        ("text/calendar", "", 422, "validation_failed"),
        ("text/calendar", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", 422, "validation_failed"),
        ("text/csv", page, 422, "validation_failed"),
        ("text/csv", "Abfallart;Datum\n", 422, "validation_failed"),
        ("application/json", "{}", 415, "unsupported_media_type"),
    ] {
        depot.upload("", kind, file).expect_problem(status, code).await;
    }
    let holidays = calendar(&["DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Weihnachten"]);
    let refused = depot.upload("", "text/calendar", holidays).expect_problem(422, "validation_failed").await;
    assert_eq!(faults(&refused), [" calendar_unreadable"]);
    for query in
        ["?from=2026-12-31&to=2026-01-01", "?from=2026-12-31", "?from=2026-01-01&to=2036-01-01", "?year=2026"]
    {
        depot
            .upload(query, "text/calendar", calendar(&[THURSDAYS]))
            .expect_problem(400, "malformed_parameter")
            .await;
    }
    // A hundred megabytes, said beforehand and sent nonetheless.
    let large = vec![b'x'; 100 * 1024 * 1024];
    match depot.upload("", "text/calendar", large).0.send().await {
        Ok(answer) => assert_eq!(answer.status(), 413),
        // The connection was closed before all of it was sent.
        Err(error) => assert!(error.is_request() || error.is_body(), "{error}"),
    }
    let alive = depot.desk.installation.get(&format!("{COLLECTIONS}?street=x")).send().await;
    assert_eq!(alive.status, 200);
}

async fn only_those_who_keep_the_register_take_one_in(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let (clerk, stranger) = depot.desk.others().await;
    let path = format!("{}/imports", depot.calendar);
    let send = || {
        let request = depot.desk.installation.request(reqwest::Method::POST, &path);
        crate::support::http::Call(
            request.header("content-type", "text/csv").body("Abfallart;Datum\nBiotonne;03.12.2026\n"),
        )
    };
    send().expect_problem(401, "unauthenticated").await;
    send().bearer(&clerk).expect_problem(403, "forbidden").await;
    send().bearer(&stranger).expect_problem(404, "not_found").await;
    assert_eq!(days(&depot.shown("street=Leipziger%20Straße&house_number=2").await), [""; 0]);
}
