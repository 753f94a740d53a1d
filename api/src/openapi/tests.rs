use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

fn served_document() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// Calls `visit` with every object in the document and its JSON pointer.
fn walk(pointer: &str, value: &Value, visit: &mut impl FnMut(&str, &serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(pointer, members);
            for (name, member) in members.iter().filter(|(name, _)| *name != "example" && *name != "examples")
            {
                walk(&format!("{pointer}/{name}"), member, visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(&format!("{pointer}/{index}"), item, visit);
            }
        }
        _ => {}
    }
}

fn has_type(schema: &serde_json::Map<String, Value>, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(found)) => found == name,
        Some(Value::Array(found)) => found.iter().any(|found| found == name),
        _ => false,
    }
}

/// The names of schemas that PATCH bodies use: only there null has a meaning.
fn patches(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        walk("", &item["patch"]["requestBody"], &mut |_, object| {
            if let Some(Value::String(reference)) = object.get("$ref") {
                found.insert(reference.trim_start_matches('#').to_owned());
            }
        });
    }
    found
}

/// Everything in `document` that breaks the rules for schemas which make good Swift and Kotlin.
fn faults(document: &Value) -> Vec<String> {
    let patches = patches(document);
    let mut faults = Vec::new();
    walk("", document, &mut |pointer, object| {
        let mut fault = |text: &str| faults.push(format!("{pointer}: {text}"));
        if object.contains_key("oneOf") || object.contains_key("anyOf") {
            fault("oneOf and anyOf make empty classes");
        }
        if has_type(object, "null") && !patches.iter().any(|patch| pointer.starts_with(patch.as_str())) {
            fault("null only has a meaning in a patch");
        }
        let bounded = ["maxLength", "enum", "const"].iter().any(|bound| object.contains_key(*bound))
            || matches!(
                object.get("format").and_then(Value::as_str),
                Some("date-time" | "date" | "uuid" | "binary")
            );
        if has_type(object, "string") && !bounded {
            fault("a string without maxLength");
        }
        if has_type(object, "array") && !object.contains_key("maxItems") {
            fault("an array without maxItems");
        }
    });
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_default();
            let camel = id.starts_with(|c: char| c.is_ascii_lowercase())
                && id.contains(|c: char| c.is_ascii_uppercase())
                && id.chars().all(|c| c.is_ascii_alphanumeric());
            if !camel {
                faults.push(format!(
                    "{method} {path}: operationId {id:?} is not a verb and a noun in camelCase"
                ));
            }
            if !ids.insert(id) {
                faults.push(format!("{method} {path}: operationId {id} is taken"));
            }
            if operation["summary"].as_str().is_none_or(str::is_empty) {
                faults.push(format!("{method} {path}: no summary"));
            }
            if operation["tags"].as_array().is_none_or(Vec::is_empty) {
                faults.push(format!("{method} {path}: no tag"));
            }
            if !operation["security"].is_array() {
                faults.push(format!("{method} {path}: says nothing about security"));
            }
            for status in ["429", "500", "503"] {
                if operation["responses"][status].is_null() {
                    faults.push(format!("{method} {path}: {status} is not documented"));
                }
            }
        }
    }
    faults
}

#[test]
fn the_document_makes_good_clients() {
    assert_eq!(faults(&served_document()), Vec::<String>::new());
}

#[test]
fn lists_refer_to_what_they_list() {
    let document = served_document();
    let schemas = document.pointer("/components/schemas").unwrap().as_object().unwrap();
    let lists: Vec<_> = schemas.iter().filter(|(name, _)| name.starts_with("Listed_")).collect();
    assert!(lists.len() > 5, "{lists:?}");
    for (name, list) in lists {
        assert!(list.pointer("/properties/items/items/$ref").is_some(), "{name} writes its items out");
    }
}

/// A request that creates something and whose answer got lost is sent again with the same key. Signing
/// in has no key: its answers are secrets.
#[test]
fn whatever_creates_something_takes_an_idempotency_key() {
    let document = served_document();
    let paths = document["paths"].as_object().unwrap().iter();
    let creating: Vec<_> = paths
        .filter(|(path, item)| !item["post"]["responses"]["201"].is_null() && !path.starts_with("/v1/auth/"))
        .collect();
    assert!(creating.len() >= 9, "{creating:?}");
    for (path, item) in creating {
        let parameters = item["post"]["parameters"].as_array().unwrap();
        let key = parameters.iter().find(|parameter| parameter["name"] == "Idempotency-Key");
        assert_eq!(key.map(|key| &key["in"]), Some(&Value::from("header")), "POST {path}");
    }
}

