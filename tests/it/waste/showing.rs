use domain::{Code, Error, Violation, context::System, waste::service::note_failure};
use serde_json::{Value, json};

use super::{COLLECTIONS, Depot, days};
use crate::support::{installation::Installation, on_both};

on_both!(
    an_address_is_shown_what_is_certain,
    a_kind_whose_dates_end_is_a_gap,
    staff_see_why_a_source_gave_no_dates,
    a_read_asks_for_nothing_twice,
    addresses_are_read_or_refused,
);

async fn an_address_is_shown_what_is_certain(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let here = "street=Leipziger%20Straße&house_number=2";
    let empty = depot.shown(&format!("{here}&from=2026-12-01&to=2026-12-31")).await;
    let gap =
        json!([{"from": "2026-12-01", "to": "2026-12-31", "reason": "not_published", "calendar": "Tour 3"}]);
    assert_eq!((&empty["collections"], &empty["gaps"]), (&json!([]), &gap));

    depot.take(&["2026-12-03", "2026-12-17"]).await;
    let shown = depot.shown(&format!("{here}&from=2026-12-01&to=2027-01-31")).await;
    assert_eq!(days(&shown), ["2026-12-03 organic planned", "2026-12-17 organic planned"]);
    assert_eq!(shown["gaps"][0]["from"], "2027-01-01");
    assert_eq!(shown["gaps"][0]["reason"], "not_published");
    assert_eq!(shown["gaps"][0]["as_of"], "2026-11-23T09:00:00Z");

    // The other side of the street is nobody's, and nobody is told a date that is not theirs.
    let other = depot.shown("street=Leipziger%20Straße&house_number=3&to=2026-12-31").await;
    assert_eq!((&other["collections"], &other["gaps"][0]["reason"]), (&json!([]), &json!("no_calendar")));

    let path = format!("{COLLECTIONS}?{here}&to=2026-12-31");
    let rathaus = &depot.desk.installation;
    let seen = rathaus.get(&path).send().await;
    assert_eq!(seen.headers["cache-control"], "public, max-age=60");
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(rathaus.get(&path).header("if-none-match", &tag).send().await.status, 304);
    let cancel = json!({"from": "2026-12-17", "reason": "weather"});
    depot.change(&cancel).expect::<Value>(200).await;
    let now = rathaus.get(&path).header("if-none-match", &tag).send().await;
    assert_eq!(now.status, 200);
    assert_eq!(days(&now.json()), ["2026-12-03 organic planned", "2026-12-17 organic cancelled"]);

    // A source that is asked must answer: else its dates are no longer shown.
    let asked = json!({"source": {"kind": "abfall_io", "key": "k", "house": "1"}});
    depot.desk.patch(&depot.calendar, &asked).header("if-match", "\"v1\"").expect::<Value>(200).await;
    assert_eq!(days(&depot.shown(here).await).len(), 2);
    depot.at("2026-12-02T09:00:01Z");
    let stale = depot.shown(&format!("{here}&to=2026-12-31")).await;
    assert_eq!((&stale["collections"], &stale["gaps"][0]["reason"]), (&json!([]), &json!("stale")));
}

async fn a_kind_whose_dates_end_is_a_gap(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let lines =
        |kind: &str, days: &[&str]| -> String { days.iter().map(|day| format!("{kind};{day}\n")).collect() };
    let residual = ["2026-12-03", "2026-12-17", "2026-12-31", "2027-01-14", "2027-01-28"];
    let organic = ["2026-12-01", "2026-12-08", "2026-12-15", "2026-12-22"];
    let file = format!("Abfallart;Datum\n{}{}", lines("Restmüll", &residual), lines("Biotonne", &organic));
    depot.upload("", "text/csv", file).expect::<Value>(200).await;
    let here = "street=Leipziger%20Straße&house_number=2&from=2026-12-01&to=2027-01-31";
    let gaps = &depot.shown(here).await["gaps"];
    let january = json!([{
        "from": "2027-01-01", "to": "2027-01-31", "reason": "not_published", "waste_type": "organic",
        "calendar": "Tour 3", "as_of": "2026-11-23T09:00:00Z",
    }]);
    assert_eq!(*gaps, january);
    // A file of one kind takes nothing from the others, and closes its gap.
    let next = ["2027-01-05", "2027-01-12", "2027-01-19", "2027-01-26"];
    let file = format!("Abfallart;Datum\n{}", lines("Biotonne", &next));
    let report: Value = depot.upload("", "text/csv", file).expect(200).await;
    assert_eq!((&report["added"], &report["cancelled"]), (&json!(4), &json!(0)));
    let shown = depot.shown(here).await;
    assert_eq!((days(&shown).len(), &shown["gaps"]), (13, &json!([])));
}

