use chrono::TimeDelta;
use infrastructure::photos::PhotoStore;
use reqwest::{Method, header};
use serde_json::{Value, json};

use super::{
    OTHER_PDF, PDF, STAFF, TOWN, piece,
    sources::{Near, Website},
    upload,
};
use crate::{
    admin::{Desk, first_pointer},
    photos::jpeg,
    support::{http::Call, installation::Installation, on_both},
    waste::faults,
};

on_both!(
    pictures_are_shown_with_what_they_show,
    a_gazette_has_its_pdf,
    what_is_no_pdf_is_refused,
    a_linked_pdf_is_looked_at,
    a_link_leads_nowhere_within_the_house,
    what_nothing_names_is_removed,
);

async fn pictures_are_shown_with_what_they_show(installation: Installation) {
    let desk = Desk::open(installation).await;
    let taken: Value =
        upload(&desk.installation, "bad-dueben", &desk.admin, "pictures", jpeg(9)).expect(201).await;
    let id = taken["id"].as_str().unwrap();
    let path = format!("{TOWN}/pictures/{id}");
    desk.installation.get(&path).expect_problem(404, "not_found").await;
    let mute = piece("news", "Freibad", json!({"pictures": [{"id": id, "alternatives": []}]}));
    let refused = desk.post(STAFF, &mute).expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/pictures/0/alternatives");
    let words = json!([{"language": "de", "text": "Das Becken"}, {"language": "en", "text": "The pool"}]);
    let shown = piece("news", "Freibad", json!({"pictures": [{"id": id, "alternatives": words}]}));
    let place = desk.add(STAFF, &shown).await;
    desk.installation.get(&path).expect_problem(404, "not_found").await;
    desk.step(&place, "\"v1\"", "published").await;
    let item = &desk.look("news").await[0];
    assert_eq!(item["pictures"][0]["alternative"], "Das Becken");
    let url = item["pictures"][0]["url"].as_str().unwrap();
    let picture = desk.installation.request(Method::GET, url).send().await.unwrap();
    assert_eq!(
        (picture.status().as_u16(), &picture.headers()[header::CONTENT_TYPE]),
        (200, &"image/jpeg".parse().unwrap())
    );
    assert!(picture.bytes().await.unwrap().starts_with(&[0xff, 0xd8]));
    let thumb =
        desk.installation.request(Method::GET, &format!("{url}?rendition=thumb")).send().await.unwrap();
    assert_eq!(thumb.status(), 200);
    desk.step(&place, "\"v2\"", "draft").await;
    desk.installation.get(&path).expect_problem(404, "not_found").await;
}

