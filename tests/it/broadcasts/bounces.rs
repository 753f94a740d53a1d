//! Letters that a server took and sends back later.

use std::time::Duration;

use api::cli::Role;
use domain::deliveries::Channel::Email;
use reqwest::Method;
use serde_json::json;

use super::town::{Mulde, Resident};
use crate::support::{Engine, Fixture, eventually::eventually, http::Answer, on_both};

on_both!(
    a_letter_that_comes_back_has_failed_and_a_mailbox_that_is_none_is_dropped,
    a_forged_return_is_refused
);

const SOON: Duration = Duration::from_secs(30);
const DOMAIN: &str = "bounces.example.org";

/// A town hall whose letters have a return address each.
struct Returning(Mulde);

impl Fixture for Returning {
    async fn on(engine: Engine) -> Self {
        let domain = |config: &mut api::config::Config| config.email.bounce_domain = Some(DOMAIN.into());
        Self(Mulde::with(engine, Role::All, domain).await)
    }
}

fn notification(action: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mail.example\r\nContent-Type: multipart/report; report-type=delivery-status; \
         boundary=x\r\n\r\n--x\r\n\r\nIt did not arrive.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mail.example\r\n\r\nFinal-Recipient: rfc822; somebody@example.org\r\n\
         Action: {action}\r\nStatus: {status}\r\n\r\n--x--\r\n"
    )
}

impl Returning {
    /// The return address of the letter to somebody, without the domain.
    async fn returns_to(&self, resident: &Resident) -> String {
        let mailbox = resident.address(Email);
        let letter = eventually("a letter", SOON, async || self.0.smtp.mails_to(mailbox).pop()).await;
        assert_eq!(letter.from, "rathaus@localhost.localdomain", "people see who writes");
        let (name, domain) = letter.sender.split_once('@').unwrap();
        assert_eq!((domain, name.len()), (DOMAIN, 63));
        name.to_owned()
    }

    async fn comes_back(&self, name: &str, notification: String) -> Answer {
        let url = self.0.exchange.url(&format!("/callbacks/bounces/{name}"));
        let request = reqwest::Client::new().request(Method::POST, url).body(notification);
        crate::support::http::Call(request).send().await
    }

    async fn states(&self, resident: &Resident) -> Vec<String> {
        let person = self.0.identifier(resident.person.0);
        let sql =
            format!("SELECT state || ' ' || coalesce(reason, '') FROM deliveries WHERE person_id = {person}");
        self.0.exchange.town.ask(&sql).await
    }

    async fn mailboxes(&self, resident: &Resident) -> Vec<String> {
        let point = self.0.identifier(resident.ways[0].1.0);
        self.0.exchange.town.ask(&format!("SELECT count(*) FROM contact_points WHERE id = {point}")).await
    }
}

async fn a_letter_that_comes_back_has_failed_and_a_mailbox_that_is_none_is_dropped(town: Returning) {
    let gone = town.0.resident("Muldestraße", 1, &[Email]).await;
    let full = town.0.resident("Muldestraße", 2, &[Email]).await;
    let late = town.0.resident("Muldestraße", 3, &[Email]).await;
    let id = town.0.send(json!({"severity": "important"})).await;
    town.0.until_deliveries(&id, &["email sent"; 3]).await;
    for (resident, action, status, state, mailboxes) in [
        (&late, "delayed", "4.4.1", "sent ", "1"),
        (&full, "failed", "5.2.2", "failed mailbox_full", "1"),
        (&gone, "failed", "5.1.1", "failed mailbox_unknown", "0"),
    ] {
        let name = town.returns_to(resident).await;
        for name in [name.clone(), name.to_uppercase()] {
            let taken = town.comes_back(&name, notification(action, status)).await;
            assert_eq!(taken.status, 200, "{}", taken.body);
        }
        assert_eq!(town.states(resident).await, [state]);
        assert_eq!(town.mailboxes(resident).await, [mailboxes], "{status}");
    }
    assert_eq!(town.0.standings(&id).await.get("unreachable"), Some(&2));
    town.0.assert_laws(&id).await;
}

async fn a_forged_return_is_refused(town: Returning) {
    let one = town.0.resident("Muldestraße", 1, &[Email]).await;
    let id = town.0.send(json!({"severity": "important"})).await;
    town.0.until_deliveries(&id, &["email sent"]).await;
    let name = town.returns_to(&one).await;
    let mut other = name.clone();
    other.replace_range(10..11, if name.get(10..11) == Some("1") { "2" } else { "1" });
    for forged in [other, format!("{name}0"), "b-".to_owned(), "rathaus".to_owned()] {
        let refused = town.comes_back(&forged, notification("failed", "5.1.1")).await;
        assert_eq!(refused.status, 404, "{forged}");
    }
    // What somebody answers who is away is no notification.
    let away = "Subject: Abwesend\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n".to_owned();
    assert_eq!(town.comes_back(&name, away).await.status, 200);
    assert_eq!(town.states(&one).await, ["sent "]);
    assert_eq!(town.mailboxes(&one).await, ["1"]);
    town.0.assert_laws(&id).await;
}
