//! Delivery reports: late, twice, early, forged, and of calls that nobody heard.

use std::time::Duration;

use chrono::TimeDelta;
use domain::deliveries::{Channel, Recipients};
use infrastructure::secrets::{DeliveryName, Secrets};
use simulators::sms::Answer;

use super::{Exchange, MOBILE, SOON};
use crate::support::{installation::SECRET, on_both};

on_both!(
    a_text_message_arrives,
    what_did_not_arrive_may_still_do,
    a_report_may_come_before_our_own_note,
    forged_and_late_reports_change_nothing,
    a_number_that_nobody_has_is_forgotten,
);

const STATES: &str = "SELECT state FROM deliveries";

/// Sends a notice and gives the address for reports on it.
async fn sent(exchange: &Exchange, reports: Vec<u32>) -> String {
    exchange.sms.script(MOBILE, [Answer::Accept(reports)]);
    let telephone = exchange.town.telephone(Channel::Sms, MOBILE).await;
    let notice = exchange.town.notice(Recipients::Telephone(telephone, Channel::Sms));
    exchange.town.enqueue(&notice).await.unwrap();
    exchange.sms.wait_for_accepted(1, SOON).await.unwrap();
    exchange.sms.messages_to(MOBILE).pop().unwrap().dlr_url.unwrap()
}

async fn a_text_message_arrives(exchange: Exchange) {
    let url = sent(&exchange, vec![8, 1]).await;
    exchange.town.until(STATES, &["delivered"]).await;
    let text = exchange.sms.messages_to(MOBILE).pop().unwrap().text;
    assert_eq!(text, "Bad Düben: Es gibt Neues zu Ihrem Anliegen.");
    for status in [1, 8, 2, 16, 4, 1, 77] {
        assert_eq!(exchange.sms.report(&url, status).await.status, 200);
    }
    exchange.town.until(STATES, &["delivered"]).await;
    exchange.town.assert_laws().await;
    exchange.assert_obeyed();
}

async fn what_did_not_arrive_may_still_do(exchange: Exchange) {
    let url = sent(&exchange, vec![8, 2]).await;
    exchange.town.until(STATES, &["failed"]).await;
    exchange.town.until("SELECT reason FROM deliveries", &["undelivered"]).await;
    assert_eq!(exchange.sms.report(&url, 8).await.status, 200);
    exchange.town.until(STATES, &["failed"]).await;
    assert_eq!(exchange.sms.report(&url, 1).await.status, 200);
    exchange.town.until(STATES, &["delivered"]).await;
}

async fn a_report_may_come_before_our_own_note(exchange: Exchange) {
    // The gateway's answer takes two seconds, its report does not.
    exchange.sms.set_latency(Duration::from_secs(2));
    let telephone = exchange.town.telephone(Channel::Sms, MOBILE).await;
    let notice = exchange.town.notice(Recipients::Telephone(telephone, Channel::Sms));
    exchange.town.enqueue(&notice).await.unwrap();
    // The note that it may have left is written before it leaves.
    exchange.town.until("SELECT count(*) FROM send_batches", &["1"]).await;
    let municipality = exchange.town.municipality;
    let name = DeliveryName { municipality, message: notice.id, contact_point: telephone, generation: 0 };
    let token = name.token(&Secrets::new(SECRET).unwrap(), notice.expires_at).unwrap();
    let url = exchange.url(&format!("/callbacks/kannel/reports/{token}?status=%d"));
    assert_eq!(exchange.sms.report(&url, 1).await.status, 200);
    assert_eq!(exchange.town.ask(STATES).await, ["delivered"]);
    exchange.sms.wait_for_accepted(1, SOON).await.unwrap();
    exchange.town.until("SELECT outcome FROM attempts", &["sent"]).await;
    assert_eq!(exchange.town.ask(STATES).await, ["delivered"]);
    exchange.town.assert_laws().await;
}

async fn forged_and_late_reports_change_nothing(exchange: Exchange) {
    let url = sent(&exchange, vec![8]).await;
    exchange.town.until(STATES, &["sent"]).await;
    let (base, token) = url.rsplit_once('/').unwrap();
    let token = token.strip_suffix("?status=%d").unwrap();
    let (body, signature) = token.split_once('.').unwrap();
    for forged in [
        format!("{body}x.{signature}"),
        format!("{body}.{}", signature.to_lowercase()),
        body.to_owned(),
        "x".repeat(5000),
        "%00".to_owned(),
    ] {
        let answer = exchange.sms.report(&format!("{base}/{forged}?status=%d"), 1).await;
        assert_eq!(answer.status, 404, "{forged}");
    }
    for query in ["", "?status=", "?status=one", "?status=-1"] {
        let answer = exchange.sms.report(&format!("{base}/{token}{query}"), 1).await;
        assert_eq!(answer.status, 400, "{query}");
    }
    assert_eq!(exchange.sms.report(&format!("{url}&smsc=fake&more=1"), 4).await.status, 200);
    exchange.clock.advance(TimeDelta::days(9));
    assert_eq!(exchange.sms.report(&url, 1).await.status, 404, "too late");
    exchange.town.until(STATES, &["sent"]).await;
}

async fn a_number_that_nobody_has_is_forgotten(exchange: Exchange) {
    const KNOWN: &str = "SELECT count(*) FROM contact_points";
    let url = sent(&exchange, vec![8]).await;
    exchange.town.until(STATES, &["sent"]).await;
    let (_, token) = url.rsplit_once('/').unwrap();
    let reports =
        exchange.url(&format!("/callbacks/twilio/reports/{}", token.strip_suffix("?status=%d").unwrap()));
    let undelivered = async |error| {
        let fields = [("MessageStatus", "undelivered"), ("ErrorCode", error)];
        assert_eq!(exchange.phone.tell(&reports, &fields).await.status, 200);
    };
    undelivered("30003").await;
    assert_eq!(exchange.town.ask(STATES).await, ["failed"]);
    assert_eq!(exchange.town.ask(KNOWN).await, ["1"], "it may be reached another time");
    exchange.town.execute("UPDATE deliveries SET state = 'sent'").await;
    // Somebody registered it again since it was written to: it is theirs now.
    let registered = "UPDATE contact_points SET registered_at = (SELECT expires_at FROM messages)";
    exchange.town.execute(registered).await;
    undelivered("30005").await;
    assert_eq!(exchange.town.ask(STATES).await, ["failed"]);
    assert_eq!(exchange.town.ask(KNOWN).await, ["1"]);
    let registered = "UPDATE contact_points SET registered_at = (SELECT created_at FROM messages)";
    exchange.town.execute(&format!("{registered}; UPDATE deliveries SET state = 'sent'")).await;
    undelivered("30005").await;
    assert_eq!(exchange.town.ask(KNOWN).await, ["0"]);
}
