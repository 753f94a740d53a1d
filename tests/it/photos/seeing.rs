use domain::{Scope, Store, ids::PhotoId, staff::Role};
use image::{ImageFormat, guess_format, load_from_memory};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PHOTOS, jpeg};
use crate::{
    auth::access,
    complaints::{COMPLAINTS, report_with},
    support::{installation::Installation, on_both},
};

on_both!(a_photo_is_private_until_it_is_released, renditions_are_plain_jpegs);

async fn a_photo_is_private_until_it_is_released(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    let neighbour = installation.found("eilenburg", "Eilenburg").await;
    let mut category = installation.add_category(&town, "illegal-waste", 1).await;
    let lead = installation.employ(&town, "admin@bad-dueben.example", Role::Admin).await;
    let editor = installation.employ(&town, "editor@bad-dueben.example", Role::Editor).await;
    let foreign = installation.employ(&neighbour, "admin@eilenburg.example", Role::Admin).await;
    let (lead, editor, foreign) = (
        installation.token(&lead).await,
        installation.token(&editor).await,
        installation.token(&foreign).await,
    );
    let (mine, other) = (installation.guest().await, installation.guest().await);
    let sent: Value = installation.upload("", jpeg(1)).bearer(access(&mine)).expect(201).await;
    let id = sent["id"].as_str().unwrap();
    let status = async |token: Option<&str>| {
        let call = installation.photo(id);
        let answer = token.map_or(installation.photo(id), |token| call.bearer(token)).send().await;
        (answer.status.as_u16(), answer.headers.get("cache-control").cloned())
    };
    let private = (200, Some("private, no-store".parse().unwrap()));
    let hidden = (404, Some("no-store".parse().unwrap()));

    assert_eq!(status(Some(access(&mine))).await, private);
    for stranger in [None, Some(access(&other)), Some(&*lead)] {
        assert_eq!(status(stranger).await, hidden, "unattached");
    }
    let report = report_with(json!({"photos": [id], "anonymous": false}));
    let filed: Value = installation.file(&report).bearer(access(&mine)).expect(201).await;
    for insider in [access(&mine), &*lead] {
        assert_eq!(status(Some(insider)).await, private);
    }
    for stranger in [None, Some(access(&other)), Some(&*editor), Some(&*foreign)] {
        assert_eq!(status(stranger).await, hidden, "attached");
    }
    let elsewhere = format!("/v1/municipalities/eilenburg/photos/{id}");
    installation.get(&elsewhere).bearer(access(&mine)).expect_problem(404, "not_found").await;

    let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
    let photo = PhotoId(id.parse().unwrap());
    tx.release_photo(photo, Some(installation.clock.now())).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(status(None).await, hidden, "its category is not public");

    category.is_public = true;
    let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
    tx.update_category(&category).await.unwrap();
    tx.commit().await.unwrap();
    let public = (200, Some("public, max-age=60".parse().unwrap()));
    for anyone in [None, Some(access(&other)), Some(&*foreign)] {
        assert_eq!(status(anyone).await, public);
    }
    let taken_back = format!("{COMPLAINTS}/{}/withdrawal", filed["id"].as_str().unwrap());
    let _: Value = installation.post(&taken_back, &json!({})).bearer(access(&mine)).expect(200).await;
    assert_eq!(status(None).await, hidden, "its report was taken back");
    assert_eq!(status(Some(access(&mine))).await, private);
    let missing = installation.photo(&Uuid::new_v4().to_string());
    missing.expect_problem(404, "not_found").await;
}

async fn renditions_are_plain_jpegs(installation: Installation) {
    crate::complaints::in_bad_dueben(&installation).await;
    let sent: Value = installation.upload("", jpeg(1)).expect(201).await;
    let id = sent["id"].as_str().unwrap();
    let filed: Value = installation.file(&report_with(json!({"photos": [id]}))).expect(201).await;
    let key = filed["return_key"].as_str().unwrap();
    let mut tags = Vec::new();
    for (query, width, name) in
        [("", 640, "full"), ("?rendition=full", 640, "full"), ("?rendition=thumb", 320, "thumb")]
    {
        let call = || installation.photo(&format!("{id}{query}")).header("return-key", key);
        let response = call().0.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let headers = response.headers().clone();
        assert_eq!(headers["content-type"], "image/jpeg");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let disposition = format!("inline; filename=\"{id}-{name}.jpg\"");
        assert_eq!(headers["content-disposition"], disposition.as_str());
        let bytes = response.bytes().await.unwrap();
        assert_eq!(headers["content-length"], bytes.len().to_string().as_str());
        assert_eq!(guess_format(&bytes).unwrap(), ImageFormat::Jpeg);
        assert_eq!(load_from_memory(&bytes).unwrap().width(), width);
        let tag = headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(call().header("if-none-match", &tag).send().await.status, 304);
        tags.push(tag);
    }
    assert_eq!(tags[0], tags[1]);
    assert_ne!(tags[1], tags[2]);
    installation.photo(id).header("return-key", "wrong").expect_problem(404, "not_found").await;
    let unknown = installation.get(&format!("{PHOTOS}/{id}?rendition=original"));
    unknown.header("return-key", key).expect_problem(400, "malformed_parameter").await;
    let unreadable = installation.photo("not-a-uuid").header("return-key", key);
    unreadable.expect_problem(400, "malformed_parameter").await;
}
