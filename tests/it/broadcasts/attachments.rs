//! Pictures and documents that a broadcast carries.

use chrono::TimeDelta;
use domain::{
    deliveries::Channel::{Email, Push, Sms},
    staff::Role,
};
use infrastructure::{photos::PhotoStore, worker::remove_unnamed_files};
use reqwest::{Client, Method, header};
use serde_json::{Value, json};

use super::town::{CASTS, MESSAGES, Mulde};
use crate::{
    admin::first_pointer,
    content::{OTHER_PDF, PDF, TOWN},
    photos::jpeg,
    support::{http::Call, on_both},
};

on_both!(
    what_a_broadcast_carries_is_seen_and_linked,
    what_is_wrong_with_it_is_refused,
    what_a_broadcast_names_is_kept,
);

impl Mulde {
    /// Sends a file and gives its identity.
    async fn upload(&self, what: &str, bytes: Vec<u8>) -> String {
        let media = if what == "pictures" { "image/jpeg" } else { "application/pdf" };
        let url = self.exchange.url(&format!("{TOWN}/staff/content-{what}"));
        let request = Client::new().post(url).header(header::CONTENT_TYPE, media).body(bytes);
        let taken: Value = Call(request).bearer(&self.editor().await).expect(201).await;
        taken["id"].as_str().unwrap().to_owned()
    }
}

fn carried(picture: &str, document: &str) -> Value {
    let words = json!([{"language": "de", "text": "Die Furt"}, {"language": "en", "text": "The ford"}]);
    json!({"pictures": [{"id": picture, "alternatives": words}],
           "documents": [{"id": document, "label": "Sammelstellen"}]})
}

async fn what_a_broadcast_carries_is_seen_and_linked(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Push]).await;
    let emil = mulde.resident("Muldestraße", 8, &[Sms]).await;
    let anna = mulde.resident("Muldestraße", 9, &[Email]).await;
    let (picture, document) =
        (mulde.upload("pictures", jpeg(9)).await, mulde.upload("documents", PDF.to_vec()).await);
    let carries = carried(&picture, &document);
    let links = json!([{"url": "https://example.org/pegel", "label": "Pegel"}]);
    let more = json!({"severity": "important", "attachments": carries, "links": links});
    let draft = mulde.write(more.clone()).await;
    assert_eq!(draft["attachments"], carries);
    let paths = [format!("{TOWN}/pictures/{picture}"), format!("{TOWN}/documents/{document}")];
    for path in &paths {
        mulde.get(path).expect_problem(404, "not_found").await;
    }
    // A drill shows nobody anything.
    let mut drill = more.clone();
    drill["drill"] = json!(true);
    let drill = mulde.send(drill).await;
    mulde.until(&drill, "sent").await;
    mulde.get(&paths[0]).expect_problem(404, "not_found").await;
    let id = mulde.send(more).await;
    mulde.until(&id, "sent").await;
    let app = mulde.app(&erna).await;
    let told: Value = mulde.get(MESSAGES).bearer(&app).expect(200).await;
    let told = &told["items"][0];
    assert_eq!(told["pictures"][0]["url"], paths[0]);
    assert_eq!(told["pictures"][0]["alternatives"], carries["pictures"][0]["alternatives"]);
    assert_eq!(told["documents"], json!([{"url": paths[1], "label": "Sammelstellen"}]));
    assert_eq!(told["links"], links);
    for (path, media) in paths.iter().zip(["image/jpeg", "application/pdf"]) {
        let shown = reqwest::get(mulde.exchange.url(path)).await.unwrap();
        assert_eq!(
            (shown.status().as_u16(), &shown.headers()[header::CONTENT_TYPE]),
            (200, &media.parse().unwrap())
        );
    }
    let letter = mulde.letter(anna.address(Email)).await;
    let text: String = letter.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Pegel: https://example.org/pegel"), "{letter}");
    for (label, path) in ["Die Furt", "Sammelstellen"].iter().zip(&paths) {
        assert!(text.contains(&format!("{label}: {}", mulde.exchange.url(path))), "{letter}");
    }
    let texted = mulde.exchange.sms.messages_to(emil.address(Sms)).pop().unwrap().text;
    let pushed = mulde.fcm.requests_for(erna.address(Push)).pop().unwrap().json().to_string();
    for told in [texted, pushed] {
        assert!(!told.contains(&picture) && !told.contains(&document) && !told.contains("Pegel"), "{told}");
    }
    mulde.assert_laws(&id).await;
}

