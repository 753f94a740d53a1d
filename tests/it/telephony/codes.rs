//! One-time codes by text message and call.

use chrono::TimeDelta;
use futures::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Exchange, LANDLINE, MOBILE, SOON};
use crate::support::{eventually::eventually, on_both};

on_both!(
    a_citizen_signs_in_by_text_message,
    a_landline_is_called,
    a_citizen_moves_to_another_number,
    the_old_number_takes_the_change_back,
    a_landline_takes_no_text_messages,
    five_wrong_tries_kill_a_code,
    numbers_that_get_no_code_are_refused,
    a_number_has_its_limits,
    the_day_s_budget_is_a_hard_stop,
    code_pumping,
);

/// Requests of the attack.
const ATTACK: u32 = 10_000;

async fn sign_in(exchange: &Exchange, phone: &str, code: &str) -> crate::support::http::Answer {
    exchange.post("/v1/auth/sessions", &json!({"phone": phone, "code": code})).send().await
}

async fn a_citizen_signs_in_by_text_message(exchange: Exchange) {
    exchange.ask_for_code("0171 1234567").await;
    let code = exchange.texted_code(MOBILE).await;
    // However the number is written, it is the same one.
    let session: Value = sign_in(&exchange, "+49 (0)171 1234567", &code).await.json();
    let again = sign_in(&exchange, MOBILE, &code).await;
    assert_eq!(again.status, 401, "good once");
    exchange.clock.advance(TimeDelta::minutes(20));
    exchange.ask_for_code(MOBILE).await;
    eventually("a second message", SOON, async || {
        (exchange.sms.messages_to(MOBILE).len() == 2).then_some(())
    })
    .await;
    let code = exchange.texted_code(MOBILE).await;
    let known: Value = sign_in(&exchange, MOBILE, &code).await.json();
    assert_eq!(known["account_id"], session["account_id"]);
    assert!(exchange.sms.messages_to(MOBILE).iter().all(|message| message.dlr_url.is_none()));
    exchange.assert_obeyed();
}

async fn a_landline_is_called(exchange: Exchange) {
    exchange.phone.script(LANDLINE, [simulators::telephony::Answer::PickUp("2")]);
    exchange.ask_for_code(LANDLINE).await;
    let heard = eventually("the call", SOON, async || exchange.phone.heard().pop()).await;
    assert_eq!(
        (heard.to.as_str(), heard.pressed.as_str(), heard.status.as_str()),
        (LANDLINE, "2", "completed")
    );
    let (language, text) = &heard.said[0];
    assert_eq!(language, "de-DE");
    let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
    let times = heard.said.iter().filter(|(_, said)| said == text).count();
    assert!(times >= 2, "2 repeats: {:?}", heard.said);
    assert_eq!(sign_in(&exchange, LANDLINE, &code).await.status, 201);
    assert_eq!(exchange.sms.counts().total, 0);
    exchange.assert_obeyed();
}

async fn a_citizen_moves_to_another_number(exchange: Exchange) {
    const NEW: &str = "+4915228817386";
    exchange.ask_for_code(MOBILE).await;
    let code = exchange.texted_code(MOBILE).await;
    let session: Value = sign_in(&exchange, MOBILE, &code).await.json();
    let token = session["access_token"].as_str().unwrap();
    follows_by_text(&exchange, token).await;
    exchange.clock.advance(TimeDelta::minutes(11));
    exchange.ask_for_code(MOBILE).await;
    eventually("a code", SOON, async || (exchange.sms.messages_to(MOBILE).len() == 2).then_some(())).await;
    let code = exchange.texted_code(MOBILE).await;
    let elsewhere: Value = sign_in(&exchange, MOBILE, &code).await.json();
    let change = json!({"phone": "0152 28817386"});
    let asked = exchange.post("/v1/me/address-changes", &change).bearer(token).send().await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let code = exchange.texted_code(NEW).await;
    // The number so far is told, and shown no code.
    eventually("the warning", SOON, async || (exchange.sms.messages_to(MOBILE).len() == 3).then_some(()))
        .await;
    let warning = exchange.sms.messages_to(MOBILE).pop().unwrap().text;
    assert!(!warning.contains(&code), "{warning}");
    assert_eq!(
        exchange.call(Method::GET, "/v1/me").bearer(token).expect::<Value>(200).await["phone"],
        MOBILE
    );
    let confirmed = json!({"phone": NEW, "code": code});
    let place = "/v1/me/address-changes/confirmation";
    let _: Value = exchange.post(place, &confirmed).bearer(token).expect(200).await;
    assert_eq!(exchange.call(Method::GET, "/v1/me").bearer(token).expect::<Value>(200).await["phone"], NEW);
    eventually("word of it", SOON, async || (exchange.sms.messages_to(MOBILE).len() == 4).then_some(()))
        .await;
    assert_eq!(exchange.town.ask(WAYS).await, [format!("sms {NEW}")], "what was chosen moves along");
    let elsewhere = elsewhere["access_token"].as_str().unwrap();
    assert_eq!(exchange.call(Method::GET, "/v1/me").bearer(elsewhere).send().await.status, 401);
    exchange.clock.advance(TimeDelta::minutes(61));
    exchange.ask_for_code(NEW).await;
    eventually("another code", SOON, async || (exchange.sms.messages_to(NEW).len() == 2).then_some(())).await;
    let code = exchange.texted_code(NEW).await;
    let moved: Value = sign_in(&exchange, NEW, &code).await.json();
    assert_eq!(moved["account_id"], session["account_id"]);
    exchange.assert_obeyed();
}

