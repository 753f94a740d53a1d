//! The words about collections. Days are named, never "tomorrow": a message may be read a day later.

use chrono::{Datelike, NaiveDate};

use super::Topic;
use crate::{categories::Names, context::Locale};

/// One or two sentences; none for what is about something else.
pub fn sentence(topic: &Topic, locale: Locale) -> Option<String> {
    Some(match topic {
        Topic::WasteChanged { waste, from, to, .. } => changed(waste, (*from, *to), locale)?,
        Topic::WasteCalendarChanged { changes, .. } => match locale {
            Locale::De => format!("In Ihrem Abfallkalender haben sich {changes} Termine geändert."),
            Locale::En => format!("{changes} dates of your waste calendar have changed."),
        },
        Topic::WasteReminder { date, moved_from, waste, late } => {
            reminder((*date, *moved_from), waste, *late, locale)
        }
        Topic::WasteDatesMissing { waste, .. } => missing(waste, locale),
        _ => return None,
    })
}

/// The subject of a letter; none for what is about something else.
pub fn subject(topic: &Topic, locale: Locale) -> Option<&'static str> {
    Some(match (topic, locale) {
        (Topic::WasteChanged { .. } | Topic::WasteCalendarChanged { .. }, Locale::De) => {
            "Ihr Abfallkalender hat sich geändert"
        }
        (Topic::WasteChanged { .. } | Topic::WasteCalendarChanged { .. }, Locale::En) => {
            "Your waste calendar has changed"
        }
        (Topic::WasteReminder { .. }, Locale::De) => "Erinnerung: Abfall wird abgeholt",
        (Topic::WasteReminder { .. }, Locale::En) => "Reminder: waste will be collected",
        (Topic::WasteDatesMissing { .. }, Locale::De) => "Ihre Abholtermine sind zurzeit nicht bekannt",
        (Topic::WasteDatesMissing { .. }, Locale::En) => "Your collection dates are not known at the moment",
        _ => return None,
    })
}

fn changed(
    waste: &Names,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    locale: Locale,
) -> Option<String> {
    let waste = waste.in_locale(locale);
    let day = |date| day(date, locale);
    Some(match (locale, from, to) {
        (Locale::De, Some(from), Some(to)) => {
            format!("{waste}: Abholung am {} statt am {}", day(to), day(from))
        }
        (Locale::En, Some(from), Some(to)) => {
            format!("{waste}: collected on {} instead of {}.", day(to), day(from))
        }
        (Locale::De, Some(from), None) => format!("{waste}: Die Abholung am {} entfällt.", day(from)),
        (Locale::En, Some(from), None) => format!("{waste}: the collection on {} is cancelled.", day(from)),
        (Locale::De, None, Some(to)) => format!("{waste}: Zusätzliche Abholung am {}", day(to)),
        (Locale::En, None, Some(to)) => format!("{waste}: additional collection on {}.", day(to)),
        (_, None, None) => return None,
    })
}

fn reminder(
    (date, moved_from): (NaiveDate, Option<NaiveDate>),
    waste: &[Names],
    late: bool,
    locale: Locale,
) -> String {
    let names: Vec<_> = waste.iter().map(|names| names.in_locale(locale).as_str()).collect();
    let (names, date) = (names.join(", "), day(date, locale));
    let mut text = match locale {
        Locale::De => format!("Abholung am {date}: {names}."),
        Locale::En => format!("Collection on {date}: {names}."),
    };
    if let Some(from) = moved_from {
        let from = day(from, locale);
        text.push_str(&match locale {
            Locale::De => format!(" Verschoben vom {from}"),
            Locale::En => format!(" Moved from {from}."),
        });
    }
    if late {
        text.push_str(match locale {
            Locale::De => " Diese Erinnerung kommt verspätet.",
            Locale::En => " This reminder comes late.",
        });
    }
    text
}

fn missing(waste: &[Names], locale: Locale) -> String {
    let names: Vec<_> = waste.iter().map(|names| names.in_locale(locale).as_str()).collect();
    let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    match locale {
        Locale::De => format!(
            "Wir kennen Ihre Abholtermine{names} zurzeit nicht und können Sie nicht erinnern. Bitte sehen Sie im \
             Abfallkalender des Entsorgers nach."
        ),
        Locale::En => format!(
            "We do not know your collection dates{names} at the moment and cannot remind you. Please look them up \
             in the waste operator's calendar."
        ),
    }
}