async fn what_is_wrong_with_it_is_refused(mulde: Mulde) {
    let (picture, document) =
        (mulde.upload("pictures", jpeg(1)).await, mulde.upload("documents", PDF.to_vec()).await);
    let words = json!([{"language": "de", "text": "Die Furt"}]);
    let pictures =
        |many: usize, id: &str| json!({"pictures": vec![json!({"id": id, "alternatives": words}); many]});
    for (attachments, pointer) in [
        (json!({"pictures": [{"id": picture, "alternatives": []}]}), "/attachments/pictures/0/alternatives"),
        (
            json!({"pictures": [{"id": picture, "alternatives": [{"language": "en", "text": "The ford"}]}]}),
            "/attachments/pictures/0/alternatives",
        ),
        (pictures(6, &picture), "/attachments/pictures"),
        (pictures(1, &document), "/attachments/pictures/0/id"),
        (json!({"documents": [{"id": picture, "label": "Plan"}]}), "/attachments/documents/0/id"),
        (pictures(1, &uuid::Uuid::new_v4().to_string()), "/attachments/pictures/0/id"),
        (json!({"documents": [{"id": document}]}), "/attachments/documents/0/label"),
        (json!({"films": []}), "/attachments/films"),
    ] {
        let draft = mulde.draft(json!({"attachments": attachments}));
        let refused = mulde.post(CASTS, &draft).bearer(&mulde.editor().await);
        let refused = refused.expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{attachments}: {}", refused.body);
    }
    let insecure = mulde.draft(json!({"links": [{"url": "http://example.org/", "label": "Pegel"}]}));
    let refused = mulde.post(CASTS, &insecure).bearer(&mulde.editor().await);
    assert_eq!(first_pointer(&refused.expect_problem(422, "validation_failed").await), "/links/0/url");
    assert_eq!(mulde.exchange.town.ask("SELECT count(*) FROM broadcasts").await, ["0"]);
}

async fn what_a_broadcast_names_is_kept(mulde: Mulde) {
    let (named, unnamed) =
        (mulde.upload("documents", PDF.to_vec()).await, mulde.upload("documents", OTHER_PDF.to_vec()).await);
    let attachments = json!({"documents": [{"id": named, "label": "Plan"}]});
    let draft = mulde.write(json!({"attachments": attachments})).await;
    let town = &mulde.exchange.town;
    let files = PhotoStore::open(&format!("file://{}", mulde.exchange.files().display()), []).unwrap();
    mulde.exchange.clock.advance(TimeDelta::hours(25));
    let sweep = async || {
        remove_unnamed_files(mulde.exchange.server.store(), &files, mulde.exchange.clock.now()).await.unwrap()
    };
    // The first one's session is over, and the worker sweeps as well.
    let editor = mulde.staff("other@example.org", Role::Editor).await;
    sweep().await;
    let kept = town.ask("SELECT count(*) FROM content_files").await;
    assert_eq!(kept, ["1"], "{named} is named by a draft, {unnamed} by nothing");
    let place = format!("{CASTS}/{}", draft["id"].as_str().unwrap());
    let later =
        (mulde.exchange.clock.now() + TimeDelta::hours(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let bare = json!({"attachments": {}, "expires_at": later});
    let bare = mulde.call(Method::PATCH, &place, Some(&bare)).bearer(&editor);
    let bare: Value = bare.header("if-match", "\"v1\"").expect(200).await;
    assert_eq!(bare["attachments"], json!({"pictures": [], "documents": []}));
    sweep().await;
    assert_eq!(town.ask("SELECT count(*) FROM content_files").await, ["0"]);
}
