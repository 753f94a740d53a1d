//! One-time codes: six digits by e-mail, text message or call that prove whose address it is.

use chrono::{DateTime, TimeDelta, Utc};

use super::{address_change::AddressKind, telling::telling};
use crate::{
    context::{Ctx, Locale},
    deliveries::Channel,
    ids::{AccountId, CodeId, ComplaintId, MunicipalityId, StaffId},
    limits::Quota,
    phone::Phone,
    text::EmailAddress,
};

/// Longest life of a code of six digits.
pub const LONGEST_LIFE: TimeDelta = TimeDelta::minutes(10);
/// Life of an invitation: somebody new may be on holiday. It is too long to be guessed meanwhile.
pub const INVITATION_LIFE: TimeDelta = TimeDelta::days(7);
/// Life of a code for a lost password: it is asked for by whoever sits there and waits for it.
pub const RESET_LIFE: TimeDelta = TimeDelta::minutes(60);

/// How long it is tried to tell an address what became of its account.
pub const TOLD_WITHIN: TimeDelta = TimeDelta::days(1);

/// Letters and digits that nobody mistakes for another; 32 of them, five bits each.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Wrong guesses after which a code is worthless.
pub const TRIES: i32 = 5;

/// Codes sent to one address in a short time; to a mailbox, for one client address.
pub const PER_ADDRESS: Quota = Quota::new("codes_per_address", 3, TimeDelta::minutes(10));
/// Codes sent to one address in a day; to a mailbox, for one client address.
pub const PER_ADDRESS_AND_DAY: Quota = Quota::new("codes_per_address_and_day", 6, TimeDelta::days(1));
/// Codes sent to one mailbox in a day, whoever asks: so many that a stranger hardly keeps somebody out.
pub const PER_MAILBOX: Quota = Quota::new("codes_per_mailbox", 60, TimeDelta::days(1));
/// Codes asked for from one client address.
pub const PER_CLIENT: Quota = Quota::new("codes_per_client", 10, TimeDelta::hours(1));
/// Codes sent to numbers of one block, which is whom pumping pays.
pub const PER_BLOCK: Quota = Quota::new("codes_per_block", 20, TimeDelta::hours(1));
/// Codes the installation pays for in a day.
pub const fn budget(most: u64) -> Quota {
    Quota::new("codes_paid_per_day", most, TimeDelta::days(1))
}
/// Whose budget it is: the whole installation's.
pub const BUDGET_OF: &str = "installation";
/// Guesses from one client address.
pub const GUESSES_PER_CLIENT: Quota = Quota::new("code_guesses_per_client", 60, TimeDelta::hours(1));

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum CodePurpose {
    /// Signing in, which makes the account the first time.
    SignIn,
    /// Confirming a guest's complaint.
    ComplaintConfirmation,
    /// Setting the first password of somebody new on a town hall's staff.
    StaffInvitation,
    /// Setting a lost password of staff anew.
    PasswordReset,
    /// Proving the address somebody wants to sign in with from now on.
    AddressChange,
    /// No code: tells an address that another is to take its place.
    AddressChangeAsked,
    /// No code: tells an address that another has taken its place.
    AddressChanged,
    /// No code: tells an address that had taken another's place that this was undone.
    AddressChangeUndone,
    /// No code: tells that a session was ended, because somebody had a copy of its token.
    TokenCopied,
    /// No code: tells the address of somebody who is represented that another has taken its place.
    WardMoved,
}

impl CodePurpose {
    /// Whether it only tells something and brings no code.
    pub fn only_tells(self) -> bool {
        matches!(
            self,
            Self::AddressChangeAsked
                | Self::AddressChanged
                | Self::AddressChangeUndone
                | Self::TokenCopied
                | Self::WardMoved
        )
    }
}

/// What a code is about, where it is not about an address alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The complaint it confirms.
    Complaint(ComplaintId),
    /// The member of staff it invites.
    Member(StaffId),
}

/// Where a code is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A mailbox.
    Email(EmailAddress),
    /// A telephone.
    Phone(Phone),
}

impl Address {
    /// The address as it is stored and hashed.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(email) => email.as_str(),
            Self::Phone(phone) => phone.as_str(),
        }
    }

    /// Which of an account's two addresses it can be.
    pub fn kind(&self) -> AddressKind {
        match self {
            Self::Email(_) => AddressKind::Email,
            Self::Phone(_) => AddressKind::Phone,
        }
    }

    /// The mailbox, where it is one.
    pub fn email(&self) -> Option<&EmailAddress> {
        match self {
            Self::Email(email) => Some(email),
            Self::Phone(_) => None,
        }
    }
}

impl From<EmailAddress> for Address {
    fn from(email: EmailAddress) -> Self {
        Self::Email(email)
    }
}

