//! Words that only tell an address what became of an account, and bring no code.

use super::CodePurpose;
use crate::context::Locale;

/// What one address is told, in the language of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Telling {
    /// The subject of the letter.
    pub subject: &'static str,
    news: &'static str,
    /// What to do where no link can be followed.
    remedy: &'static str,
    /// What stands before the link, where there is one.
    link: Option<&'static str>,
}

impl Telling {
    /// The text of the letter. `link` stands on a line of its own.
    pub(super) fn letter(self, link: &str) -> String {
        let Self { news, remedy, .. } = self;
        match self.link {
            Some(leading) => format!("{news}\n\n{leading}\n\n{link}\n"),
            None => format!("{news} {remedy}\n"),
        }
    }

    /// The same as a text message.
    pub(super) fn text_message(self, link: &str) -> String {
        match self.link {
            Some(leading) => format!("{} {leading} {link}", self.news),
            None => self.spoken(),
        }
    }

    /// The same on the telephone, where nobody follows a link.
    pub(super) fn spoken(self) -> String {
        format!("{} {}", self.news, self.remedy)
    }
}

/// What a purpose tells; none where it brings a code.
pub(super) fn telling(purpose: CodePurpose, locale: Locale) -> Option<Telling> {
    Some(match (purpose, locale) {
        (CodePurpose::AddressChangeAsked, Locale::De) => Telling {
            subject: "Eine neue Adresse für Ihren Zugang",
            news: "Für Ihren Zugang zum Rathaus soll künftig eine andere Adresse oder Nummer gelten. Noch ist \
                   nichts geändert.",
            remedy: "Waren Sie das nicht? Dann melden Sie sich an und beenden Sie fremde Anmeldungen.",
            link: Some("Waren Sie das nicht? Verhindern Sie es hier:"),
        },
        (CodePurpose::AddressChangeAsked, Locale::En) => Telling {
            subject: "A new address for your access",
            news: "Somebody asked to use another address or number for your access to the town hall. Nothing has \
                   changed yet.",
            remedy: "It was not you? Then sign in and end the sessions that are not yours.",
            link: Some("It was not you? Stop it here:"),
        },
        (CodePurpose::AddressChanged, Locale::De) => Telling {
            subject: "Ihre Adresse wurde geändert",
            news: "Für Ihren Zugang zum Rathaus gilt jetzt eine andere Adresse oder Nummer; diese hier nicht mehr.",
            remedy: "Waren Sie das nicht? Dann wenden Sie sich bitte an Ihr Rathaus.",
            link: Some("Waren Sie das nicht? Machen Sie es binnen 24 Stunden hier rückgängig:"),
        },
        (CodePurpose::AddressChanged, Locale::En) => Telling {
            subject: "Your address was changed",
            news: "Your access to the town hall now has another address or number; this one counts no more.",
            remedy: "It was not you? Then please turn to your town hall.",
            link: Some("It was not you? Undo it here within 24 hours:"),
        },
        (CodePurpose::AddressChangeUndone, Locale::De) => Telling {
            subject: "Eine Änderung wurde rückgängig gemacht",
            news: "Diese Adresse oder Nummer gilt nicht mehr für den Zugang zum Rathaus, für den sie eingetragen \
                   wurde: Von der früheren aus wurde die Änderung rückgängig gemacht.",
            remedy: "War das ein Versehen? Dann melden Sie sich mit der früheren an und ändern Sie sie neu.",
            link: None,
        },
        (CodePurpose::AddressChangeUndone, Locale::En) => Telling {
            subject: "A change was undone",
            news: "This address or number no longer counts for the access to the town hall it was entered for: the \
                   change was undone from the one before.",
            remedy: "Was that a mistake? Then sign in with the one before and change it again.",
            link: None,
        },
        (CodePurpose::TokenCopied, Locale::De) => Telling {
            subject: "Eine Anmeldung wurde vorsorglich beendet",
            news: "Eine Anmeldung bei Ihrem Zugang zum Rathaus wurde an zwei Stellen benutzt: Vielleicht hat jemand \
                   sie von Ihrem Gerät kopiert. Darum ist sie beendet.",
            remedy: "Bitte melden Sie sich auf dem Gerät neu an und beenden Sie Anmeldungen, die Sie nicht kennen.",
            link: None,
        },
        (CodePurpose::TokenCopied, Locale::En) => Telling {
            subject: "A session was ended as a precaution",
            news: "A session of your access to the town hall was used in two places: somebody may have copied it \
                   from your device. So it was ended.",
            remedy: "Please sign in again on that device and end the sessions you do not know.",
            link: None,
        },
        (CodePurpose::WardMoved, Locale::De) => Telling {
            subject: "Ihre Anmeldung beim Rathaus wurde geändert",
            news: "Sie waren beim Rathaus für Nachrichten auf diesem Weg angemeldet. Wer Sie vertritt, hat eine \
                   andere Nummer oder Adresse angegeben; hierher kommt nichts mehr.",
            remedy: "Wussten Sie das nicht? Dann wenden Sie sich bitte an Ihr Rathaus.",
            link: None,
        },
        (CodePurpose::WardMoved, Locale::En) => Telling {
            subject: "Your registration with the town hall was changed",
            news: "You were registered with the town hall for messages on this line or address. Whoever represents \
                   you gave another one; nothing comes here any more.",
            remedy: "You did not know? Then please turn to your town hall.",
            link: None,
        },
        (
            CodePurpose::SignIn
            | CodePurpose::ComplaintConfirmation
            | CodePurpose::StaffInvitation
            | CodePurpose::PasswordReset
            | CodePurpose::AddressChange,
            _,
        ) => return None,
    })
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;
    use crate::sms::Sms;

    const LINK: &str = "https://rathaus.bad-dueben.example/address-changes/\
        eyJwIjp7ImMiOiIwMTlhOGYzZS03YzExLTdkMmItOWE1Mi0zZjFmMGYyYTZjMDEifSwiZSI6MTc5NTU5OTYwMH0.\
        Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMTI";

    #[test]
    fn what_brings_no_code_tells_something_and_a_link_stands_alone() {
        for purpose in CodePurpose::iter() {
            for locale in [Locale::De, Locale::En] {
                let Some(telling) = telling(purpose, locale) else {
                    assert!(!purpose.only_tells(), "{purpose}");
                    continue;
                };
                assert!(purpose.only_tells(), "{purpose}");
                let linked = matches!(purpose, CodePurpose::AddressChangeAsked | CodePurpose::AddressChanged);
                assert_eq!(
                    telling.letter(LINK).contains(&format!("\n{LINK}\n")),
                    linked,
                    "{purpose} {locale}"
                );
                let text = telling.text_message(LINK);
                assert_eq!(text.ends_with(&format!(": {LINK}")), linked, "{purpose} {locale}");
                assert!(!telling.spoken().contains("http"), "{purpose} {locale}");
                let sms = Sms::new(&text);
                assert!(sms.length().segments <= 3, "{purpose} {locale}: {:?}", sms.length());
                assert_eq!(sms.text().contains(LINK), linked, "the gateway changes no sign of it");
            }
        }
    }
}
