//! What calls say, and what text messages answer, as TwiML (<https://www.twilio.com/docs/voice/twiml>).

use domain::{
    Locale,
    deliveries::gateway::{PAUSE, WAITS},
};
use infrastructure::secrets::CallScript;

/// The media type.
pub const XML: &str = "text/xml; charset=utf-8";
/// Nothing to say or do.
pub const NOTHING: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

/// The words of a script, then what the keys do; `action` takes the key. Without a key it says
/// everything a second time, so that a machine that began late has it as a whole.
pub fn question(script: &CallScript, action: &str) -> String {
    let menu = script.keys.menu(script.locale);
    let (text, menu) = (say(script.locale, &script.text), say(script.locale, menu));
    document(&format!(
        "<Gather action=\"{}\" method=\"POST\" numDigits=\"1\" timeout=\"{WAITS}\">{text}<Pause length=\"{PAUSE}\"/>\
         {menu}</Gather>{text}<Hangup/>",
        escaped(action)
    ))
}

/// The words of a script for a machine that records them: once, and without keys.
pub fn recorded(script: &CallScript) -> String {
    document(&format!("{}<Hangup/>", say(script.locale, &script.text)))
}

/// A text message back.
pub fn message(text: &str) -> String {
    document(&format!("<Message>{}</Message>", escaped(text)))
}

/// After 1.
pub fn confirmed(locale: Locale) -> String {
    ending(locale, "Vielen Dank. Auf Wiederhören.", "Thank you. Goodbye.")
}

/// After 1, where somebody was asked.
pub fn agreed(locale: Locale) -> String {
    ending(
        locale,
        "Vielen Dank. Wir rufen Sie an, wenn es Wichtiges gibt. Mit der 9 beenden Sie das bei jedem Anruf.",
        "Thank you. We will call you when there is something important. Key 9 ends it in any call.",
    )
}

/// What somebody hears who calls us.
pub fn menu(locale: Locale, action: &str) -> String {
    let text = match locale {
        Locale::De => {
            "Guten Tag. Von dieser Nummer rufen Rathäuser an, wenn es Wichtiges gibt. Drücken Sie die 1, wenn Sie \
             angemeldet wurden und das möchten. Drücken Sie die 9, wenn Sie keine Anrufe mehr möchten."
        }
        Locale::En => {
            "Hello. Town halls call from this number when there is something important. Press 1 if you were \
             registered and want that. Press 9 if you want no more calls."
        }
    };
    let text = say(locale, text);
    document(&format!(
        "<Gather action=\"{}\" method=\"POST\" numDigits=\"1\" timeout=\"6\">{text}</Gather>{text}<Hangup/>",
        escaped(action)
    ))
}

/// After 1 from somebody whom nobody registered.
pub fn unknown(locale: Locale) -> String {
    ending(
        locale,
        "Diese Nummer ist nicht angemeldet. Bitte wenden Sie sich an Ihr Rathaus. Auf Wiederhören.",
        "This number is not registered. Please ask your town hall. Goodbye.",
    )
}

/// After 9.
pub fn left(locale: Locale) -> String {
    ending(
        locale,
        "Sie werden unter dieser Nummer nicht mehr angerufen. Auf Wiederhören.",
        "You will not be called on this number any more. Goodbye.",
    )
}

fn ending(locale: Locale, german: &str, english: &str) -> String {
    let text = match locale {
        Locale::De => german,
        Locale::En => english,
    };
    document(&format!("{}<Hangup/>", say(locale, text)))
}

fn say(locale: Locale, text: &str) -> String {
    let language = match locale {
        Locale::De => "de-DE",
        Locale::En => "en-GB",
    };
    format!("<Say language=\"{language}\">{}</Say>", escaped(text))
}

fn document(verbs: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{verbs}</Response>")
}

/// Text and attribute values alike; control characters are not XML at all.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_become_verbs() {
        let nasty = "</Say><Dial>0900</Dial> & \"x\" \u{0}";
        let said = say(Locale::De, nasty);
        assert_eq!(
            said,
            "<Say language=\"de-DE\">&lt;/Say&gt;&lt;Dial&gt;0900&lt;/Dial&gt; &amp; &quot;x&quot;  </Say>"
        );
    }

    #[test]
    fn each_language_has_its_own_words() {
        assert!(confirmed(Locale::De).contains("Vielen Dank") && confirmed(Locale::De).contains("de-DE"));
        assert!(left(Locale::En).contains("any more") && left(Locale::En).contains("en-GB"));
    }
}
