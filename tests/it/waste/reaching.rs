//! Reminders reach people by text message, by call and by letter, through the providers; also those who are
//! represented.

use std::time::Duration;

use chrono::{Days, NaiveTime, TimeDelta};
use domain::{
    context::System,
    deliveries::Channel::{self, Email, Sms, Voice},
    time::{FederalState, TownCalendar},
};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::telephony::Answer;
use uuid::Uuid;

use super::faults;
use crate::{
    broadcasts::town::{Mulde, Resident},
    support::{eventually::eventually, http::Call, on_both},
    telephony::Exchange,
    wards::{LANDLINE, STAFF, WARDS},
};

on_both!(
    each_way_brings_the_reminder_once,
    a_grandmother_is_called_on_her_landline,
    the_town_hall_chooses_for_a_ward,
);

const SOON: Duration = Duration::from_secs(40);

/// The organic bin is collected in the whole town on one day.
async fn collect(exchange: &Exchange, day: chrono::NaiveDate) {
    let town = &exchange.town;
    let (kind, calendar) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let (municipality, now) = (town.municipality.0, town.clock.now());
    let kinds = [
        ("municipality_id", municipality.into()),
        ("id", kind.into()),
        ("code", "organic".into()),
        ("names", json!({"de": "Biotonne"}).into()),
        ("words", json!([]).into()),
        ("position", 0.into()),
        ("version", 1_i64.into()),
        ("created_at", now.into()),
    ];
    town.insert(town.scope(), "waste_types", kinds).await;
    let whole_town = [
        ("municipality_id", municipality.into()),
        ("id", calendar.into()),
        ("name", "Tour 3".into()),
        ("origin", json!({"kind": "file"}).into()),
        ("holidays", "none".into()),
        ("whole_town", true.into()),
        ("stale_after_days", 8_i16.into()),
        ("refreshed_at", now.into()),
        ("covers_from", day.into()),
        ("covers_until", day.into()),
        ("version", 1_i64.into()),
        ("created_at", now.into()),
    ];
    town.insert(town.scope(), "waste_calendars", whole_town).await;
    let collection = [
        ("municipality_id", municipality.into()),
        ("id", Uuid::from_u128(3).into()),
        ("calendar_id", calendar.into()),
        ("type_id", kind.into()),
        ("regular_on", day.into()),
        ("on_date", day.into()),
        ("status", "planned".into()),
        ("sequence", 0.into()),
        ("changed_at", now.into()),
    ];
    town.insert(town.scope(), "waste_collections", collection).await;
}

/// A minute before six in the evening of tomorrow. Answers the day after.
fn to_the_evening(exchange: &Exchange) -> chrono::NaiveDate {
    let clock = &exchange.clock;
    let zone = "Europe/Berlin".parse().unwrap();
    let town = TownCalendar { state: FederalState::Sn, zone };
    let tomorrow = town.date(clock.now()) + Days::new(1);
    let six = town.at(tomorrow, NaiveTime::from_hms_opt(18, 0, 0).unwrap());
    clock.advance(six - TimeDelta::minutes(1) - clock.now());
    tomorrow + Days::new(1)
}

/// Wants to be reminded at six in the evening before.
async fn remind(mulde: &Mulde, resident: &Resident, channel: Channel) {
    let town = &mulde.exchange.town;
    let row = [
        ("municipality_id", town.municipality.0.into()),
        ("person_id", resident.person.0.into()),
        ("position", 0_i16.into()),
        ("days_before", 1_i16.into()),
        ("minute", (18 * 60_i16).into()),
        ("channel", channel.to_string().into()),
    ];
    town.insert(town.scope(), "waste_reminders", row).await;
}

async fn each_way_brings_the_reminder_once(mulde: Mulde) {
    let clock = &mulde.exchange.clock;
    let collected = to_the_evening(&mulde.exchange);
    let mut residents = Vec::new();
    for (house, channel) in (1..).zip([Sms, Voice, Email]) {
        let resident = mulde.resident("Muldestraße", house, &[channel]).await;
        remind(&mulde, &resident, channel).await;
        residents.push(resident);
    }
    collect(&mulde.exchange, collected).await;
    let town = &mulde.exchange.town;
    let turn = [("municipality_id", town.municipality.0.into()), ("told_until", clock.now().into())];
    town.insert(domain::Scope::Installation, "waste_reminder_turns", turn).await;
    clock.advance(TimeDelta::minutes(1));
    let [texted, called, written] = residents.as_slice() else { panic!() };
    let text = eventually("a text message", SOON, async || {
        mulde.exchange.sms.messages_to(texted.address(Sms)).pop().map(|message| message.text)
    });
    assert!(text.await.contains("Biotonne"));
    let heard = eventually("a call", SOON, async || {
        mulde.exchange.phone.heard().into_iter().find(|heard| heard.to == called.address(Voice))
    });
    assert!(heard.await.said.iter().any(|(_, words)| words.contains("Biotonne")));
    let letter = eventually("a letter", SOON, async || mulde.smtp.mails_to(written.address(Email)).pop());
    assert!(letter.await.text.contains("Biotonne"));

    // Another turn, and all that is on its way: nobody hears it twice.
    clock.advance(TimeDelta::minutes(1));
    let ctx = clock.ctx(Default::default(), Uuid::nil(), System);
    infrastructure::worker::remind(mulde.exchange.server.store(), &ctx).await.unwrap();
    let waiting = "SELECT count(*) FROM deliveries WHERE state = 'pending'";
    eventually("nothing to wait", SOON, async || {
        (mulde.exchange.town.ask(waiting).await == ["0"]).then_some(())
    })
    .await;
    assert_eq!(mulde.exchange.town.ask("SELECT count(*) FROM deliveries").await, ["3"]);
    assert_eq!(mulde.exchange.sms.messages_to(texted.address(Sms)).len(), 1);
    assert_eq!(mulde.smtp.mails_to(written.address(Email)).len(), 1);
    let calls = mulde.exchange.phone.heard();
    assert_eq!(calls.iter().filter(|heard| heard.to == called.address(Voice)).count(), 1);
    mulde.exchange.assert_obeyed();
}

