//! What a ward reports is theirs: nobody who represents them sees anything of it.

use std::io::{Cursor, Read};

use chrono::TimeDelta;
use domain::{
    Scope, Store,
    citizens::{Session, SessionKind},
    ids::PersonId,
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use zip::ZipArchive;

use crate::{
    auth::access,
    complaints::{COMPLAINTS, in_bad_dueben, report_with},
    photos::jpeg,
    support::{
        http::{Answer, Call},
        installation::Installation,
        on_both,
    },
};

on_both!(what_a_ward_reports_is_nobody_elses);

const WORDS: &str = "Zaunlatten in der Mulde hinter Ernas Garten.";

/// A token of somebody who is represented, for what they do themselves.
async fn token_of(rathaus: &Installation, ward: &Value) -> String {
    let ward: PersonId = ward["id"].as_str().unwrap().parse().unwrap();
    let ctx = rathaus.clock.ctx(Default::default(), Uuid::nil(), ());
    let session = Session::begin(&ctx, SessionKind::Guest, Some(ward), None, TimeDelta::days(1));
    let tx = rathaus.store().begin(Scope::Installation).await.unwrap();
    tx.insert_session(&session).await.unwrap();
    tx.commit().await.unwrap();
    rathaus.server.parts().gate.issue(&ctx, &session).await.unwrap()
}

/// What of an answer a caller can learn something from.
fn learned(answer: &Answer) -> (u16, Value) {
    let mut problem: Value = answer.json();
    problem.as_object_mut().unwrap().remove("instance");
    (answer.status.as_u16(), problem)
}

async fn what_a_ward_reports_is_nobody_elses(rathaus: Installation) {
    in_bad_dueben(&rathaus).await;
    let (one, other) =
        (rathaus.citizen("enkel@example.org").await, rathaus.citizen("tochter@example.org").await);
    let ward = json!({"municipality": "bad-dueben", "name": "Oma Erna", "email": "erna@example.org"});
    let ward: Value = rathaus.post("/v1/me/wards", &ward).bearer(access(&one)).expect(201).await;
    let place = format!("/v1/me/wards/{}", ward["id"].as_str().unwrap());
    let invited = rathaus.post(&format!("{place}/proxy-invitations"), &json!({})).bearer(access(&one));
    let code = json!({"code": invited.expect::<Value>(201).await["code"]});
    let _: Value = rathaus.post("/v1/me/ward-invitations", &code).bearer(access(&other)).expect(200).await;

    let erna = token_of(&rathaus, &ward).await;
    let photo: Value = rathaus.upload("", jpeg(1)).bearer(&erna).expect(201).await;
    let report = report_with(json!({"anonymous": false, "description": WORDS, "photos": [photo["id"]]}));
    let filed: Value = rathaus.file(&report).bearer(&erna).expect(201).await;
    let (complaint, photo) = (filed["id"].as_str().unwrap(), photo["id"].as_str().unwrap());
    let mine: Value = rathaus.get("/v1/me/complaints").bearer(&erna).expect(200).await;
    assert_eq!(mine["items"][0]["reference"], filed["reference"], "it is there, and hers");
    let shown: Value = rathaus.get(&format!("{COMPLAINTS}/{complaint}")).bearer(&erna).expect(200).await;
    assert_eq!(shown["description"], WORDS);

    let secrets = [WORDS, complaint, photo, filed["reference"].as_str().unwrap()];
    let document: Value = rathaus.get("/openapi.json").expect(200).await;
    let mut asked = 0;
    for proxy in [access(&one), access(&other)] {
        // Whatever they can read, by whatever name they ask for it.
        for (path, item) in document["paths"].as_object().unwrap() {
            let path = path
                .replace("{municipality}", "bad-dueben")
                .replace("{ward}", ward["id"].as_str().unwrap())
                .replace("{complaint}", complaint)
                .replace("{photo}", photo);
            if item.get("get").is_none() || path.contains('{') {
                continue;
            }
            let query = if path.ends_with("/nearby") {
                "?lat=51.5919&lon=12.5853&category=illegal-waste"
            } else {
                ""
            };
            let answer = rathaus.get(&format!("{path}{query}")).bearer(proxy).send().await;
            for secret in secrets {
                // A refusal may repeat nothing either.
                assert!(!answer.body.contains(secret), "{path} shows {secret}: {}", answer.body);
            }
            asked += 1;
        }
        let lists: Value = rathaus.get("/v1/me/complaints").bearer(proxy).expect(200).await;
        assert_eq!(lists["items"], json!([]));
        // To them the complaint is what is not there: to read, and to act on.
        let nothing = Uuid::new_v4().to_string();
        for (method, step, body) in [
            (Method::GET, "", None),
            (Method::POST, "/comments", Some(json!({"text": "Es sind mehr."}))),
            (Method::POST, "/objections", Some(json!({"text": "Nein."}))),
            (Method::POST, "/withdrawal", None),
            (Method::POST, "/support", None),
        ] {
            let ask = async |id: &str| {
                let request = rathaus.request(method.clone(), &format!("{COMPLAINTS}/{id}{step}"));
                let request = match &body {
                    Some(body) => request.json(body),
                    None => request,
                };
                learned(&Call(request).bearer(proxy).send().await)
            };
            let hers = ask(complaint).await;
            assert_eq!((hers.0, &hers), (404, &ask(&nothing).await), "{step}");
        }
        // Nor is it in what is kept about them.
        let export = rathaus.request(Method::POST, "/v1/me/export").bearer_auth(proxy).send().await.unwrap();
        let mut archive = ZipArchive::new(Cursor::new(export.bytes().await.unwrap())).unwrap();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            for secret in secrets {
                assert!(!text.contains(secret), "{:?} holds {secret}", file.name());
            }
        }
    }
    assert!(asked > 80, "{asked} reads");
    let still: Value = rathaus.get(&format!("{COMPLAINTS}/{complaint}")).bearer(&erna).expect(200).await;
    assert_eq!(still["status"], filed["status"], "and nobody did anything to it");
}
