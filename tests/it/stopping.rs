//! The program as the system meets it: told to stop, and without room on the disk.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures::future::join_all;
use reqwest::{Client, StatusCode};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};
use simulators::Recording;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    photos::jpeg,
    support::{
        Engine, TestDatabase,
        eventually::eventually,
        killable::{ADMIN, Killable, PASSWORD, TOWN},
        on_both,
    },
};

on_both!(told_to_stop_it_finishes_what_is_under_way, a_full_disk_refuses_writes_and_serves_reads);

const SOON: Duration = Duration::from_secs(60);

fn settings(database: &TestDatabase) -> String {
    let owner = database.serving_role.map(|_| format!("owner_url = \"{}\"", database.owner_url));
    format!("url = \"{}\"\n{}", database.url, owner.unwrap_or_default())
}

/// The program, which is told of a full disk by an error and not by a signal, as on a real one.
fn program(folder: &TempDir) -> PathBuf {
    let script = folder.path().join("rathaus");
    fs::write(&script, format!("#!/bin/sh\ntrap '' XFSZ\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_chaos")))
        .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    script
}

fn run(command: &str, words: &[&str]) {
    assert!(Command::new(command).args(words).status().unwrap().success(), "{command} {words:?}");
}

/// A kind of complaint that anybody may report.
async fn add_category(rathaus: &Killable, client: &Client) {
    let session = json!({"email": ADMIN, "password": PASSWORD});
    let at = |path: &str| format!("http://{}{path}", rathaus.address);
    let session = client.post(at("/v1/auth/staff-sessions")).json(&session).send().await.unwrap();
    let session: Value = session.json().await.unwrap();
    let waste = json!({
        "code": "illegal-waste", "names": {"de": "Illegale Müllablagerung"}, "accepts_guests": true,
        "accepts_anonymous": true, "promise": {"first_answer_days": 2, "solution_days": 10},
    });
    let made = client.post(at(&format!("{TOWN}/admin/categories"))).json(&waste);
    let made = made.bearer_auth(session["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(made.status(), 201);
}

fn report() -> Value {
    json!({
        "category": "illegal-waste", "description": "Alte Reifen am Waldrand",
        "location": {"lat": 51.59, "lon": 12.58}, "anonymous": true,
    })
}

async fn told_to_stop_it_finishes_what_is_under_way(database: TestDatabase) {
    let program = Path::new(env!("CARGO_BIN_EXE_chaos"));
    let mut rathaus = Killable::prepare(Recording::Full, program, &settings(&database), "").await;
    rathaus.found();
    let process = rathaus.start().await;
    let client = Client::new();
    add_category(&rathaus, &client).await;
    let complaints = format!("http://{}{TOWN}/complaints", rathaus.address);

    // One request has sent half of its body when the signal comes.
    let body = report().to_string();
    let (half, rest) = body.split_at(body.len() / 2);
    let mut slow = TcpStream::connect(rathaus.address).await.unwrap();
    let head = format!(
        "POST {TOWN}/complaints HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         x-forwarded-for: 192.0.2.1\r\ncontent-length: {}\r\n\r\n{half}",
        body.len()
    );
    slow.write_all(head.as_bytes()).await.unwrap();

    // Others report all the time; whoever gets an answer must have been heard.
    let (told, heard) = (AtomicBool::new(false), AtomicBool::new(false));
    let load = (0..8).map(|number| {
        let (client, complaints, told, heard) = (&client, &complaints, &told, &heard);
        async move {
            let (mut stored, mut last) = (0_u64, 0);
            loop {
                last += 1;
                let sender = format!("10.{number}.{}.{}", last / 250, last % 250);
                let sent =
                    client.post(complaints).header("x-forwarded-for", sender).json(&report()).send().await;
                match sent {
                    Ok(answer) if answer.status() == 201 => {
                        heard.store(true, Ordering::Relaxed);
                        stored += u64::from(answer.json::<Value>().await.is_ok());
                    }
                    // Overload is an answer as well; nothing was stored.
                    Ok(answer) => assert_eq!(answer.status(), 503),
                    Err(error) => {
                        assert!(told.load(Ordering::Relaxed), "{error:?}");
                        return stored;
                    }
                }
            }
        }
    });
    let ending = async {
        eventually("a report", SOON, async || heard.load(Ordering::Relaxed).then_some(())).await;
        told.store(true, Ordering::Relaxed);
        run("kill", &["-TERM", &process.to_string()]);
        // Nobody new is let in; the slow one is waited for.
        eventually("the door to close", SOON, async || TcpStream::connect(rathaus.address).await.err()).await;
        slow.write_all(rest.as_bytes()).await.unwrap();
        let mut answer = String::new();
        slow.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let (stored, answer) = tokio::join!(join_all(load), ending);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let child = rathaus.child.as_mut().unwrap();
    let ended = eventually("the end", SOON, async || child.try_wait().unwrap()).await;
    assert!(ended.success(), "{ended}");
    if database.engine == Engine::Sqlite {
        let log = PathBuf::from(database.url.trim_start_matches("sqlite://")).with_extension("db-wal");
        let left = fs::metadata(&log).map_or(0, |log| log.len());
        assert_eq!(left, 0, "the file alone is a whole copy");
    }
    let connection = Database::connect(&database.superuser_url).await.unwrap();
    let count = Statement::from_string(connection.get_database_backend(), "SELECT COUNT(*) FROM complaints");
    let counted: i64 = connection.query_one_raw(count).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    connection.close().await.unwrap();
    let acknowledged = i64::try_from(stored.iter().sum::<u64>()).unwrap() + 1;
    // An answer may be lost with its connection, a report may not.
    assert!(counted >= acknowledged, "{counted} of {acknowledged}");
    println!("{acknowledged} acknowledged, {counted} stored");
}

async fn a_full_disk_refuses_writes_and_serves_reads(database: TestDatabase) {
    let scripts = tempfile::tempdir().unwrap();
    let mut rathaus = Killable::prepare(Recording::Full, &program(&scripts), &settings(&database), "").await;
    rathaus.found();
    let process = rathaus.start().await.to_string();
    let client = Client::new();
    add_category(&rathaus, &client).await;
    let at = |path: &str| format!("http://{}{TOWN}{path}", rathaus.address);
    let photo = || {
        let body = client.post(at("/photos")).header("content-type", "image/jpeg").body(jpeg(1));
        body.send()
    };
    let complaint = || client.post(at("/complaints")).json(&report()).send();
    assert_eq!(photo().await.unwrap().status(), 201);

    // No file may grow beyond what it is.
    run("prlimit", &["--pid", &process, "--fsize=1:unlimited"]);
    let refused = photo().await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    // PostgreSQL's disk is another process's: there only the photos' folder is full.
    if database.engine == Engine::Sqlite {
        let refused = complaint().await.unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE, "{:?}", refused.text().await);
    }
    let read = client.get(at("/categories")).send().await.unwrap();
    assert_eq!(read.status(), 200);

    run("prlimit", &["--pid", &process, "--fsize=unlimited:unlimited"]);
    assert_eq!(photo().await.unwrap().status(), 201, "without a restart");
    assert_eq!(complaint().await.unwrap().status(), 201);
}
