//! One line of a file of people.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    Code, Error, Locale,
    deliveries::{Channel, Severity},
    follows::{
        Channels,
        follow::{MOST_STREETS, MOST_TOPICS},
        service::NewHome,
    },
    municipalities::House,
    phone::Phone,
    text::{EmailAddress, Name, Slug, Street},
    wards::{
        people_import::{Column, Fault, Kind, Line},
        service::{Contacts, MOST_FURTHER, WardChoice},
    },
};

use crate::spreadsheet::{self, Row};

/// What must be there.
const NEEDED: [Column; 4] = [Column::Kind, Column::Name, Column::Document, Column::AgreedOn];

/// What a column holds by its heading, in German or English.
fn column(heading: &str) -> Option<Column> {
    let letters: String = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    Some(match letters.as_str() {
        "kind" | "art" => Column::Kind,
        "name" => Column::Name,
        "phone" | "telefon" | "telefonnummer" | "rufnummer" => Column::Phone,
        "furtherphones" | "weiteretelefone" | "weiteretelefonnummern" | "weitererufnummern" => {
            Column::FurtherPhones
        }
        "email" | "mail" | "emailadresse" => Column::Email,
        "street" | "strasse" | "straße" => Column::Street,
        "housenumber" | "hausnummer" | "hausnr" => Column::HouseNumber,
        "watchedstreets" | "weiterestrassen" | "weiterestraßen" => Column::WatchedStreets,
        "topics" | "themen" => Column::Topics,
        "agegroup" | "altersgruppe" => Column::AgeGroup,
        "language" | "sprache" => Column::Language,
        "crisis" | "gefahr" => Column::Crisis,
        "important" | "wichtig" => Column::Important,
        "information" => Column::Information,
        "document" | "nachweis" => Column::Document,
        "agreedon" | "zugestimmtam" => Column::AgreedOn,
        "validuntil" | "gültigbis" | "gueltigbis" => Column::ValidUntil,
        _ => return None,
    })
}

/// The lines of a file.
///
/// # Errors
/// Violations where headings are missing. What is wrong with one line stands in its place.
pub fn read(bytes: &[u8]) -> Result<Vec<Result<Line, Fault>>, Error> {
    let rows = spreadsheet::read(bytes, column, &NEEDED)?;
    Ok(rows.into_iter().map(|row| Record(row).line()).collect())
}

struct Record(Row<Column>);

impl Record {
    fn fault(&self, column: Column) -> impl Fn(Code) -> Fault {
        let line = self.0.line;
        move |code| Fault { line, column, code }
    }

    fn text(&self, column: Column) -> Option<&str> {
        let fields: &HashMap<_, _> = &self.0.fields;
        fields.get(&column).map(String::as_str)
    }

