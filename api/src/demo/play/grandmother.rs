//! Somebody without a smartphone: a grandchild registers her landline, she is called and agrees by a key.

use domain::{Scope, Store, page::PageRequest};
use serde_json::json;
use simulators::telephony::{Answer, Heard};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Citizen, Colleague, PATIENCE};
use crate::{
    cli::Failure,
    demo::{
        client::{ensure, items, text},
        screen::Screen,
        surroundings::Surroundings,
        town,
    },
};

/// A number for fiction: the Federal Network Agency gives it to nobody (Mitteilung 148/2021).
pub const LANDLINE: &str = "+493023125014";
/// How often to look whether a call is over.
const LOOK: std::time::Duration = std::time::Duration::from_millis(20);

/// The grandchild registers her, and the town hall's telephone rings at her home.
pub async fn is_registered(
    on: &Surroundings,
    grandchild: &Citizen,
    clerk: &Colleague,
    screen: &mut Screen,
) -> Result<(), Failure> {
    on.phone.script(LANDLINE, [Answer::PickUp("21")]);
    let ward = json!({ "municipality": town::SLUG, "name": "Erna Muster", "phone": "030 23125014", "language": "de",
        "address": { "street": "An der Mulde", "house_number": "5" } });
    let made = grandchild.client.post("/v1/me/wards", &ward).expect(201).await?.json()?;
    let (id, state) = (text(&made, "/id")?, text(&made, "/state")?);
    ensure(state == "invited", || format!("nobody asked her, and she is {state}"))?;
    screen.step("grandchild", "registers her grandmother, who has a landline and no smartphone");
    screen.detail("until she agrees, nothing is sent to her");

    let heard = call(on).await?;
    let greeting = heard.said.first().map(|(_, words)| words.clone()).unwrap_or_default();
    ensure(greeting.contains("hier ist das Rathaus"), || format!("she heard {:?}", heard.said))?;
    screen.step("telephone", &format!("rings at {LANDLINE}: “{greeting}”"));
    screen.step("grandmother", "presses 2 to hear it again, then 1: she agrees");

    let path = format!("/v1/me/wards/{id}");
    let now = grandchild.client.get(&path).expect(200).await?.text("/state")?;
    ensure(now == "active", || format!("after her key she is {now}"))?;
    is_in_the_ledger(on, &id, screen).await?;

    let found = format!("{}/staff/wards?q=muster", town::path());
    let found = clerk.client.get(&found).expect(200).await?.json()?;
    let hers = items(&found).iter().any(|item| text(item, "/id").is_ok_and(|found| found == id));
    ensure(hers, || format!("the town hall does not find her: {found}"))?;
    screen.step("clerk", "finds her in the town hall's form, by name or number");
    Ok(())
}

/// The call, once it is over.
async fn call(on: &Surroundings) -> Result<Heard, Failure> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some(heard) = on.phone.heard().into_iter().find(|heard| heard.to == LANDLINE) {
            return Ok(heard);
        }
        sleep(LOOK).await;
    }
    Err(format!("nobody called {LANDLINE} within {PATIENCE:?}").into())
}

/// What she agreed to, by which key.
async fn is_in_the_ledger(on: &Surroundings, id: &str, screen: &mut Screen) -> Result<(), Failure> {
    let store = on.server.store();
    let slug = domain::text::Slug::parse(town::SLUG).map_err(|_| "the town's slug is none")?;
    let town = store.read(Scope::Installation).await?.municipality(&slug).await?.ok_or("the town is gone")?;
    let person: Uuid = id.parse()?;
    let all = PageRequest { limit: 10, after: None };
    let ledger = store.read(Scope::Municipality(town.id)).await?.consents(person.into(), &all).await?.items;
    let by_key = |entry: &domain::consents::Entry| {
        entry.given && entry.means == domain::consents::Means::Keypress && entry.proof.is_some()
    };
    ensure(!ledger.is_empty() && ledger.iter().all(|(_, entry)| by_key(entry)), || {
        format!("the ledger says {ledger:?}")
    })?;
    screen.step("ledger", "keeps that she agreed: by key, when, to which words, in which call");
    for (number, entry) in ledger {
        screen.detail(&format!(
            "{number}: {} for {}, words of {}",
            entry.channel,
            entry.purpose,
            entry.text_version.as_str()
        ));
    }
    Ok(())
}
