//! The words of the pages where staff set their password.

use domain::Locale;

use crate::desk::Said;

/// The pages' words in one language.
pub struct Words {
    pub lang: &'static str,
    pub error: &'static str,
    pub set_title: &'static str,
    pub set_help: &'static str,
    pub email: &'static str,
    pub email_wrong: &'static str,
    pub code: &'static str,
    pub code_wrong: &'static str,
    pub password: &'static str,
    pub password_help: &'static str,
    pub password_wrong: &'static str,
    pub set: &'static str,
    pub forgotten_link: &'static str,
    pub forgotten_title: &'static str,
    pub forgotten_help: &'static str,
    pub ask: &'static str,
    pub done: Said,
    pub asked: Said,
    pub too_often: Said,
    pub unavailable: Said,
    pub busy: Said,
}

/// The words in a language.
pub fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::De => &DE,
        Locale::En => &EN,
    }
}

static DE: Words = Words {
    lang: "de",
    error: "Fehler",
    set_title: "Passwort festlegen",
    set_help: "Für Beschäftigte: Der Code steht in der E-Mail, die Sie erhalten haben.",
    email: "E-Mail-Adresse",
    email_wrong: "Bitte prüfen Sie die E-Mail-Adresse.",
    code: "Code aus der E-Mail",
    code_wrong: "Der Code passt nicht, ist zu alt oder wurde schon verwendet.",
    password: "Neues Passwort",
    password_help: "12 bis 128 Zeichen. Mehrere Wörter hintereinander lassen sich leicht merken.",
    password_wrong: "Das Passwort braucht 12 bis 128 Zeichen.",
    set: "Passwort festlegen",
    forgotten_link: "Passwort vergessen?",
    forgotten_title: "Passwort vergessen",
    forgotten_help: "Wir senden Ihnen eine E-Mail mit einem Code, mit dem Sie ein neues Passwort festlegen.",
    ask: "E-Mail anfordern",
    done: Said {
        title: "Ihr Passwort ist festgelegt",
        text: "Sie können sich damit jetzt anmelden. Anmeldungen mit einem früheren Passwort sind beendet.",
    },
    asked: Said {
        title: "Bitte sehen Sie in Ihr Postfach",
        text: "Wenn sich jemand mit dieser Adresse anmeldet, ist eine E-Mail mit einem Code unterwegs. \
               Er gilt 60 Minuten.",
    },
    too_often: Said {
        title: "Zu viele Versuche",
        text: "Bitte versuchen Sie es in einer Stunde noch einmal.",
    },
    unavailable: Said {
        title: "Keine E-Mail möglich",
        text: "Hier werden keine E-Mails versandt. Bitte wenden Sie sich an Ihre Verwaltung.",
    },
    busy: Said { title: "Gerade überlastet", text: "Bitte versuchen Sie es gleich noch einmal." },
};

static EN: Words = Words {
    lang: "en",
    error: "Error",
    set_title: "Set your password",
    set_help: "For staff: the code is in the e-mail you were sent.",
    email: "E-mail address",
    email_wrong: "Please check the e-mail address.",
    code: "Code from the e-mail",
    code_wrong: "The code does not match, is too old or was used already.",
    password: "New password",
    password_help: "12 to 128 characters. Several words in a row are easy to remember.",
    password_wrong: "The password needs 12 to 128 characters.",
    set: "Set the password",
    forgotten_link: "Forgot your password?",
    forgotten_title: "Forgotten password",
    forgotten_help: "We send you an e-mail with a code to set a new password.",
    ask: "Send the e-mail",
    done: Said {
        title: "Your password is set",
        text: "You can sign in with it now. Sessions under an earlier password have ended.",
    },
    asked: Said {
        title: "Please look into your mailbox",
        text: "If anybody signs in with this address, an e-mail with a code is on its way. \
               It is valid for 60 minutes.",
    },
    too_often: Said { title: "Too many tries", text: "Please try again in an hour." },
    unavailable: Said {
        title: "No e-mail possible",
        text: "No e-mail is sent from here. Please ask your administration.",
    },
    busy: Said { title: "Overloaded", text: "Please try again shortly." },
};
