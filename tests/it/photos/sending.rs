use std::{path::Path, time::Duration};

use api::{clock::Clock, sending};
use chrono::TimeDelta;
use domain::complaints::photo::MAX_BYTES;
use serde_json::{Value, json};

use super::{PHOTOS, jpeg};
use crate::{
    auth::access,
    complaints::{in_bad_dueben, report_with},
    support::{eventually::eventually, installation::Installation, on_both},
};

on_both!(
    a_photo_is_taken_in_once,
    what_is_no_photo_is_refused,
    a_photo_belongs_to_its_sender,
    uploads_are_counted,
    what_no_report_wanted_is_removed,
);

/// How many files lie in the photo store.
fn files(installation: &Installation) -> usize {
    let url = &installation.server.parts().config.files.url;
    count(Path::new(url.strip_prefix("file://").unwrap()))
}

fn count(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
}

async fn a_photo_is_taken_in_once(installation: Installation) {
    in_bad_dueben(&installation).await;
    let id = installation.clock.uuid();
    let mine = format!("?id={id}");
    let answer = installation.upload(&mine, jpeg(1)).send().await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.headers["location"], format!("{PHOTOS}/{id}").as_str());
    assert_eq!(answer.json::<Value>(), json!({"id": id, "width": 640, "height": 480}));
    let again = installation.upload(&mine, jpeg(1)).send().await;
    assert_eq!((again.status, &again.body), (answer.status, &answer.body));
    assert_eq!(files(&installation), 2);

    installation.upload(&mine, jpeg(2)).expect_problem(409, "already_exists").await;
    let guest = installation.guest().await;
    let stranger = installation.upload(&mine, jpeg(1)).bearer(access(&guest));
    stranger.expect_problem(409, "already_exists").await;
    assert_eq!(files(&installation), 2);
    let other: Value = installation.upload("", jpeg(1)).expect(201).await;
    assert_ne!(other["id"], json!(id));
}

async fn what_is_no_photo_is_refused(installation: Installation) {
    in_bad_dueben(&installation).await;
    let html = "<html><script>alert(1)</script></html>";
    installation.upload("", html).expect_problem(422, "photo_unreadable").await;
    let half = jpeg(1)[..2000].to_vec();
    installation.upload("", half).expect_problem(422, "photo_unreadable").await;
    installation.upload("", Vec::new()).expect_problem(422, "photo_unreadable").await;

    // The header of a PNG (ISO/IEC 15948, 11.2.2) that claims 50,000 × 50,000 pixels.
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bomb.extend([50_000_u32.to_be_bytes(), 50_000_u32.to_be_bytes()].concat());
    bomb.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    installation.upload("", bomb).expect_problem(422, "photo_too_large").await;

    let heavy = vec![0xff; MAX_BYTES + 1024 * 1024];
    installation.upload("", heavy).expect_problem(413, "payload_too_large").await;
    let text = installation.upload("", jpeg(1)).0.header("content-type", "text/html");
    let mut text = text.build().unwrap();
    text.headers_mut().insert("content-type", "text/html".parse().unwrap());
    let refused = reqwest::Client::new().execute(text).await.unwrap();
    assert_eq!(refused.status(), 415);
    installation.upload("?id=mine", jpeg(1)).expect_problem(400, "malformed_parameter").await;
    assert_eq!(files(&installation), 0, "nothing was written");
}

async fn a_photo_belongs_to_its_sender(installation: Installation) {
    in_bad_dueben(&installation).await;
    let (mine, other) = (installation.guest().await, installation.guest().await);
    let photo: Value = installation.upload("", jpeg(1)).bearer(access(&mine)).expect(201).await;
    let report = report_with(json!({"photos": [photo["id"]], "anonymous": false}));
    for stranger in [
        installation.file(&report).bearer(access(&other)),
        installation.file(&report_with(json!({"photos": [photo["id"]]}))),
    ] {
        let answer = stranger.expect_problem(422, "validation_failed").await;
        let problem: Value = answer.json();
        assert_eq!(problem["errors"][0]["pointer"], "/photos");
        assert_eq!(problem["errors"][0]["code"], "unknown_reference");
    }
    let filed: Value = installation.file(&report).bearer(access(&mine)).expect(201).await;
    assert_eq!(filed["status"], "routed");
    // A photo belongs to one report only.
    installation.file(&report).bearer(access(&mine)).expect_problem(422, "validation_failed").await;
}

async fn uploads_are_counted(installation: Installation) {
    in_bad_dueben(&installation).await;
    let guest = installation.guest().await;
    for _ in 0..50 {
        let unreadable = installation.upload("", "no photo").bearer(access(&guest)).send().await;
        assert_eq!(unreadable.status, 422);
    }
    let refused = installation.upload("", jpeg(1)).bearer(access(&guest));
    let refused = refused.expect_problem(429, "too_many_requests").await;
    assert!(refused.headers.contains_key("retry-after"));
    let other = installation.guest().await;
    let _: Value = installation.upload("", jpeg(1)).bearer(access(&other)).expect(201).await;
}

async fn what_no_report_wanted_is_removed(installation: Installation) {
    in_bad_dueben(&installation).await;
    let wanted: Value = installation.upload("", jpeg(1)).expect(201).await;
    let unwanted: Value = installation.upload("", jpeg(2)).expect(201).await;
    let filed: Value = installation.file(&report_with(json!({"photos": [wanted["id"]]}))).expect(201).await;
    installation.clock.advance(TimeDelta::hours(25));
    let late: Value = installation.upload("", jpeg(3)).expect(201).await;
    assert_eq!(files(&installation), 6);

    let parts = installation.server.parts();
    let clock: &Clock = &parts.clock;
    let store = installation.store();
    let worker =
        sending::start(&parts.config, clock, &parts.secrets, store, parts.photos.store()).await.unwrap();
    eventually("the files to go", Duration::from_secs(20), async || {
        (files(&installation) == 4).then_some(())
    })
    .await;
    worker.stop().await;
    installation.photo(unwanted["id"].as_str().unwrap()).expect_problem(404, "not_found").await;
    assert_eq!(installation.photo(late["id"].as_str().unwrap()).send().await.status, 200);
    let key = filed["return_key"].as_str().unwrap();
    let kept = installation.photo(wanted["id"].as_str().unwrap()).header("return-key", key);
    assert_eq!(kept.send().await.status, 200);
}
