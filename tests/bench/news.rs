//! What a town has published before the rush.

use chrono::{TimeDelta, Utc};
use domain::{
    Ctx, Tx,
    content::{Content, Kind, Sheet, State},
    context::Operator,
};
use serde_json::{Value, json};

/// Pieces of news of each town, and events that come back each week.
const NEWS: i64 = 60;
const EVENTS: i64 = 20;

/// Publishes news and events of middling length.
pub async fn publish(tx: &dyn Tx, ctx: &Ctx<Operator>) {
    let changed = tx.count_content_change().await.unwrap();
    let news = (0..NEWS).map(|number| (number, Kind::News, json!({})));
    let event = |number| {
        let starts: chrono::DateTime<Utc> = ctx.now - TimeDelta::days(number);
        json!({"starts_at": starts, "recurrence": "FREQ=WEEKLY"})
    };
    let events = (0..EVENTS).map(|number| (number, Kind::Event, json!({"event": event(number)})));
    for (number, kind, details) in news.chain(events) {
        let content = Content {
            id: ctx.id(),
            kind,
            state: State::Published,
            sheet: sheet(number, details),
            published_at: Some(ctx.now - TimeDelta::minutes(number)),
            changed,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        tx.insert_content(&content).await.unwrap();
    }
}

fn sheet(number: i64, details: Value) -> Sheet {
    let summary = "Wegen Bauarbeiten an der Wasserleitung ist die Straße zwischen Markt und Brücke bis Freitag \
                   gesperrt. Eine Umleitung ist ausgeschildert, Busse halten am Bahnhof.";
    let mut sheet = json!({
        "texts": [{"language": "de", "title": format!("Straßensperrung, Abschnitt {number}"), "summary": summary}],
        "pictures": [], "links": [], "position": 0, "location": {"lat": 51.5912, "lon": 12.5853},
    });
    sheet.as_object_mut().unwrap().extend(details.as_object().unwrap().clone());
    serde_json::from_value(sheet).unwrap()
}
