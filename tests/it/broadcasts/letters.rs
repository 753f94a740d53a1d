//! A warning as a letter, and the link in it by which its reader says that they know.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Europe::Berlin;
use domain::deliveries::Channel::{Email, Voice};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::smtp::Refusal;

use super::town::Mulde;
use crate::{
    support::{eventually::eventually, on_both},
    wards::WARDS,
};

on_both!(
    a_letter_is_acknowledged_by_its_link,
    only_a_warning_asks_for_it,
    a_mail_program_unsubscribes_by_one_click,
    a_ward_is_asked_by_letter,
    a_mailbox_that_is_none_is_dropped,
);

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

/// The path of the first link in a text that leads to these pages.
fn path_of(text: &str, pages: &str) -> String {
    let path = text.split_at(text.find(pages).unwrap()).1;
    path.chars().take_while(|c| !c.is_whitespace() && *c != '>').collect()
}

/// RFC 8058: both headers, and an empty POST that needs nothing else.
async fn a_mail_program_unsubscribes_by_one_click(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Email]).await;
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&id, "sent").await;
    let mailbox = one.address(Email);
    let mail = eventually("a letter", SOON, async || mulde.smtp.mails_to(mailbox).pop()).await;
    assert_eq!(mail.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
    let path = path_of(mail.header("List-Unsubscribe").unwrap(), "/unsubscribe/");
    let form = mulde.call(Method::POST, &path, None);
    let form = crate::support::http::Call(form.0.form(&[("List-Unsubscribe", "One-Click")]));
    assert_eq!(form.send().await.status, 200);
    let again = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&again, "sent").await;
    assert_eq!(mulde.deliveries(&again).await, [""; 0]);
    assert_eq!(mulde.smtp.mails_to(mailbox).len(), 1);
}

async fn a_ward_is_asked_by_letter(mulde: Mulde) {
    let grandchild = mulde.exchange.citizen("enkel@example.org").await;
    let ward = json!({"municipality": "bad-dueben", "name": "Oma Erna", "email": "erna@example.org"});
    let ward: Value = mulde.post(WARDS, &ward).bearer(&grandchild).expect(201).await;
    let text = mulde.letter("erna@example.org").await;
    let path = path_of(&text, "/wards/");
    let shown = mulde.get(&path).send().await;
    assert!(shown.body.contains(&format!("action=\"{path}/agreement\"")), "{}", shown.body);
    assert_eq!(mulde.exchange.ward(&grandchild, &ward).await["state"], "invited", "scanners open links");
    assert_eq!(mulde.call(Method::POST, &format!("{path}/agreement"), None).send().await.status, 200);
    assert_eq!(mulde.exchange.ward(&grandchild, &ward).await["state"], "active");
    assert_eq!(mulde.call(Method::POST, &format!("{path}/refusal"), None).send().await.status, 200);
    assert_eq!(mulde.exchange.ward(&grandchild, &ward).await["state"], "left");
}

async fn a_mailbox_that_is_none_is_dropped(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Email]).await;
    let nobody = Refusal { code: 550, text: "5.1.1 no such user".into() };
    mulde.smtp.refuse(one.address(Email), [nobody]);
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until_deliveries(&id, &["email failed"]).await;
    eventually("it is dropped", SOON, async || {
        (mulde.exchange.town.ask("SELECT count(*) FROM contact_points").await == ["0"]).then_some(())
    })
    .await;
    let again = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&again, "sent").await;
    assert_eq!(mulde.standings(&again).await["unreachable"], 1, "{:?}", mulde.standings(&again).await);
    mulde.assert_laws(&again).await;
}
