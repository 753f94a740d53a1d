use std::sync::{Arc, Mutex};

use domain::text::{Slug, WebAddress};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// What the service answers an operator's key; keys shortened.
const OPENED: &str = r#"{"apiKey":"MTEwYzI4ODM6NTg0Mw==","settings":{"PUB_ABFALLTYPEN":[
    {"wasteType":"50","checked":true},{"wasteType":"53","checked":true},{"wasteType":"60","checked":false}]}}"#;
/// The dates of a house.
const APPOINTED: &str = r#"{"data":{"appointments":[
    {"date":"2026-12-03","wasteType":{"name":"Restabfall"}},
    {"date":"2026-12-04T00:00:00+01:00","wasteType":{"name":"Bioabfall"}}]}}"#;

/// A stand-in that answers the door and the interface; its address and what it was asked.
async fn service(door: &'static str, interface: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            loop {
                let mut part = [0; 4096];
                let read = stream.read(&mut part).await.unwrap();
                request.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&request);
                let length = text
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
                if read == 0 || text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length) {
                    break;
                }
            }
            let text = String::from_utf8(request).unwrap();
            let body = if text.starts_with("GET /?key=") { door } else { interface };
            kept.lock().unwrap().push(text);
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (base, asked)
}

async fn read(base: &str) -> Result<Vec<Result<Record, Fault>>> {
    let settings = AbfallIo {
        key: Slug::parse("0d7a92192ba3ae91").unwrap(),
        house: Slug::parse("1257").unwrap(),
        website: Some(WebAddress::parse("https://www.entsorger.example/kalender").unwrap()),
    };
    let window = Window { from: "2026-01-01".parse().unwrap(), until: "2027-12-31".parse().unwrap() };
    AbfallIoHouse::new(settings, Fetcher::anywhere()).at(base).read(window).await
}

#[tokio::test]
async fn the_dates_of_a_house_are_asked_for_and_read() {
    let (base, asked) = service(OPENED, APPOINTED).await;
    let read: Vec<_> = read(&base)
        .await
        .unwrap()
        .into_iter()
        .map(|record| {
            let record = record.unwrap();
            format!("{} {} {}", record.line, record.date, record.waste)
        })
        .collect();
    assert_eq!(read, ["1 2026-12-03 Restabfall", "2 2026-12-04 Bioabfall"]);
    let asked = asked.lock().unwrap();
    assert!(asked[0].starts_with("GET /?key=0d7a92192ba3ae91 "), "{}", asked[0]);
    let question = asked[1].to_lowercase();
    for part in [
        "post /graphql",
        "x-abfallplus-api-key: mtewyzi4odm6ntg0mw==",
        "origin: https://www.entsorger.example\r\n",
        "referer: https://www.entsorger.example/\r\n",
        r#""idhousenumber":"1257""#,
        r#""wastetypes":["50","53"]"#,
        r#""datemin":"2026-01-01""#,
        r#""datemax":"2027-12-31""#,
    ] {
        assert!(question.contains(part), "{part} in {question}");
    }
}

#[tokio::test]
async fn what_is_no_answer_gives_no_dates() {
    for (door, interface) in [
        ("<html>", APPOINTED),
        ("{}", APPOINTED),
        (OPENED, "<html>"),
        (OPENED, r#"{"errors":[{"message":"Unauthorized"}],"data":null}"#),
        (OPENED, r#"{"errors":[{"message":"partly"}],"data":{"appointments":[]}}"#),
        (OPENED, r#"{"data":{"appointments":null}}"#),
    ] {
        let (base, _) = service(door, interface).await;
        let Err(Error::Refused(refusal)) = read(&base).await else { panic!("{door} {interface}") };
        assert_eq!(refusal.violations[0].code, Code::SourceUnavailable, "{door} {interface}");
    }
    let (base, _) = service(OPENED, r#"{"data":{"appointments":[{"date":"soon","wasteType":null},{"date":"2026-12-03","wasteType":{"name":" "}}]}}"#).await;
    let faults: Vec<_> = read(&base).await.unwrap().into_iter().map(|record| record.unwrap_err()).collect();
    assert_eq!(
        faults,
        [
            Fault { line: 1, column: Column::Date, code: Code::WrongType },
            Fault { line: 2, column: Column::Waste, code: Code::Required }
        ]
    );
    let gone = Code::SourceUnavailable;
    let Err(Error::Refused(refusal)) = read("http://127.0.0.1:1").await else { panic!("answered") };
    assert_eq!(refusal.violations[0].code, gone);
}
