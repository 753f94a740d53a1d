//! Other ways a report can go.

use serde_json::json;

use super::{Citizen, Colleague, Guest, Report, desk, phones::Heard, report};
use crate::{
    cli::Failure,
    demo::{
        client::{Client, ensure},
        screen::Screen,
        surroundings::Surroundings,
        town,
    },
};

/// A guest reports a dark lamp at an address; the office's answer reaches the Android phone.
pub async fn on_android(
    on: &Surroundings,
    heard: &mut Heard,
    guest: &Guest,
    admin: &Colleague,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let description = "The lamp in front of the house has been dark since Monday.";
    let new = json!({
        "category": "street-lamp",
        "description": description,
        "address": "Leipziger Str. 12",
    });
    let answer = guest.client.post(&complaints(), &new).expect(201).await?;
    let report = Report::of(&answer, &["lamp", "Leipziger"])?;
    screen.step("guest", &format!("reports at Leipziger Str. 12: “{description}”"));
    report::why(admin, &report, 3, screen).await?;
    let seen = admin.client.get(&report.staff_path()).expect(200).await?;
    desk::step(admin, &report, &seen, "accepted", "We will have a look this week.", 200).await?;
    heard.android(on, guest, &report, screen).await
}

/// Without any contact: the return key is all there is.
pub async fn anonymous(nobody: &Client, screen: &mut Screen) -> Result<(), Failure> {
    let new = json!({
        "category": "vandalism",
        "description": "Die Scheibe am Wartehäuschen ist eingeschlagen.",
        "location": { "lat": 51.5927, "lon": 12.5851 },
        "anonymous": true,
    });
    let answer = nobody.post(&complaints(), &new).expect(201).await?;
    let report = Report::of(&answer, &[])?;
    let key = answer.text("/return_key")?;
    screen.step("anonymous", &format!("reports without any contact: {}", report.reference));
    screen.detail(&format!("return key, shown once: {key}"));
    Ok(())
}

/// A place of the neighbouring town is refused with its name.
pub async fn outside(citizen: &Citizen, screen: &mut Screen) -> Result<(), Failure> {
    let new = json!({
        "category": "pothole",
        "description": "Ein tiefes Schlagloch.",
        "location": { "lat": 51.461, "lon": 12.636 },
    });
    let refusal = citizen.client.post(&complaints(), &new).expect(422).await?;
    let detail = refusal.text("/detail")?;
    ensure(detail.contains(town::NEIGHBOUR), || format!("the refusal does not name the town: {detail}"))?;
    screen.step("citizen", &format!("reports from another town and is told: “{detail}”"));
    Ok(())
}

/// A rule about an area that is not there cannot be saved.
pub async fn rule_about_nothing(admin: &Colleague, screen: &mut Screen) -> Result<(), Failure> {
    let rule = json!({
        "name": "Nirgendwo",
        "condition": { "area": ["0199aaaa-0000-7000-8000-000000000000"] },
        "actions": { "department": "0199aaaa-0000-7000-8000-000000000000" },
    });
    let path = format!("{}/admin/routing-rules", town::path());
    let refusal = admin.client.post(&path, &rule).expect(422).await?;
    screen.step(
        "admin",
        &format!(
            "cannot save a rule about an area that is not there: {}",
            refusal.text("/errors/0/pointer")?
        ),
    );
    Ok(())
}

fn complaints() -> String {
    format!("{}/complaints", town::path())
}
