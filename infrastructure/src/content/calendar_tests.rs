use chrono::DateTime;

use super::*;

fn calendar(events: &[&str]) -> String {
    let events: String = events.iter().map(|event| format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n")).collect();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n")
}

fn read(events: &[&str]) -> Vec<Result<Item, Fault>> {
    items(calendar(events).as_bytes(), chrono_tz::Europe::Berlin).unwrap()
}

fn fault(event: &str) -> (u32, String, Code) {
    let Fault { line, pointer, code } = read(&[event]).remove(0).unwrap_err();
    (line, pointer, code)
}

fn event(item: &Result<Item, Fault>) -> &Event {
    item.as_ref().unwrap().sheet.event.as_ref().unwrap()
}

fn at(moment: &str) -> DateTime<Utc> {
    moment.parse().unwrap()
}

const MARKET: &str = "UID:markt@x\nSUMMARY:Wochenmarkt\nDTSTART;TZID=Europe/Berlin:20261126T080000\nDTEND;TZID=Europe/Berlin:20261126T130000\nRRULE:FREQ=WEEKLY;UNTIL=20261231;\nEXDATE;VALUE=DATE:20261224\nLOCATION:Markt\\, Bad Düben\nGEO:51.5919;12.5853\nURL:https://www.bad-dueben.example/markt\nORGANIZER;CN=\"Stadt Bad Düben\":mailto:x@example.org";

#[test]
fn an_event_is_read_with_all_it_says() {
    let events = read(&[MARKET]);
    let market = event(&events[0]);
    assert_eq!(market.starts_at, at("2026-11-26T07:00:00Z"));
    assert_eq!(market.ends_at, Some(at("2026-11-26T12:00:00Z")));
    assert_eq!(market.recurrence.as_ref().unwrap().as_str(), "FREQ=WEEKLY;UNTIL=20261231T225959Z");
    assert_eq!(market.cancelled_dates, ["2026-12-24".parse().unwrap()], "a date without time means the day");
    assert_eq!(market.organizer.as_ref().unwrap().as_str(), "Stadt Bad Düben");
    let Item { key, sheet, .. } = events[0].as_ref().unwrap();
    assert_eq!(key, "markt@x");
    assert_eq!(sheet.address.as_ref().unwrap().as_str(), "Markt, Bad Düben");
    assert_eq!(sheet.location, Some(Point { lat: 51.5919, lon: 12.5853 }));
    assert_eq!(sheet.links.len(), 1);
}

#[test]
fn what_repeats_without_an_end_is_kept_as_a_rule_and_never_counted_out() {
    let begun = std::time::Instant::now();
    let events = read(&["SUMMARY:x\nDTSTART;VALUE=DATE:20000101\nRRULE:FREQ=DAILY"]);
    assert_eq!((events.len(), event(&events[0]).recurrence.as_ref().unwrap().as_str()), (1, "FREQ=DAILY"));
    assert!(begun.elapsed() < std::time::Duration::from_secs(1));
    for rule in
        ["FREQ=SECONDLY", "FREQ=HOURLY", "FREQ=WEEKLY;BYSECOND=1", "täglich", "FREQ=WEEKLY;UNTIL=bald"]
    {
        let refused = fault(&format!("SUMMARY:x\nDTSTART:20261126T080000\nRRULE:{rule}"));
        assert_eq!(refused, (6, "/recurrence".into(), Code::RecurrenceUnreadable), "{rule}");
    }
}

#[test]
fn exceptions_and_dates_one_by_one_are_events_of_their_own() {
    let moved = "UID:markt@x\nRECURRENCE-ID;TZID=Europe/Berlin:20261203T080000\nSUMMARY:Wochenmarkt\nDTSTART:20261204T070000Z";
    let off = "UID:markt@x\nRECURRENCE-ID:20261210T070000Z\nSTATUS:CANCELLED\nSUMMARY:Wochenmarkt\nDTSTART:20261210T070000Z";
    let events = read(&[MARKET, moved, off]);
    let keys: Vec<_> = events.iter().map(|item| item.as_ref().unwrap().key.as_str()).collect();
    assert_eq!(keys, ["markt@x", "markt@x/2026-12-03", "markt@x/2026-12-10"]);
    let days = event(&events[0]).cancelled_dates.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(days, ["2026-12-03", "2026-12-10", "2026-12-24"]);
    assert!(!event(&events[1]).cancelled && event(&events[2]).cancelled);

    let twice = read(&[
        "UID:k\nSUMMARY:Konzert\nDTSTART:20261126T190000\nDURATION:PT1H30M\nRDATE:20261127T190000,20261128T190000",
    ]);
    let starts: Vec<_> = twice.iter().map(|item| event(item).starts_at).collect();
    assert_eq!(starts, [at("2026-11-26T18:00:00Z"), at("2026-11-27T18:00:00Z"), at("2026-11-28T18:00:00Z")]);
    assert_eq!(event(&twice[2]).ends_at, Some(at("2026-11-28T19:30:00Z")));
}

