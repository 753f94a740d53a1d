//! Complaints over HTTP.

mod acting;
mod confirming;
mod reads;
mod reads_lists;
mod submitting;

use serde_json::{Value, json};

use crate::support::{http::Call, installation::Installation};

/// Where the complaints of the test town are.
pub const COMPLAINTS: &str = "/v1/municipalities/bad-dueben/complaints";

/// A town with a kind of complaint, `illegal-waste`, and an installation that serves it.
pub async fn in_bad_dueben(installation: &Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    installation.add_category(&town, "illegal-waste", 1).await;
}

/// An anonymous report inside the town.
pub fn report() -> Value {
    json!({
        "category": "illegal-waste",
        "description": "Alte Reifen am Waldrand, seit gestern.",
        "location": {"lat": 51.5919, "lon": 12.5853},
        "anonymous": true,
    })
}

/// The report with some members replaced; null takes one out.
pub fn report_with(changes: Value) -> Value {
    let mut report = report();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            report.as_object_mut().unwrap().remove(name);
        } else {
            report[name] = value.clone();
        }
    }
    report
}

impl Installation {
    /// Files a report.
    pub fn file(&self, report: &Value) -> Call {
        self.post(COMPLAINTS, report)
    }
}
