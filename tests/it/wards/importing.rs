//! People taken over from an earlier system, with what proves that they agreed.

use domain::staff::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{LEDGER, MOBILE, STAFF};
use crate::{
    support::{http::Call, on_both},
    telephony::Exchange,
};

on_both!(
    people_come_with_their_proof,
    nothing_is_taken_where_a_line_is_wrong,
    who_said_no_is_not_taken_over,
    a_resident_signs_in_and_leaves_for_good,
    a_file_of_people_that_is_none_is_refused,
);

const IMPORTS: &str = "/v1/municipalities/bad-dueben/staff/people-imports";

const PEOPLE: &str = "art;name;telefon;e-mail;gefahr;wichtig;nachweis;zugestimmt am;gültig bis\n\
                      vertreten;Erna Muster;030 23125014;;Anruf;;A-17;03.05.2024;31.12.2999\n\
                      einwohner;Kim Beispiel;01522 8817386;;SMS;SMS;CSV 2023/4;2023-01-31;\n";

fn upload(exchange: &Exchange, token: &str, query: &str, file: &'static str) -> Call {
    let call = exchange.call(Method::POST, &format!("{IMPORTS}{query}")).bearer(token);
    Call(call.0.header("content-type", "text/csv").body(file))
}

fn counts(report: &Value) -> [u64; 3] {
    ["added", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap())
}

async fn people_come_with_their_proof(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    let taken: Value = upload(&exchange, &clerk, "", PEOPLE).expect(200).await;
    assert_eq!(counts(&taken), [2, 0, 0]);
    let mut ledger = exchange.town.ask(LEDGER).await;
    ledger.sort();
    assert_eq!(
        ledger,
        ["sms crisis yes import staff", "sms important yes import staff", "voice crisis yes import staff"]
    );
    let mut proofs = exchange.town.ask("SELECT DISTINCT proof || text_version FROM consents").await;
    proofs.sort();
    assert_eq!(proofs, ["A-17 (2024-05-03)earlier", "CSV 2023/4 (2023-01-31)earlier"]);
    let mut reach = exchange.town.ask("SELECT DISTINCT channel FROM reach").await;
    reach.sort();
    assert_eq!(reach, ["sms", "voice"]);
    let wards: Value =
        exchange.call(Method::GET, &format!("{STAFF}?q=erna")).bearer(&clerk).expect(200).await;
    let ward = wards["items"][0]["id"].as_str().unwrap();
    let ward: Value = exchange.call(Method::GET, &format!("{STAFF}/{ward}")).bearer(&clerk).expect(200).await;
    assert_eq!((&ward["means"], &ward["document"]), (&json!("import"), &json!("A-17")));
    // Taken again the file changes nothing, and nobody was called.
    let again: Value = upload(&exchange, &clerk, "?on_fault=skip", PEOPLE).expect(200).await;
    assert_eq!(counts(&again), [0, 2, 0]);
    assert_eq!(exchange.town.ask(LEDGER).await.len(), 3);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM messages").await, ["0"]);
    assert_eq!(
        exchange.town.ask("SELECT count(*) FROM accounts WHERE phone = '+4915228817386'").await,
        ["1"]
    );
}

async fn nothing_is_taken_where_a_line_is_wrong(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    let file = "kind,name,phone,email,topics,crisis,document,agreed_on,valid_until\n\
                ward,Erna Muster,030 23125014,,,voice,A-1,2024-05-03,\n\
                ward,Otto Muster,030 23125015,,no-such-topic,voice,A-2,2024-05-03,\n\
                ward,Ida Muster,0900 1 123456,,,voice,A-3,2024-05-03,\n\
                ward,Ada Muster,,,,,A-4,2024-05-03,\n\
                ward,Eva Muster,030 23125016,,,email,A-5,2024-05-03,\n\
                ward,Uwe Muster,030 23125016,,,voice,A-6,2999-05-03,\n\
                ward,Udo Muster,030 23125016,,,voice,A-7,2024-05-03,2024-06-01\n\
                resident,Jan Muster,030 23125016,,,voice,A-8,2024-05-03,\n\
                ward,Max Muster,030 23125016,,,voice,,2024-05-03,\n";
    let refused = upload(&exchange, &clerk, "", file).expect_problem(422, "validation_failed").await;
    let refused: Value = refused.json();
    let mut named: Vec<_> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [
            "/10/document",
            "/3/topics",
            "/4/phone",
            "/5/phone",
            "/6/crisis",
            "/7/agreed_on",
            "/8/valid_until",
            "/9/email"
        ]
    );
    for table in ["wards", "consents", "reach", "people"] {
        let kept = exchange.town.ask(&format!("SELECT count(*) FROM {table}")).await;
        assert_eq!(kept, ["0"], "{table}");
    }
    let skipped: Value = upload(&exchange, &clerk, "?on_fault=skip", file).expect(200).await;
    assert_eq!(counts(&skipped), [1, 0, 8]);
    assert_eq!(skipped["lines"][0]["line"], 3);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, ["1"]);
}

async fn who_said_no_is_not_taken_over(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    let _: Value = upload(&exchange, &clerk, "", PEOPLE).expect(200).await;
    let wards: Value = exchange.call(Method::GET, STAFF).bearer(&clerk).expect(200).await;
    let ward = format!("{STAFF}/{}", wards["items"][0]["id"].as_str().unwrap());
    let left = exchange
        .call(Method::DELETE, &format!("{ward}?means=phone"))
        .bearer(&clerk)
        .header("if-match", "\"v1\"");
    assert_eq!(left.send().await.status, 204);
    let refused = upload(&exchange, &clerk, "", PEOPLE).expect_problem(422, "validation_failed").await;
    let refused: Value = refused.json();
    assert_eq!(refused["errors"][0]["pointer"], "/2/name");
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach WHERE channel = 'voice'").await, ["0"]);
}

async fn a_file_of_people_that_is_none_is_refused(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    for file in ["", "name;telefon\nErna;030 23125014\n", "\u{0}\u{0}"] {
        upload(&exchange, &clerk, "", file).expect_problem(422, "validation_failed").await;
    }
    let page = exchange.call(Method::POST, IMPORTS).bearer(&clerk);
    let page = Call(page.0.header("content-type", "text/html").body("<p>"));
    page.expect_problem(415, "unsupported_media_type").await;
    upload(&exchange, &clerk, "?on_fault=perhaps", PEOPLE).expect_problem(400, "malformed_parameter").await;
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, ["0"]);
}

async fn a_resident_signs_in_and_leaves_for_good(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    let _: Value = upload(&exchange, &clerk, "", PEOPLE).expect(200).await;
    exchange.ask_for_code(MOBILE).await;
    let code = exchange.texted_code(MOBILE).await;
    let session = json!({"phone": MOBILE, "code": code});
    let session: Value = exchange.post("/v1/auth/sessions", &session).expect(201).await;
    let token = session["access_token"].as_str().unwrap();
    let follow = "/v1/me/follows/bad-dueben";
    let chosen: Value = exchange.call(Method::GET, follow).bearer(token).expect(200).await;
    assert_eq!(chosen["channels"]["crisis"], json!(["sms"]), "what the paper says is theirs");
    assert_eq!(exchange.call(Method::DELETE, follow).bearer(token).send().await.status, 204);
    let again: Value = upload(&exchange, &clerk, "", PEOPLE).expect(200).await;
    assert_eq!(counts(&again), [0, 2, 0]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach WHERE channel = 'sms'").await, ["0"]);
    exchange.call(Method::GET, follow).bearer(token).expect_problem(404, "not_found").await;
}
