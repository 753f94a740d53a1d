//! The words of notices on a phone, made when they are sent.
//!
//! They pass through Google's and Apple's hands and may light up on a locked screen: no name, no
//! address, nothing anybody wrote, not even which status was taken. The app fetches the rest.

use super::{PushText, Topic};
use crate::context::Locale;

/// What a phone shows for a topic; none for what never goes to phones.
pub fn push(topic: &Topic, town: &str, locale: Locale) -> Option<PushText> {
    let body = match (topic, locale) {
        (Topic::ComplaintStatus { .. }, Locale::De) => "Es gibt Neues zu Ihrem Anliegen.",
        (Topic::ComplaintStatus { .. }, Locale::En) => "There is news about your report.",
        (Topic::ComplaintComment { .. }, Locale::De) => {
            "Das Rathaus hat Ihnen zu Ihrem Anliegen geschrieben."
        }
        (Topic::ComplaintComment { .. }, Locale::En) => "The town hall wrote to you about your report.",
        (Topic::DeviceTest, Locale::De) => "Mitteilungen kommen auf diesem Gerät an.",
        (Topic::DeviceTest, Locale::En) => "Notifications reach this device.",
        (
            Topic::DeskArrival { .. }
            | Topic::DeskUpdate { .. }
            | Topic::DeskReminder { .. }
            | Topic::PromisePassed { .. }
            | Topic::RuleBroken { .. },
            _,
        ) => return None,
    };
    Some(PushText { title: town.to_owned(), body: body.to_owned() })
}

/// The same words in one line, for a text message or to be read aloud; none for what never goes to
/// people's telephones.
pub fn line(topic: &Topic, town: &str, locale: Locale) -> Option<String> {
    push(topic, town, locale).map(|PushText { title, body }| format!("{title}: {body}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn a_phone_speaks_its_owner_s_language() {
        let texts: Vec<_> =
            Locale::iter().filter_map(|locale| push(&Topic::DeviceTest, "Bad Düben", locale)).collect();
        assert_eq!(texts.len(), 2);
        assert_ne!(texts[0].body, texts[1].body);
        assert!(texts.iter().all(|text| text.title == "Bad Düben"));
    }
}
