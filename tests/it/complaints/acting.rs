//! What reporters do after filing: write, take back, object, and join others.

use chrono::TimeDelta;
use domain::{
    Scope, Store,
    complaints::{Complaint, Status, Step},
    ids::ComplaintId,
    municipalities::Municipality,
    staff::{Member, Role},
    text::{EmailAddress, Slug},
};
use futures::future::join;
use serde_json::{Value, json};

use super::{COMPLAINTS, in_bad_dueben, report};
use crate::{
    auth::access,
    support::{http::Call, installation::Installation, on_both},
};

on_both!(
    a_remark_answers_the_question_and_reaches_the_desk,
    a_complaint_is_taken_back_before_work_begins_only,
    what_repeats_a_withdrawn_complaint_is_opened_again,
    either_the_reporter_or_the_desk_wins,
    an_objection_opens_again_within_28_days,
    foreign_complaints_look_like_missing_ones,
    support_counts_once_and_only_for_public_complaints,
);

impl Installation {
    pub async fn town(&self) -> Municipality {
        let reads = self.store().read(Scope::Installation).await.unwrap();
        reads.municipality(&Slug::parse("bad-dueben").unwrap()).await.unwrap().unwrap()
    }

    /// Gives every desk a mailbox.
    async fn open_mailboxes(&self) {
        let tx = self.store().begin(Scope::Municipality(self.town().await.id)).await.unwrap();
        for mut department in tx.departments().await.unwrap() {
            department.email = Some(EmailAddress::parse("amt@example.org").unwrap());
            tx.update_department(&department).await.unwrap();
        }
        tx.touch_register().await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn complaint(&self, filed: &Value) -> (Complaint, Vec<Step>) {
        let id: ComplaintId = filed["id"].as_str().unwrap().parse().unwrap();
        let reads = self.store().read(Scope::Municipality(self.town().await.id)).await.unwrap();
        (reads.complaint(id).await.unwrap().unwrap(), reads.steps(id).await.unwrap())
    }

    /// A step of the reporter.
    pub fn act(&self, filed: &Value, step: &str, body: &Value) -> Call {
        self.post(&format!("{COMPLAINTS}/{}/{step}", filed["id"].as_str().unwrap()), body)
    }

    /// The step of a reporter with the return key.
    fn anonymously(&self, filed: &Value, step: &str, text: Option<&str>) -> Call {
        let body = text.map_or(json!({}), |text| json!({"text": text}));
        self.act(filed, step, &body).header("return-key", filed["return_key"].as_str().unwrap())
    }

    /// A step of the desk, at this version.
    async fn desk(&self, clerk: &str, filed: &Value, to: &str, version: i64) -> u16 {
        let path = format!(
            "/v1/municipalities/bad-dueben/staff/complaints/{}/transitions",
            filed["id"].as_str().unwrap()
        );
        let call = self.post(&path, &json!({"to": to, "public_text": "Wir kümmern uns."}));
        call.bearer(clerk).header("if-match", &format!("\"v{version}\"")).send().await.status.as_u16()
    }

    async fn desk_does(&self, clerk: &str, filed: &Value, states: &[&str]) {
        for to in states {
            let version = self.complaint(filed).await.0.version;
            assert_eq!(self.desk(clerk, filed, to, version).await, 200, "{to}");
        }
    }

    /// How many letters told a desk what a reporter did.
    async fn updates(&self) -> usize {
        let letters = self.letters(self.town().await.id).await;
        letters.iter().filter(|letter| *letter == "desk_update amt@example.org").count()
    }

    async fn clerk(&self) -> String {
        let member: Member = self.employ(&self.town().await, "amt@example.org", Role::Admin).await;
        self.token(&member).await
    }
}

async fn a_remark_answers_the_question_and_reaches_the_desk(installation: Installation) {
    in_bad_dueben(&installation).await;
    installation.open_mailboxes().await;
    let clerk = installation.clerk().await;
    let filed: Value = installation.file(&report()).expect(201).await;
    let said: Value =
        installation.anonymously(&filed, "comments", Some("Es sind neun Reifen.")).expect(201).await;
    assert_eq!(said["status"], "routed");
    installation.desk_does(&clerk, &filed, &["accepted", "waiting_for_reporter"]).await;
    installation.clock.advance(TimeDelta::days(5));
    let said: Value =
        installation.anonymously(&filed, "comments", Some("Hinter der Scheune.")).expect(201).await;
    assert_eq!(said["status"], "in_progress");
    let (complaint, steps) = installation.complaint(&filed).await;
    assert_eq!(complaint.status, Status::InProgress);
    assert!(complaint.due.unwrap().paused_at.is_none(), "the promise goes on");
    let texts: Vec<_> = steps.iter().filter_map(|step| step.public_text.as_ref()).collect();
    assert_eq!(texts.last().unwrap().as_str(), "Hinter der Scheune.");
    assert_eq!(installation.updates().await, 2, "the desk hears of both");
    for (text, code) in [("", "too_short"), ("a\0b", "character_not_allowed")] {
        let refused = installation
            .anonymously(&filed, "comments", Some(text))
            .expect_problem(422, "validation_failed")
            .await;
        assert_eq!(refused.json::<Value>()["errors"][0]["code"], code);
    }
    assert_eq!(installation.complaint(&filed).await.1.len(), steps.len(), "nothing was written");
}

async fn a_complaint_is_taken_back_before_work_begins_only(installation: Installation) {
    in_bad_dueben(&installation).await;
    installation.open_mailboxes().await;
    let clerk = installation.clerk().await;
    let filed: Value = installation.file(&report()).expect(201).await;
    installation.desk_does(&clerk, &filed, &["accepted"]).await;
    let taken: Value = installation.anonymously(&filed, "withdrawal", None).expect(200).await;
    assert_eq!(taken["status"], "withdrawn");
    assert!(taken.get("due_at").is_none() && taken.get("solution_due_at").is_none());
    assert_eq!(installation.updates().await, 1, "the desk hears of it");
    installation
        .anonymously(&filed, "comments", Some("Doch nicht."))
        .expect_problem(409, "transition_illegal")
        .await;

    let filed: Value = installation.file(&report()).expect(201).await;
    installation.desk_does(&clerk, &filed, &["accepted", "in_progress"]).await;
    let before = installation.complaint(&filed).await;
    installation.anonymously(&filed, "withdrawal", None).expect_problem(409, "transition_illegal").await;
    assert_eq!(installation.complaint(&filed).await, before, "nothing was written");
}

async fn what_repeats_a_withdrawn_complaint_is_opened_again(installation: Installation) {
    in_bad_dueben(&installation).await;
    let clerk = installation.clerk().await;
    let original: Value = installation.file(&report()).expect(201).await;
    let repeated: Value = installation.file(&report()).expect(201).await;
    let id = repeated["id"].as_str().unwrap();
    let path = format!("/v1/municipalities/bad-dueben/staff/complaints/{id}/transitions");
    let call = installation.post(&path, &json!({"to": "duplicate", "original": original["id"]}));
    let _: Value = call.bearer(&clerk).header("if-match", "\"v1\"").expect(200).await;
    let _: Value = installation.anonymously(&original, "withdrawal", None).expect(200).await;
    let (complaint, steps) = installation.complaint(&repeated).await;
    assert_eq!((complaint.status, complaint.original), (Status::Reopened, None));
    assert!(steps.iter().any(|step| step.to == Some(Status::Reopened)));
}

async fn either_the_reporter_or_the_desk_wins(installation: Installation) {
    in_bad_dueben(&installation).await;
    installation.open_mailboxes().await;
    let clerk = installation.clerk().await;
    for _ in 0..5 {
        let filed: Value = installation.file(&report()).expect(201).await;
        installation.desk_does(&clerk, &filed, &["accepted"]).await;
        let version = installation.complaint(&filed).await.0.version;
        let (taken, begun) = join(
            installation.anonymously(&filed, "withdrawal", None).send(),
            installation.desk(&clerk, &filed, "in_progress", version),
        )
        .await;
        let (complaint, steps) = installation.complaint(&filed).await;
        match (taken.status.as_u16(), begun) {
            (200, 412) => assert_eq!(complaint.status, Status::Withdrawn),
            (409, 200) => assert_eq!(complaint.status, Status::InProgress),
            other => panic!("{other:?}"),
        }
        let ends = [Some(Status::Withdrawn), Some(Status::InProgress)];
        assert_eq!(steps.iter().filter(|step| ends.contains(&step.to)).count(), 1, "one effect");
    }
}

async fn an_objection_opens_again_within_28_days(installation: Installation) {
    in_bad_dueben(&installation).await;
    installation.open_mailboxes().await;
    let clerk = installation.clerk().await;
    let filed: Value = installation.file(&report()).expect(201).await;
    let object = || installation.anonymously(&filed, "objections", Some("Sie liegen noch da."));
    object().expect_problem(409, "transition_illegal").await;
    installation.desk_does(&clerk, &filed, &["accepted", "resolved"]).await;
    let opened: Value = object().expect(201).await;
    assert_eq!(opened["status"], "reopened");
    assert_eq!(installation.updates().await, 1, "the desk hears of it");
    installation.desk_does(&clerk, &filed, &["accepted", "resolved"]).await;
    installation.clock.advance(TimeDelta::days(28) + TimeDelta::seconds(1));
    object().expect_problem(409, "objection_too_late").await;
    assert_eq!(installation.complaint(&filed).await.0.status, Status::Resolved);
}

async fn foreign_complaints_look_like_missing_ones(installation: Installation) {
    in_bad_dueben(&installation).await;
    let filed: Value = installation.file(&report()).expect(201).await;
    let guest = installation.guest().await;
    let missing = json!({"id": installation.clock.uuid()});
    let text = json!({"text": "Meins?"});
    for step in ["comments", "objections", "withdrawal"] {
        let body = if step == "withdrawal" { json!({}) } else { text.clone() };
        for complaint in [&filed, &missing] {
            let call = || installation.act(complaint, step, &body);
            call().expect_problem(404, "not_found").await;
            call().bearer(access(&guest)).expect_problem(404, "not_found").await;
            call().header("return-key", "0".repeat(40).as_str()).expect_problem(404, "not_found").await;
        }
    }
    assert_eq!(installation.complaint(&filed).await.0.version, 1);
}

async fn support_counts_once_and_only_for_public_complaints(installation: Installation) {
    in_bad_dueben(&installation).await;
    let (one, other) = (installation.guest().await, installation.guest().await);
    let filed: Value = installation.file(&report()).expect(201).await;
    let support = |who: &Value| installation.act(&filed, "support", &json!({})).bearer(access(who));
    support(&one).expect_problem(404, "not_found").await;
    installation.act(&filed, "support", &json!({})).expect_problem(401, "unauthenticated").await;

    let tx = installation.store().begin(Scope::Municipality(installation.town().await.id)).await.unwrap();
    for mut category in tx.categories().await.unwrap() {
        category.is_public = true;
        tx.update_category(&category).await.unwrap();
    }
    tx.touch_register().await.unwrap();
    tx.commit().await.unwrap();
    for (who, supporters) in [(&one, 1), (&one, 1), (&other, 2)] {
        let counted: Value = support(who).expect(200).await;
        assert_eq!(counted["supporters"], supporters);
    }
}
