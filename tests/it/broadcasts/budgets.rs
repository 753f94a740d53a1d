//! What a day's budget for text messages and calls does not pay for, and who is told all the same.

use std::time::Duration;

use api::cli::Role;
use chrono::TimeDelta;
use domain::{Scope, deliveries::Channel::Sms, ids::PersonId};
use serde_json::{Value, json};

use super::town::{CASTS, Mulde, Resident};
use crate::support::{Engine, Fixture, eventually::eventually, on_both};

on_both!(
    a_preview_says_when_the_budget_is_too_small,
    what_was_not_paid_for_is_sent_again_the_next_day,
    whoever_looks_after_a_ward_is_told_whatever_the_news_cost,
    whom_nothing_leads_to_has_somebody_who_is_told_at_once,
);

const SOON: Duration = Duration::from_secs(30);
const OF_THE_PROXY: &str = "+491719990001";

/// A town hall that may send two paid messages a day besides warnings.
struct Poor(Mulde);

impl Fixture for Poor {
    async fn on(engine: Engine) -> Self {
        Self(Mulde::with(engine, Role::All, |config| config.sms.messages_per_day = 2).await)
    }
}

/// One that may send none.
struct Penniless(Mulde);

impl Fixture for Penniless {
    async fn on(engine: Engine) -> Self {
        Self(Mulde::with(engine, Role::All, |config| config.sms.messages_per_day = 0).await)
    }
}

async fn a_preview_says_when_the_budget_is_too_small(Poor(mulde): Poor) {
    for house in 1..=5 {
        mulde.resident("Muldestraße", house, &[Sms]).await;
    }
    let need = async |more: Value| {
        let draft = mulde.write(more).await;
        mulde.preview(draft["id"].as_str().unwrap()).await["paid_messages"].clone()
    };
    let news = json!({"severity": "important"});
    let said = |at_once: u64, left: u64, is_covered: bool| json!({"at_once": at_once, "if_nobody_answers": at_once, "left_today": left, "is_covered": is_covered});
    assert_eq!(need(news.clone()).await, said(5, 2, false));
    assert_eq!(need(json!({"severity": "crisis"})).await, said(5, 100_000, true));
    assert_eq!(need(json!({"severity": "important", "drill": true})).await, said(0, 2, true));
    let id = mulde.send(news.clone()).await;
    mulde.until(&id, "sent").await;
    assert_eq!(need(news).await, said(5, 0, false));
}

async fn what_was_not_paid_for_is_sent_again_the_next_day(Poor(mulde): Poor) {
    for house in 1..=3 {
        mulde.resident("Muldestraße", house, &[Sms]).await;
    }
    let until = mulde.exchange.clock.now() + TimeDelta::days(3);
    let until = until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let id = mulde.send(json!({"severity": "important", "expires_at": until})).await;
    mulde.until(&id, "sent").await;
    mulde.until_deliveries(&id, &["sms delivered", "sms delivered", "sms suppressed"]).await;
    // A day, and the part of one in which the first two were counted.
    mulde.exchange.clock.advance(TimeDelta::hours(27));
    let mulde = mulde.at_once().await;
    let again = mulde.post(&format!("{CASTS}/{id}/retries"), &json!({"people": []}));
    let again: Value = again.bearer(&mulde.lead().await).expect(202).await;
    assert_eq!(again, json!({"ahead": 0, "again": 1}));
    mulde.until_deliveries(&id, &["sms delivered"; 3]).await;
    mulde.assert_laws(&id).await;
}

impl Mulde {
    /// Somebody without the app represents a ward and has a mobile phone.
    async fn represent(&self, ward: &Resident) -> PersonId {
        let town = &self.exchange.town;
        let (proxy, now) = (town.person().await, town.clock.now());
        let number = town.telephone(Sms, OF_THE_PROXY).await;
        let known = [
            ("person_id", proxy.0.into()),
            ("contact_point_id", number.0.into()),
            ("created_at", now.into()),
        ];
        town.insert(Scope::Installation, "contacts", known).await;
        town.represent(proxy, ward.person).await;
        proxy
    }

    async fn until_proxy_told(&self) {
        let told =
            eventually("the proxy", SOON, async || self.exchange.sms.messages_to(OF_THE_PROXY).pop()).await;
        assert!(told.text.contains("hat eine Warnung nicht bestätigt"), "{}", told.text);
    }
}

async fn whoever_looks_after_a_ward_is_told_whatever_the_news_cost(Penniless(mulde): Penniless) {
    let erna = mulde.resident("Muldestraße", 7, &[]).await;
    mulde.represent(&erna).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_proxy_told().await;
    mulde.until(&id, "sent").await;
    mulde.assert_laws(&id).await;
}

async fn whom_nothing_leads_to_has_somebody_who_is_told_at_once(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[]).await;
    mulde.resident("Muldestraße", 9, &[]).await;
    mulde.represent(&erna).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    // Nobody waits for a ladder that has no rung.
    mulde.until_proxy_told().await;
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.report(&id).await["proxies_told"], 1);
    assert_eq!(mulde.standings(&id).await.get("unreachable"), Some(&2));
    mulde.exchange.clock.advance(TimeDelta::minutes(30));
    mulde.assert_laws(&id).await;
    assert_eq!(mulde.exchange.sms.messages_to(OF_THE_PROXY).len(), 1, "once");
}
