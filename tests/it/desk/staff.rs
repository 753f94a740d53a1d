//! Staff work complaints over HTTP.

use domain::{complaints::Status, staff::Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::town::Town;
use crate::{
    complaints::report_with,
    support::{http::Call, on_both},
};

on_both!(
    a_clerk_works_a_complaint_to_its_end,
    a_change_needs_the_version_it_was_made_for,
    other_desks_do_not_exist,
    steps_that_the_table_lacks_are_refused,
    a_complaint_goes_to_the_desk_it_belongs_to,
    a_promise_moves_with_a_text_only,
    pages_keep_their_order_while_complaints_arrive,
    german_capitals_are_found,
);

const INBOX: &str = "/v1/municipalities/bad-dueben/staff/complaints";

impl Town {
    fn read(&self, path: &str, token: &str) -> Call {
        self.rathaus.get(&format!("{INBOX}{path}")).bearer(token)
    }

    fn go(&self, id: impl std::fmt::Display, token: &str, version: i64, body: &Value) -> Call {
        let call = self.rathaus.post(&format!("{INBOX}/{id}/transitions"), body).bearer(token);
        call.header("if-match", &format!("\"v{version}\""))
    }

    fn patch(&self, id: impl std::fmt::Display, token: &str, version: i64, body: &Value) -> Call {
        let call = Call(self.rathaus.request(Method::PATCH, &format!("{INBOX}/{id}")).json(body));
        call.bearer(token).header("if-match", &format!("\"v{version}\""))
    }
}

async fn a_clerk_works_a_complaint_to_its_end(town: Town) {
    let complaint = town.complaint(1, &town.works).await;
    let (clerk, token) = town.staff(Role::Clerk, &[&town.works]).await;
    let list: Value = town.read("?status=routed&category=illegal-waste&q=reifen", &token).expect(200).await;
    assert_eq!(list["items"][0]["reference"], "BD-2026-000001");
    assert_eq!(list["items"][0]["department"]["name"], "Bauhof");
    let id = complaint.id;
    let (works, front) = (town.works.id, town.front.id);
    for (filter, found) in [
        (format!("department={works}"), 1),
        (format!("department={front}"), 0),
        ("overdue=true".to_owned(), 0),
        ("overdue=false".to_owned(), 1),
        (format!("assignee={clerk}"), 0),
    ] {
        let list: Value = town.read(&format!("?{filter}"), &token).expect(200).await;
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{filter}");
    }
    let shown = town.read(&format!("/{id}"), &token).send().await;
    let tag = shown.headers["etag"].to_str().unwrap().to_owned();
    assert!(tag.starts_with("\"v1-"), "{tag}");

    let call = town.rathaus.post(&format!("{INBOX}/{id}/transitions"), &json!({"to": "accepted"}));
    let now: Value = call.bearer(&token).header("if-match", &tag).expect(200).await;
    assert_eq!(
        (&now["status"], &now["first_answered_at"]),
        (&json!("accepted"), &json!("2026-11-23T09:00:00Z"))
    );
    let now: Value =
        town.patch(id, &token, 2, &json!({"assignee": clerk, "priority": "high"})).expect(200).await;
    assert_eq!((&now["assignee"], &now["priority"]), (&json!(clerk), &json!("high")));
    let list: Value = town.read(&format!("?assignee={clerk}"), &token).expect(200).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let comment =
        town.rathaus.post(&format!("{INBOX}/{id}/comments"), &json!({"internal_text": "Anhänger nötig"}));
    let said: Value = comment.bearer(&token).expect(201).await;
    assert_eq!((&said["staff"], &said["public"]), (&json!("Kim Muster"), &json!(false)));
    let missing =
        town.go(id, &token, 4, &json!({"to": "resolved"})).expect_problem(422, "validation_failed").await;
    assert_eq!(missing.json::<Value>()["errors"][0]["pointer"], "/public_text");
    let done = json!({"to": "resolved", "public_text": "Abgeholt.", "reason": "Tour Nord"});
    let now: Value = town.go(id, &token, 4, &done).expect(200).await;
    assert_eq!(now["settled_at"], "2026-11-23T09:00:00Z");

    let history: Value = town.read(&format!("/{id}/history"), &token).expect(200).await;
    let actions: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|step| step["action"].as_str().unwrap()).collect();
    assert_eq!(actions.len(), 5, "{actions:?}");
    let last = town.steps(id).await.into_iter().find(|step| step.to == Some(Status::Resolved)).unwrap();
    assert_eq!(last.internal_text.unwrap().as_str(), "Tour Nord");
    let routing: Value = town.read(&format!("/{id}/routing"), &token).expect(200).await;
    assert_eq!(routing["decisions"], json!([]));
}

