//! The letter that confirms a ward's registration on paper.

use actix_web::{
    HttpResponse, get,
    http::header,
    web::{Data, Path, block},
};
use chrono::NaiveDate;
use domain::{
    Code, Locale, Store,
    consents::{Means, TextVersion},
    deliveries::Channel,
    municipalities::legal::LegalFacts,
    wards::{
        RegisteredBy, WardState,
        service::{self, Shown},
    },
};
use infrastructure::letter::Letter;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::mine::WardPath;
use crate::{
    auth::StaffActor,
    municipalities::{Town, TownPath},
    problem::Problem,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(print);
}

/// A letter of one or two pages.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, max_length = 1_048_576, example = "%PDF-1.7")]
#[expect(dead_code, reason = "stands in the document only")]
struct LetterBytes(Vec<u8>);

/// Print the letter that confirms a registration
///
/// A PDF on A4 for a windowed envelope, in the ward's language: who registered them, how, for what, to
/// which words they agreed, and every way to end it.
#[utoipa::path(tag = "wards", operation_id = "getWardLetter", security(("bearer" = [])),
    params(TownPath, WardPath),
    responses((status = 200, description = "The letter.", body = LetterBytes, content_type = "application/pdf")))]
#[get("/v1/municipalities/{municipality}/staff/wards/{ward}/letter")]
async fn print(
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    path: Path<WardPath>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let (shown, facts) = service::look_with_facts(&**store, &ctx, &town, path.ward).await?;
    let letter = letter(&shown, &facts, town.calendar().date(ctx.now));
    // Setting type takes some milliseconds of a processor.
    let pdf = block(move || letter.pdf()).await.map_err(|_| Problem::new(Code::Overloaded))?;
    let pdf = pdf.map_err(|error| {
        tracing::error!(%error, "a letter could not be set");
        Problem::new(Code::Internal)
    })?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"letter.pdf\""))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(pdf))
}

fn letter(shown: &Shown, facts: &LegalFacts, today: NaiveDate) -> Letter {
    let locale = shown.followed.as_ref().map(|followed| followed.follow.locale).unwrap_or_default();
    let mut recipient = vec![shown.ward.name.as_str().to_owned()];
    if let Some(home) = shown.followed.as_ref().and_then(|followed| followed.follow.home.as_ref()) {
        recipient.push(format!("{} {}", home.street.as_str(), home.house));
        recipient.push(shown.town.name.as_str().to_owned());
    }
    let words = Words { shown, facts, locale };
    Letter {
        locale,
        sender: shown.town.name.as_str().to_owned(),
        recipient,
        date: words.date(today),
        title: match locale {
            Locale::De => "Ihre Anmeldung für Nachrichten der Kommune".to_owned(),
            Locale::En => "Your registration for messages of the municipality".to_owned(),
        },
        paragraphs: words.paragraphs(),
    }
}

/// Whether they agreed, and to which words.
fn standing(state: WardState, version: TextVersion, locale: Locale) -> String {
    let (words, version) = (version.words(locale), version.as_str());
    match (state, locale) {
        (WardState::Invited, Locale::De) => format!(
            "Zugestimmt haben Sie noch nicht, und bis dahin wird Ihnen nichts gesendet. Gefragt werden Sie mit \
             diesen Worten (Fassung {version}): „{words}“"
        ),
        (WardState::Invited, Locale::En) => format!(
            "You have not agreed yet, and until then nothing is sent to you. You are asked with these words \
             (version {version}): “{words}”"
        ),
        (WardState::Active, Locale::De) => {
            format!("Zugestimmt wurde diesen Worten (Fassung {version}): „{words}“")
        }
        (WardState::Active, Locale::En) => {
            format!("These words were agreed to (version {version}): “{words}”")
        }
        (_, Locale::De) => "Diese Anmeldung ist beendet; es wird Ihnen nichts mehr gesendet.".to_owned(),
        (_, Locale::En) => "This registration is over; nothing is sent to you any more.".to_owned(),
    }
}

/// What the letter says.
struct Words<'a> {
    shown: &'a Shown,
    facts: &'a LegalFacts,
    locale: Locale,
}

