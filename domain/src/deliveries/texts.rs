//! The words of notices on a phone, made when they are sent.
//!
//! They pass through Google's and Apple's hands and may light up on a locked screen: no name, no
//! address, nothing anybody wrote, not even which status was taken. The app fetches the rest.

use super::{PushText, Topic, waste_texts};
use crate::context::Locale;

/// What a phone shows for a topic; none for what never goes to phones.
pub fn push(topic: &Topic, town: &str, locale: Locale) -> Option<PushText> {
    if let Some(body) = waste_texts::sentence(topic, locale) {
        return Some(PushText { title: town.to_owned(), body });
    }
    let body = match (topic, locale) {
        (Topic::ComplaintStatus { .. }, Locale::De) => "Es gibt Neues zu Ihrem Anliegen.",
        (Topic::ComplaintStatus { .. }, Locale::En) => "There is news about your report.",
        (Topic::ComplaintComment { .. }, Locale::De) => {
            "Das Rathaus hat Ihnen zu Ihrem Anliegen geschrieben."
        }
        (Topic::ComplaintComment { .. }, Locale::En) => "The town hall wrote to you about your report.",
        (Topic::WardUnreached { .. }, Locale::De) => {
            "Jemand, den Sie vertreten, hat eine Warnung nicht bestätigt. Bitte sehen Sie nach."
        }
        (Topic::WardUnreached { .. }, Locale::En) => {
            "Somebody you represent has not acknowledged a warning. Please check on them."
        }
        (Topic::DeviceTest, Locale::De) => "Mitteilungen kommen auf diesem Gerät an.",
        (Topic::DeviceTest, Locale::En) => "Notifications reach this device.",
        (
            Topic::DeskArrival { .. }
            | Topic::DeskUpdate { .. }
            | Topic::DeskReminder { .. }
            | Topic::PromisePassed { .. }
            | Topic::RuleBroken { .. }
            | Topic::GlassBroken { .. }
            // Its words stand with the broadcast.
            | Topic::Broadcast { .. }
            | Topic::BroadcastTest { .. }
            // Wards have no app.
            | Topic::WardWelcome { .. }
            // Said above.
            | Topic::WasteChanged { .. }
            | Topic::WasteCalendarChanged { .. }
            | Topic::WasteReminder { .. }
            | Topic::WasteDatesMissing { .. },
            _,
        ) => return None,
    };
    Some(PushText { title: town.to_owned(), body: body.to_owned() })
}

/// The same words in one line, for a text message or to be read aloud; none for what never goes to
/// people's telephones.
pub fn line(topic: &Topic, town: &str, locale: Locale) -> Option<String> {
    if let Topic::WardWelcome { asked, .. } = topic {
        return Some(welcome_sms(*asked, town, locale));
    }
    push(topic, town, locale).map(|PushText { title, body }| format!("{title}: {body}"))
}

/// What a call says; none for what never goes to people's telephones. What keys do is said after it.
pub fn spoken(topic: &Topic, town: &str, locale: Locale) -> Option<String> {
    let Topic::WardWelcome { asked, .. } = topic else { return line(topic, town, locale) };
    Some(match (locale, asked) {
        (Locale::De, true) => format!(
            "Guten Tag, hier ist das Rathaus {town}. Jemand, der Sie kennt, hat diese Nummer angemeldet, damit wir \
             Sie anrufen, wenn es Wichtiges gibt, zum Beispiel bei Gefahr."
        ),
        (Locale::En, true) => format!(
            "Hello, this is the town hall of {town}. Somebody who knows you registered this number, so that we \
             call you when there is something important, for example danger."
        ),
        (Locale::De, false) => format!(
            "Guten Tag, hier ist das Rathaus {town}. Diese Nummer ist angemeldet: Wir rufen Sie an, wenn es \
             Wichtiges gibt, zum Beispiel bei Gefahr."
        ),
        (Locale::En, false) => format!(
            "Hello, this is the town hall of {town}. This number is registered: we call you when there is \
             something important, for example danger."
        ),
    })
}

