use serde_json::{Value, json};

use super::{FOLLOW, choice, town};
use crate::{
    admin::first_pointer,
    auth::access,
    support::{installation::Installation, on_both},
};

on_both!(a_wrong_choice_is_refused_and_nothing_is_written, a_topic_switched_off_stays_with_who_has_it);

async fn a_wrong_choice_is_refused_and_nothing_is_written(rathaus: Installation) {
    town(&rathaus).await;
    let guest = rathaus.guest().await;
    let before = rathaus.rows().await;
    let streets: Vec<_> = (0..11).map(|_| "Dorfstraße").collect();
    for (wrong, pointer) in [
        (json!({"role": "mayor"}), "/role"),
        (json!({"topics": ["no-such-topic"]}), "/topics/0"),
        (json!({"topics": ["kita", "old"]}), "/topics/1"),
        (json!({"topics": ["Kita!"]}), "/topics/0"),
        (json!({"address": {"street": "Leipziger Straße", "house_number": "13"}}), "/address/house_number"),
        (
            json!({"address": {"street": "Leipziger Straße", "house_number": "hinten"}}),
            "/address/house_number",
        ),
        (json!({"address": {"street": "Hauptstraße", "house_number": "1"}}), "/address/street"),
        (json!({"address": {"street": "Leipziger Straße"}}), "/address/house_number"),
        (json!({"watched_streets": ["Dorfstraße", "Hauptstraße"]}), "/watched_streets/1"),
        (json!({"watched_streets": streets}), "/watched_streets"),
        (json!({"age_group": "1970-01-01"}), "/age_group"),
        (json!({"language": "fr"}), "/language"),
        (json!({"channels": {"crisis": ["push", "push"]}}), "/channels/crisis"),
        (json!({"channels": {"crisis": ["fax"]}}), "/channels/crisis/0"),
        (json!({"channels": {"crisis": ["email"]}}), "/channels/crisis"),
        (json!({"channels": {"notice": ["sms"]}}), "/channels/notice"),
        (json!({"channels": {"urgent": ["push"]}}), "/channels/urgent"),
        (json!({"consent_text": "1999-01"}), "/consent_text"),
        (json!({"birth_date": "1970-01-01"}), "/birth_date"),
    ] {
        let refused = rathaus.choose(access(&guest), &choice(wrong.clone()));
        let refused = refused.expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{wrong}: {}", refused.body);
    }
    rathaus.put(FOLLOW, &choice(json!({}))).expect_problem(401, "unauthenticated").await;
    let nowhere = rathaus.put("/v1/me/follows/nowhere", &choice(json!({})));
    nowhere.bearer(access(&guest)).expect_problem(404, "not_found").await;
    assert_eq!(rathaus.rows().await, before);
}

async fn a_topic_switched_off_stays_with_who_has_it(rathaus: Installation) {
    let town = town(&rathaus).await;
    let guest = rathaus.guest().await;
    let kita = choice(json!({"topics": ["kita"]}));
    let _: Value = rathaus.choose(access(&guest), &kita).expect(200).await;
    rathaus.execute(town.id, "UPDATE topics SET active = (1 = 0) WHERE code = 'kita'").await;
    let kept: Value = rathaus.choose(access(&guest), &kita).expect(200).await;
    assert_eq!(kept["topics"], json!(["kita"]));
    let other = rathaus.guest().await;
    rathaus.choose(access(&other), &kita).expect_problem(422, "validation_failed").await;
    let public: Value = rathaus.get("/v1/municipalities/bad-dueben/topics").expect(200).await;
    assert_eq!(public["items"], json!([{"code": "road-closures", "name": "road-closures"}]));
}