#[test]
fn days_and_zones_are_the_town_s() {
    let events = read(&[
        "SUMMARY:Feiertag\nDTSTART;VALUE=DATE:20261225",
        "SUMMARY:Fern\nDTSTART;TZID=America/New_York:20261126T080000",
        "SUMMARY:Outlook\nDTSTART;TZID=W. Europe Standard Time:20260726T080000",
        "SUMMARY:Lücke\nDTSTART:20270328T023000",
    ]);
    let starts: Vec<_> = events.iter().map(|item| event(item).starts_at).collect();
    let wanted =
        ["2026-12-24T23:00:00Z", "2026-11-26T13:00:00Z", "2026-07-26T06:00:00Z", "2027-03-28T01:30:00Z"];
    assert_eq!(starts, wanted.map(at));
    assert_eq!(event(&events[0]).ends_at, Some(at("2026-12-25T23:00:00Z")));
}

#[test]
fn markup_and_charsets_do_not_matter() {
    let html = "SUMMARY:<b>Lesung</b> &amp; Musik\nDESCRIPTION:<p>Im Kurhaus</p><script>alert(1)</script>\nDTSTART:20261126T190000";
    let text = &read(&[html])[0].as_ref().unwrap().sheet.texts[0].clone();
    assert_eq!(text.title.as_str(), "Lesung & Musik");
    assert!(!text.summary.as_ref().unwrap().as_str().contains('<'));
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Düben\nDTSTART:20261126T190000\nEND:VEVENT\nEND:VCALENDAR",
    );
    let read = items(&latin, chrono_tz::Europe::Berlin).unwrap();
    assert_eq!(read[0].as_ref().unwrap().sheet.texts[0].title.as_str(), "Düben");
}

#[test]
fn what_is_wrong_is_named_by_its_line() {
    assert_eq!(fault("SUMMARY:x"), (3, "/dtstart".into(), Code::Required));
    assert_eq!(fault("DTSTART:bald\nSUMMARY:x"), (4, "/dtstart".into(), Code::WrongType));
    assert_eq!(fault("DTSTART:20261126T190000"), (3, "/summary".into(), Code::Required));
    let exdate = fault("DTSTART:20261126T190000\nSUMMARY:x\nRRULE:FREQ=DAILY\nEXDATE:bald");
    assert_eq!(exdate, (7, "/exdate".into(), Code::WrongType));
    for long in ["P9999999999999W", "P99999999999999999999D", "PT9223372036854775807S"] {
        let lasts = fault(&format!("DTSTART:20261126T190000\nSUMMARY:x\nDURATION:{long}"));
        assert_eq!(lasts, (6, "/dtend".into(), Code::WrongType), "{long}");
    }
    let dates = vec!["20261127"; MOST_ITEMS + 1].join(",");
    let rdate = fault(&format!("DTSTART:20261126T190000\nSUMMARY:x\nRDATE:{dates}"));
    assert_eq!(rdate, (6, "/rdate".into(), Code::TooMany));
    let cut = items(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x", chrono_tz::Europe::Berlin).unwrap();
    assert_eq!(cut[0].as_ref().unwrap_err().line, 2);
    for text in ["", "<html>BEGIN:VCALENDAR</html>", "{}"] {
        assert!(items(text.as_bytes(), chrono_tz::Europe::Berlin).is_err());
    }
    let many = vec!["SUMMARY:x\nDTSTART:20261126T190000"; MOST_ITEMS + 1];
    assert!(items(calendar(&many).as_bytes(), chrono_tz::Europe::Berlin).is_err());
}