/// `Mo., 28.12.` and `Mon 28 Dec`.
fn day(date: NaiveDate, locale: Locale) -> String {
    use chrono::Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    match locale {
        Locale::En => date.format("%a %-d %b").to_string(),
        Locale::De => {
            let weekday = match date.weekday() {
                Mon => "Mo",
                Tue => "Di",
                Wed => "Mi",
                Thu => "Do",
                Fri => "Fr",
                Sat => "Sa",
                Sun => "So",
            };
            format!("{weekday}., {}.{}.", date.day(), date.month())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::{CollectionId, WasteCalendarId},
        text::Name,
    };

    fn names(de: &str, en: &str) -> Names {
        Names { de: Name::parse(de).unwrap(), en: Some(Name::parse(en).unwrap()) }
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn people_are_told_days_in_their_language() {
        let changed = |from: Option<&str>, to: Option<&str>| Topic::WasteChanged {
            collection: CollectionId(uuid::Uuid::nil()),
            waste: names("Biotonne", "Organic waste"),
            from: from.map(date),
            to: to.map(date),
        };
        let reminder = |late: bool| Topic::WasteReminder {
            date: date("2026-12-28"),
            moved_from: late.then(|| date("2026-12-25")),
            waste: vec![names("Restabfall", "Residual waste"), names("Biotonne", "Organic waste")],
            late,
        };
        let gone = |waste: Vec<Names>| Topic::WasteDatesMissing {
            calendar: WasteCalendarId(uuid::Uuid::nil()),
            waste,
        };
        let calendar =
            Topic::WasteCalendarChanged { calendar: WasteCalendarId(uuid::Uuid::nil()), changes: 12 };
        for (topic, de, en) in [
            (
                changed(Some("2026-12-25"), Some("2026-12-28")),
                "Biotonne: Abholung am Mo., 28.12. statt am Fr., 25.12.",
                "Organic waste: collected on Mon 28 Dec instead of Fri 25 Dec.",
            ),
            (
                changed(Some("2026-12-25"), None),
                "Biotonne: Die Abholung am Fr., 25.12. entfällt.",
                "Organic waste: the collection on Fri 25 Dec is cancelled.",
            ),
            (
                reminder(false),
                "Abholung am Mo., 28.12.: Restabfall, Biotonne.",
                "Collection on Mon 28 Dec: Residual waste, Organic waste.",
            ),
            (
                reminder(true),
                "Abholung am Mo., 28.12.: Restabfall, Biotonne. Verschoben vom Fr., 25.12. Diese Erinnerung kommt verspätet.",
                "Collection on Mon 28 Dec: Residual waste, Organic waste. Moved from Fri 25 Dec. This reminder comes late.",
            ),
            (
                gone(vec![]),
                "Wir kennen Ihre Abholtermine zurzeit nicht und können Sie nicht erinnern. Bitte sehen Sie im Abfallkalender des Entsorgers nach.",
                "We do not know your collection dates at the moment and cannot remind you. Please look them up in the waste operator's calendar.",
            ),
            (
                gone(vec![names("Papier", "Paper")]),
                "Wir kennen Ihre Abholtermine (Papier) zurzeit nicht und können Sie nicht erinnern. Bitte sehen Sie im Abfallkalender des Entsorgers nach.",
                "We do not know your collection dates (Paper) at the moment and cannot remind you. Please look them up in the waste operator's calendar.",
            ),
            (
                calendar,
                "In Ihrem Abfallkalender haben sich 12 Termine geändert.",
                "12 dates of your waste calendar have changed.",
            ),
        ] {
            assert_eq!(sentence(&topic, Locale::De).unwrap(), de);
            assert_eq!(sentence(&topic, Locale::En).unwrap(), en);
            assert!(subject(&topic, Locale::De).is_some());
            let json = serde_json::to_value(&topic).unwrap();
            assert_eq!(json["kind"], topic.kind());
            assert_eq!(serde_json::from_value::<Topic>(json).unwrap(), topic);
        }
        assert_eq!(sentence(&Topic::DeviceTest, Locale::De), None);
    }
}
