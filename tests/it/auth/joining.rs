//! A guest who signs in while the app still sends in the guest's name.

use chrono::TimeDelta;
use futures::future::{join, join_all};
use serde_json::{Value, json};

use super::access;
use crate::{
    complaints::{in_bad_dueben, report_with},
    photos::jpeg,
    support::{installation::Installation, on_both},
};

on_both!(nothing_filed_meanwhile_is_lost, photos_sent_before_come_along);

const ERIKA: &str = "erika@example.org";

async fn nothing_filed_meanwhile_is_lost(rathaus: Installation) {
    in_bad_dueben(&rathaus).await;
    rathaus.citizen(ERIKA).await;
    let report = report_with(json!({"anonymous": false}));
    let mut filed = 0;
    for _ in 0..4 {
        rathaus.clock.advance(TimeDelta::minutes(25));
        let guest = rathaus.guest().await;
        let code = rathaus.code(ERIKA).await;
        let sign_in = json!({"email": ERIKA, "code": code});
        let sign_in = rathaus.post("/v1/auth/sessions", &sign_in).bearer(access(&guest));
        let reports = (0..5).map(|_| rathaus.file(&report).bearer(access(&guest)).send());
        let (reports, joined) = join(join_all(reports), sign_in.expect::<Value>(201)).await;
        for answer in reports {
            // The guest is gone: their token no longer counts, or did not any more a moment later.
            assert!(matches!(answer.status.as_u16(), 201 | 401 | 503), "{}: {}", answer.status, answer.body);
            filed += usize::from(answer.status == 201);
        }
        let mine: Value =
            rathaus.get("/v1/me/complaints?limit=100").bearer(access(&joined)).expect(200).await;
        assert_eq!(mine["items"].as_array().unwrap().len(), filed, "whatever was accepted is theirs");
    }
}

async fn photos_sent_before_come_along(rathaus: Installation) {
    in_bad_dueben(&rathaus).await;
    rathaus.citizen(ERIKA).await;
    let guest = rathaus.guest().await;
    let photo: Value = rathaus.upload("", jpeg(1)).bearer(access(&guest)).expect(201).await;
    let code = rathaus.code(ERIKA).await;
    let sign_in = json!({"email": ERIKA, "code": code});
    let joined: Value = rathaus.post("/v1/auth/sessions", &sign_in).bearer(access(&guest)).expect(201).await;
    let report = report_with(json!({"anonymous": false, "photos": [photo["id"]]}));
    let _: Value = rathaus.file(&report).bearer(access(&joined)).expect(201).await;
}