/// What of `operation` is shown by no example, or not said at all.
fn untold(document: &Value, operation: &Value) -> Vec<String> {
    let mut untold = Vec::new();
    let bare = |content: &Value| {
        let shown = |(media, body): (&String, &Value)| {
            !media.ends_with("json") || body.get("example").is_some() || body.get("examples").is_some()
        };
        !content.as_object().is_none_or(|content| content.iter().all(shown))
    };
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let shown = parameter.get("example").or(parameter["schema"].get("example"));
        if parameter["in"] == "path" && shown.is_none() {
            untold.push(format!("no example of {}", parameter["name"]));
        }
    }
    if bare(&operation["requestBody"]["content"]) {
        untold.push("no example of what it takes".to_owned());
    }
    if !operation["security"].is_array() {
        untold.push("nothing about security".to_owned());
    }
    let responses = operation["responses"].as_object().unwrap();
    if !responses.keys().any(|status| status.starts_with(['2', '3'])) {
        untold.push("nothing about success".to_owned());
    }
    for (status, response) in responses {
        let reference = response["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
        let response = reference.map_or(response, |reference| document.pointer(reference).unwrap());
        let refuses = status.starts_with(['4', '5']);
        let problem = &response["content"][crate::problem::PROBLEM_JSON];
        if refuses && problem["example"]["status"] != status.parse::<u16>().unwrap()
            || bare(&response["content"])
        {
            untold.push(format!("no example of {status}"));
        }
    }
    let secured = operation["security"]
        .as_array()
        .is_some_and(|ways| ways.iter().any(|way| *way != Value::from(serde_json::Map::new())));
    let mut expected = vec!["429", "500", "503"];
    expected.extend(secured.then_some("401"));
    expected.extend(operation.get("requestBody").map(|_| "400"));
    expected.extend(operation.get("requestBody").map(|_| "422"));
    untold.extend(
        expected
            .into_iter()
            .filter(|status| !responses.contains_key(*status))
            .map(|status| format!("nothing about {status}")),
    );
    untold
}

#[test]
fn every_operation_is_told_by_example_with_its_errors_and_its_security() {
    let document = served_document();
    let paths = document["paths"].as_object().unwrap().values();
    let operations: Vec<_> = paths.flat_map(|item| item.as_object().unwrap().values()).collect();
    assert!(operations.len() >= 100, "{}", operations.len());
    let untold: Vec<_> = operations
        .iter()
        .flat_map(|operation| {
            untold(&document, operation)
                .into_iter()
                .map(|what| format!("{}: {what}", operation["operationId"]))
        })
        .collect();
    println!("{} operations", operations.len());
    assert_eq!(untold, Vec::<String>::new());
}

#[test]
fn an_example_has_what_its_schema_asks_for() {
    let document = served_document();
    let schemas = &document["components"]["schemas"];
    walk("", &document, &mut |pointer, object| {
        let (Some(example), Some(reference)) =
            (object.get("example"), object.get("schema").and_then(|schema| schema["$ref"].as_str()))
        else {
            return;
        };
        let schema = &schemas[reference.rsplit('/').next().unwrap()];
        for member in schema["required"].as_array().into_iter().flatten() {
            assert!(
                example.get(member.as_str().unwrap()).is_some(),
                "{pointer}: {member} is missing in {example}"
            );
        }
    });
}

#[test]
fn the_rules_find_what_they_are_for() {
    let bad = serde_json::json!({
        "paths": {"/a": {"get": {"operationId": "Bad", "responses": {}}}},
        "components": {"schemas": {"A": {"type": "object", "properties": {
            "a": {"type": "string"}, "b": {"type": "array", "items": {"type": "integer"}},
            "c": {"oneOf": [{"type": "null"}]}
        }}}}
    });
    assert_eq!(faults(&bad).len(), 11);
}

#[test]
fn every_reference_leads_somewhere() {
    let document = served_document();
    walk("", &document, &mut |pointer, object| {
        if let Some(Value::String(reference)) = object.get("$ref") {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{pointer}: {reference}");
        }
    });
}

#[test]
fn the_committed_document_is_the_served_one() {
    assert!(text().unwrap() == COMMITTED, "openapi/rathaus.json is out of date: run `cargo run -- openapi`");
}
