//! Words with places to fill in.

use reqwest::Method;
use serde_json::{Value, json};

use super::town::{CASTS, Mulde};
use crate::{admin::first_pointer, support::on_both};

on_both!(
    a_template_is_filled_in_and_remembered,
    every_version_stays_readable,
    what_is_wrong_with_a_template_is_refused_where_it_is,
    what_is_filled_in_wrongly_is_refused_where_it_is,
);

const TEMPLATES: &str = "/v1/municipalities/bad-dueben/staff/broadcast-templates";

fn closure() -> Value {
    let place = |name: &str, kind: &str| json!({"name": name, "kind": kind, "labels": {"de": name}});
    json!({
        "name": "Straßensperrung", "severity": "important", "sender": "Bauamt",
        "texts": {
            "de": {"title": "Sperrung: {street}", "body": "Ab {day}, {hour}, ist {street} auf {metres} m gesperrt. {note}"},
            "en": {"title": "Closed: {street}", "body": "{street} is closed from {day}, {hour}."},
        },
        "placeholders": [
            place("street", "place"), place("day", "date"), place("hour", "time"), place("metres", "number"),
            place("note", "text"),
        ],
    })
}

fn values(changed: &[(&str, &str)]) -> Value {
    let all = [
        ("street", "Muldestraße"),
        ("day", "2026-12-01"),
        ("hour", "07:00"),
        ("metres", "120.5"),
        ("note", "Busse fahren über den Markt."),
    ];
    let value = |(name, value): (&str, &str)| {
        let changed = changed.iter().find(|(other, _)| *other == name).map_or(value, |(_, value)| value);
        json!({"name": name, "value": changed})
    };
    json!(all.map(value))
}

impl Mulde {
    async fn template(&self) -> Value {
        self.post(TEMPLATES, &closure()).bearer(&self.editor().await).expect(201).await
    }

    fn made_of(&self, template: &Value, values: Value) -> Value {
        let mut draft = self.draft(json!({"template": {"template": template["id"], "values": values}}));
        for member in ["texts", "severity", "sender"] {
            draft.as_object_mut().unwrap().remove(member);
        }
        draft
    }
}

async fn a_template_is_filled_in_and_remembered(mulde: Mulde) {
    let template = mulde.template().await;
    let draft = mulde.made_of(&template, values(&[]));
    let draft: Value = mulde.post(CASTS, &draft).bearer(&mulde.editor().await).expect(201).await;
    assert_eq!(draft["template"], json!({"template": template["id"], "version": 1}));
    assert_eq!((&draft["severity"], &draft["sender"]), (&json!("important"), &json!("Bauamt")));
    assert_eq!(
        draft["texts"]["de"]["body"],
        "Ab 01.12.2026, 07:00 Uhr, ist Muldestraße auf 120,5 m gesperrt. Busse fahren über den Markt."
    );
    assert_eq!(draft["texts"]["en"]["body"], "Muldestraße is closed from 1 December 2026, 07:00.");
    // What a template says may be said otherwise.
    let mut urgent = mulde.made_of(&template, values(&[]));
    urgent["severity"] = json!("crisis");
    let urgent: Value = mulde.post(CASTS, &urgent).bearer(&mulde.editor().await).expect(201).await;
    assert_eq!((&urgent["severity"], &urgent["sender"]), (&json!("crisis"), &json!("Bauamt")));
}

async fn every_version_stays_readable(mulde: Mulde) {
    let template = mulde.template().await;
    let place = format!("{TEMPLATES}/{}", template["id"].as_str().unwrap());
    let editor = mulde.editor().await;
    let patch = |body: Value| mulde.call(Method::PATCH, &place, Some(&body)).bearer(&editor);
    patch(json!({"sender": "Stadtwerke"})).expect_problem(428, "precondition_required").await;
    patch(json!({"sender": "Stadtwerke"})).header("if-match", "\"v9\"").expect_problem(412, "stale").await;
    let second: Value = patch(json!({"sender": "Stadtwerke"})).header("if-match", "\"v1\"").expect(200).await;
    assert_eq!((&second["version"], &second["sender"]), (&json!(2), &json!("Stadtwerke")));
    let refused = patch(json!({"placeholders": []})).header("if-match", "\"v2\"");
    let refused = refused.expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/texts/de/title");
    let draft = mulde.made_of(&template, values(&[]));
    let draft: Value = mulde.post(CASTS, &draft).bearer(&editor).expect(201).await;
    assert_eq!(draft["template"]["version"], 2);
    let gone = mulde.call(Method::DELETE, &place, None).bearer(&editor).header("if-match", "\"v2\"");
    assert_eq!(gone.send().await.status, 204);
    mulde.get(&place).bearer(&editor).expect_problem(404, "not_found").await;
    for (version, sender) in [(1, "Bauamt"), (2, "Stadtwerke")] {
        let kept: Value = mulde.get(&format!("{place}/versions/{version}")).bearer(&editor).expect(200).await;
        assert_eq!((&kept["version"], &kept["sender"]), (&json!(version), &json!(sender)));
    }
    mulde.get(&format!("{place}/versions/3")).bearer(&editor).expect_problem(404, "not_found").await;
    let listed: Value = mulde.get(TEMPLATES).bearer(&editor).expect(200).await;
    assert_eq!(listed["items"], json!([]));
    let late = mulde.made_of(&template, values(&[]));
    let late = mulde.post(CASTS, &late).bearer(&editor).expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&late), "/template/template");
}