async fn staff_see_why_a_source_gave_no_dates(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    let asked = json!({"source": {"kind": "abfall_io", "key": "k", "house": "1"}});
    depot.desk.patch(&depot.calendar, &asked).header("if-match", "\"v1\"").expect::<Value>(200).await;
    let rathaus = &depot.desk.installation;
    let ctx = rathaus.clock.ctx(Default::default(), uuid::Uuid::nil(), System);
    let calendar = depot.calendar.rsplit('/').next().unwrap().parse().unwrap();
    let wrong = (1..=30).map(|line| Violation::new(format!("/{line}/waste"), Code::WasteUnknown));
    let why = Error::violations(wrong.collect());
    note_failure(rathaus.store(), &ctx, (depot.desk.town.id, calendar), &why).await.unwrap();
    let shown: Value = depot.desk.get(&depot.calendar).expect(200).await;
    let failure = &shown["failure"];
    assert_eq!(
        (&shown["freshness"], &shown["failed_at"], &failure["code"], &failure["errors"][19]),
        (
            &json!("stale"),
            &json!("2026-11-23T09:00:00Z"),
            &json!("waste_unknown"),
            &json!({"pointer": "/20/waste", "code": "waste_unknown"})
        )
    );
    assert_eq!(failure["errors"].as_array().unwrap().len(), 20, "the first of them");
    let here = "street=Leipziger%20Straße&house_number=2";
    assert_eq!(depot.shown(here).await["gaps"][0]["reason"], "stale", "it has never answered");
    depot.take(&["2026-12-03"]).await;
    let shown: Value = depot.desk.get(&depot.calendar).expect(200).await;
    assert_eq!((&shown["freshness"], shown.get("failure")), (&json!("fresh"), None));
}

/// With the database's tables gone, what was read once is still there to be read.
async fn a_read_asks_for_nothing_twice(rathaus: Installation) {
    use sea_orm::{ConnectionTrait, Database};
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-12-03"]).await;
    let at = async |house: &str| {
        days(&depot.shown(&format!("street=leipziger%20str.&house_number={house}")).await)
    };
    assert_eq!(at("2").await, ["2026-12-03 organic planned"]);
    let database = Database::connect(&depot.desk.installation.database().superuser_url).await.unwrap();
    for table in ["waste_collections", "waste_sections", "waste_calendars", "waste_types"] {
        database.execute_unprepared(&format!("ALTER TABLE {table} RENAME TO {table}_away")).await.unwrap();
    }
    assert_eq!(at("4").await, ["2026-12-03 organic planned"], "also for a house nobody asked about before");
    assert_eq!(at("3").await, [""; 0]);
    let kinds: Value =
        depot.desk.installation.get("/v1/municipalities/bad-dueben/waste/types").expect(200).await;
    assert_eq!(kinds["items"].as_array().unwrap().len(), 2);
    let feed = "/v1/municipalities/bad-dueben/waste/calendar.ics?street=Leipziger%20Straße&house_number=6";
    assert_eq!(depot.desk.installation.get(feed).send().await.status, 200);
    database.close().await.unwrap();
}

async fn addresses_are_read_or_refused(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-12-03"]).await;
    let here = "street=leipziger%20strasse";
    for house in ["2", "2a", "%202%20A%20", "2%201/2", "4-6"] {
        let shown = depot.shown(&format!("{here}&house_number={house}")).await;
        assert_eq!(days(&shown).len(), 1, "{house}");
    }
    let rathaus = &depot.desk.installation;
    for (query, pointer, code) in [
        (format!("{here}&house_number=0"), "/house_number", "house_number_invalid"),
        (format!("{here}&house_number=hinter%205"), "/house_number", "house_number_invalid"),
        (format!("{here}&house_number=12;drop"), "/house_number", "house_number_invalid"),
        (here.to_owned(), "/house_number", "required"),
        ("house_number=2".to_owned(), "/street", "required"),
        (format!("{here}&house_number=2&from=2026-12-31&to=2026-12-01"), "/to", "contradiction"),
        (format!("{here}&house_number=2&from=2026-01-01&to=2029-01-01"), "/to", "out_of_range"),
        (format!("{here}&house_number=2&from=2026-02-30"), "/from", "wrong_type"),
    ] {
        let refused =
            rathaus.get(&format!("{COLLECTIONS}?{query}")).expect_problem(400, "malformed_parameter").await;
        let problem: Value = refused.json();
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{query}: {problem}"
        );
    }
    let nowhere = depot.shown("street=Nirgendwo").await;
    assert_eq!(nowhere["gaps"][0]["reason"], "no_calendar");
}