    /// The text of a column as what it stands for.
    fn parsed<T, E: Into<Code>>(
        &self,
        column: Column,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Fault> {
        self.text(column).map(parse).transpose().map_err(|error| self.fault(column)(error.into()))
    }

    fn required<T>(&self, column: Column, value: Option<T>) -> Result<T, Fault> {
        value.ok_or_else(|| self.fault(column)(Code::Required))
    }

    /// The parts of a column, separated by commas.
    fn list<T, E: Into<Code>>(
        &self,
        column: Column,
        most: usize,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, Fault> {
        let parts = self.text(column).unwrap_or_default().split(',').map(str::trim);
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        if parts.len() > most {
            return Err(self.fault(column)(Code::TooMany));
        }
        parts.into_iter().map(|part| parse(part).map_err(|error| self.fault(column)(error.into()))).collect()
    }

    fn line(self) -> Result<Line, Fault> {
        let kind = self.parsed(Column::Kind, kind)?;
        let name = self.parsed(Column::Name, |text| Name::parse(text.to_owned()))?;
        let document = self.parsed(Column::Document, |text| Name::parse(text.to_owned()))?;
        let agreed_on = self.parsed(Column::AgreedOn, date)?;
        let choice = WardChoice {
            contacts: self.contacts()?,
            address: self.home()?,
            watched_streets: self
                .list(Column::WatchedStreets, MOST_STREETS, |text| Street::parse(text.to_owned()))?,
            topics: self.list(Column::Topics, MOST_TOPICS, |text| Slug::parse(text.to_owned()))?,
            age_group: self.parsed(Column::AgeGroup, |text| text.parse().map_err(|_| Code::NotAllowed))?,
            locale: self.parsed(Column::Language, language)?,
            channels: self.channels()?,
        };
        Ok(Line {
            number: self.0.line,
            kind: self.required(Column::Kind, kind)?,
            name: self.required(Column::Name, name)?,
            choice,
            document: self.required(Column::Document, document)?,
            agreed_on: self.required(Column::AgreedOn, agreed_on)?,
            valid_until: self.parsed(Column::ValidUntil, date)?,
        })
    }

    fn contacts(&self) -> Result<Contacts, Fault> {
        let phone = self.parsed(Column::Phone, Phone::parse)?;
        let further = self.list(Column::FurtherPhones, MOST_FURTHER, Phone::parse)?;
        let email = self.parsed(Column::Email, EmailAddress::parse)?;
        Contacts::new(phone, Some(further), email).map_err(|error| {
            let code = Code::Contradiction;
            Fault::of(self.0.line, error).unwrap_or(self.fault(Column::FurtherPhones)(code))
        })
    }

    fn home(&self) -> Result<Option<NewHome>, Fault> {
        let street = self.parsed(Column::Street, |text| Street::parse(text.to_owned()))?;
        let house = self.parsed(Column::HouseNumber, House::parse)?;
        match (street, house) {
            (Some(street), Some(house)) => Ok(Some(NewHome { street, house })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.fault(Column::HouseNumber)(Code::Required)),
            (None, Some(_)) => Err(self.fault(Column::Street)(Code::Required)),
        }
    }

    /// None where no column says anything: then they are reached by the usual way.
    fn channels(&self) -> Result<Option<Channels>, Fault> {
        let mut channels = Channels::default();
        for (column, severity) in [
            (Column::Crisis, Severity::Crisis),
            (Column::Important, Severity::Important),
            (Column::Information, Severity::Information),
        ] {
            for channel in self.list(column, 3, channel)? {
                channels.add(channel, severity);
            }
        }
        Ok(Some(channels).filter(|channels| !channels.is_empty()))
    }
}

fn kind(text: &str) -> Result<Kind, Code> {
    match text.to_lowercase().as_str() {
        "resident" | "einwohner" | "einwohnerin" => Ok(Kind::Resident),
        "ward" | "vertreten" | "ohne smartphone" => Ok(Kind::Ward),
        _ => Err(Code::NotAllowed),
    }
}

fn language(text: &str) -> Result<Locale, Code> {
    match text.to_lowercase().as_str() {
        "de" | "deutsch" => Ok(Locale::De),
        "en" | "englisch" | "english" => Ok(Locale::En),
        _ => Err(Code::NotAllowed),
    }
}

fn channel(text: &str) -> Result<Channel, Code> {
    match text.to_lowercase().as_str() {
        "voice" | "anruf" => Ok(Channel::Voice),
        "sms" => Ok(Channel::Sms),
        "email" | "e-mail" => Ok(Channel::Email),
        _ => Err(Code::NotAllowed),
    }
}

/// 2026-11-27, or as Germans write it: 27.11.2026.
fn date(text: &str) -> Result<NaiveDate, Code> {
    let read = |form| NaiveDate::parse_from_str(text, form).ok();
    read("%Y-%m-%d").or_else(|| read("%d.%m.%Y")).ok_or(Code::WrongType)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_numbers_stand_in_one_column_in_their_order() {
        let head = "Art;Name;Telefon;Weitere Telefone;Nachweis;Zugestimmt am\n";
        let read = |numbers: &str| {
            let line = format!("{head}vertreten;Erna;030 23125014;{numbers};A-17;03.05.2024\n");
            read(line.as_bytes()).unwrap().remove(0)
        };
        let line = read("01522 8817386, 030 23125015").unwrap();
        let further: Vec<_> = line.choice.contacts.further().iter().map(Phone::as_str).collect();
        assert_eq!(further, ["+4915228817386", "+493023125015"]);
        for (numbers, code) in [
            ("030 23125014", Code::Contradiction),
            ("0900 1 123456", Code::PhonePremium),
            ("030 23125015, 030 23125016, 030 23125017", Code::TooMany),
        ] {
            let fault = read(numbers).unwrap_err();
            assert_eq!((fault.column, fault.code), (Column::FurtherPhones, code), "{numbers}");
        }
    }

    #[test]
    fn a_line_says_who_agreed_to_what_and_where_that_is_written() {
        let file = "Art;Name;Telefon;Straße;Hausnummer;Themen;Gefahr;Nachweis;Zugestimmt am\n\
                    vertreten;Erna Muster;030 23125014;Am Lauch;3;abfall, verkehr;Anruf;A-17;03.05.2024\n";
        let [Ok(line)] = &read(file.as_bytes()).unwrap()[..] else { panic!() };
        assert_eq!((line.number, line.kind), (2, Kind::Ward));
        assert_eq!(line.choice.contacts.phone.as_ref().unwrap().as_str(), "+493023125014");
        assert_eq!(line.choice.topics.len(), 2);
        assert_eq!(line.choice.channels.as_ref().unwrap().crisis, [Channel::Voice]);
        assert_eq!(line.agreed_on, NaiveDate::from_ymd_opt(2024, 5, 3).unwrap());
    }

    #[test]
    fn the_first_wrong_column_is_named() {
        let head = "kind,name,phone,email,street,house_number,crisis,document,agreed_on\n";
        for (line, column) in [
            ("dog,Erna,,,,,,A,2024-05-03", Column::Kind),
            ("ward,,030 23125014,,,,,A,2024-05-03", Column::Name),
            ("ward,Erna,0900 1 123456,,,,,A,2024-05-03", Column::Phone),
            ("ward,Erna,,erna,,,,A,2024-05-03", Column::Email),
            ("ward,Erna,,,Am Lauch,,,A,2024-05-03", Column::HouseNumber),
            ("ward,Erna,,,Am Lauch,hinter 5,,A,2024-05-03", Column::HouseNumber),
            ("ward,Erna,,,,,pigeon,A,2024-05-03", Column::Crisis),
            ("ward,Erna,,,,,,,2024-05-03", Column::Document),
            ("ward,Erna,,,,,,A,yesterday", Column::AgreedOn),
        ] {
            let read = read(format!("{head}{line}\n").as_bytes()).unwrap();
            let [Err(fault)] = &read[..] else { panic!("{line}") };
            assert_eq!((fault.line, fault.column), (2, column), "{line}");
        }
    }
}
