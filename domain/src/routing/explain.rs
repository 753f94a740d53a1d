//! A decision in words that people at the desk read.

use super::{
    clock::Weekday,
    decision::{ConditionKind, Finding, Reasons, Verdict},
};
use crate::{Locale, time::Holiday};

/// The whole answer, a sentence a line.
pub(super) fn decision(reasons: &Reasons, department: &str, locale: Locale) -> Vec<String> {
    let german = locale == Locale::De;
    let mut lines = vec![match (&reasons.rule, &reasons.fallback, german) {
        (Some(rule), _, true) => format!("Regel „{}“ entschied: {department}.", rule.name),
        (Some(rule), _, false) => format!("Rule “{}” decided: {department}.", rule.name),
        (None, _, true) => format!("Das Auffangamt ist zuständig: {department}."),
        (None, _, false) => format!("The default department is responsible: {department}."),
    }];
    if let Some(fallback) = &reasons.fallback {
        lines.push(match (&fallback.broken, german) {
            (None, true) => "Keine Regel traf zu.".to_owned(),
            (None, false) => "No rule held.".to_owned(),
            (Some(broken), true) => format!(
                "Regel „{}“ lässt sich nicht auswerten: {}.",
                broken.rule.name,
                broken.defect.explain(locale)
            ),
            (Some(broken), false) => {
                format!("Rule “{}” cannot be evaluated: {}.", broken.rule.name, broken.defect.explain(locale))
            }
        });
    }
    if !reasons.matched.is_empty() {
        let found: Vec<_> = reasons.matched.iter().map(|f| finding(f, locale)).collect();
        let because = if german { "Weil" } else { "Because" };
        lines.push(format!("{because}: {}.", found.join("; ")));
    }
    lines.push(match (reasons.tried_count, german) {
        (0, true) => "Keine andere Regel wurde vorher geprüft.".to_owned(),
        (0, false) => "No other rule was tried before.".to_owned(),
        (1, true) => "Vorher wurde 1 Regel geprüft.".to_owned(),
        (1, false) => "1 rule was tried before.".to_owned(),
        (count, true) => format!("Vorher wurden {count} Regeln geprüft."),
        (count, false) => format!("{count} rules were tried before."),
    });
    for tried in &reasons.tried {
        let why = finding(&tried.why_not, locale);
        lines.push(if german {
            format!("„{}“ traf nicht zu: {why}.", tried.rule.name)
        } else {
            format!("“{}” did not hold: {why}.", tried.rule.name)
        });
    }
    if reasons.undecided_count > 0 {
        let names: Vec<_> = reasons.undecided.iter().map(|tried| tried.rule.name.as_str()).collect();
        let (names, count) = (names.join(", "), reasons.undecided_count);
        lines.push(if german {
            format!("Nicht entscheidbar und darum nicht erfüllt: {count} ({names}).")
        } else {
            format!("Could not be decided and so counted as not met: {count} ({names}).")
        });
    }
    lines
}

/// One finding as half a sentence.
pub(super) fn finding(finding: &Finding, locale: Locale) -> String {
    let value = finding.value.as_deref().unwrap_or_default();
    let met = finding.verdict == Verdict::Met;
    match locale {
        Locale::De => german(finding, value, met),
        Locale::En => english(finding, finding.value_en.as_deref().unwrap_or(value), met),
    }
}

