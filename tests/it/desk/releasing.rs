//! Photos and the exact place are everybody's only once staff released them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin::Desk,
    auth::access,
    complaints::{COMPLAINTS, report_with},
    photos::jpeg,
    support::{http::Call, installation::Installation, on_both},
};

on_both!(what_staff_release_is_public_until_they_take_it_back);

const INBOX: &str = "/v1/municipalities/bad-dueben/staff/complaints";
const CATEGORIES: &str = "/v1/municipalities/bad-dueben/admin/categories";

/// What everybody sees of the one complaint: in the list, by itself, and near its place.
struct Public {
    listed: Value,
    shown: Value,
    near: Value,
}

async fn public(rathaus: &Installation, id: &str) -> Public {
    let listed: Value = rathaus.get(COMPLAINTS).expect(200).await;
    let shown: Value = rathaus.get(&format!("{COMPLAINTS}/{id}")).expect(200).await;
    let near = format!("{COMPLAINTS}/nearby?lat=51.5919&lon=12.5853&category=light");
    let near: Value = rathaus.get(&near).expect(200).await;
    assert_eq!((listed["items"].as_array().unwrap().len(), near["items"].as_array().unwrap().len()), (1, 1));
    Public { listed: listed["items"][0].clone(), shown, near: near["items"][0].clone() }
}

async fn what_staff_release_is_public_until_they_take_it_back(installation: Installation) {
    let desk = Desk::open(installation).await;
    let rathaus = &desk.installation;
    let light = json!({
        "code": "light", "names": {"de": "Licht"}, "duplicate_radius_m": 500, "public": true, "accepts_guests": true,
        "promise": {"first_answer_days": 2, "solution_days": 10},
    });
    desk.add(CATEGORIES, &light).await;
    let guest = rathaus.guest().await;
    let mut photos = Vec::new();
    for shade in [1, 2] {
        let photo: Value = rathaus.upload("", jpeg(shade)).bearer(access(&guest)).expect(201).await;
        photos.push(photo["id"].as_str().unwrap().to_owned());
    }
    let report = report_with(json!({"category": "light", "anonymous": false, "photos": photos}));
    let filed: Value = rathaus.file(&report).bearer(access(&guest)).expect(201).await;
    let id = filed["id"].as_str().unwrap();
    let picture = async |photo: &str| {
        let photo = format!("/v1/municipalities/bad-dueben/photos/{photo}");
        rathaus.get(&photo).send().await.status.as_u16()
    };

    let before = public(rathaus, id).await;
    for seen in [&before.listed, &before.shown, &before.near] {
        assert_eq!(seen["exact"], false);
        assert_ne!(seen["location"], report["location"], "about 100 m");
        assert!(seen.get("description").is_none(), "{seen}");
    }
    assert_eq!((&before.shown["photos"], picture(&photos[0]).await), (&json!([]), 404));

    let act = async |method: Method, path: &str, body: Option<Value>| -> Value {
        let shown = desk.get(&format!("{INBOX}/{id}")).send().await;
        let request = rathaus.request(method, &format!("{INBOX}/{id}{path}"));
        let request = request.header("if-match", shown.headers["etag"].to_str().unwrap());
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Call(request).bearer(&desk.admin).expect(200).await
    };
    let now = act(Method::POST, &format!("/photos/{}/release", photos[0]), None).await;
    let released: Vec<_> = now["photos"].as_array().unwrap().iter().map(|photo| &photo["released"]).collect();
    assert_eq!(released, [true, false]);
    let with_photo = public(rathaus, id).await;
    assert_eq!(with_photo.shown["photos"].as_array().unwrap().len(), 1);
    assert_eq!(with_photo.shown["photos"][0]["id"], json!(photos[0]));
    assert_eq!((picture(&photos[0]).await, picture(&photos[1]).await), (200, 404), "the other one is not");
    assert_eq!(with_photo.listed["location"], before.listed["location"], "a photo releases no place");

    let _ = act(Method::PATCH, "", Some(json!({"place_released": true}))).await;
    let exact = public(rathaus, id).await;
    for seen in [&exact.listed, &exact.shown, &exact.near] {
        assert_eq!((&seen["exact"], &seen["location"]), (&json!(true), &report["location"]));
        assert!(seen.get("description").is_none(), "{seen}");
    }

    let _ = act(Method::PATCH, "", Some(json!({"place_released": false}))).await;
    let _ = act(Method::DELETE, &format!("/photos/{}/release", photos[0]), None).await;
    let after = public(rathaus, id).await;
    for (seen, before) in
        [(&after.listed, &before.listed), (&after.shown, &before.shown), (&after.near, &before.near)]
    {
        assert_eq!((&seen["exact"], &seen["location"]), (&before["exact"], &before["location"]));
    }
    assert_eq!((&after.shown["photos"], picture(&photos[0]).await), (&json!([]), 404));
}
