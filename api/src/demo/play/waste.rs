//! The waste calendar of one's own door: a year is imported, one collection moves for a holiday, and the
//! phone of that street hears it, at once and the evening before.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::{
    Locale, Scope, Store, context::System, municipalities::Municipality, text::Slug, waste::service::remind,
};
use serde_json::{Value, json};

use super::{Citizen, Colleague, phones::Heard};
use crate::{
    cli::Failure,
    clock::Clock,
    demo::{
        client::{ensure, number, text},
        screen::Screen,
        surroundings::Surroundings,
        town,
    },
};

/// A year of one side of a street, with the defects such files have.
const FILE: &[u8] = include_bytes!("../data/abfall.ics");
const STREET: &str = "Leipziger Straße";
const HOUSE: &str = "3";
/// Words that may not pass through Apple's hands.
const PRIVATE: [&str; 2] = ["Leipziger", "straße"];

/// All of it.
pub async fn of_one_s_own_door(
    on: &Surroundings,
    heard: &mut Heard,
    citizen: &Citizen,
    admin: &Colleague,
    clock: &Clock,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let calendar = imported(admin, screen).await?;
    asks_to_be_reminded(citizen, screen).await?;
    let (from, to) = moved(admin, citizen, &calendar, clock, screen).await?;
    heard.waste(on, citizen, "waste_changed", &PRIVATE, screen).await?;
    evening_before(on, clock, to).await?;
    let said = heard.waste(on, citizen, "waste_reminder", &PRIVATE, screen).await?;
    ensure(said.contains("Moved") || said.contains("Verschoben"), || {
        format!("the reminder does not say that the collection moved from {from}: {said}")
    })?;
    screen.detail("the demo does not wait for that evening: it tells what is due then");
    Ok(())
}

/// Kinds of waste, a calendar for the odd side of the street, and its year. Answers where the calendar is.
async fn imported(admin: &Colleague, screen: &mut Screen) -> Result<String, Failure> {
    for (code, de, en, words) in [
        ("residual", "Restabfall", "Residual waste", json!(["Restmüll"])),
        ("organic", "Biotonne", "Organic waste", json!(["Bioabfall"])),
        ("paper", "Papier", "Paper", json!(["Blaue Tonne"])),
        ("packaging", "Gelbe Tonne", "Packaging", json!([])),
        ("hazardous", "Schadstoffe", "Hazardous waste", json!(["Schadstoffmobil"])),
    ] {
        let kind = json!({ "code": code, "names": { "de": de, "en": en }, "words": words });
        admin.client.post(&format!("{}/admin/waste-types", town::path()), &kind).expect(201).await?;
    }
    let sections = json!([{ "street": STREET, "house_numbers": "1-99 ungerade" }]);
    let calendar = json!({ "name": "Leipziger Straße, ungerade", "sections": sections });
    let calendars = format!("{}/admin/waste-calendars", town::path());
    let made = admin.client.post(&calendars, &calendar).expect(201).await?;
    let calendar = format!("{calendars}/{}", made.text("/id")?);
    let imports = format!("{calendar}/imports");
    let report =
        admin.client.send_bytes(&imports, "text/calendar", FILE.to_vec()).expect(200).await?.json()?;
    let (added, ignored) = (number(&report, "/added")?, number(&report, "/ignored")?);
    screen.step(
        "town hall",
        &format!("imports the waste calendar of the odd side of Leipziger Straße: {added} collections"),
    );
    screen.detail(&format!("{ignored} lines of the file collect nothing: holidays and days long past"));
    let again =
        admin.client.send_bytes(&imports, "text/calendar", FILE.to_vec()).expect(200).await?.json()?;
    ensure(number(&again, "/unchanged")? == added, || format!("the same file changed something: {again}"))?;
    let broken = b"<html>Die Datei wurde verschoben.</html>".to_vec();
    admin.client.send_bytes(&imports, "text/calendar", broken).expect(422).await?;
    screen.detail("the same file changes nothing, and a web page in its place is refused");
    Ok(calendar)
}

/// The citizen follows the town with an address, and wants to hear of everything the evening before.
async fn asks_to_be_reminded(citizen: &Citizen, screen: &mut Screen) -> Result<(), Failure> {
    let follow = json!({
        "role": "resident", "language": "de", "channels": { "notice": ["push"] },
        "address": { "street": STREET, "house_number": HOUSE },
    });
    let path = format!("/v1/me/follows/{}", town::SLUG);
    citizen.client.put(&path, &follow).expect(200).await?;
    let reminders = json!({ "reminders": [{ "days_before": 1, "time": "18:00", "channel": "push" }] });
    citizen.client.put(&format!("{path}/waste-reminders"), &reminders).expect(200).await?;
    screen.step("citizen", "lives at number 3 and wants to be reminded at 18:00 the evening before");
    Ok(())
}

/// The next organic bin moves by a day. Answers both days.
async fn moved(
    admin: &Colleague,
    citizen: &Citizen,
    calendar: &str,
    clock: &Clock,
    screen: &mut Screen,
) -> Result<(NaiveDate, NaiveDate), Failure> {
    let soon = clock.now().date_naive() + Days::new(2);
    let path = format!("{}/waste/collections?street=leipziger%20str.&house_number={HOUSE}", town::path());
    let shown = citizen.client.get(&format!("{path}&from={soon}")).expect(200).await?.json()?;
    let all = shown.get("collections").and_then(Value::as_array).cloned().unwrap_or_default();
    let organic = all.iter().find(|it| it.get("waste_type").is_some_and(|code| code == "organic"));
    let organic = organic.ok_or_else(|| format!("no organic bin is collected: {shown}"))?;
    let from: NaiveDate = text(organic, "/date")?.parse()?;
    let to = from + Days::new(1);
    let change = json!({ "from": from, "to": to, "waste_type": "organic", "reason": "holiday" });
    admin.client.post(&format!("{calendar}/changes"), &change).expect(200).await?;
    screen.step("town hall", &format!("moves the organic bin of {from} to {to}, for a holiday"));
    let feed = format!("{}/waste/calendar.ics?street=leipziger%20str.&house_number={HOUSE}", town::path());
    let feed = citizen.client.get(&feed).expect(200).await?;
    let feed = String::from_utf8_lossy(&feed.body).into_owned();
    ensure(feed.contains("SEQUENCE:1"), || "the subscribed calendar does not show the change".to_owned())?;
    screen.detail("the calendar one subscribes to shows it as the same event with a higher SEQUENCE");
    Ok((from, to))
}

/// What falls due at 18:00 the evening before, told now.
async fn evening_before(on: &Surroundings, clock: &Clock, day: NaiveDate) -> Result<(), Failure> {
    let store = on.server.store();
    let town: Option<Municipality> = store
        .read(Scope::Installation)
        .await?
        .municipality(&Slug::parse(town::SLUG).map_err(|code| code.to_string())?)
        .await?;
    let town = town.ok_or("the town is gone")?;
    let evening = NaiveTime::from_hms_opt(18, 0, 0).unwrap_or_default();
    let due: DateTime<Utc> = town.calendar().at(day - Days::new(1), evening);
    let ctx = clock.ctx(Locale::De, clock.uuid(), System);
    let told = remind(store, &ctx, town.id, (due - TimeDelta::minutes(1), due)).await?;
    ensure(told == 1, || format!("{told} phones were reminded and not one"))
}
