//! What programs that try the API need: a file with sessions of a citizen and of the town hall's
//! admin, and with ids of things that are there. `schemathesis.toml` reads it as environment.

use std::{fs, path::Path};

use reqwest::Method;
use serde_json::json;

use super::{
    client::{Client, items},
    play::{Cast, Report},
    surroundings::{FOLDER, Surroundings},
    town,
};
use crate::{cli::Failure, clock::Clock};

/// A PNG (ISO/IEC 15948) of one grey pixel.
const DOT: &[u8] = b"\x89PNG\r\n\x1a\n\
    \0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
    \0\0\0\x0aIDAT\x78\x9c\x63\x68\0\0\0\x82\0\x81\x77\xcd\x72\xb6\
    \0\0\0\0IEND\xae\x42\x60\x82";

/// Adds a report with a photo, and writes the file. Gives its name.
pub async fn write(on: &Surroundings, cast: &Cast, clock: &Clock) -> Result<String, Failure> {
    let (town, citizen, admin) = (town::path(), &cast.citizen.client, &cast.admin.client);
    let photo = format!("{town}/photos");
    let photo = citizen.call(Method::POST, &photo).bytes("image/png", DOT).expect(201).await?.text("/id")?;
    let report = json!({
        "category": "illegal-waste",
        "description": "A broken chair beside the container.",
        "location": { "lat": 51.5912, "lon": 12.5846 },
        "photos": [photo],
    });
    let report = citizen.post(&format!("{town}/complaints"), &report).expect(201).await?;
    let report = Report::of(&report, &[])?;

    let key = json!({"name": "Map", "scopes": ["complaints.read"]});
    let key = admin.post(&format!("{town}/admin/api-keys"), &key).expect(201).await?.text("/id")?;
    let tester = json!({"email": "tester@example.org"});
    let tester = admin.post(&format!("{town}/admin/testers"), &tester).expect(201).await?.text("/id")?;

    let topic = json!({"code": "kita", "names": {"de": "Kita und Schule", "en": "Day care and school"}});
    admin.post(&format!("{town}/admin/topics"), &topic).expect(201).await?;
    let ward = json!({"municipality": town::SLUG, "name": "Otto Muster", "email": "otto@example.org"});
    let ward = citizen.post("/v1/me/wards", &ward).expect(201).await?.text("/id")?;

    let source = json!({"name": "Vereinskalender", "format": "calendar"});
    admin.post(&format!("{town}/staff/content-sources"), &source).expect(201).await?;
    let segment = json!({"name": "Alle", "audience": {"everyone": true}});
    admin.post(&format!("{town}/staff/segments"), &segment).expect(201).await?;
    let template = json!({
        "name": "Sperrung", "severity": "important", "sender": "Bauamt",
        "texts": {"de": {"title": "Sperrung", "body": "Die Straße ist gesperrt."}},
    });
    admin.post(&format!("{town}/staff/broadcast-templates"), &template).expect(201).await?;

    let mut lines = vec![
        ("RATHAUS", on.base.clone()),
        ("CITIZEN_REFRESH_TOKEN", cast.citizen.refresh_token.clone()),
        ("STAFF_REFRESH_TOKEN", cast.admin.refresh_token.clone()),
        ("COMPLAINT", report.id),
        ("PHOTO", photo),
        ("DEVICE", clock.uuid().to_string()),
        ("API_KEY", key),
        ("TESTER", tester),
        ("WARD", ward),
        ("STAFF", colleague(admin, &format!("{town}/admin/staff")).await?),
        ("PERSON", citizen.get("/v1/me").expect(200).await?.text("/id")?),
        ("MESSAGE", last(citizen, "/v1/me/messages").await?),
    ];
    for (name, list) in [
        ("DEPARTMENT", "admin/departments"),
        ("AREA", "admin/areas"),
        ("CATEGORY", "admin/categories"),
        ("RULE", "admin/routing-rules"),
        ("ADDRESS", "admin/addresses"),
        ("TOPIC", "admin/topics"),
        ("CALENDAR", "admin/waste-calendars"),
        ("WASTE_TYPE", "admin/waste-types"),
        ("CONTENT", "staff/content"),
        ("SOURCE", "staff/content-sources"),
        ("BROADCAST", "staff/broadcasts"),
        ("SEGMENT", "staff/segments"),
        ("TEMPLATE", "staff/broadcast-templates"),
    ] {
        lines.push((name, last(admin, &format!("{town}/{list}")).await?));
    }
    let file = Path::new(FOLDER).join("try.env");
    let text: String = lines.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    fs::write(&file, text).map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    Ok(file.display().to_string())
}

/// A clerk: whatever is changed of them, the admin stays who they are.
async fn colleague(admin: &Client, list: &str) -> Result<String, Failure> {
    let found = items(&admin.get(list).expect(200).await?.json()?);
    let text = |one: &serde_json::Value, name: &str| Some(one.get(name)?.as_str()?.to_owned());
    let clerk = found.iter().find(|one| text(one, "role").as_deref() == Some("clerk"));
    let clerk = clerk.and_then(|one| text(one, "id"));
    clerk.ok_or_else(|| format!("{list} holds no clerk").into())
}

/// The last thing in a list.
async fn last(reader: &Client, list: &str) -> Result<String, Failure> {
    let found = items(&reader.get(list).expect(200).await?.json()?);
    let id = found.last().and_then(|item| item.get("id")).and_then(serde_json::Value::as_str);
    id.map(str::to_owned).ok_or_else(|| format!("{list} is empty").into())
}