async fn the_old_number_takes_the_change_back(exchange: Exchange) {
    const NEW: &str = "+4915228817386";
    let texts = async |number: &str, many: usize| {
        eventually("a text message", SOON, async || {
            let messages = exchange.sms.messages_to(number);
            (messages.len() == many).then(|| messages.last().unwrap().text.clone())
        })
        .await
    };
    let link = |text: &str| {
        let link =
            text.split_whitespace().find(|word| word.starts_with("http")).unwrap_or_else(|| panic!("{text}"));
        link.to_owned()
    };
    exchange.ask_for_code(MOBILE).await;
    let code = exchange.texted_code(MOBILE).await;
    let session: Value = sign_in(&exchange, MOBILE, &code).await.json();
    let token = session["access_token"].as_str().unwrap();
    follows_by_text(&exchange, token).await;
    let change = json!({"phone": NEW});
    let asked = exchange.post("/v1/me/address-changes", &change).bearer(token).send().await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let code = exchange.texted_code(NEW).await;
    let warning = texts(MOBILE, 2).await;
    let client = reqwest::Client::new();
    assert_eq!(client.get(link(&warning)).send().await.unwrap().status(), 200, "{warning}");
    let confirmed = json!({"phone": NEW, "code": code});
    let place = "/v1/me/address-changes/confirmation";
    let _: Value = exchange.post(place, &confirmed).bearer(token).expect(200).await;
    let told = texts(MOBILE, 3).await;
    for text in [&warning, &told] {
        assert!(domain::sms::Sms::new(text).length().segments <= 3, "{text}");
    }
    assert_eq!(client.post(link(&told)).send().await.unwrap().status(), 200, "{told}");
    assert_eq!(exchange.town.ask(WAYS).await, [format!("sms {MOBILE}")], "what was chosen moves back");
    assert_eq!(exchange.call(Method::GET, "/v1/me").bearer(token).send().await.status, 401);
    let undone = texts(NEW, 2).await;
    assert!(undone.contains("rückgängig gemacht") && !undone.contains("http"), "{undone}");
    exchange.assert_obeyed();
}

/// Every way there is to reach somebody of the town.
const WAYS: &str = "SELECT channel || ' ' || address FROM reach \
                    JOIN contact_points ON contact_points.id = contact_point_id ORDER BY 1";

async fn follows_by_text(exchange: &Exchange, token: &str) {
    let choice = crate::follows::choice(json!({"topics": [], "channels": {"crisis": ["sms"]}}));
    let _: Value = exchange.put(crate::follows::FOLLOW, &choice).bearer(token).expect(200).await;
    assert_eq!(exchange.town.ask(WAYS).await, [format!("sms {MOBILE}")]);
}

async fn a_landline_takes_no_text_messages(exchange: Exchange) {
    exchange.ask_for_code(MOBILE).await;
    let code = exchange.texted_code(MOBILE).await;
    let session: Value = sign_in(&exchange, MOBILE, &code).await.json();
    let token = session["access_token"].as_str().unwrap();
    follows_by_text(&exchange, token).await;
    exchange.phone.script(LANDLINE, [simulators::telephony::Answer::PickUp("2")]);
    let asked =
        exchange.post("/v1/me/address-changes", &json!({"phone": LANDLINE})).bearer(token).send().await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let heard = eventually("the call", SOON, async || exchange.phone.heard().pop()).await;
    let code: String = heard.said[0].1.chars().filter(char::is_ascii_digit).take(6).collect();
    let confirmed = json!({"phone": LANDLINE, "code": code});
    let place = "/v1/me/address-changes/confirmation";
    let _: Value = exchange.post(place, &confirmed).bearer(token).expect(200).await;
    assert_eq!(exchange.town.ask(WAYS).await, [""; 0]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM contact_points WHERE kind = 'sms'").await, ["0"]);
}

async fn five_wrong_tries_kill_a_code(exchange: Exchange) {
    exchange.ask_for_code(MOBILE).await;
    let code = exchange.texted_code(MOBILE).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(sign_in(&exchange, MOBILE, wrong).await.status, 401);
    }
    assert_eq!(sign_in(&exchange, MOBILE, &code).await.status, 401, "not even the right one");
}

