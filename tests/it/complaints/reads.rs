//! Reading complaints: all of one's own, of others what is public and nothing more.

use domain::{Scope, Store, complaints::Status, municipalities::Municipality};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{COMPLAINTS, in_bad_dueben, report, report_with};
use crate::{
    auth::access,
    support::{http::Call, installation::Installation, on_both},
};

on_both!(
    reporters_read_all_of_their_own,
    a_return_key_opens_its_own_complaint_only,
    what_is_nobody_elses_business_is_not_there,
    the_public_sees_no_more_than_it_may,
    what_the_client_has_is_not_sent_again,
);

/// What the reporter alone reads.
const WRITTEN: &str = "Alte Reifen";

/// What the answer for one complaint depends on.
const VARY: &str = "Accept-Language, Authorization, Return-Key";

async fn stored_town(installation: &Installation, slug: &str) -> Municipality {
    let slug = domain::text::Slug::parse(slug).unwrap();
    let reads = installation.store().read(Scope::Installation).await.unwrap();
    reads.municipality(&slug).await.unwrap().unwrap()
}

/// Makes what is filed as illegal waste public.
pub async fn publish(installation: &Installation) {
    let town = stored_town(installation, "bad-dueben").await;
    let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
    let mut category = tx.categories().await.unwrap().remove(0);
    category.is_public = true;
    tx.update_category(&category).await.unwrap();
    tx.touch_register().await.unwrap();
    tx.commit().await.unwrap();
}

/// Changes a stored complaint as its desk would.
async fn change(
    installation: &Installation,
    filed: &Value,
    change: impl FnOnce(&mut domain::complaints::Complaint),
) {
    let town = stored_town(installation, "bad-dueben").await;
    let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
    let id: Uuid = filed["id"].as_str().unwrap().parse().unwrap();
    let mut complaint = tx.complaint(id.into()).await.unwrap().unwrap();
    change(&mut complaint);
    tx.update_complaint(&complaint).await.unwrap();
    tx.commit().await.unwrap();
}

fn show(installation: &Installation, filed: &Value) -> Call {
    installation.get(&format!("{COMPLAINTS}/{}", filed["id"].as_str().unwrap()))
}

async fn reporters_read_all_of_their_own(installation: Installation) {
    in_bad_dueben(&installation).await;
    let guest = installation.guest().await;
    let report = report_with(json!({"anonymous": false}));
    let filed: Value = installation.file(&report).bearer(access(&guest)).expect(201).await;

    let answer = show(&installation, &filed).bearer(access(&guest)).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "private, no-cache");
    assert!(answer.headers["vary"].to_str().unwrap().starts_with(VARY));
    let own: Value = answer.json();
    for same in ["id", "reference", "status", "category", "department", "due_at", "created_at"] {
        assert_eq!(own[same], filed[same], "{same}");
    }
    assert_eq!(own["own"], true);
    assert_eq!(own["description"], report["description"]);
    assert_eq!(own["location"], report["location"]);
    let steps = own["steps"].as_array().unwrap();
    assert_eq!(steps[0]["action"], "filed");
    assert!(steps.iter().any(|step| step["to"] == "routed"), "{own}");

    let other = installation.guest().await;
    show(&installation, &filed).bearer(access(&other)).expect_problem(404, "not_found").await;
    show(&installation, &filed).bearer("no.such.token").expect_problem(401, "unauthenticated").await;
}

async fn a_return_key_opens_its_own_complaint_only(installation: Installation) {
    in_bad_dueben(&installation).await;
    let filed: Value = installation.file(&report()).expect(201).await;
    let other: Value = installation.file(&report()).expect(201).await;
    let key = filed["return_key"].as_str().unwrap();
    let own: Value = show(&installation, &filed).header("Return-Key", key).expect(200).await;
    assert_eq!((&own["own"], &own["id"]), (&json!(true), &filed["id"]));
    show(&installation, &other).header("Return-Key", key).expect_problem(404, "not_found").await;
    for wrong in ["0000000000000000000000000000000000000000", "wrong"] {
        show(&installation, &filed).header("Return-Key", wrong).expect_problem(404, "not_found").await;
    }
    show(&installation, &filed)
        .header("Return-Key", "with blank")
        .expect_problem(400, "malformed_parameter")
        .await;
    show(&installation, &filed).expect_problem(404, "not_found").await;
}

