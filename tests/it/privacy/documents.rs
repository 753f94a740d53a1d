//! What the documents for data-protection officers say is what the program does.

use domain::privacy::{Class, Periods};
use strum::IntoEnumIterator;

const CONCEPT: &str = include_str!("../../../docs/datenschutz/loeschkonzept.md");
const RECORD: &str = include_str!("../../../docs/datenschutz/vvt.md");
const PROCESSORS: &str = include_str!("../../../docs/datenschutz/unterauftragsverarbeiter.md");
const SETTINGS: &str = include_str!("../../../rathaus.example.toml");

#[test]
fn every_class_has_its_period() {
    for class in Class::iter() {
        let row = CONCEPT.lines().find(|line| line.starts_with(&format!("| `{class}` |")));
        let row = row.unwrap_or_else(|| panic!("{class} is not in the concept"));
        assert!(row.ends_with(&format!("| {} |", class.in_german())), "{row}");
        assert!(RECORD.contains(&format!("`{class}`")), "{class} is not in the record of processing");
    }
    let Periods { message_days, delivery_days, complaint_days } = Periods::default();
    assert!(Class::Message.in_german().contains(&format!("{message_days} Tage")));
    assert!(Class::Delivery.in_german().contains(&format!("{delivery_days} Tage")));
    assert!(Class::Complaint.in_german().contains(&format!("{complaint_days} Tage")));
}

#[test]
fn every_outside_service_is_named() {
    for section in ["email", "sms", "voice", "push", "files"] {
        assert!(
            SETTINGS.contains(&format!("[{section}")) || SETTINGS.contains(&format!("[{section}]")),
            "{section}"
        );
        assert!(PROCESSORS.contains(&format!("`{section}")), "{section} is not named");
    }
    for provider in ["fcm", "apns"] {
        assert!(PROCESSORS.contains(&format!("`push.apps.*.{provider}`")), "{provider} is not named");
    }
}
