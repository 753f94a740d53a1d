//! The Mulde rises: a warning to the streets along it, and a ladder that climbs until it is known who is left.

use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};
use simulators::{record::Outcome, telephony::Answer};
use tokio::time::{Instant, sleep};

use super::{Citizen, Colleague, Guest, PATIENCE, grandmother::LANDLINE, people};
use crate::{
    cli::Failure,
    clock::Clock,
    demo::{
        client::{Client, ensure, items, number, text},
        screen::Screen,
        surroundings::Surroundings,
        town,
    },
};

/// The street along the river.
const STREET: &str = "An der Mulde";
/// A mobile number for fiction: the Federal Network Agency gives it to nobody (Mitteilung 148/2021).
const MOBILE: &str = "+4915228817386";
/// How often to look whether something has come.
const LOOK: Duration = Duration::from_millis(50);

/// Plays it.
pub async fn warning(
    on: &Surroundings,
    clock: &Clock,
    (citizen, guest): (&Citizen, &Guest),
    (nobody, admin): (&Client, &Colleague),
    screen: &mut Screen,
) -> Result<(), Failure> {
    live_there(citizen, guest, admin, screen).await?;
    let second = people::sign_in(nobody, town::LEAD).await?;
    let texted = || Answer::Message(vec!["sent", "delivered"]);
    on.phone.script(LANDLINE, [Answer::PickUp("1"), Answer::PickUp("1")]);
    on.phone.script(MOBILE, [texted(), Answer::Machine, Answer::NotAnswered("busy"), texted()]);
    let id = approved(clock, admin, &second, screen).await?;

    let push = on.apns.wait_until(PATIENCE, |push| {
        push.token == citizen.device_token && push.answer.accepted() && push.json().to_string().contains(&id)
    });
    let push = push.await.map_err(|_| "the warning did not reach the iPhone")?.json();
    screen.step(
        "iPhone",
        &format!("shows “{}: {}”", text(&push, "/aps/alert/title")?, text(&push, "/aps/alert/body")?),
    );
    citizen.client.post(&format!("/v1/me/messages/{id}/acknowledgement"), &json!({})).expect(204).await?;
    let told = citizen.client.get("/v1/me/messages").expect(200).await?.json()?;
    ensure(items(&told).iter().any(|one| one.get("id") == Some(&json!(id))), || {
        format!("the app reads {told}")
    })?;
    screen.step("citizen", "reads it in the app and acknowledges: nobody calls her");

    until("the landline", async || {
        on.phone.heard().iter().any(|heard| {
            heard.to == LANDLINE && heard.said.iter().any(|(_, words)| words.contains("Hochwasser"))
        })
    })
    .await?;
    screen.step("grandmother", "is called on her landline at once, listens and presses 1");
    until("a text message", async || !on.phone.texts_to(MOBILE).is_empty()).await?;
    let words = on.phone.texts_to(MOBILE).pop().unwrap_or_default();
    screen.step("mobile", &format!("gets “{words}”"));
    screen.detail("nobody answers: the ladder climbs");
    until("two calls", async || on.phone.heard().iter().filter(|heard| heard.to == MOBILE).count() == 2)
        .await?;
    screen.step("mobile", "is called twice: a machine picks up, then it is busy. Neither counts");
    let told = on.apns.wait_until(PATIENCE, |push| {
        push.token == citizen.device_token && push.json().to_string().contains("ward_unreached")
    });
    let told = told.await.map_err(|_| "who represents him was not told")?.json();
    screen.step("iPhone", &format!("of who represents him shows “{}”", text(&told, "/aps/alert/body")?));
    who_is_left(&second, &id, screen).await?;
    all_clear(on, clock, (admin, &id), screen).await
}

/// The danger is over. Whoever was reached is told, by the ways they agreed to for a warning.
async fn all_clear(
    on: &Surroundings,
    clock: &Clock,
    (admin, first): (&Colleague, &str),
    screen: &mut Screen,
) -> Result<(), Failure> {
    let casts = format!("{}/staff/broadcasts", town::path());
    let until_then = clock.now() + TimeDelta::hours(6);
    let draft = json!({
        "severity": "important", "sender": "Ordnungsamt", "follows_up": {"first": first, "kind": "all_clear"},
        "texts": {
            "de": {"title": "Entwarnung an der Mulde", "body": "Das Wasser geht zurück."},
            "en": {"title": "All clear on the Mulde", "body": "The water is falling."},
        },
        "expires_at": until_then.to_rfc3339_opts(SecondsFormat::Secs, true),
    });
    let made = admin.client.post(&casts, &draft).expect(201).await?;
    let (place, mut tag) = (format!("{casts}/{}", made.text("/id")?), made.etag()?.to_owned());
    let preview = admin.client.post(&format!("{place}/preview"), &json!({})).expect(200).await?.json()?;
    ensure(number(&preview, "/people")? == 4, || format!("the all-clear would go to {preview}"))?;
    for step in ["submit", "approve"] {
        let decided = admin.client.post(&format!("{place}/{step}"), &json!({})).header("If-Match", &tag);
        tag = decided.expect(200).await?.etag()?.to_owned();
    }
    let is_over = |words: &str| words.contains("Entwarnung") || words.contains("All clear");
    until("the all-clear", async || {
        let heard = on.phone.heard();
        on.phone.texts_to(MOBILE).iter().any(|words| is_over(words))
            && heard.iter().any(|heard| heard.said.iter().any(|(_, words)| is_over(words)))
    })
    .await?;
    screen.step(
        "town hall",
        "gives the all-clear: it goes to the four who were reached, and nobody is called any more",
    );
    Ok(())
}