impl From<Phone> for Address {
    fn from(phone: Phone) -> Self {
        Self::Phone(phone)
    }
}

/// A code as it is kept: hashed, and sealed until it has been sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeCode {
    /// The identifier.
    pub id: CodeId,
    /// What it is for.
    pub purpose: CodePurpose,
    /// Where it is sent.
    pub address: Address,
    /// By which way.
    pub channel: Channel,
    /// The language it is sent in.
    pub locale: Locale,
    /// What it is about, and in which town hall.
    pub subject: Option<(MunicipalityId, Subject)>,
    /// The account it is about, where it is about one: its address may be one the account does not have, not
    /// yet or not any more.
    pub account: Option<AccountId>,
    /// Keyed hash of purpose, address and digits, in lower-case hexadecimal.
    pub hash: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it is worthless.
    pub expires_at: DateTime<Utc>,
}

/// A code that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeToSend {
    /// The identifier, to which the seal is bound.
    pub id: CodeId,
    /// What it is for.
    pub purpose: CodePurpose,
    /// Where it is sent.
    pub address: Address,
    /// By which way.
    pub channel: Channel,
    /// The language it is sent in.
    pub locale: Locale,
    /// The town hall it is about.
    pub municipality: Option<MunicipalityId>,
    /// The digits, or the link of what only tells something, sealed.
    pub sealed: Vec<u8>,
    /// After this there is no point in sending it.
    pub expires_at: DateTime<Utc>,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

/// Six digits drawn by chance.
pub fn draw<A>(ctx: &Ctx<A>) -> String {
    format!("{:06}", u64::from_be_bytes(ctx.random()) % 1_000_000)
}

/// Eighty bits drawn by chance, in groups that can be read aloud and typed: good for as long as
/// [`INVITATION_LIFE`], and for a password that is made up.
pub fn draw_letters<A>(ctx: &Ctx<A>) -> String {
    let letters =
        ctx.random::<16>().map(|byte| LETTERS.get(usize::from(byte % 32)).copied().map_or('x', char::from));
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// A code as it is typed: capitals, blanks and hyphens do not matter.
pub fn typed(code: &str) -> String {
    let meant = code.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '‑' | '–'));
    let meant: Vec<char> = meant.flat_map(char::to_lowercase).collect();
    meant.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// The mail that brings a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeMail {
    /// The subject. Names no code: it would stand on a locked screen.
    pub subject: &'static str,
    /// The plain text.
    pub text: String,
}

impl CodeMail {
    /// The mail with `digits` that are good for `life`; of what only tells something, with the link it has in
    /// their place.
    pub fn new(purpose: CodePurpose, locale: Locale, digits: &str, life: TimeDelta) -> Self {
        if let Some(telling) = telling(purpose, locale) {
            return Self { subject: telling.subject, text: telling.letter(digits) };
        }
        let life = lasting(life, locale);
        let (subject, opening) = match (purpose, locale) {
            (CodePurpose::StaffInvitation, Locale::De) => (
                "Ihr Zugang zum Rathaus",
                "Sie sind als Mitarbeiterin oder Mitarbeiter eingetragen. Mit diesem Code und Ihrer \
                 E-Mail-Adresse legen Sie Ihr Passwort fest:",
            ),
            (CodePurpose::StaffInvitation, Locale::En) => (
                "Your access to the town hall",
                "You were added to the staff. With this code and your e-mail address you set your password:",
            ),
            (CodePurpose::PasswordReset, Locale::De) => (
                "Ein neues Passwort",
                "Für Ihren Zugang zum Rathaus wurde ein neues Passwort angefordert. Mit diesem Code und Ihrer \
                 E-Mail-Adresse legen Sie es fest:",
            ),
            (CodePurpose::PasswordReset, Locale::En) => (
                "A new password",
                "Somebody asked for a new password for your access to the town hall. With this code and your \
                 e-mail address you set it:",
            ),
            (CodePurpose::SignIn, Locale::De) => ("Ihr Anmeldecode", "Ihr Code für die Anmeldung lautet:"),
            (CodePurpose::SignIn, Locale::En) => ("Your sign-in code", "Your code to sign in is:"),
            (CodePurpose::AddressChange, Locale::De) => (
                "Bitte bestätigen Sie Ihre neue Adresse",
                "Ihr Code zur Bestätigung Ihrer neuen Adresse lautet:",
            ),
            (CodePurpose::AddressChange, Locale::En) => {
                ("Please confirm your new address", "Your code to confirm your new address is:")
            }
            (
                CodePurpose::AddressChangeAsked
                | CodePurpose::AddressChanged
                | CodePurpose::AddressChangeUndone
                | CodePurpose::TokenCopied
                | CodePurpose::WardMoved,
                _,
            ) => ("", ""),
            (CodePurpose::ComplaintConfirmation, Locale::De) => {
                ("Bitte bestätigen Sie Ihr Anliegen", "Ihr Code zur Bestätigung Ihres Anliegens lautet:")
            }
            (CodePurpose::ComplaintConfirmation, Locale::En) => {
                ("Please confirm your report", "Your code to confirm your report is:")
            }
        };
        let closing = match locale {
            Locale::De => format!(
                "Er gilt {life} und nur einmal. Geben Sie ihn an niemanden weiter.\n\n\
                 Haben Sie ihn nicht angefordert? Dann brauchen Sie nichts zu tun."
            ),
            Locale::En => format!(
                "It is valid for {life} and only once. Do not pass it on to anybody.\n\n\
                 You did not ask for it? Then there is nothing to do."
            ),
        };
        Self { subject, text: format!("{opening}\n\n    {digits}\n\n{closing}\n") }
    }
}

