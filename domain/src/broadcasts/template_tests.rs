use super::*;
use crate::{
    broadcasts::Wording,
    text::{Announcement, Line, ShortText},
};

fn placeholder(name: &str, kind: Kind) -> Placeholder {
    let labels = Names { de: Name::parse(name).unwrap(), en: None };
    Placeholder { name: PlaceholderName::parse(name).unwrap(), kind, labels }
}

fn template() -> TemplateBody {
    let wording = |title: &str, body: &str, short: Option<&str>| Wording {
        title: Line::parse(title).unwrap(),
        body: Announcement::parse(body).unwrap(),
        short: short.map(|short| ShortText::parse(short).unwrap()),
    };
    TemplateBody {
        severity: Severity::Important,
        sender: Name::parse("Bauamt").unwrap(),
        texts: Texts {
            de: wording(
                "Sperrung: {street}",
                "Ab {day}, {hour}, ist {street} gesperrt.",
                Some("{street} zu"),
            ),
            en: Some(wording("Closed: {street}", "{street} is closed from {day}, {hour}.", None)),
        },
        placeholders: vec![
            placeholder("street", Kind::Place),
            placeholder("day", Kind::Date),
            placeholder("hour", Kind::Time),
        ],
    }
}

fn filled(values: &[(&str, &str)]) -> Vec<Filled> {
    let one = |(name, value): &(&str, &str)| Filled {
        name: PlaceholderName::parse(*name).unwrap(),
        value: PlaceholderValue::parse(*value).unwrap(),
    };
    values.iter().map(one).collect()
}

fn refused<T: std::fmt::Debug>(result: Result<T>) -> Vec<(String, Code)> {
    match result {
        Err(Error::Refused(refusal)) => {
            refusal.violations.iter().map(|one| (one.pointer.clone(), one.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_template_names_what_it_has_and_has_what_it_names() {
    assert!(template().check().is_ok());
    let mut unknown = template();
    unknown.placeholders.pop();
    let at = |pointer: &str, code| (pointer.to_owned(), code);
    assert_eq!(
        refused(unknown.check()),
        [at("/texts/de/body", Code::PlaceholderUnknown), at("/texts/en/body", Code::PlaceholderUnknown)]
    );
    let mut unused = template();
    unused.placeholders.push(placeholder("river", Kind::Place));
    unused.placeholders.push(placeholder("day", Kind::Date));
    assert_eq!(
        refused(unused.check()),
        [at("/placeholders/3", Code::Contradiction), at("/placeholders/4", Code::Contradiction)]
    );
    let mut slip = template();
    slip.texts.de.title = Line::parse("Sperrung {street").unwrap();
    assert_eq!(refused(slip.check()), [at("/texts/de/title", Code::CharacterNotAllowed)]);
}

#[test]
fn a_template_is_filled_in_each_language() {
    let values = filled(&[("street", "Muldestraße"), ("day", "2026-11-24"), ("hour", "07:00")]);
    let texts = template().fill(&values, "/template/values").unwrap();
    assert_eq!(texts.de.title.as_str(), "Sperrung: Muldestraße");
    assert_eq!(texts.de.body.as_str(), "Ab 24.11.2026, 07:00 Uhr, ist Muldestraße gesperrt.");
    assert_eq!(texts.de.short.unwrap().as_str(), "Muldestraße zu");
    assert_eq!(texts.en.unwrap().body.as_str(), "Muldestraße is closed from 24 November 2026, 07:00.");
}

#[test]
fn what_is_filled_in_wrongly_is_refused_where_it_is() {
    let at = |pointer: &str, code| (pointer.to_owned(), code);
    let wrong = filled(&[("street", "17"), ("day", "morgen"), ("river", "Mulde"), ("day", "2026-11-24")]);
    assert_eq!(
        refused(template().fill(&wrong, "/v")),
        [
            at("/v/0/value", Code::PlaceholderMismatch),
            at("/v/1/value", Code::PlaceholderMismatch),
            at("/v/2/name", Code::PlaceholderUnknown),
            at("/v/3/name", Code::Contradiction),
            at("/v", Code::Required),
        ]
    );
    let long = "Straße ".repeat(25);
    let long = filled(&[("street", &long), ("day", "2026-11-24"), ("hour", "07:00")]);
    assert_eq!(refused(template().fill(&long, "/v")), [at("/v", Code::TooLong)]);
}
