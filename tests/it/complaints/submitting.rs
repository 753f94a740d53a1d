//! Filing: what is accepted, what is refused, and that a refusal writes nothing.

use domain::{
    Scope, Store,
    complaints::{Status, port::InboxFilter},
    page::PageRequest,
    staff::Role,
    text::Slug,
};
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{COMPLAINTS, in_bad_dueben, report, report_with};
use crate::{
    auth::access,
    support::{installation::Installation, on_both, town::rectangle},
};

on_both!(
    an_anonymous_report_is_on_a_desk,
    bad_reports_are_refused_with_the_field,
    a_place_outside_names_the_town_responsible,
    an_address_is_found_or_described,
    the_same_report_under_the_same_id_is_filed_once,
    references_have_no_gaps,
    whoever_is_nobody_says_so,
    many_guests_of_one_address_are_counted_together,
    an_office_without_a_mailbox_is_stood_in_for,
);

async fn stored(installation: &Installation) -> Vec<domain::complaints::Complaint> {
    let slug = Slug::parse("bad-dueben").unwrap();
    let town = installation.store().installation();
    let town = domain::municipalities::port::MunicipalityReads::municipality(&town, &slug).await.unwrap();
    let reads = installation.store().read(Scope::Municipality(town.unwrap().id)).await.unwrap();
    let all = PageRequest { limit: 100, after: None };
    reads.inbox(&InboxFilter::default(), &all).await.unwrap().items
}

async fn an_anonymous_report_is_on_a_desk(installation: Installation) {
    in_bad_dueben(&installation).await;
    let answer = installation.file(&report()).send().await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let filed: Value = answer.json();
    assert_eq!(filed["reference"], "BD-2026-000001");
    assert_eq!(filed["status"], "routed");
    assert_eq!(filed["category"], "illegal-waste");
    assert_eq!(filed["department"], "Bürgerbüro");
    // Two working days after Monday the 23rd, until midnight on the town's clocks.
    assert_eq!(filed["due_at"], "2026-11-25T22:59:59Z");
    assert_eq!(filed["created_at"], "2026-11-23T09:00:00Z");
    assert_eq!(filed["return_key"].as_str().unwrap().len(), 40);
    let location = format!("{COMPLAINTS}/{}", filed["id"].as_str().unwrap());
    assert_eq!(answer.headers["location"], location.as_str());
    assert_eq!(answer.headers["cache-control"], "no-store");

    let [complaint] = &stored(&installation).await[..] else { panic!("one complaint") };
    assert_eq!(complaint.status, Status::Routed);
    assert_eq!(complaint.reporter, None);
    let kept = complaint.return_key_hash.clone().unwrap();
    assert_ne!(kept, filed["return_key"].as_str().unwrap(), "the key is kept as a hash only");
}

async fn bad_reports_are_refused_with_the_field(installation: Installation) {
    in_bad_dueben(&installation).await;
    let nul = "Reifen\0am Wald";
    let too_many = vec![Uuid::nil(); 6];
    for (changes, pointer, code) in [
        (json!({"category": "no-such"}), "/category", "unknown_reference"),
        (json!({"category": null}), "/category", "required"),
        (json!({"description": "x"}), "/description", "too_short"),
        (json!({"description": "x".repeat(4001)}), "/description", "too_long"),
        (json!({"description": nul}), "/description", "character_not_allowed"),
        (json!({"description": 7}), "/description", "wrong_type"),
        (json!({"location": null}), "/location", "exactly_one"),
        (json!({"address": "Markt 11"}), "/location", "exactly_one"),
        (json!({"location": {"lat": 91.0, "lon": 12.5}}), "/location", "out_of_range"),
        (json!({"location": {"lat": 51.5}}), "/location/lon", "required"),
        (json!({"location": {"lat": "51", "lon": 12.5}}), "/location/lat", "wrong_type"),
        (json!({"id": "not-a-uuid"}), "/id", "wrong_type"),
        (json!({"id": "{019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01}"}), "/id", "wrong_type"),
        (json!({"id": "019a8f3e7c117d2b9a523f1f0f2a6c01"}), "/id", "wrong_type"),
        (json!({"id": Uuid::nil()}), "/id", "not_allowed"),
        (json!({"photos": too_many}), "/photos", "too_many"),
        (json!({"photos": [Uuid::nil()]}), "/photos", "unknown_reference"),
        (json!({"email": "nobody"}), "/email", "email_invalid"),
        (json!({"colour": "red"}), "/colour", "unknown_field"),
    ] {
        let answer = installation.file(&report_with(changes)).expect_problem(422, "validation_failed").await;
        let problem: Value = answer.json();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert_eq!(problem["errors"][0]["code"], code, "{problem}");
        assert!(!answer.body.contains("Reifen"), "{}", answer.body);
    }
    installation
        .post("/v1/municipalities/nowhere/complaints", &report())
        .expect_problem(404, "not_found")
        .await;
    assert!(stored(&installation).await.is_empty(), "nothing was written");
    // A refused report takes no number.
    let filed: Value = installation.file(&report()).expect(201).await;
    assert_eq!(filed["reference"], "BD-2026-000001");
}