/// The text message of a purpose: one message where it brings a code, whatever the language.
pub fn text_message(purpose: CodePurpose, locale: Locale, digits: &str, life: TimeDelta) -> String {
    if let Some(telling) = telling(purpose, locale) {
        return telling.text_message(digits);
    }
    let minutes = minutes(life);
    match locale {
        Locale::De => format!(
            "{digits} ist Ihr Anmeldecode. Er gilt {minutes} Minuten und nur einmal. \
             Geben Sie ihn an niemanden weiter."
        ),
        Locale::En => format!(
            "{digits} is your sign-in code. It is valid for {minutes} minutes and only once. \
             Do not pass it on to anybody."
        ),
    }
}

/// What a call says: a code digit by digit, twice.
pub fn spoken(purpose: CodePurpose, locale: Locale, digits: &str) -> String {
    if let Some(telling) = telling(purpose, locale) {
        return telling.spoken();
    }
    let digits = digits.chars().map(String::from).collect::<Vec<_>>().join(", ");
    match locale {
        Locale::De => format!(
            "Guten Tag. Ihr Anmeldecode lautet: {digits}. Ich wiederhole: {digits}. \
             Geben Sie ihn an niemanden weiter."
        ),
        Locale::En => format!(
            "Hello. Your sign-in code is: {digits}. I repeat: {digits}. Do not pass it on to anybody."
        ),
    }
}

/// What is left when a code is sent is some seconds less than what it was given.
fn minutes(life: TimeDelta) -> i64 {
    (life + TimeDelta::seconds(59)).num_minutes().max(1)
}

/// A time in words: days from two on, else minutes.
fn lasting(life: TimeDelta, locale: Locale) -> String {
    match ((life + TimeDelta::hours(1)).num_days(), locale) {
        (days @ 2.., Locale::De) => format!("{days} Tage"),
        (days @ 2.., Locale::En) => format!("{days} days"),
        (_, Locale::De) => format!("{} Minuten", minutes(life)),
        (_, Locale::En) => format!("{} minutes", minutes(life)),
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;
    use crate::sms::Sms;

    #[test]
    fn each_mail_shows_the_code_in_its_text_only() {
        for purpose in CodePurpose::iter() {
            for locale in [Locale::De, Locale::En] {
                let mail = CodeMail::new(purpose, locale, "042117", LONGEST_LIFE);
                let brings_one = !purpose.only_tells();
                assert_eq!(mail.text.contains("    042117\n"), brings_one, "{purpose} {locale}");
                assert_eq!(mail.text.contains(" 10 "), brings_one, "{purpose} {locale}");
                assert!(!mail.subject.is_empty());
                assert!(!mail.subject.contains("042117"));
            }
        }
    }
    #[test]
    fn a_code_is_one_text_message_and_is_read_out_digit_by_digit() {
        for locale in [Locale::De, Locale::En] {
            let sms = Sms::new(&text_message(CodePurpose::SignIn, locale, "042117", LONGEST_LIFE));
            assert_eq!(sms.length().segments, 1, "{locale}");
            assert!(sms.text().starts_with("042117 "));
            assert_eq!(
                spoken(CodePurpose::SignIn, locale, "042117").matches("0, 4, 2, 1, 1, 7").count(),
                2,
                "{locale}"
            );
        }
    }

    #[test]
    fn an_invitation_says_for_how_many_days_it_is_good() {
        let mail = |locale| CodeMail::new(CodePurpose::StaffInvitation, locale, "x", INVITATION_LIFE).text;
        assert!(mail(Locale::De).contains("gilt 7 Tage"));
        assert!(mail(Locale::En).contains("for 7 days"));
        for meant in [" K7MQ-2xvd ", "K7MQ 2XVD", "k7mq2xvd"] {
            assert_eq!(typed(meant), "k7mq-2xvd");
        }
    }
}
