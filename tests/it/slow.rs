//! Bodies that come a byte at a time.

use std::time::Duration;

use api::{cli::Role, clock::Clock, server::Server};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp::OwnedReadHalf},
    time::{Instant, interval, timeout},
};

use crate::support::{TestDatabase, installation, on_both};

on_both!(a_body_has_a_deadline, a_body_nobody_wants_ends_its_connection);

/// Far longer than any of these connections should live.
const PATIENCE: Duration = Duration::from_secs(30);

async fn server(database: &TestDatabase, seconds: u32) -> (Server, tempfile::TempDir) {
    let files = tempfile::tempdir().unwrap();
    let mut config = installation::config(database, &files);
    config.http.body_seconds = seconds;
    (Server::start(config, Clock::system(), Role::Api).await.unwrap(), files)
}

/// Sends `head`, then `drop` again and again. Gives what was answered until the server hung up, and how
/// long that took.
async fn drip(server: &Server, head: &str, drop: &'static [u8]) -> (String, Duration) {
    let started = Instant::now();
    let (reader, mut writer) = TcpStream::connect(server.address().unwrap()).await.unwrap().into_split();
    writer.write_all(head.as_bytes()).await.unwrap();
    let dripping = tokio::spawn(async move {
        let mut now_and_then = interval(Duration::from_millis(50));
        while writer.write_all(drop).await.is_ok() {
            now_and_then.tick().await;
        }
    });
    let answer = timeout(PATIENCE, to_the_end(reader)).await.expect("the connection is still open");
    dripping.abort();
    (answer, started.elapsed())
}

async fn to_the_end(mut reader: OwnedReadHalf) -> String {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    // A reset after the answer is an end as well.
    while let Ok(read) = reader.read(&mut piece).await {
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(&piece[..read]);
    }
    String::from_utf8(bytes).unwrap()
}

fn problem(answer: &str, status: &str, code: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(serde_json::from_str::<Value>(body).unwrap()["code"], code, "{answer}");
}

async fn a_body_has_a_deadline(database: TestDatabase) {
    let (server, _files) = server(&database, 1).await;
    let json = "POST /v1/auth/codes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    for (head, drop) in [
        (format!("{json}content-length: 1000\r\n\r\n"), &b" "[..]),
        (format!("{json}transfer-encoding: chunked\r\n\r\n"), b"1\r\n \r\n"),
    ] {
        let (answer, took) = drip(&server, &head, drop).await;
        problem(&answer, "408", "body_too_slow");
        assert!(took >= Duration::from_secs(1), "{took:?}");
    }
    server.stop().await.unwrap();
}

/// The answer is known before the body is read: nobody waits for the rest of it.
async fn a_body_nobody_wants_ends_its_connection(database: TestDatabase) {
    let (server, _files) = server(&database, 3600).await;
    let head = "POST /nowhere HTTP/1.1\r\nhost: x\r\n";
    for (more, drop) in
        [("content-length: 1000\r\n\r\n", &b" "[..]), ("transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n")]
    {
        let (answer, _) = drip(&server, &format!("{head}{more}"), drop).await;
        problem(&answer, "404", "not_found");
    }
    server.stop().await.unwrap();
}
