//! The words of letters to desks, in both languages.

use std::fmt::Display;

use chrono::{DateTime, TimeZone};
use domain::{Locale, deliveries::Topic};

/// What a letter says besides what it is about.
pub(super) struct Words {
    pub lang: &'static str,
    arrival: &'static str,
    update: &'static str,
    reminder: &'static str,
    passed: &'static str,
    pub reference: &'static str,
    pub category: &'static str,
    pub department: &'static str,
    pub due: &'static str,
    pub place: &'static str,
    pub map: &'static str,
    pub on_the_map: &'static str,
    pub photos: &'static str,
    pub photo: &'static str,
    pub answer: &'static str,
    pub link_life: &'static str,
    pub staff: &'static str,
    pub rule_broken: &'static str,
    /// What its name stands behind.
    pub rule: &'static str,
    pub rule_broken_text: &'static str,
    /// Subject where somebody approved a warning alone.
    pub glass_broken: &'static str,
    /// What happened then.
    pub glass_broken_text: &'static str,
    date: &'static str,
}

const GERMAN: Words = Words {
    lang: "de",
    arrival: "Neues Anliegen",
    update: "Neues zum Anliegen",
    reminder: "Eine Zusage läuft bald ab",
    passed: "Eine Zusage ist abgelaufen",
    reference: "Nummer",
    category: "Kategorie",
    department: "Amt",
    due: "Zugesagte Lösung",
    place: "Ort",
    map: "Karte",
    on_the_map: "Auf der Karte ansehen",
    photos: "Fotos",
    photo: "Foto",
    answer: "Annehmen, erledigen oder „nicht unser Anliegen“",
    link_life: "Der Link gilt 30 Tage und nur für dieses Anliegen. Bitte nicht weitergeben.",
    staff: "Zur Anwendung für Beschäftigte",
    rule_broken: "Eine Zuständigkeitsregel ist defekt",
    rule: "Regel",
    rule_broken_text: "Eine Zuständigkeitsregel kann nicht mehr ausgewertet werden.\n\n\
                       Anliegen, die sie betrifft, gehen bis dahin an das Standardamt. Bitte prüfen Sie die Regeln.\n",
    glass_broken: "Eine Warnung wurde ohne zweite Person freigegeben",
    glass_broken_text: "Jemand hat eine Krisenmeldung selbst freigegeben, die er oder sie auch eingereicht hat.\n\n\
                        Die Begründung steht beim Rundruf. Bitte sehen Sie sie sich an.\n",
    date: "%d.%m.%Y",
};

const ENGLISH: Words = Words {
    lang: "en",
    arrival: "New complaint",
    update: "News about the complaint",
    reminder: "A promise ends soon",
    passed: "A promise has passed",
    reference: "Number",
    category: "Category",
    department: "Department",
    due: "Promised solution",
    place: "Place",
    map: "Map",
    on_the_map: "See it on the map",
    photos: "Photos",
    photo: "Photo",
    answer: "Accept, resolve or “not ours”",
    link_life: "The link is good for 30 days and for this complaint only. Please do not pass it on.",
    staff: "To the application for staff",
    rule_broken: "A routing rule is broken",
    rule: "Rule",
    rule_broken_text: "A routing rule can no longer be evaluated.\n\n\
                       Until then, complaints it is about go to the default department. Please check the rules.\n",
    glass_broken: "A warning was approved without a second person",
    glass_broken_text: "Somebody approved a crisis message that they had submitted themselves.\n\n\
                        The reason stands with the broadcast. Please look at it.\n",
    date: "%-d %B %Y",
};

/// The words in `locale`.
pub(super) fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::De => &GERMAN,
        Locale::En => &ENGLISH,
    }
}

impl Words {
    /// What happened, in one line; none for what is no desk's business.
    pub fn headline(&self, topic: &Topic) -> Option<&'static str> {
        match topic {
            Topic::DeskArrival { .. } => Some(self.arrival),
            Topic::DeskUpdate { .. } => Some(self.update),
            Topic::DeskReminder { .. } => Some(self.reminder),
            Topic::PromisePassed { .. } => Some(self.passed),
            _ => None,
        }
    }

    /// A day as people write it.
    pub fn day<Zone: TimeZone<Offset: Display>>(&self, moment: &DateTime<Zone>) -> String {
        moment.format(self.date).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_its_readers_do() {
        let late = DateTime::parse_from_rfc3339("2026-12-07T00:30:00+01:00").unwrap();
        let day = |locale| words(locale).day(&late);
        assert_eq!((day(Locale::De).as_str(), day(Locale::En).as_str()), ("07.12.2026", "7 December 2026"));
    }
}
