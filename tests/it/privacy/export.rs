//! People get everything that is kept about them.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
    time::{Duration, Instant},
};

use domain::{Store, complaints::Complaint, staff::Role};
use infrastructure::privacy::DataMap;
use reqwest::Method;
use serde_json::Value;
use zip::ZipArchive;

use super::planted::PLANTED;
use crate::{desk::town::Town, support::on_both};

on_both!(everything_is_in_it, staff_hand_it_out, a_thousand_objects_are_ready_in_time);

/// The files of an archive.
type Files = BTreeMap<String, Vec<u8>>;

impl Town {
    async fn archive(&self, path: &str, token: &str) -> Files {
        let response = self.rathaus.request(Method::POST, path).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/zip");
        let mut archive = ZipArchive::new(Cursor::new(response.bytes().await.unwrap())).unwrap();
        let mut files = Files::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            files.insert(file.name().unwrap().into_owned(), bytes);
        }
        files
    }
}

fn tables_of(files: &Files) -> Vec<Value> {
    let data: Value = serde_json::from_slice(&files["data.json"]).unwrap();
    data["tables"].as_array().unwrap().clone()
}

async fn everything_is_in_it(town: Town) {
    let planted = town.plant().await;
    let files = town.archive("/v1/me/export", &planted.token).await;
    let tables = tables_of(&files);
    // Every column that is about a person, but for hashes and seals.
    let mut columns = 0;
    for table in DataMap::get().unwrap().tables.iter().filter(|table| table.is_personal()) {
        let kept = tables.iter().find(|kept| kept["table"] == table.name);
        let kept = kept.unwrap_or_else(|| panic!("{} is not in it", table.name));
        let listed = kept["columns"].as_array().unwrap();
        for (column, meaning) in &table.columns {
            let expected = meaning.is_exported(false);
            assert_eq!(listed.iter().any(|listed| listed == column), expected, "{}.{column}", table.name);
            columns += usize::from(expected);
        }
        for row in kept["rows"].as_array().unwrap() {
            assert_eq!(row.as_object().unwrap().len(), listed.len(), "{}", table.name);
        }
    }
    let text = String::from_utf8(files["data.json"].clone()).unwrap();
    for word in PLANTED.iter().filter(|word| **word != "planted11 bitte anrufen") {
        assert!(text.contains(word), "{word} is not in it");
    }
    assert!(!text.contains("planted11 bitte anrufen"), "internal notes are handed out by staff");
    assert_eq!(files.keys().filter(|name| name.starts_with("photos/")).count(), 1);
    println!("{columns} columns of {} tables", tables.len());
    // Somebody else gets nothing of it.
    let other = town.rathaus.citizen("other@example.org").await;
    let files = town.archive("/v1/me/export", other["access_token"].as_str().unwrap()).await;
    let text = String::from_utf8(files["data.json"].clone()).unwrap();
    assert!(PLANTED.iter().all(|word| !text.contains(word)), "{text}");
}

async fn staff_hand_it_out(town: Town) {
    let planted = town.plant().await;
    let path = format!("/v1/municipalities/bad-dueben/staff/people/{}/export", planted.person);
    let files = town.archive(&path, &planted.admin).await;
    let text = String::from_utf8(files["data.json"].clone()).unwrap();
    assert!(text.contains("planted11 bitte anrufen"), "staff look through internal notes");
    assert!(text.contains(PLANTED[6]));
    let (_, clerk) = town.staff(Role::Clerk, &[&town.front]).await;
    town.rathaus.post(&path, &()).bearer(&clerk).expect_problem(403, "forbidden").await;
    town.rathaus.post(&path, &()).expect_problem(401, "unauthenticated").await;
    // Somebody this town hall has nothing to do with is not there, as nobody is.
    let stranger = town.rathaus.citizen("stranger@example.org").await;
    let me = town.rathaus.me(&stranger).await;
    for unknown in [me["id"].as_str().unwrap(), &town.rathaus.clock.uuid().to_string()] {
        let path = format!("/v1/municipalities/bad-dueben/staff/people/{unknown}/export");
        town.rathaus.post(&path, &()).bearer(&planted.admin).expect_problem(404, "not_found").await;
    }
}

async fn a_thousand_objects_are_ready_in_time(town: Town) {
    let planted = town.plant().await;
    let template = town.complaint(1_000, &town.front).await;
    let tx = town.rathaus.store().begin(town.scope()).await.unwrap();
    for number in 1_001..=2_000 {
        tx.insert_complaint(&Complaint {
            id: town.rathaus.clock.uuid().into(),
            reference: domain::complaints::Reference::new("BD", 2026, number).unwrap(),
            reporter: Some(planted.person),
            ..template.clone()
        })
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    let begun = Instant::now();
    let tables = tables_of(&town.archive("/v1/me/export", &planted.token).await);
    let took = begun.elapsed();
    let complaints = tables.iter().find(|kept| kept["table"] == "complaints").unwrap();
    assert_eq!(complaints["rows"].as_array().unwrap().len(), 1_002);
    println!("an export of 1,002 complaints took {} ms", took.as_millis());
    assert!(took < Duration::from_secs(60), "{took:?}");
}