async fn numbers_that_get_no_code_are_refused(exchange: Exchange) {
    for (phone, code) in [
        ("0900 1 123456", "phone_premium"),
        ("0137 7123456", "phone_premium"),
        ("0180 2 123456", "phone_premium"),
        ("112", "phone_invalid"),
        ("+49", "phone_invalid"),
        ("0171 1234567 ext 5", "phone_invalid"),
        ("+43 664 1234567", "phone_country"),
        ("+1 212 555 0123", "phone_country"),
    ] {
        let call = exchange.post("/v1/auth/codes", &json!({"phone": phone}));
        let problem: Value = call.expect_problem(422, "validation_failed").await.json();
        assert_eq!(
            problem["errors"][0],
            json!({
                "pointer": "/phone",
                "code": code,
                "detail": problem["errors"][0]["detail"],
            }),
            "{phone}"
        );
    }
    let both = json!({"phone": MOBILE, "email": "erika@example.org"});
    exchange.post("/v1/auth/codes", &both).expect_problem(422, "validation_failed").await;
    let mail = json!({"email": "erika@example.org"});
    exchange.post("/v1/auth/codes", &mail).expect_problem(422, "channel_unavailable").await;
    assert_eq!((exchange.sms.counts().total, exchange.phone.counts().total), (0, 0));
}

async fn a_number_has_its_limits(exchange: Exchange) {
    let ask = async |client: u8| {
        let call = exchange.post("/v1/auth/codes", &json!({"phone": MOBILE}));
        call.header("x-forwarded-for", &format!("198.51.100.{client}")).send().await.status.as_u16()
    };
    let mut answers = Vec::new();
    for client in 0..4 {
        answers.push(ask(client).await);
    }
    assert_eq!(answers, [202, 202, 202, 429], "three in ten minutes");
    exchange.clock.advance(TimeDelta::minutes(61));
    answers.clear();
    for client in 0..4 {
        answers.push(ask(client).await);
    }
    assert_eq!(answers, [202, 202, 202, 429]);
    exchange.clock.advance(TimeDelta::minutes(61));
    assert_eq!(ask(9).await, 429, "six a day");
}

async fn the_day_s_budget_is_a_hard_stop(exchange: Exchange) {
    // 500 is the default: that many were sent today already, but one.
    let spent = 499;
    let tx = domain::Store::begin(exchange.server.store(), domain::Scope::Installation).await.unwrap();
    for _ in 0..spent {
        let budget = domain::citizens::code::budget(500);
        domain::limits::spend(&*tx, exchange.clock.now(), budget, "installation").await.unwrap();
    }
    tx.commit().await.unwrap();
    exchange.ask_for_code(MOBILE).await;
    let call = exchange.post("/v1/auth/codes", &json!({"phone": "+491727654321"}));
    call.expect_problem(429, "too_many_requests").await;
    exchange.clock.advance(TimeDelta::hours(27));
    exchange.ask_for_code("+491727654321").await;
}

/// Whoever earns on a block of numbers asks for codes from everywhere.
async fn code_pumping(exchange: Exchange) {
    let began = std::time::Instant::now();
    let exchange = &exchange;
    let taken = stream::iter(0..ATTACK)
        .map(|n| async move {
            let phone = format!("+49171123{:04}", n % 10_000);
            let client = format!("2001:db8:{:x}:{:x}::1", n / 7, n % 7);
            let call = exchange.post("/v1/auth/codes", &json!({"phone": phone}));
            u32::from(call.header("x-forwarded-for", &client).send().await.status == 202)
        })
        .buffer_unordered(16)
        .fold(0, |sum, one| async move { sum + one })
        .await;
    eventually("every message", SOON, async || {
        (exchange.sms.counts().accepted >= u64::from(taken)).then_some(())
    })
    .await;
    let sent = exchange.sms.counts().total;
    println!("{ATTACK} requests, {sent} text messages, {:?}", began.elapsed());
    assert!((1..=20).contains(&sent), "{sent}");
    exchange.assert_obeyed();
}