fn german(finding: &Finding, value: &str, met: bool) -> String {
    match (finding.kind, finding.verdict) {
        (ConditionKind::Area, Verdict::Undecidable) => "kein Ort auf der Karte".to_owned(),
        (_, Verdict::Undecidable) => "nicht entscheidbar".to_owned(),
        (_, Verdict::Broken) => "die Regel verweist auf etwas, das es nicht mehr gibt".to_owned(),
        (ConditionKind::Category, Verdict::Met) => format!("die Kategorie ist „{value}“"),
        (ConditionKind::Category, Verdict::NotMet) => format!("die Kategorie „{value}“ gehört nicht dazu"),
        (ConditionKind::Area, Verdict::Met) => format!("der Ort liegt in „{value}“"),
        (ConditionKind::Area, Verdict::NotMet) => "der Ort liegt in keinem der Gebiete".to_owned(),
        (ConditionKind::Words, Verdict::Met) => format!("der Text enthält „{value}“"),
        (ConditionKind::Words, Verdict::NotMet) => "der Text enthält keines der Wörter".to_owned(),
        (ConditionKind::Weekday, _) => {
            format!("es ist {}{}", weekday(value, Locale::De), if met { "" } else { ", kein Tag der Regel" })
        }
        (ConditionKind::Time, Verdict::Met) => format!("die Uhrzeit liegt in {value}"),
        (ConditionKind::Time, Verdict::NotMet) => format!("die Uhrzeit liegt nicht in {value}"),
        (ConditionKind::Holiday, _) => match holiday(value, Locale::De) {
            Some(name) => format!("es ist Feiertag ({name})"),
            None => "es ist kein Feiertag".to_owned(),
        },
        (ConditionKind::Anonymous, _) if value == "true" => "die Meldung ist anonym".to_owned(),
        (ConditionKind::Anonymous, _) => "die Meldung ist nicht anonym".to_owned(),
        (ConditionKind::Condition, _) => "die Bedingung ist nicht lesbar".to_owned(),
    }
}

fn english(finding: &Finding, value: &str, met: bool) -> String {
    match (finding.kind, finding.verdict) {
        (ConditionKind::Area, Verdict::Undecidable) => "there is no place on the map".to_owned(),
        (_, Verdict::Undecidable) => "it cannot be decided".to_owned(),
        (_, Verdict::Broken) => "the rule names something that no longer exists".to_owned(),
        (ConditionKind::Category, Verdict::Met) => format!("the category is “{value}”"),
        (ConditionKind::Category, Verdict::NotMet) => format!("the category “{value}” is not one of its own"),
        (ConditionKind::Area, Verdict::Met) => format!("the place lies in “{value}”"),
        (ConditionKind::Area, Verdict::NotMet) => "the place lies in none of the areas".to_owned(),
        (ConditionKind::Words, Verdict::Met) => format!("the text contains “{value}”"),
        (ConditionKind::Words, Verdict::NotMet) => "the text contains none of the words".to_owned(),
        (ConditionKind::Weekday, _) => {
            format!(
                "it is {}{}",
                weekday(value, Locale::En),
                if met { "" } else { ", not a day of the rule" }
            )
        }
        (ConditionKind::Time, Verdict::Met) => format!("the time lies in {value}"),
        (ConditionKind::Time, Verdict::NotMet) => format!("the time does not lie in {value}"),
        (ConditionKind::Holiday, _) => match holiday(value, Locale::En) {
            Some(name) => format!("it is a public holiday ({name})"),
            None => "it is no public holiday".to_owned(),
        },
        (ConditionKind::Anonymous, _) if value == "true" => "the report is anonymous".to_owned(),
        (ConditionKind::Anonymous, _) => "the report is not anonymous".to_owned(),
        (ConditionKind::Condition, _) => "the condition cannot be read".to_owned(),
    }
}

fn weekday(code: &str, locale: Locale) -> &str {
    let Ok(day) = code.parse::<Weekday>() else {
        return code;
    };
    let (de, en) = match day {
        Weekday::Monday => ("Montag", "Monday"),
        Weekday::Tuesday => ("Dienstag", "Tuesday"),
        Weekday::Wednesday => ("Mittwoch", "Wednesday"),
        Weekday::Thursday => ("Donnerstag", "Thursday"),
        Weekday::Friday => ("Freitag", "Friday"),
        Weekday::Saturday => ("Samstag", "Saturday"),
        Weekday::Sunday => ("Sonntag", "Sunday"),
    };
    match locale {
        Locale::De => de,
        Locale::En => en,
    }
}

fn holiday(code: &str, locale: Locale) -> Option<&'static str> {
    code.parse::<Holiday>().ok().map(|holiday| holiday.name(locale))
}