async fn a_change_needs_the_version_it_was_made_for(town: Town) {
    let id = town.complaint(1, &town.works).await.id;
    let (_, token) = town.staff(Role::Clerk, &[&town.works]).await;
    let body = json!({"to": "accepted"});
    let call = || town.rathaus.post(&format!("{INBOX}/{id}/transitions"), &body);
    call().bearer(&token).expect_problem(428, "precondition_required").await;
    town.go(id, &token, 9, &body).expect_problem(412, "stale").await;
    call().header("if-match", "\"v1\"").expect_problem(401, "unauthenticated").await;
    let (_, auditor) = town.staff(Role::Auditor, &[]).await;
    let _: Value = town.read(&format!("/{id}"), &auditor).expect(200).await;
    town.go(id, &auditor, 1, &body).expect_problem(403, "forbidden").await;
    assert_eq!(town.stored(id).await.version, 1);

    let both = tokio::join!(town.go(id, &token, 1, &body).send(), town.go(id, &token, 1, &body).send());
    let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
    statuses.sort();
    assert_eq!(statuses, [200, 412]);
    assert_eq!(town.steps(id).await.len(), 1);
}

async fn other_desks_do_not_exist(town: Town) {
    let id = town.complaint(1, &town.works).await.id;
    let (_, token) = town.staff(Role::Clerk, &[&town.front]).await;
    let list: Value = town.read("", &token).expect(200).await;
    assert_eq!(list["items"], json!([]));
    for path in ["", "/history", "/routing"] {
        town.read(&format!("/{id}{path}"), &token).expect_problem(404, "not_found").await;
    }
    town.go(id, &token, 1, &json!({"to": "accepted"})).expect_problem(404, "not_found").await;
    town.patch(id, &token, 1, &json!({"priority": "low"})).expect_problem(404, "not_found").await;
    let (_, all) = town.staff(Role::Admin, &[]).await;
    let _: Value = town.read(&format!("/{id}"), &all).expect(200).await;
}

async fn steps_that_the_table_lacks_are_refused(town: Town) {
    let id = town.complaint(1, &town.works).await.id;
    let (_, token) = town.staff(Role::Clerk, &[&town.works]).await;
    for to in ["closed", "reopened", "scheduled", "withdrawn", "submitted"] {
        let body = json!({"to": to, "public_text": "Text"});
        town.go(id, &token, 1, &body).expect_problem(409, "transition_illegal").await;
    }
    assert_eq!(town.steps(id).await.len(), 0);
}

async fn a_complaint_goes_to_the_desk_it_belongs_to(town: Town) {
    let id = town.complaint(1, &town.front).await.id;
    let (_, token) = town.staff(Role::Clerk, &[&town.front]).await;
    let nowhere =
        town.go(id, &token, 1, &json!({"to": "routed"})).expect_problem(422, "validation_failed").await;
    assert_eq!(nowhere.json::<Value>()["errors"][0]["pointer"], "/department");
    let now: Value =
        town.go(id, &token, 1, &json!({"to": "routed", "department": town.works.id})).expect(200).await;
    assert_eq!(now["department"]["name"], "Bauhof");
    town.read(&format!("/{id}"), &token).expect_problem(404, "not_found").await;
}

async fn a_promise_moves_with_a_text_only(town: Town) {
    let id = town.complaint(1, &town.works).await.id;
    let (_, token) = town.staff(Role::Clerk, &[&town.works]).await;
    let date = "2026-12-24T12:00:00Z";
    let silent = town.patch(id, &token, 1, &json!({"solution_due_at": date}));
    silent.expect_problem(422, "validation_failed").await;
    let said = json!({"solution_due_at": date, "public_text": "Das Ersatzteil fehlt."});
    let now: Value = town.patch(id, &token, 1, &said).expect(200).await;
    assert_eq!(now["solution_due_at"], date);
    let past = json!({"solution_due_at": "2026-11-20T12:00:00Z", "public_text": "Text"});
    town.patch(id, &token, 2, &past).expect_problem(422, "validation_failed").await;
}

async fn pages_keep_their_order_while_complaints_arrive(town: Town) {
    let (_, token) = town.staff(Role::Clerk, &[&town.works]).await;
    for number in 1..=3 {
        town.complaint(number, &town.works).await;
        town.rathaus.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let first: Value = town.read("?limit=2", &token).expect(200).await;
    town.complaint(4, &town.works).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second: Value = town.read(&format!("?limit=2&cursor={cursor}"), &token).expect(200).await;
    let references = |page: &Value| {
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["reference"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(references(&first), ["BD-2026-000003", "BD-2026-000002"]);
    assert_eq!(references(&second), ["BD-2026-000001"]);
    let foreign = town.read(&format!("?limit=2&status=routed&cursor={cursor}"), &token);
    foreign.expect_problem(400, "cursor_invalid").await;
}

async fn german_capitals_are_found(town: Town) {
    let (_, token) = town.staff(Role::Admin, &[]).await;
    let report = report_with(json!({"description": "Öl auf der ÄUSSEREN Straße"}));
    let _: Value = town.rathaus.file(&report).expect(201).await;
    for (words, found) in
        [("öl auf", 1), ("Öl", 1), ("äußeren", 1), ("äusseren", 1), ("STRAßE", 1), ("strasse", 1), ("Ol", 0)]
    {
        let list: Value = town.read(&format!("?q={words}"), &token).expect(200).await;
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{words}");
    }
}