async fn a_place_outside_names_the_town_responsible(installation: Installation) {
    in_bad_dueben(&installation).await;
    let mut neighbour = installation.found("eilenburg", "Eilenburg").await;
    neighbour.boundary = Some(rectangle(12.5, 51.3, 12.7, 51.49));
    let tx = installation.store().begin(Scope::Municipality(neighbour.id)).await.unwrap();
    tx.update_municipality(&neighbour).await.unwrap();
    tx.commit().await.unwrap();

    let there = report_with(json!({"location": {"lat": 51.4, "lon": 12.6}}));
    let answer = installation.file(&there).expect_problem(422, "outside_municipality").await;
    assert!(answer.body.contains("Eilenburg"), "{}", answer.body);
    let nowhere = report_with(json!({"location": {"lat": 0.0, "lon": 0.0}}));
    installation.file(&nowhere).expect_problem(422, "outside_municipality").await;
    assert!(stored(&installation).await.is_empty());
}

async fn an_address_is_found_or_described(installation: Installation) {
    use domain::municipalities::{Address, House};
    in_bad_dueben(&installation).await;
    let described = report_with(json!({"location": null, "address": "Am Teich hinter dem Sportplatz"}));
    installation.file(&described).expect::<Value>(201).await;

    let slug = Slug::parse("bad-dueben").unwrap();
    let town = installation.store().read(Scope::Installation).await.unwrap();
    let town = town.municipality(&slug).await.unwrap().unwrap();
    let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
    let house = Address {
        id: installation.clock.uuid().into(),
        street: domain::text::Street::parse("Leipziger Straße").unwrap(),
        house: House::parse("12a").unwrap(),
        postal_code: None,
        point: Some(domain::geo::Point { lat: 51.59, lon: 12.58 }),
        area: None,
        version: 1,
    };
    tx.put_addresses(installation.clock.now(), &[house]).await.unwrap();
    tx.commit().await.unwrap();

    let typed = |address: &str| report_with(json!({"location": null, "address": address}));
    installation.file(&typed("leipziger str. 12 A, 04849 Bad Düben")).expect::<Value>(201).await;
    let found = stored(&installation).await.into_iter().find(|complaint| complaint.place.point.is_some());
    assert_eq!(found.unwrap().place.address.unwrap().as_str(), "Leipziger Straße 12a");

    let answer =
        installation.file(&typed("Leipziger Straße 99")).expect_problem(422, "validation_failed").await;
    let problem: Value = answer.json();
    assert_eq!(problem["errors"][0]["pointer"], "/address");
    assert_eq!(problem["errors"][0]["code"], "address_unknown");
    assert_eq!(stored(&installation).await.len(), 2);
}

async fn the_same_report_under_the_same_id_is_filed_once(installation: Installation) {
    in_bad_dueben(&installation).await;
    let id = installation.clock.uuid();
    let mine = report_with(json!({"id": id}));
    let answers: Vec<Value> = join_all((0..5).map(|_| installation.file(&mine).expect(201))).await;
    for answer in &answers {
        assert_eq!((&answer["id"], &answer["reference"]), (&json!(id), &answers[0]["reference"]));
    }
    let keys = answers.iter().filter(|answer| answer.get("return_key").is_some()).count();
    assert_eq!(keys, 1, "the return key is shown once");
    assert_eq!(stored(&installation).await.len(), 1);

    let other = report_with(json!({"id": id, "description": "Etwas ganz anderes."}));
    installation.file(&other).expect_problem(409, "already_exists").await;
    assert_eq!(stored(&installation).await.len(), 1);
}

async fn references_have_no_gaps(installation: Installation) {
    in_bad_dueben(&installation).await;
    let report = report();
    let filed: Vec<Value> = join_all((0..20).map(|_| installation.file(&report).expect(201))).await;
    let mut references: Vec<_> =
        filed.iter().map(|filed| filed["reference"].as_str().unwrap().to_owned()).collect();
    references.sort();
    let expected: Vec<_> = (1..=20).map(|number| format!("BD-2026-{number:06}")).collect();
    assert_eq!(references, expected);
}

async fn whoever_is_nobody_says_so(installation: Installation) {
    in_bad_dueben(&installation).await;
    let report = report_with(json!({"anonymous": false}));
    installation.file(&report).expect_problem(401, "unauthenticated").await;
    assert!(stored(&installation).await.is_empty());
}

async fn many_guests_of_one_address_are_counted_together(installation: Installation) {
    in_bad_dueben(&installation).await;
    let report = report_with(json!({"anonymous": false}));
    for _ in 0..12 {
        let guest = installation.guest().await;
        for _ in 0..5 {
            installation.file(&report).bearer(access(&guest)).expect::<Value>(201).await;
        }
    }
    let another = installation.guest().await;
    let refused = installation.file(&report).bearer(access(&another));
    refused.expect_problem(429, "too_many_requests").await;
    assert_eq!(stored(&installation).await.len(), 60);
}

async fn an_office_without_a_mailbox_is_stood_in_for(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    installation.add_category(&town, "illegal-waste", 1).await;
    installation.employ(&town, "admin@example.org", Role::Admin).await;
    let before = installation.rows().await["deliveries"];
    let _: Value = installation.file(&report()).expect(201).await;
    assert_eq!(installation.rows().await["deliveries"], before + 1, "the admin is told");
}
