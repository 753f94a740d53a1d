//! A warning as a letter, and the link in it by which its reader says that they know.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Europe::Berlin;
use domain::deliveries::Channel::{Email, Voice};
use reqwest::Method;
use serde_json::json;

use super::town::Mulde;
use crate::support::{eventually::eventually, on_both};

on_both!(a_letter_is_acknowledged_by_its_link, only_a_warning_asks_for_it);

const SOON: Duration = Duration::from_secs(30);

impl Mulde {
    /// The last letter to a mailbox.
    pub async fn letter(&self, mailbox: &str) -> String {
        eventually("a letter", SOON, async || self.smtp.mails_to(mailbox).pop()).await.text
    }
}

async fn a_letter_is_acknowledged_by_its_link(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Email, Voice]).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    let text = mulde.letter(one.address(Email)).await;
    let until = mulde.show(&id).await["expires_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let until = until.with_timezone(&Berlin).format("Gültig bis %d.%m.%Y %H:%M Uhr.").to_string();
    assert!(text.contains(&until), "{until}: {text}");
    let link = text.lines().find(|line| line.contains("/acknowledgements/")).unwrap().to_owned();
    let path = link.split_at(link.find("/acknowledgements/").unwrap()).1.to_owned();
    let shown = mulde.get(&path).send().await;
    assert_eq!((shown.status.as_u16(), shown.headers["cache-control"].to_str().unwrap()), (200, "no-store"));
    assert!(shown.body.contains(&format!("action=\"{path}\"")), "{}", shown.body);
    assert_eq!(mulde.standings(&id).await.get("acknowledged"), None, "scanners open links");
    for _ in 0..2 {
        assert_eq!(mulde.call(Method::POST, &path, None).send().await.status, 200);
    }
    assert_eq!(mulde.standings(&id).await["acknowledged"], 1);
    assert_eq!(mulde.report(&id).await["acknowledged"], json!([{"name": "link", "count": 1}]));
    for wrong in [format!("{path}x"), "/acknowledgements/nothing".to_owned()] {
        assert_eq!(mulde.get(&wrong).send().await.status, 404, "{wrong}");
        assert_eq!(mulde.call(Method::POST, &wrong, None).send().await.status, 404, "{wrong}");
    }
    mulde.exchange.clock.advance(TimeDelta::hours(7));
    assert_eq!(mulde.get(&path).send().await.status, 404, "it is good until the warning is worthless");
    mulde.assert_laws(&id).await;
}

async fn only_a_warning_asks_for_it(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Email]).await;
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&id, "sent").await;
    let text = mulde.letter(one.address(Email)).await;
    assert!(!text.contains("/acknowledgements/") && text.contains("/unsubscribe/"), "{text}");
}
