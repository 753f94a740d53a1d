//! What signing in costs: measured on the program as a process of its own.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use futures::future::{join, join_all};
use reqwest::Client;
use serde_json::json;
use simulators::Recording;

use crate::support::{TestDatabase, killable::Killable, on_both};

on_both!(many_sign_ins_at_once_take_no_more_memory_than_there_are_cores);

const AT_ONCE: u32 = 200;
/// What one comparison of a password needs, in KiB.
const ONE: u64 = 19_456;
/// What 200 requests at once may take besides, buffers and tasks included, in KiB.
const REQUESTS: u64 = 16_384;

/// Who reads news meanwhile, one after the other each.
const READERS: u32 = 4;
/// How long 99 of 100 of them wait at most: the figure of the bar, and for a program that is not optimised and
/// shares its cores with the test a multiple.
const WAIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1500 } else { 150 });

/// Kibibytes of resident memory: of now (`VmRSS`), or the most so far (`VmHWM`).
fn memory(process: u32, which: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(which)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// An address of their own for each of them.
fn sender(number: u32) -> String {
    format!("10.{}.{}.1", number / 250, number % 250)
}

async fn many_sign_ins_at_once_take_no_more_memory_than_there_are_cores(database: TestDatabase) {
    let owner = database.serving_role.map(|_| format!("owner_url = \"{}\"", database.owner_url));
    let settings = format!("url = \"{}\"\n{}", database.url, owner.unwrap_or_default());
    let program = Path::new(env!("CARGO_BIN_EXE_chaos"));
    let mut rathaus = Killable::prepare(Recording::Full, program, &settings, "").await;
    rathaus.found();
    let process = rathaus.start().await;
    let client = Client::new();
    let address = |path: &str| format!("http://{}{path}", rathaus.address);
    // Connections and buffers for so many at once are there before anything is measured.
    let guess = |number: u32| {
        let body = json!({"email": format!("n{number}@example.org"), "code": "000000"});
        client.post(address("/v1/auth/sessions")).header("x-forwarded-for", sender(number)).json(&body).send()
    };
    join_all((0..AT_ONCE).map(guess)).await;
    let reads = AtomicU32::new(0);
    let news = async || {
        let from = sender(reads.fetch_add(1, Ordering::Relaxed) % 60_000);
        let to = client.get(address("/v1/municipalities/bad-dueben/news"));
        let began = Instant::now();
        let status = to.header("x-forwarded-for", from).send().await.unwrap().status();
        assert_eq!(status, 200);
        began.elapsed()
    };
    join_all((0..AT_ONCE).map(|_| news())).await;
    let before = memory(process, "VmRSS");
    let sign_in = |number: u32| {
        let body = json!({"email": format!("n{number}@example.org"), "password": "guess"});
        let to = client.post(address("/v1/auth/staff-sessions"));
        to.header("x-forwarded-for", sender(number)).json(&body).send()
    };
    let are_over = AtomicBool::new(false);
    let reader = async || {
        let mut waits = Vec::new();
        while !are_over.load(Ordering::Relaxed) {
            waits.push(news().await);
        }
        waits
    };
    let signing_in = async {
        let answers = join_all((0..AT_ONCE).map(sign_in)).await;
        are_over.store(true, Ordering::Relaxed);
        answers
    };
    let (answers, waits) = join(signing_in, join_all((0..READERS).map(|_| reader()))).await;
    let compared = answers.iter().filter(|answer| answer.as_ref().unwrap().status() == 401).count();
    let growth = memory(process, "VmHWM").saturating_sub(before);
    let seats = u64::try_from(thread::available_parallelism().unwrap().get()).unwrap();
    println!(
        "{AT_ONCE} sign-ins at once, {compared} compared: {before} KiB before, {growth} KiB more at most"
    );
    let mut waits = waits.concat();
    waits.sort_unstable();
    let (half, most) = (waits[waits.len() / 2], waits[waits.len() * 99 / 100]);
    println!("{} reads of news meanwhile: p50 {half:?}, p99 {most:?}", waits.len());
    assert!(waits.len() >= 100, "only {} reads", waits.len());
    assert!(most < WAIT, "p99 {most:?}");
    assert!(compared > 20, "only {compared} were compared");
    assert!(growth <= ONE * seats + REQUESTS, "{growth} KiB more for {seats} cores");
}