fn welcome_sms(asked: bool, town: &str, locale: Locale) -> String {
    match (locale, asked) {
        (Locale::De, true) => format!(
            "{town}: Jemand hat diese Nummer für Nachrichten des Rathauses angemeldet. Antworten Sie JA, wenn Sie \
             das möchten. STOPP beendet es."
        ),
        (Locale::En, true) => format!(
            "{town}: Somebody registered this number for messages of the town hall. Answer YES if you want them. \
             STOP ends it."
        ),
        (Locale::De, false) => format!(
            "{town}: Sie erhalten ab jetzt Nachrichten des Rathauses auf diese Nummer. STOPP als Antwort beendet es."
        ),
        (Locale::En, false) => {
            format!(
                "{town}: From now on you get messages of the town hall on this number. Answer STOP to end it."
            )
        }
    }
}

/// Subject and text of a letter to a person; `link` leads to the page where they say yes or no. None for
/// what is no letter.
pub fn letter(topic: &Topic, town: &str, locale: Locale, link: &str) -> Option<(String, String)> {
    if let (Some(subject), Some(text)) =
        (waste_texts::subject(topic, locale), waste_texts::sentence(topic, locale))
    {
        let ending = match locale {
            Locale::De => format!("Rathaus {town}\n\nKeine Erinnerungen mehr: {link}"),
            Locale::En => format!("Town hall of {town}\n\nNo more reminders: {link}"),
        };
        return Some((format!("{town}: {subject}"), format!("{text}\n\n{ending}\n")));
    }
    if let Topic::WardUnreached { .. } = topic {
        let (subject, ending) = match locale {
            Locale::De => ("Bitte sehen Sie nach", format!("Rathaus {town}\n\nKeine E-Mails mehr: {link}")),
            Locale::En => ("Please check on them", format!("Town hall of {town}\n\nNo more e-mails: {link}")),
        };
        let text = push(topic, town, locale)?.body;
        return Some((format!("{town}: {subject}"), format!("{text}\n\n{ending}\n")));
    }
    let Topic::WardWelcome { asked, .. } = topic else { return None };
    Some(match (locale, asked) {
        (Locale::De, true) => (
            format!("Möchten Sie Nachrichten des Rathauses {town}?"),
            format!(
                "Guten Tag,\n\njemand, der Sie kennt, hat diese Adresse für Nachrichten des Rathauses {town} \
                 angemeldet. Sie bekommen nur etwas, wenn Sie hier zustimmen:\n\n{link}\n\nMöchten Sie das \
                 nicht? Auf derselben Seite lehnen Sie ab, oder Sie tun einfach nichts.\n"
            ),
        ),
        (Locale::En, true) => (
            format!("Would you like messages of the town hall of {town}?"),
            format!(
                "Hello,\n\nsomebody who knows you registered this address for messages of the town hall of \
                 {town}. You only get them if you agree here:\n\n{link}\n\nYou do not want them? Refuse on the \
                 same page, or simply do nothing.\n"
            ),
        ),
        (Locale::De, false) => (
            format!("Sie erhalten Nachrichten des Rathauses {town}"),
            format!(
                "Guten Tag,\n\nSie sind für Nachrichten des Rathauses {town} angemeldet. Beenden können Sie das \
                 jederzeit hier:\n\n{link}\n"
            ),
        ),
        (Locale::En, false) => (
            format!("You get messages of the town hall of {town}"),
            format!(
                "Hello,\n\nyou are registered for messages of the town hall of {town}. You can end this at any \
                 time here:\n\n{link}\n"
            ),
        ),
    })
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

    #[test]
    fn a_welcome_is_one_text_message_and_names_nobody() {
        for locale in Locale::iter() {
            for asked in [true, false] {
                let topic = Topic::WardWelcome { ward: crate::ids::PersonId(uuid::Uuid::nil()), asked };
                let sms = crate::sms::Sms::new(&line(&topic, "Bad Düben", locale).unwrap());
                assert_eq!(sms.length().segments, 1, "{}", sms.text());
                assert!(spoken(&topic, "Bad Düben", locale).unwrap().contains("Bad Düben"));
                let (_, text) = letter(&topic, "Bad Düben", locale, "https://x.example/wards/1").unwrap();
                assert!(text.contains("https://x.example/wards/1"));
            }
        }
    }
}