/// Where she lives, and that she is called about her own matters.
fn at_home() -> Value {
    json!({
        "address": {"street": "Muldestraße", "house_number": "7"},
        "channels": {"crisis": ["voice"], "notice": ["voice"]},
    })
}

fn chosen(channel: &str) -> Value {
    json!({"reminders": [{"days_before": 1, "time": "18:00", "channel": channel}]})
}

async fn a_grandmother_is_called_on_her_landline(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    let (ward, _) = exchange.registered(&grandchild, Answer::PickUp("1"), at_home()).await;
    exchange.until_state(&grandchild, &ward, "active").await;
    let path = format!("{WARDS}/{}/waste-reminders", ward["id"].as_str().unwrap());
    let none: Value = exchange.call(Method::GET, &path).bearer(&grandchild).expect(200).await;
    assert_eq!(none, json!({"reminders": []}));
    let refused = exchange.put(&path, &chosen("push")).bearer(&grandchild);
    let refused = refused.expect_problem(422, "validation_failed").await;
    assert_eq!(faults(&refused), ["/reminders/0/channel channel_not_chosen"]);
    let stranger = exchange.citizen("fremd@example.org").await;
    exchange.put(&path, &chosen("voice")).bearer(&stranger).expect_problem(404, "not_found").await;
    let kept = "SELECT count(*) FROM waste_reminders";
    let choose = async || {
        let answer: Value = exchange.put(&path, &chosen("voice")).bearer(&grandchild).expect(200).await;
        assert_eq!(answer, chosen("voice"));
        exchange.town.ask(kept).await
    };
    assert_eq!(choose().await, ["1"]);
    assert_eq!(exchange.call(Method::DELETE, &path).bearer(&grandchild).send().await.status, 204);
    assert_eq!(exchange.town.ask(kept).await, ["0"]);
    assert_eq!(choose().await, ["1"]);
    let shown: Value = exchange.call(Method::GET, &path).bearer(&grandchild).expect(200).await;
    assert_eq!(shown, chosen("voice"));

    let collected = to_the_evening(&exchange);
    collect(&exchange, collected).await;
    exchange.clock.advance(TimeDelta::minutes(1));
    let heard = eventually("the call about the bin", SOON, async || {
        let calls = exchange.phone.heard().into_iter().filter(|heard| heard.to == LANDLINE);
        calls.into_iter().find(|heard| heard.said.iter().any(|(_, words)| words.contains("Biotonne")))
    });
    assert!(heard.await.said.iter().all(|(_, words)| !words.contains("Erna")), "a call names nobody");
    exchange.assert_obeyed();
}

async fn the_town_hall_chooses_for_a_ward(exchange: Exchange) {
    let clerk = exchange.staff(domain::staff::Role::Clerk).await;
    let mut ward = json!({"name": "Erna Muster", "phone": "030 23125014", "means": "phone"});
    ward.as_object_mut().unwrap().extend(at_home().as_object().unwrap().clone());
    let ward: Value = exchange.post(STAFF, &ward).bearer(&clerk).expect(201).await;
    let path = format!("{STAFF}/{}/waste-reminders", ward["id"].as_str().unwrap());
    let put = |version: &str| -> Call {
        exchange.put(&path, &chosen("voice")).bearer(&clerk).header("if-match", version)
    };
    let missing = exchange.put(&path, &chosen("voice")).bearer(&clerk);
    missing.expect_problem(428, "precondition_required").await;
    put("\"v9\"").expect_problem(412, "stale").await;
    let first = put("\"v1\"").send().await;
    assert_eq!((first.status.as_u16(), &first.headers["etag"]), (200, &"\"v2\"".parse().unwrap()));
    put("\"v1\"").expect_problem(412, "stale").await;
    let shown: Value = exchange.call(Method::GET, &path).bearer(&clerk).expect(200).await;
    assert_eq!(shown, chosen("voice"));
    // Who leaves is reminded of nothing.
    let over = exchange.call(Method::DELETE, &format!("{STAFF}/{}", ward["id"].as_str().unwrap()));
    assert_eq!(over.bearer(&clerk).header("if-match", "\"v2\"").send().await.status, 204);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM waste_reminders").await, ["0"]);
    put("\"v3\"").expect_problem(404, "not_found").await;
}
