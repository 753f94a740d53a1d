//! Reminders reach people by text message, by call and by letter, through the providers.

use std::time::Duration;

use chrono::{Days, NaiveTime, TimeDelta};
use domain::{
    context::System,
    deliveries::Channel::{self, Email, Sms, Voice},
    time::{FederalState, TownCalendar},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    broadcasts::town::{Mulde, Resident},
    support::{eventually::eventually, on_both},
};

on_both!(each_way_brings_the_reminder_once);

const SOON: Duration = Duration::from_secs(40);

/// The organic bin is collected in the whole town on one day.
async fn collect(mulde: &Mulde, day: chrono::NaiveDate) {
    let town = &mulde.exchange.town;
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
    let turn = [("municipality_id", municipality.into()), ("told_until", now.into())];
    town.insert(domain::Scope::Installation, "waste_reminder_turns", turn).await;
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
    // Tomorrow, a minute before six on the town's clocks.
    let zone = "Europe/Berlin".parse().unwrap();
    let town = TownCalendar { state: FederalState::Sn, zone };
    let tomorrow = town.date(clock.now()) + Days::new(1);
    let six = town.at(tomorrow, NaiveTime::from_hms_opt(18, 0, 0).unwrap());
    clock.advance(six - TimeDelta::minutes(1) - clock.now());
    let mut residents = Vec::new();
    for (house, channel) in (1..).zip([Sms, Voice, Email]) {
        let resident = mulde.resident("Muldestraße", house, &[channel]).await;
        remind(&mulde, &resident, channel).await;
        residents.push(resident);
    }
    collect(&mulde, tomorrow + Days::new(1)).await;
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
