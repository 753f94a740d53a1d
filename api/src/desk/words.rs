//! The words of the page behind a department's link.

use domain::{
    Locale,
    complaints::{Action, Status, Step, status::ActorKind},
};

/// A title and what to do.
pub struct Said {
    /// The heading.
    pub title: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// The page's words in one language.
pub struct Words {
    pub lang: &'static str,
    pub error: &'static str,
    pub state: &'static str,
    pub due: &'static str,
    pub report: &'static str,
    pub reported: &'static str,
    pub address: &'static str,
    pub place: &'static str,
    pub map: &'static str,
    pub photos: &'static str,
    pub photo: &'static str,
    pub history: &'static str,
    pub internal: &'static str,
    pub answer: &'static str,
    pub nothing_to_do: &'static str,
    pub accept_title: &'static str,
    pub accept_help: &'static str,
    pub accept: &'static str,
    pub resolve_title: &'static str,
    pub public_text: &'static str,
    pub public_text_help: &'static str,
    pub resolve: &'static str,
    pub not_ours_title: &'static str,
    pub whose: &'static str,
    pub whose_unknown: &'static str,
    pub why: &'static str,
    pub not_ours: &'static str,
    pub back: &'static str,
    pub text_missing: &'static str,
    pub text_wrong: &'static str,
    pub department_missing: &'static str,
    pub expired: Said,
    pub invalid: Said,
    pub gone: Said,
    pub stale: Said,
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
    state: "Stand",
    due: "Zugesagt bis",
    report: "Meldung",
    reported: "Eingegangen",
    address: "Adresse",
    place: "Ort",
    map: "Auf der Karte ansehen (OpenStreetMap)",
    photos: "Fotos",
    photo: "Foto",
    history: "Verlauf",
    internal: "Nur intern",
    answer: "Ihre Antwort",
    nothing_to_do: "Hier ist zurzeit nichts zu tun.",
    accept_title: "Wir sind zuständig",
    accept_help: "Die meldende Person erfährt, dass Sie sich kümmern.",
    accept: "Annehmen",
    resolve_title: "Es ist erledigt",
    public_text: "Text an die meldende Person (Pflichtfeld)",
    public_text_help: "Was wurde getan? Höchstens 2000 Zeichen. Bitte keine Namen oder andere persönliche Daten.",
    resolve: "Als erledigt melden",
    not_ours_title: "Wir sind nicht zuständig",
    whose: "Wer ist zuständig?",
    whose_unknown: "Weiß ich nicht",
    why: "Hinweis an das nächste Amt (freiwillig, nur intern)",
    not_ours: "Weitergeben",
    back: "Zum aktuellen Stand",
    text_missing: "Bitte schreiben Sie der meldenden Person, was getan wurde.",
    text_wrong: "Der Text ist zu lang oder enthält unzulässige Zeichen.",
    department_missing: "Bitte wählen Sie ein anderes Amt aus.",
    expired: Said {
        title: "Dieser Link ist abgelaufen",
        text: "Links gelten 30 Tage. Das Anliegen ist nicht verloren: Sie finden es im Posteingang Ihres Amtes, \
               oder fragen Sie die Verwaltung Ihrer Kommune, die Rathaus betreut.",
    },
    invalid: Said {
        title: "Dieser Link ist ungültig",
        text: "Vielleicht fehlt ein Teil der Adresse. Öffnen Sie den Link bitte noch einmal aus der E-Mail, oder \
               kopieren Sie ihn vollständig.",
    },
    gone: Said {
        title: "Nicht mehr in Ihrem Amt",
        text: "Dieses Anliegen liegt nicht mehr in Ihrem Amt. Es wurde an ein anderes Amt weitergegeben oder \
               gelöscht. Sie müssen nichts mehr tun.",
    },
    stale: Said {
        title: "Hier hat sich etwas geändert",
        text: "Das Anliegen wurde inzwischen bearbeitet, vielleicht von Ihnen selbst mit einem zweiten Klick. \
               Ihre letzte Eingabe wurde nicht gespeichert. Bitte sehen Sie sich den aktuellen Stand an.",
    },
    busy: Said {
        title: "Das hat gerade nicht geklappt",
        text: "Ihre Eingabe wurde nicht gespeichert. Bitte versuchen Sie es in einer Minute noch einmal.",
    },
};

static EN: Words = Words {
    lang: "en",
    error: "Error",
    state: "State",
    due: "Promised by",
    report: "Report",
    reported: "Received",
    address: "Address",
    place: "Place",
    map: "See it on the map (OpenStreetMap)",
    photos: "Photos",
    photo: "Photo",
    history: "History",
    internal: "Internal only",
    answer: "Your answer",
    nothing_to_do: "There is nothing to do here at the moment.",
    accept_title: "This is ours",
    accept_help: "The person who reported it hears that you take care of it.",
    accept: "Accept",
    resolve_title: "It is done",
    public_text: "Text for the person who reported it (required)",
    public_text_help: "What was done? At most 2000 characters. Please no names or other personal data.",
    resolve: "Report as done",
    not_ours_title: "This is not ours",
    whose: "Whose is it?",
    whose_unknown: "I do not know",
    why: "Note for the next department (optional, internal only)",
    not_ours: "Pass it on",
    back: "See how it stands now",
    text_missing: "Please tell the person who reported it what was done.",
    text_wrong: "The text is too long or contains characters that are not allowed.",
    department_missing: "Please choose another department.",
    expired: Said {
        title: "This link has expired",
        text: "Links work for 30 days. The complaint is not lost: you find it in the inbox of your department, or \
               ask whoever looks after Rathaus in your town hall.",
    },
    invalid: Said {
        title: "This link is not valid",
        text: "Part of the address may be missing. Please open the link from the e-mail again, or copy all of it.",
    },
    gone: Said {
        title: "No longer on your desk",
        text: "This complaint is no longer on your department's desk. It was passed on to another department or \
               deleted. There is nothing left for you to do.",
    },
    stale: Said {
        title: "Something changed here",
        text: "Somebody worked on the complaint meanwhile, perhaps you yourself with a second click. What you \
               entered last was not saved. Please look at how it stands now.",
    },
    busy: Said {
        title: "That did not work just now",
        text: "What you entered was not saved. Please try again in a minute.",
    },
};

/// A state as people call it.
pub fn status(status: Status, locale: Locale) -> &'static str {
    let (de, en) = match status {
        Status::Unconfirmed => ("noch nicht bestätigt", "not confirmed yet"),
        Status::Submitted => ("eingegangen", "received"),
        Status::Routed => ("beim zuständigen Amt", "at the department"),
        Status::Accepted => ("angenommen", "accepted"),
        Status::InProgress => ("in Arbeit", "in progress"),
        Status::Scheduled => ("eingeplant", "scheduled"),
        Status::OnHold => ("ruht", "on hold"),
        Status::WaitingForReporter => ("wartet auf Rückmeldung", "waiting for the reporter"),
        Status::Resolved => ("erledigt", "resolved"),
        Status::Rejected => ("abgelehnt", "rejected"),
        Status::Duplicate => ("schon gemeldet", "reported before"),
        Status::HandedOver => ("an andere Behörde abgegeben", "handed over to another authority"),
        Status::Reopened => ("wieder offen", "open again"),
        Status::Closed => ("abgeschlossen", "closed"),
        Status::Withdrawn => ("zurückgezogen", "withdrawn"),
    };
    in_locale(locale, de, en)
}