async fn a_gazette_has_its_pdf(installation: Installation) {
    let desk = Desk::open(installation).await;
    let taken: Value =
        upload(&desk.installation, "bad-dueben", &desk.admin, "documents", PDF.to_vec()).expect(201).await;
    assert_eq!(taken["bytes"], PDF.len());
    let issue = |date: &str, document: &Value| {
        let entries = json!([{"title": "Satzung über die Straßenreinigung", "page": 4}]);
        let gazette = json!({"date": date, "issue": "11/2026", "document": document, "entries": entries});
        piece("gazette", "Amtsblatt", json!({"gazette": gazette}))
    };
    desk.publish(&issue("2026-11-20", &taken["id"])).await;
    let other: Value = upload(&desk.installation, "bad-dueben", &desk.admin, "documents", OTHER_PDF.to_vec())
        .expect(201)
        .await;
    desk.publish(&issue("2026-10-20", &other["id"])).await;
    let items = desk.look("gazettes").await;
    assert_eq!(
        (&items[0]["gazette"]["date"], &items[1]["gazette"]["date"]),
        (&json!("2026-11-20"), &json!("2026-10-20"))
    );
    assert_eq!(items[0]["gazette"]["entries"][0]["page"], 4);
    let url = items[0]["gazette"]["document_url"].as_str().unwrap();
    let pdf = desk.installation.request(Method::GET, url).send().await.unwrap();
    assert_eq!(pdf.headers()[header::CONTENT_TYPE], "application/pdf");
    assert_eq!(pdf.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert!(pdf.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("sandbox"));
    assert_eq!(pdf.bytes().await.unwrap(), PDF);
    // A picture is no document.
    let picture: Value =
        upload(&desk.installation, "bad-dueben", &desk.admin, "pictures", jpeg(1)).expect(201).await;
    let refused =
        desk.post(STAFF, &issue("2026-11-20", &picture["id"])).expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/gazette/document");
}

async fn what_is_no_pdf_is_refused(installation: Installation) {
    let desk = Desk::open(installation).await;
    let send =
        |bytes: &[u8]| upload(&desk.installation, "bad-dueben", &desk.admin, "documents", bytes.to_vec());
    for bytes in
        [&b"<html><script>alert(1)</script>%PDF-1.7 startxref %%EOF"[..], b"%PDF-1.7 cut", b"", &jpeg(1)]
    {
        send(bytes).expect_problem(422, "document_unreadable").await;
    }
    let large = [PDF, &vec![b' '; 10 * 1024 * 1024]].concat();
    send(&large).expect_problem(413, "payload_too_large").await;
    let request =
        desk.installation.request(Method::POST, &format!("{STAFF}-documents")).bearer_auth(&desk.admin);
    let html = request.header(header::CONTENT_TYPE, "text/html").body(PDF);
    Call(html).expect_problem(415, "unsupported_media_type").await;
    let rows = desk.installation.rows().await;
    assert_eq!(rows["content_files"], 0, "nothing was kept");
}

fn linked(url: &str, title: &str) -> Value {
    piece("gazette", title, json!({"gazette": {"date": "2026-11-20", "document_url": url}}))
}

async fn a_linked_pdf_is_looked_at(Near(rathaus): Near) {
    let (desk, website) = (Desk::open(rathaus).await, Website::open().await);
    let pdf = String::from_utf8(PDF.to_vec()).unwrap();
    let says = |body: String| *website.body.lock().unwrap() = body;
    let large = format!("{pdf}{}%%EOF\n", " ".repeat(10 * 1024 * 1024));
    for (body, code) in [
        ("<html>%PDF-1.7 startxref %%EOF</html>".to_owned(), "document_unreadable"),
        (large, "payload_too_large"),
        // Nothing there.
        (String::new(), "source_unavailable"),
    ] {
        says(body);
        let refused = desk.post(STAFF, &linked(&website.address, "Amtsblatt"));
        let refused = refused.expect_problem(422, "validation_failed").await;
        assert_eq!(faults(&refused), [format!("/gazette/document_url {code}")]);
    }
    assert!(desk.items(STAFF).await.is_empty(), "nothing was written");

    says(pdf.clone());
    let key = uuid::Uuid::new_v4().to_string();
    let write = || desk.post(STAFF, &linked(&website.address, "Amtsblatt")).header("idempotency-key", &key);
    let made: Value = write().expect(201).await;
    let place = format!("{STAFF}/{}", made["id"].as_str().unwrap());
    desk.step(&place, "\"v1\"", "published").await;
    let gazette = desk.look("gazettes").await[0]["gazette"].clone();
    assert_eq!(
        (&gazette["document_url"], &gazette["document_bytes"]),
        (&json!(website.address), &json!(PDF.len()))
    );

    // What was seen is not asked for again: neither for the same request, nor where something else changes.
    says(String::new());
    let again: Value = write().expect(201).await;
    assert_eq!(again["id"], made["id"]);
    let _: Value = desk.put(&place, "\"v2\"", &linked(&website.address, "Amtsblatt 11")).expect(200).await;
    assert_eq!(desk.look("gazettes").await[0]["gazette"]["document_bytes"], PDF.len());
    let other = linked(&format!("{}?other", website.address), "Amtsblatt 11");
    desk.put(&place, "\"v3\"", &other).expect_problem(422, "validation_failed").await;
}

async fn a_link_leads_nowhere_within_the_house(installation: Installation) {
    let (desk, website) = (Desk::open(installation).await, Website::open().await);
    *website.body.lock().unwrap() = String::from_utf8(PDF.to_vec()).unwrap();
    let inside = website.address.replace("http:", "https:");
    for (url, code) in [
        (website.address.as_str(), "not_allowed"),
        (&inside, "source_unavailable"),
        ("https://[::1]/amtsblatt.pdf", "source_unavailable"),
        ("https://169.254.169.254/amtsblatt.pdf", "source_unavailable"),
    ] {
        let refused =
            desk.post(STAFF, &linked(url, "Amtsblatt")).expect_problem(422, "validation_failed").await;
        assert_eq!(faults(&refused), [format!("/gazette/document_url {code}")], "{url}");
    }
    assert!(website.asked.lock().unwrap().is_empty());
}

async fn what_nothing_names_is_removed(installation: Installation) {
    let desk = Desk::open(installation).await;
    let send = async |what: &str, bytes: Vec<u8>| {
        let taken: Value =
            upload(&desk.installation, "bad-dueben", &desk.admin, what, bytes).expect(201).await;
        taken["id"].as_str().unwrap().to_owned()
    };
    let (named, unnamed) = (send("pictures", jpeg(1)).await, send("pictures", jpeg(2)).await);
    let (issue, lost) = (send("documents", PDF.to_vec()).await, send("documents", OTHER_PDF.to_vec()).await);
    let words = json!([{"language": "de", "text": "Das Becken"}]);
    let shown = json!({"pictures": [{"id": named, "alternatives": words}]});
    // A draft names it as well as what is public does.
    desk.add(STAFF, &piece("news", "Freibad", shown)).await;
    let gazette = json!({"gazette": {"date": "2026-11-20", "document": issue}});
    let gazette = desk.add(STAFF, &piece("gazette", "Amtsblatt", gazette)).await;

    let desk = desk.later(TimeDelta::days(1)).await;
    let rathaus = &desk.installation;
    let keeper = PhotoStore::open(&format!("file://{}", rathaus.files().display()), []).unwrap();
    let sweep = async || {
        infrastructure::worker::remove_unnamed_files(rathaus.store(), &keeper, rathaus.clock.now())
            .await
            .unwrap()
    };
    let kept = || {
        let mut kept: Vec<String> = walk(rathaus.files())
            .into_iter()
            .filter(|path| [&named, &unnamed, &issue, &lost].iter().any(|id| path.contains(id.as_str())))
            .collect();
        kept.sort();
        kept
    };
    let before = kept();
    assert_eq!((sweep().await, kept()), (0, before.clone()), "an editor may still be writing");
    rathaus.clock.advance(TimeDelta::seconds(1));
    assert_eq!(sweep().await, 2);
    let gone = |path: &String| path.contains(&unnamed) || path.contains(&lost);
    assert_eq!(kept(), before.iter().filter(|path| !gone(path)).cloned().collect::<Vec<_>>());
    assert!(kept().len() < before.len());
    assert_eq!(sweep().await, 0);
    desk.removes(&gazette, "\"v1\"").await;
    assert_eq!(sweep().await, 1);
    assert!(kept().iter().all(|path| path.contains(&named)));
}

/// The paths of all files in a folder.
fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path.display().to_string());
        }
    }
    files
}