async fn what_is_wrong_with_a_template_is_refused_where_it_is(mulde: Mulde) {
    let editor = mulde.editor().await;
    let title =
        |title: &str| json!({"de": {"title": title, "body": "{street} {day} {hour} {metres} {note}"}});
    for (member, value, pointer) in [
        ("texts", title("Sperrung {river}"), "/texts/de/title"),
        ("texts", title("Sperrung {street"), "/texts/de/title"),
        ("texts", title("Sperrung {Straße}"), "/texts/de/title"),
        ("texts", json!({"de": {"title": "Nichts", "body": "Nichts."}}), "/placeholders/0"),
        ("severity", json!("notice"), "/severity"),
        (
            "placeholders",
            json!([{"name": "Straße", "kind": "place", "labels": {"de": "x"}}]),
            "/placeholders/0/name",
        ),
        (
            "placeholders",
            json!([{"name": "street", "kind": "colour", "labels": {"de": "x"}}]),
            "/placeholders/0/kind",
        ),
    ] {
        let mut wrong = closure();
        wrong[member] = value;
        let refused =
            mulde.post(TEMPLATES, &wrong).bearer(&editor).expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{}", refused.body);
    }
    assert_eq!(mulde.exchange.town.ask("SELECT count(*) FROM broadcast_template_versions").await, ["0"]);
}

async fn what_is_filled_in_wrongly_is_refused_where_it_is(mulde: Mulde) {
    let template = mulde.template().await;
    let editor = mulde.editor().await;
    let refused = async |draft: &Value| {
        let refused = mulde.post(CASTS, draft).bearer(&editor).expect_problem(422, "validation_failed").await;
        let first = refused.json::<Value>()["errors"][0].clone();
        (first["pointer"].as_str().unwrap().to_owned(), first["code"].as_str().unwrap().to_owned())
    };
    for (name, value, place) in
        [("street", "12", 0), ("day", "1.12.2026", 1), ("hour", "sieben", 2), ("metres", "viele", 3)]
    {
        let draft = mulde.made_of(&template, values(&[(name, value)]));
        let wanted = (format!("/template/values/{place}/value"), "placeholder_mismatch".to_owned());
        assert_eq!(refused(&draft).await, wanted);
    }
    let braces = mulde.made_of(&template, values(&[("note", "{street}")]));
    assert_eq!(refused(&braces).await.0, "/template/values/4/value");
    let mut unknown = values(&[]);
    unknown[1]["name"] = json!("date");
    let unknown = mulde.made_of(&template, unknown);
    let wanted = ("/template/values/1/name".to_owned(), "placeholder_unknown".to_owned());
    assert_eq!(refused(&unknown).await, wanted);
    let missing = mulde.made_of(&template, json!([]));
    assert_eq!(refused(&missing).await, ("/template/values".to_owned(), "required".to_owned()));
    let mut both = mulde.made_of(&template, values(&[]));
    both["texts"] = json!({"de": {"title": "Sperrung", "body": "Gesperrt."}});
    assert_eq!(refused(&both).await, (String::new(), "exactly_one".to_owned()));
    // What somebody forgot to fill in goes to nobody.
    let forgotten =
        mulde.draft(json!({"texts": {"de": {"title": "Sperrung", "body": "Ab {day} gesperrt."}}}));
    let wanted = ("/texts/de/body".to_owned(), "placeholder_unknown".to_owned());
    assert_eq!(refused(&forgotten).await, wanted);
    assert_eq!(mulde.exchange.town.ask("SELECT count(*) FROM broadcasts").await, ["0"]);
}