/// A citizen, a guest, a grandmother and somebody with an old mobile phone live along the river.
async fn live_there(
    citizen: &Citizen,
    guest: &Guest,
    admin: &Colleague,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let follow = |house: &str| {
        json!({
            "role": "resident", "address": {"street": STREET, "house_number": house},
            "channels": {"crisis": ["push"], "important": ["push"], "notice": ["push"]},
        })
    };
    let path = format!("/v1/me/follows/{}", town::SLUG);
    citizen.client.put(&path, &follow("1")).expect(200).await?;
    guest.client.put(&path, &follow("3")).expect(200).await?;
    let emil = json!({
        "name": "Emil Muster", "phone": MOBILE, "means": "paper", "document": "A-2026-17",
        "address": {"street": STREET, "house_number": "7"}, "channels": {"crisis": ["sms", "voice"]},
    });
    let wards = format!("{}/staff/wards", town::path());
    let emil = admin.client.post(&wards, &emil).expect(201).await?.text("/id")?;
    let invited =
        admin.client.post(&format!("{wards}/{emil}/proxy-invitations"), &json!({})).expect(201).await?;
    let code = json!({"code": invited.text("/code")?});
    citizen.client.post("/v1/me/ward-invitations", &code).expect(200).await?;
    screen.step(
        "people",
        &format!("four live at “{STREET}”: two with the app, one with an old mobile, one with a landline"),
    );
    Ok(())
}

/// One writes the warning, another approves it.
async fn approved(
    clock: &Clock,
    admin: &Colleague,
    second: &Colleague,
    screen: &mut Screen,
) -> Result<String, Failure> {
    let casts = format!("{}/staff/broadcasts", town::path());
    let until = clock.now() + TimeDelta::hours(6);
    let draft = json!({
        "severity": "crisis", "sender": "Ordnungsamt", "audience": {"street": {"name": STREET}},
        "texts": {
            "de": {"title": "Hochwasser an der Mulde", "body": "Bitte verlassen Sie Keller und Ufer."},
            "en": {"title": "Flood on the Mulde", "body": "Please leave cellars and the banks."},
        },
        "expires_at": until.to_rfc3339_opts(SecondsFormat::Secs, true),
    });
    let made = admin.client.post(&casts, &draft).expect(201).await?;
    let (id, tag) = (made.text("/id")?, made.etag()?.to_owned());
    let place = format!("{casts}/{id}");
    let preview = admin.client.post(&format!("{place}/preview"), &json!({})).expect(200).await?.json()?;
    screen.step(
        "town hall",
        &format!(
            "writes a flood warning: {} people, {} text messages and {} minutes of calls if nobody answers",
            number(&preview, "/people")?,
            number(&preview, "/if_nobody_answers/sms_segments")?,
            number(&preview, "/if_nobody_answers/voice_minutes")?,
        ),
    );
    ensure(number(&preview, "/people")? == 4, || format!("the preview counts {preview}"))?;
    let submitted = admin.client.post(&format!("{place}/submit"), &json!({})).header("If-Match", &tag);
    let submitted = submitted.expect(200).await?;
    let tag = submitted.etag()?.to_owned();
    let approve =
        |by: &Colleague| by.client.post(&format!("{place}/approve"), &json!({})).header("If-Match", &tag);
    let refused = approve(admin).expect(403).await?.text("/code")?;
    screen.step("town hall", &format!("whoever submitted a warning cannot approve it: {refused}"));
    approve(second).expect(200).await?;
    screen.step("town hall", "a second person approves it");
    Ok(id)
}

/// The list for whoever goes and knocks.
async fn who_is_left(by: &Colleague, id: &str, screen: &mut Screen) -> Result<(), Failure> {
    let place = format!("{}/staff/broadcasts/{id}", town::path());
    let list = async |standing: &str| -> Result<Vec<Value>, Failure> {
        let path = format!("{place}/deliveries?standing={standing}");
        Ok(items(&by.client.get(&path).expect(200).await?.json()?))
    };
    let acknowledged = list("acknowledged").await?;
    ensure(acknowledged.len() == 2, || format!("acknowledged by {acknowledged:?}"))?;
    screen.step("town hall", "sees who is left");
    for (standing, people) in [
        ("acknowledged", acknowledged),
        ("delivered", list("delivered").await?),
        ("not_yet", list("not_yet").await?),
        ("unreachable", list("unreachable").await?),
    ] {
        for one in people {
            let name = text(&one, "/name").unwrap_or_else(|_| "a resident".to_owned());
            screen.detail(&format!("{standing}: {name}, {}", text(&one, "/address")?));
        }
    }
    Ok(())
}

/// Waits until it holds.
async fn until(what: &str, holds: impl AsyncFn() -> bool) -> Result<(), Failure> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if holds().await {
            return Ok(());
        }
        sleep(LOOK).await;
    }
    Err(format!("{what} did not come within {PATIENCE:?}").into())
}