/// What a step did, and what kind of actor took it.
pub fn step(step: &Step, locale: Locale) -> String {
    let (de, en) = match step.action {
        Action::Filed => ("gemeldet", "reported"),
        Action::Moved => ("Stand", "state"),
        Action::Commented => ("geschrieben", "wrote"),
        Action::Rerouted => ("weitergegeben", "passed on"),
        Action::Assigned => ("zugeteilt", "assigned"),
        Action::Edited => ("berichtigt", "corrected"),
        Action::PromiseMoved => ("Zusage verschoben", "promised date moved"),
        Action::Released => ("Veröffentlichung geändert", "what is public changed"),
        Action::Reminded => ("an die Zusage erinnert", "reminded of the promise"),
    };
    let (by_de, by_en) = match step.by {
        ActorKind::Reporter => ("meldende Person", "reporter"),
        ActorKind::Staff => ("Kommune", "town hall"),
        ActorKind::System => ("automatisch", "automatically"),
        ActorKind::DeskLink => ("über den Link", "by link"),
    };
    let what = in_locale(locale, de, en);
    let by = in_locale(locale, by_de, by_en);
    match step.to.filter(|_| step.action == Action::Moved) {
        Some(to) => format!("{what}: {} ({by})", status(to, locale)),
        None => format!("{what} ({by})"),
    }
}

fn in_locale(locale: Locale, de: &'static str, en: &'static str) -> &'static str {
    match locale {
        Locale::De => de,
        Locale::En => en,
    }
}
