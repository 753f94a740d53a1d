//! abfall.io, version 3: the operator's key gives a key for its GraphQL interface, which gives the dates of
//! a house. There is no contract for it; what is asked and answered was recorded from calendar pages.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::NaiveDate;
use domain::{
    Code, Error, Result,
    waste::{AbfallIo, Column, Fault, Record, Source, Window},
};
use http::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;

use crate::sources::{Fetcher, Question};

/// Where the operator's key is turned into one for the interface.
const DOOR: &str = "https://api.abfall.io/";
/// The interface.
const INTERFACE: &str = "https://widgets.abfall.io/graphql";

/// Bytes of an answer: a year of one house's dates is a tenth of it.
const LONGEST_ANSWER: usize = 512 * 1024;

const APPOINTMENTS: &str = "query Appointments($idHouseNumber: ID!, $wasteTypes: [ID], $dateMin: Date, $dateMax: Date, \
                            $showInactive: Boolean) { appointments(idHouseNumber: $idHouseNumber, wasteTypes: $wasteTypes, \
                            dateMin: $dateMin, dateMax: $dateMax, showInactive: $showInactive) { date wasteType { name } } }";

/// One house's dates.
pub struct AbfallIoHouse {
    settings: AbfallIo,
    fetcher: Fetcher,
    door: String,
    interface: String,
}

#[derive(Deserialize)]
struct Opened {
    #[serde(rename = "apiKey")]
    key: String,
    #[serde(default)]
    settings: Settings,
}

#[derive(Default, Deserialize)]
struct Settings {
    #[serde(rename = "PUB_ABFALLTYPEN", default)]
    kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "wasteType")]
    id: Value,
    #[serde(default)]
    checked: bool,
}

#[derive(Deserialize)]
struct Answered {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<Value>,
}

#[derive(Deserialize)]
struct Data {
    appointments: Option<Vec<Appointment>>,
}

#[derive(Deserialize)]
struct Appointment {
    date: String,
    #[serde(rename = "wasteType")]
    kind: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

fn accept() -> (&'static str, String) {
    ("accept", "application/json".to_owned())
}

fn unavailable() -> Error {
    Error::invalid("/source", Code::SourceUnavailable)
}

impl AbfallIoHouse {
    /// The dates of the house these settings name.
    pub fn new(settings: AbfallIo, fetcher: Fetcher) -> Self {
        Self { settings, fetcher, door: DOOR.to_owned(), interface: INTERFACE.to_owned() }
    }

    /// The same service somewhere else: a stand-in, for tests.
    #[must_use]
    pub fn at(self, base: &str) -> Self {
        Self { door: format!("{base}/"), interface: format!("{base}/graphql"), ..self }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        url: &Url,
        headers: Vec<(&'static str, String)>,
        body: Bytes,
    ) -> Result<T> {
        let answer = self.fetcher.ask(Question { method, url, headers, body, longest: LONGEST_ANSWER }).await;
        let answer = answer.map_err(|error| {
            tracing::warn!(%error, "abfall.io gave no dates");
            unavailable()
        })?;
        serde_json::from_slice(&answer).map_err(|_| {
            tracing::warn!("abfall.io answered something else");
            unavailable()
        })
    }
}

#[async_trait]
impl Source for AbfallIoHouse {
    async fn read(&self, window: Window) -> Result<Vec<Result<Record, Fault>>> {
        let parse = |text: &str| Url::parse(text).map_err(|_| unavailable());
        let mut door = parse(&self.door)?;
        door.query_pairs_mut().append_pair("key", self.settings.key.as_str());
        let opened: Opened = self.ask(Method::GET, &door, vec![accept()], Bytes::new()).await?;
        let kinds: Vec<_> =
            opened.settings.kinds.into_iter().filter(|kind| kind.checked).map(|kind| kind.id).collect();
        let question = json!({
            "query": APPOINTMENTS,
            "variables": {
                "idHouseNumber": self.settings.house,
                "wasteTypes": if kinds.is_empty() { Value::Null } else { kinds.into() },
                "dateMin": window.from,
                "dateMax": window.until,
                "showInactive": false,
            },
        });
        let mut headers = vec![
            accept(),
            ("content-type", "application/json".to_owned()),
            ("x-abfallplus-api-key", opened.key),
        ];
        if let Some(website) = &self.settings.website {
            let origin = parse(website.as_str())?.origin().ascii_serialization();
            headers.push(("referer", format!("{origin}/")));
            headers.push(("origin", origin));
        }
        let body = question.to_string().into();
        let answered: Answered = self.ask(Method::POST, &parse(&self.interface)?, headers, body).await?;
        let appointments = answered.data.and_then(|data| data.appointments);
        match appointments {
            Some(appointments) if answered.errors.is_empty() => {
                Ok((1..).zip(appointments).map(|(line, appointment)| appointment.record(line)).collect())
            }
            _ => Err(unavailable()),
        }
    }

    fn tells_all(&self) -> bool {
        true
    }
}

impl Appointment {
    fn record(self, line: u32) -> Result<Record, Fault> {
        let fault = |column, code| Fault { line, column, code };
        let day = self.date.get(..10).unwrap_or(&self.date);
        let date: NaiveDate = day.parse().map_err(|_| fault(Column::Date, Code::WrongType))?;
        let waste = self.kind.and_then(|kind| kind.name).filter(|name| !name.trim().is_empty());
        let waste = waste.ok_or(fault(Column::Waste, Code::Required))?;
        Ok(Record { line, waste, date, section: None, stop: None })
    }
}

#[cfg(test)]
#[path = "abfall_io_tests.rs"]
mod tests;