impl Words<'_> {
    fn date(&self, day: NaiveDate) -> String {
        match self.locale {
            Locale::De => day.format("%d.%m.%Y"),
            Locale::En => day.format("%-d %B %Y"),
        }
        .to_string()
    }

    fn paragraphs(&self) -> Vec<String> {
        let ward = &self.shown.ward;
        let mut paragraphs = vec![self.greeting(), self.registration(), self.ways()];
        paragraphs.push(standing(ward.state, ward.text_version, self.locale));
        if ward.state.is_open() {
            paragraphs.push(self.ending());
        }
        paragraphs.extend(self.contact());
        paragraphs.push(match self.locale {
            Locale::De => "Dieses Schreiben wurde maschinell erstellt und gilt ohne Unterschrift.".to_owned(),
            Locale::En => "This letter was made by machine and is valid without a signature.".to_owned(),
        });
        paragraphs
    }

    fn greeting(&self) -> String {
        let name = self.shown.ward.name.as_str();
        match self.locale {
            Locale::De => format!("Guten Tag {name},"),
            Locale::En => format!("Dear {name},"),
        }
    }

    fn registration(&self) -> String {
        let ward = &self.shown.ward;
        let town = self.shown.town.name.as_str();
        let day = self.date(self.shown.town.calendar().date(ward.registered_at));
        let (by, means, proof) = match self.locale {
            Locale::De => (
                match ward.registered_by {
                    RegisteredBy::Staff(_) => "durch die Verwaltung",
                    RegisteredBy::Proxy(_) => "durch eine Person, die Sie vertritt,",
                    RegisteredBy::Themselves => "durch Sie selbst",
                },
                match ward.means {
                    Means::Paper => "mit einem Formular",
                    Means::Phone => "nach einem Telefonat",
                    Means::InPerson => "nach Ihrem Besuch",
                    Means::Import => "aus einem früheren Verzeichnis",
                    Means::Sms => "mit einer SMS",
                    _ => "mit der App",
                },
                ward.document.as_ref().map(|document| format!(" Nachweis: {}.", document.as_str())),
            ),
            Locale::En => (
                match ward.registered_by {
                    RegisteredBy::Staff(_) => "by the town hall",
                    RegisteredBy::Proxy(_) => "by somebody who represents you",
                    RegisteredBy::Themselves => "by yourself",
                },
                match ward.means {
                    Means::Paper => "by a form",
                    Means::Phone => "after a telephone call",
                    Means::InPerson => "after your visit",
                    Means::Import => "from an earlier register",
                    Means::Sms => "by a text message",
                    _ => "with the app",
                },
                ward.document.as_ref().map(|document| format!(" Proof: {}.", document.as_str())),
            ),
        };
        let until = ward.valid_until.map(|day| self.date(day));
        let until = match (self.locale, until) {
            (_, None) => String::new(),
            (Locale::De, Some(day)) => format!(" Die Anmeldung gilt bis zum {day}."),
            (Locale::En, Some(day)) => format!(" The registration is good until {day}."),
        };
        let proof = proof.unwrap_or_default();
        match self.locale {
            Locale::De => {
                format!(
                    "Sie wurden am {day} {by} {means} für Nachrichten von {town} angemeldet.{proof}{until}"
                )
            }
            Locale::En => {
                format!("On {day} you were registered {by} {means} for messages of {town}.{proof}{until}")
            }
        }
    }

    fn ways(&self) -> String {
        let ways = self.shown.contacts.iter().map(|(channel, address)| {
            let way = match (self.locale, channel) {
                (Locale::De, Channel::Voice) => "Anruf an",
                (Locale::En, Channel::Voice) => "call to",
                (Locale::De, Channel::Sms) => "SMS an",
                (Locale::En, Channel::Sms) => "text message to",
                (Locale::De, _) => "E-Mail an",
                (Locale::En, _) => "e-mail to",
            };
            format!("{way} {address}")
        });
        let ways = ways.collect::<Vec<_>>().join(", ");
        let is_silent = ways.is_empty() || self.shown.ward.state != WardState::Active;
        match (self.locale, is_silent) {
            (Locale::De, true) => "Zurzeit wird Ihnen nichts gesendet.".to_owned(),
            (Locale::En, true) => "At present nothing is sent to you.".to_owned(),
            (Locale::De, false) => format!("So erreichen wir Sie: {ways}."),
            (Locale::En, false) => format!("This is how we reach you: {ways}."),
        }
    }

    fn ending(&self) -> String {
        match self.locale {
            Locale::De => "Sie können das jederzeit ohne Angabe von Gründen beenden: mit der Taste 9 während eines \
                           Anrufs, mit STOPP als Antwort auf eine SMS, über den Link in jeder E-Mail, telefonisch, \
                           schriftlich oder persönlich im Rathaus."
                .to_owned(),
            Locale::En => "You can end this at any time and without giving reasons: by key 9 during a call, by \
                           answering a text message with STOPP, by the link in every e-mail, by telephone, by \
                           letter or in person at the town hall."
                .to_owned(),
        }
    }

    fn contact(&self) -> Option<String> {
        let contact = self.facts.contacts.first()?;
        let (name, phone) = (contact.name.as_str(), contact.phone.as_str());
        let (hours, email) = (contact.hours.as_str(), contact.email.as_str());
        Some(match self.locale {
            Locale::De => format!("Fragen beantwortet {name}: {phone} ({hours}), {email}."),
            Locale::En => format!("{name} answers questions: {phone} ({hours}), {email}."),
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::consents::CURRENT;

    use super::*;

    #[test]
    fn only_who_agreed_is_told_that_they_did() {
        for (state, wanted) in [
            (WardState::Invited, ["noch nicht", "not agreed yet"]),
            (WardState::Active, ["Zugestimmt wurde", "were agreed to"]),
            (WardState::Left, ["beendet", "is over"]),
            (WardState::Expired, ["beendet", "is over"]),
        ] {
            for (locale, wanted) in [Locale::De, Locale::En].into_iter().zip(wanted) {
                let said = standing(state, CURRENT, locale);
                assert!(said.contains(wanted), "{state}: {said}");
                let names_words = said.contains(CURRENT.words(locale));
                assert_eq!(names_words, state.is_open(), "{state}: {said}");
            }
        }
    }
}
