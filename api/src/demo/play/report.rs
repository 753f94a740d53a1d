//! The citizen's report.

use chrono::{DateTime, Utc};
use chrono_tz::Europe::Berlin;
use serde_json::{Value, json};

use super::{Citizen, Colleague};
use crate::{
    cli::Failure,
    clock::Clock,
    demo::{
        client::{Answer, Client, ensure, items},
        screen::Screen,
        town,
    },
};

const DESCRIPTION: &str = "Drei alte Reifen und ein Farbeimer am Ufer der Mulde hinter der Burg.";
const CATEGORY: &str = "illegal-waste";
/// Latitude and longitude.
const PLACE: (f64, f64) = (51.5868, 12.5851);
/// What was done, as the citizen reads it.
pub const SOLUTION: &str = "Der Bauhof hat Reifen und Farbe abgeholt. Danke für den Hinweis.";

/// A report that was filed.
#[derive(Clone)]
pub struct Report {
    /// Its identifier, made on the phone.
    pub id: String,
    /// Its number for people.
    pub reference: String,
    /// What may not leave through Google or Apple.
    pub private_words: Vec<String>,
}

impl Report {
    /// From the answer to its filing.
    pub fn of(answer: &Answer, private_words: &[&str]) -> Result<Self, Failure> {
        Ok(Self {
            id: answer.text("/id")?,
            reference: answer.text("/reference")?,
            private_words: private_words.iter().map(|word| (*word).to_owned()).collect(),
        })
    }

    /// Where its reporter and the public find it.
    pub fn path(&self) -> String {
        format!("{}/complaints/{}", town::path(), self.id)
    }

    /// Where staff finds it.
    pub fn staff_path(&self) -> String {
        format!("{}/staff/complaints/{}", town::path(), self.id)
    }
}

/// Asks whether somebody reported it already.
pub async fn known_nearby(by: &Client) -> Result<Vec<Value>, Failure> {
    let (lat, lon) = PLACE;
    let path = format!("{}/complaints/nearby?lat={lat}&lon={lon}&category={CATEGORY}", town::path());
    Ok(items(&by.get(&path).expect(200).await?.json()?))
}

/// The report, why it went where it went, and the same report once more after a lost answer.
pub async fn by_citizen(
    citizen: &Citizen,
    admin: &Colleague,
    photo: &str,
    clock: &Clock,
    screen: &mut Screen,
) -> Result<Report, Failure> {
    let known = known_nearby(&citizen.client).await?;
    ensure(known.is_empty(), || format!("something is known here already: {known:?}"))?;
    let (lat, lon) = PLACE;
    let new = json!({
        "id": clock.uuid(),
        "category": CATEGORY,
        "description": DESCRIPTION,
        "location": { "lat": lat, "lon": lon },
        "photos": [photo],
    });
    let path = format!("{}/complaints", town::path());
    let answer = citizen.client.post(&path, &new).expect(201).await?;
    let report = Report::of(&answer, &["Reifen", "Mulde", "Burg", "erika"])?;
    let department = answer.text("/department")?;
    screen.step("citizen", &format!("“{DESCRIPTION}”"));
    screen.detail("asked first whether somebody had reported it already: nobody nearby");
    screen.step(
        "Rathaus",
        &format!(
            "{} · {} · {department} · promised by {}",
            report.reference,
            answer.text("/status")?,
            day(&answer.text("/due_at")?)?,
        ),
    );
    why(admin, &report, 5, screen).await?;

    let again = citizen.client.post(&path, &new).expect(201).await?;
    ensure(again.text("/reference")? == report.reference, || {
        "sent again, it became another report".to_owned()
    })?;
    screen.step("citizen", "sends the same report again, as after a lost answer: it stays one report");
    Ok(report)
}

/// Which rule decided, with its reasons and as many of the rules tried before as make `lines`.
pub async fn why(
    admin: &Colleague,
    report: &Report,
    lines: usize,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let routing = admin.client.get(&format!("{}/routing", report.staff_path())).expect(200).await?.json()?;
    let said =
        routing.pointer("/decisions/0/explanation").and_then(Value::as_array).cloned().unwrap_or_default();
    ensure(!said.is_empty(), || format!("the decision has no explanation: {routing}"))?;
    for line in said.iter().filter_map(Value::as_str).take(lines) {
        screen.detail(line);
    }
    Ok(())
}

/// A moment as a day on the town's calendar.
fn day(moment: &str) -> Result<String, Failure> {
    let moment: DateTime<Utc> = moment.parse()?;
    Ok(moment.with_timezone(&Berlin).format("%A, %-d %B %Y").to_string())
}