async fn what_is_nobody_elses_business_is_not_there(installation: Installation) {
    in_bad_dueben(&installation).await;
    installation.found("eilenburg", "Eilenburg").await;
    let filed: Value = installation.file(&report()).expect(201).await;
    let key = filed["return_key"].as_str().unwrap();
    // All that may differ is the request's own id.
    let refused = async |path: String| {
        let call = installation.get(&path).header("Return-Key", key);
        let mut problem: Value = call.expect_problem(404, "not_found").await.json();
        problem.as_object_mut().unwrap().remove("instance");
        problem
    };
    let id = filed["id"].as_str().unwrap();
    let foreign = refused(format!("/v1/municipalities/eilenburg/complaints/{id}")).await;
    let missing = refused(format!("{COMPLAINTS}/{}", installation.clock.uuid())).await;
    assert_eq!(foreign, missing);
    let other: Value = installation.file(&report()).expect(201).await;
    assert_eq!(refused(format!("{COMPLAINTS}/{}", other["id"].as_str().unwrap())).await, missing);
    installation.get(&format!("{COMPLAINTS}/7")).expect_problem(400, "malformed_parameter").await;
}

async fn the_public_sees_no_more_than_it_may(installation: Installation) {
    in_bad_dueben(&installation).await;
    publish(&installation).await;
    let filed: Value = installation.file(&report()).expect(201).await;

    let answer = show(&installation, &filed).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.headers["cache-control"].to_str().unwrap().starts_with("public"));
    assert!(!answer.body.contains(WRITTEN), "{}", answer.body);
    let seen: Value = answer.json();
    assert_ne!(seen["location"], report()["location"]);
    let names: Vec<_> = seen.as_object().unwrap().keys().map(String::as_str).collect();
    let public = [
        "category",
        "created_at",
        "exact",
        "id",
        "location",
        "own",
        "photos",
        "reference",
        "status",
        "updated_at",
    ];
    assert_eq!(names, public);
    assert_eq!((&seen["own"], &seen["exact"]), (&json!(false), &json!(false)));

    change(&installation, &filed, |complaint| complaint.place_released = true).await;
    let released: Value = show(&installation, &filed).expect(200).await;
    assert_eq!(released["location"], report()["location"]);
    for private in [Status::Withdrawn, Status::Unconfirmed] {
        change(&installation, &filed, |complaint| complaint.status = private).await;
        show(&installation, &filed).expect_problem(404, "not_found").await;
        let listed: Value = installation.get(COMPLAINTS).expect(200).await;
        assert_eq!(listed["items"], json!([]));
    }
}

async fn what_the_client_has_is_not_sent_again(installation: Installation) {
    in_bad_dueben(&installation).await;
    publish(&installation).await;
    let filed: Value = installation.file(&report()).expect(201).await;
    let key = filed["return_key"].as_str().unwrap();
    let own = || show(&installation, &filed).header("Return-Key", key);
    let mut tags = Vec::new();
    for ask in [&own as &dyn Fn() -> Call, &|| show(&installation, &filed)] {
        let first = ask().send().await;
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        let again = ask().header("If-None-Match", &tag).send().await;
        assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
        assert!(again.headers["vary"].to_str().unwrap().starts_with(VARY));
        tags.push(tag);
    }
    change(&installation, &filed, |complaint| complaint.status = Status::Accepted).await;
    for (tag, call) in tags.iter().zip([own(), show(&installation, &filed)]) {
        let changed: Value = call.header("If-None-Match", tag).expect(200).await;
        assert_eq!(changed["status"], "accepted");
    }
}
