//! The waste calendar of one's own door: a year is imported, one collection moves for a holiday, and the
//! phone of that street hears it, at once and the evening before.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::{
    Locale, Scope, Store, broadcasts::quiet, context::System, municipalities::Municipality, text::Slug,
    waste::service::remind,
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
    let town = here(on).await?;
    let calendar = imported(admin, screen).await?;
    let soon = prepared(admin, citizen, &calendar, (&town, clock)).await?;
    asks_to_be_reminded(citizen, screen).await?;
    let (from, to) = moved(admin, citizen, &calendar, soon, screen).await?;
    heard.waste(on, citizen, "waste_changed", &PRIVATE, screen).await?;
    evening_before(on, clock, &town, to).await?;
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

/// The bin that is to move, and how often it will have moved then.
struct Soon {
    day: NaiveDate,
    to: NaiveDate,
    moves: u8,
}

/// At night people are told only of what is collected before they get up. So that the phone hears it at any hour,
/// the next organic bin is moved there then, as long as nobody lives in the street.
async fn prepared(
    admin: &Colleague,
    citizen: &Citizen,
    calendar: &str,
    (town, clock): (&Municipality, &Clock),
) -> Result<Soon, Failure> {
    let morning = quiet::morning(clock.now(), town.time_zone);
    let today = town.calendar().date(morning);
    if morning <= clock.now() {
        let day = next_organic(citizen, today + Days::new(2)).await?;
        return Ok(Soon { day, to: day + Days::new(1), moves: 1 });
    }
    let day = next_organic(citizen, today).await?;
    if day == today {
        return Ok(Soon { day, to: day + Days::new(1), moves: 1 });
    }
    let change = json!({ "from": day, "to": today, "waste_type": "organic", "reason": "operations" });
    admin.client.post(&format!("{calendar}/changes"), &change).expect(200).await?;
    // Not back to where it was.
    let next = today + Days::new(1);
    Ok(Soon { day: today, to: if day == next { next + Days::new(1) } else { next }, moves: 2 })
}

/// The first day from `from` on on which the citizen's organic bin is collected.
async fn next_organic(citizen: &Citizen, from: NaiveDate) -> Result<NaiveDate, Failure> {
    let path = format!("{}/waste/collections?street=leipziger%20str.&house_number={HOUSE}", town::path());
    let shown = citizen.client.get(&format!("{path}&from={from}")).expect(200).await?.json()?;
    let all = shown.get("collections").and_then(Value::as_array).cloned().unwrap_or_default();
    let organic = all.iter().find(|it| it.get("waste_type").is_some_and(|code| code == "organic"));
    let organic = organic.ok_or_else(|| format!("no organic bin is collected: {shown}"))?;
    Ok(text(organic, "/date")?.parse()?)
}

/// An organic bin moves. Answers both days.
async fn moved(
    admin: &Colleague,
    citizen: &Citizen,
    calendar: &str,
    Soon { day: from, to, moves }: Soon,
    screen: &mut Screen,
) -> Result<(NaiveDate, NaiveDate), Failure> {
    let change = json!({ "from": from, "to": to, "waste_type": "organic", "reason": "holiday" });
    admin.client.post(&format!("{calendar}/changes"), &change).expect(200).await?;
    screen.step("town hall", &format!("moves the organic bin of {from} to {to}, for a holiday"));
    let feed = format!("{}/waste/calendar.ics?street=leipziger%20str.&house_number={HOUSE}", town::path());
    let feed = citizen.client.get(&feed).expect(200).await?;
    let feed = String::from_utf8_lossy(&feed.body).into_owned();
    ensure(feed.contains(&format!("SEQUENCE:{moves}")), || {
        "the subscribed calendar does not show the change".to_owned()
    })?;
    screen.detail("the calendar one subscribes to shows it as the same event with a higher SEQUENCE");
    Ok((from, to))
}

/// The town hall itself.
async fn here(on: &Surroundings) -> Result<Municipality, Failure> {
    let slug = Slug::parse(town::SLUG).map_err(|code| code.to_string())?;
    let town = on.server.store().read(Scope::Installation).await?.municipality(&slug).await?;
    Ok(town.ok_or("the town is gone")?)
}

/// What falls due at 18:00 the evening before, told now.
async fn evening_before(
    on: &Surroundings,
    clock: &Clock,
    town: &Municipality,
    day: NaiveDate,
) -> Result<(), Failure> {
    let evening = NaiveTime::from_hms_opt(18, 0, 0).unwrap_or_default();
    let due: DateTime<Utc> = town.calendar().at(day - Days::new(1), evening);
    let ctx = clock.ctx(Locale::De, clock.uuid(), System);
    let turn = (due - TimeDelta::minutes(1), due);
    let told = remind(on.server.store(), &ctx, town.id, turn).await?;
    ensure(told == 1, || format!("{told} phones were reminded and not one"))
}
