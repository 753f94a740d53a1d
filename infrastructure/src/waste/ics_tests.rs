use super::*;

/// A calendar as a district hands it out for one street, with most of what can be wrong about one.
const DISTRICT: &str = "\u{feff}BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Entsorger//Abfuhrkalender//DE\r
BEGIN:VTIMEZONE\r
TZID:Europe/Berlin\r
BEGIN:STANDARD\r
DTSTART:19701025T030000\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r
END:STANDARD\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
UID:rest@entsorger\r
DTSTART;TZID=Europe/Berlin:20260105T060000\r
RRULE:FREQ=WEEKLY;INTERVAL=2\r
EXDATE;VALUE=DATE:20260119\r
SUMMARY:<b>Restabfall</b>\\, Bioabfall\r
DESCRIPTION:Bitte bis 6 Uhr\r
bereitstellen<br>\r
BEGIN:VALARM\r
TRIGGER:-PT12H\r
DESCRIPTION:Erinnerung\r
END:VALARM\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:rest@entsorger\r
RECURRENCE-ID;TZID=Europe/Berlin:20260202T060000\r
DTSTART;TZID=Europe/Berlin:20260203T060000\r
SUMMARY:Restabfall\\, Bioabfall\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART:20260111T230000Z\r
SUMMARY:Gelbe Tonne\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;TZID=Europe/Berlin:20260117T093000\r
DTEND;TZID=Europe/Berlin:20260117T103000\r
LOCATION:Parkplatz am Kurhaus\\, Kurpark\r
SUMMARY:Schadstoffmobil\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20260112\r
STATUS:CANCELLED\r
SUMMARY:Papier\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20260101\r
SUMMARY:Neujahr\r
END:VEVENT\r
END:VCALENDAR\r
";

fn window() -> Window {
    Window { from: "2026-01-01".parse().unwrap(), until: "2026-02-17".parse().unwrap() }
}

fn read(file: &[u8]) -> Result<Vec<Result<Record, Fault>>> {
    records(file, chrono_tz::Europe::Berlin, window())
}

fn seen(file: &str) -> Vec<String> {
    let records = read(file.as_bytes()).unwrap();
    let one = |record: Result<Record, Fault>| match record {
        Ok(Record { waste, date, stop, .. }) => match stop {
            None => format!("{date} {waste}"),
            Some(stop) => format!("{date} {waste} {} {:?} {:?}", stop.place, stop.starts.unwrap(), stop.ends),
        },
        Err(Fault { line, column, code }) => format!("{line} {column} {code}"),
    };
    records.into_iter().map(one).collect()
}

fn events(events: &str) -> String {
    format!("BEGIN:VCALENDAR\n{events}\nEND:VCALENDAR\n")
}

fn event(properties: &str) -> String {
    events(&format!("BEGIN:VEVENT\n{properties}\nEND:VEVENT"))
}

#[test]
fn a_district_s_calendar_is_read_with_all_its_defects() {
    assert_eq!(
        seen(DISTRICT),
        [
            "2026-01-05 Restabfall, Bioabfall",
            "2026-02-16 Restabfall, Bioabfall",
            "2026-02-03 Restabfall, Bioabfall",
            "2026-01-12 Gelbe Tonne",
            "2026-01-17 Schadstoffmobil Parkplatz am Kurhaus, Kurpark 09:30:00 Some(10:30:00)",
            "2026-01-01 Neujahr",
        ]
    );
}

#[test]
fn what_is_wrong_with_an_event_is_said_at_its_line() {
    for (properties, wanted) in [
        ("SUMMARY:Bio", vec!["2 date required"]),
        ("SUMMARY:Bio\nDTSTART:morgen", vec!["4 date wrong_type"]),
        ("SUMMARY:Bio\nDTSTART;VALUE=DATE:20260231", vec!["4 date wrong_type"]),
        ("SUMMARY:Bio\nDTSTART;VALUE=DATE:", vec!["4 date wrong_type"]),
        ("DTSTART;VALUE=DATE:20260105", vec!["2 waste required"]),
        ("SUMMARY: <br> \nDTSTART;VALUE=DATE:20260105", vec!["3 waste required"]),
        ("SUMMARY:Bio\nDTSTART:20260105\nRRULE:FREQ=SECONDLY", vec!["5 recurrence recurrence_unreadable"]),
        ("SUMMARY:Bio\nDTSTART:20260105\nEXDATE;VALUE=DATE:neulich", vec!["5 recurrence wrong_type"]),
        (
            "SUMMARY:Bio\nDTSTART:20260105\nRDATE;VALUE=DATE:20260107,20260109",
            vec!["2026-01-05 Bio", "2026-01-07 Bio", "2026-01-09 Bio"],
        ),
        // An address in every event is no stop.
        ("SUMMARY:Bio\nDTSTART:20260105\nLOCATION:Leipziger Str. 12", vec!["2026-01-05 Bio"]),
        ("SUMMARY:Bio\nDTSTART:20260105T000000\nLOCATION:Leipziger Str. 12", vec!["2026-01-05 Bio"]),
        ("SUMMARY:Bio\nDTSTART;VALUE=DATE:20260105T000000", vec!["2026-01-05 Bio"]),
    ] {
        assert_eq!(seen(&event(properties)), wanted, "{properties}");
    }
}

#[test]
fn what_never_ends_ends_and_what_is_cut_off_is_not_taken() {
    let endless = event("SUMMARY:Bio\nDTSTART:19000101\nRRULE:FREQ=DAILY");
    // The first day counts as well, however long ago.
    assert_eq!(seen(&endless).len(), 49);
    let cut = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Bio\nDTSTART:20260105\nEND:VEVENT\nBEGIN:VEVENT\nSUMM";
    assert_eq!(seen(cut), ["2026-01-05 Bio", "6 line calendar_unreadable"]);
    let inside = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Bio\nBEGIN:VEVENT\nSUMMARY:Bio\nDTSTART:20260105\nEND:VEVENT\n";
    assert_eq!(seen(inside), ["2026-01-05 Bio", "2 line calendar_unreadable"]);
}

#[test]
fn what_is_no_calendar_is_refused() {
    let picture = b"\x89PNG\r\n\x1a\n\0\0";
    let page = b"<!DOCTYPE html><html><body>BEGIN:VCALENDAR ist gerade nicht verf\xc3\xbcgbar</body></html>";
    let table = b"Datum;Abfallart\n05.01.2026;Restabfall\n";
    for file in [picture.as_slice(), page, table, b"", b"BEGIN:VCARD\nEND:VCARD\n"] {
        let refused = read(file).unwrap_err();
        let Error::Refused(refusal) = refused else { panic!("{refused}") };
        assert_eq!(refusal.violations[0].code, Code::CalendarUnreadable);
    }
    assert_eq!(seen(&events("")), [""; 0]);
}

#[test]
fn a_rule_that_names_too_many_days_is_bounded() {
    let many = "BEGIN:VEVENT\nSUMMARY:Bio\nDTSTART:20260101\nRRULE:FREQ=DAILY\nEND:VEVENT\n".repeat(2_000);
    let Err(Error::Refused(refusal)) = read(events(&many).as_bytes()) else { panic!("taken") };
    assert_eq!(refusal.violations[0].code, Code::TooMany);
}
