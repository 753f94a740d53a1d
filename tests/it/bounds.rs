//! Every text a request may hold has a longest length in the document, and the server keeps to it: one
//! character more is refused at that place, and not one less.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    admin::Desk,
    auth::access,
    support::{
        http::{Answer, Call},
        installation::Installation,
        on_both,
    },
};

on_both!(texts_in_bodies_are_bounded, texts_in_queries_are_bounded, dates_are_bounded);

/// Where calendars end, and where the ends of written ones are.
const EXTREMES: [&str; 4] =
    ["-262143-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "+262142-12-31T23:59:59Z"];

/// A text in a body: where, its longest length, and whether it must have a form as well.
struct Text {
    pointer: String,
    longest: usize,
    formed: bool,
}

/// What the document says.
struct Document(Value);

impl Document {
    fn committed() -> Self {
        Self(serde_json::from_str(api::openapi::COMMITTED).unwrap())
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> (&'a Value, Option<&'a str>) {
        match schema["$ref"].as_str() {
            Some(name) => (self.0.pointer(name.trim_start_matches('#')).unwrap(), Some(name)),
            None => (schema, None),
        }
    }

    /// The texts of `schema` at `pointer`. `inside` are the schemas around it: a tree is followed once.
    fn texts(&self, pointer: &str, schema: &Value, inside: &BTreeSet<&str>) -> Vec<Text> {
        let (schema, name) = self.resolve(schema);
        if name.is_some_and(|name| inside.contains(name)) {
            return Vec::new();
        }
        let inside: BTreeSet<&str> = inside.iter().copied().chain(name).collect();
        let free = schema.get("enum").is_none()
            && !matches!(schema["format"].as_str(), Some("uuid" | "date-time" | "date"));
        let own = schema["maxLength"].as_u64().filter(|_| free);
        let formed = schema.get("pattern").or_else(|| schema.get("format")).is_some();
        let text =
            |longest: u64| Text { pointer: pointer.to_owned(), longest: longest.try_into().unwrap(), formed };
        let own = own.map(text);
        let members = schema["properties"].as_object().into_iter().flatten();
        let members =
            members.flat_map(|(name, member)| self.texts(&format!("{pointer}/{name}"), member, &inside));
        let items = schema.get("items").map(|items| self.texts(&format!("{pointer}/0"), items, &inside));
        own.into_iter().chain(members).chain(items.into_iter().flatten()).collect()
    }

    /// The moments and days of `schema` at `pointer`, and their format.
    fn dates(&self, pointer: &str, schema: &Value, inside: &BTreeSet<&str>) -> Vec<(String, String)> {
        let (schema, name) = self.resolve(schema);
        if name.is_some_and(|name| inside.contains(name)) {
            return Vec::new();
        }
        let inside: BTreeSet<&str> = inside.iter().copied().chain(name).collect();
        let format = schema["format"].as_str().filter(|format| matches!(*format, "date-time" | "date"));
        let own = format.map(|format| (pointer.to_owned(), format.to_owned()));
        let members = schema["properties"].as_object().into_iter().flatten();
        let members =
            members.flat_map(|(name, member)| self.dates(&format!("{pointer}/{name}"), member, &inside));
        let items = schema.get("items").map(|items| self.dates(&format!("{pointer}/0"), items, &inside));
        own.into_iter().chain(members).chain(items.into_iter().flatten()).collect()
    }

    /// A body as the document shows it.
    fn example(&self, schema: &Value) -> Value {
        let (schema, _) = self.resolve(schema);
        if let Some(example) = schema.get("example").or_else(|| schema["enum"].get(0)) {
            return example.clone();
        }
        let members = schema["properties"].as_object().into_iter().flatten();
        members
            .map(|(name, member)| (name.clone(), self.example(member)))
            .filter(|(_, member)| *member != json!({}))
            .collect()
    }

    /// Method, path and description of each operation.
    fn operations(&self) -> impl Iterator<Item = (Method, &str, &Value)> {
        self.0["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            let named = |name: &str| Method::from_bytes(name.to_uppercase().as_bytes()).unwrap();
            item.as_object()
                .unwrap()
                .iter()
                .map(move |(method, operation)| (named(method), path.as_str(), operation))
        })
    }
}

/// Puts `value` where `pointer` leads, and makes what is missing on the way.
fn put(body: &mut Value, pointer: &str, value: Value) {
    let mut place = body;
    for step in pointer.split('/').skip(1) {
        if step == "0" {
            *place = json!([null]);
            place = &mut place[0];
        } else {
            if !place.is_object() {
                *place = json!({});
            }
            place = &mut place[step];
        }
    }
    *place = value;
}

/// Sends as whoever may ask there.
async fn send(
    desk: &Desk,
    guest: &Value,
    method: Method,
    path: &str,
    body: Option<(&str, &Value)>,
) -> Answer {
    let staff = path.contains("/staff/") || path.contains("/admin/");
    let path: Vec<_> = path
        .split('/')
        .map(|part| match part {
            "{municipality}" => "bad-dueben".to_owned(),
            part if part.starts_with('{') => {
                // A query may follow.
                let (_, rest) = part.split_once('}').unwrap();
                format!("{}{rest}", Uuid::new_v4())
            }
            part => part.to_owned(),
        })
        .collect();
    let mut request = desk.installation.request(method, &path.join("/"));
    if let Some((kind, body)) = body {
        request = request.header("content-type", kind).body(body.to_string());
    }
    let token = if staff { &desk.admin } else { access(guest) };
    Call(request).bearer(token).header("if-match", "\"v1\"").send().await
}

/// The code of the violation at `pointer`, or of what is around it.
fn refused(answer: &Answer, pointer: &str) -> Option<String> {
    if answer.status != 422 {
        return None;
    }
    let problem: Value = answer.json();
    // The whole body is around all its texts: a geometry that is sent by itself, for one.
    let around = |error: &&Value| error["pointer"].as_str().is_some_and(|at| pointer.starts_with(at));
    let found = problem["errors"].as_array()?.iter().find(around)?;
    found["code"].as_str().map(str::to_owned)
}

async fn texts_in_bodies_are_bounded(installation: Installation) {
    let (document, desk) = (Document::committed(), Desk::open(installation).await);
    let guest = desk.installation.guest().await;
    let (mut tried, mut wrong) = (0, Vec::new());
    for (method, path, operation) in document.operations() {
        let content = operation["requestBody"]["content"].as_object().into_iter().flatten();
        for (kind, content) in
            content.filter(|(kind, _)| kind.ends_with("json") && *kind != "application/geo+json")
        {
            for text in document.texts("", &content["schema"], &BTreeSet::new()) {
                tried += 1;
                for length in [text.longest, text.longest + 1] {
                    let mut body = document.example(&content["schema"]);
                    put(&mut body, &text.pointer, json!("0".repeat(length)));
                    let answer = send(&desk, &guest, method.clone(), path, Some((kind, &body))).await;
                    let code = refused(&answer, &text.pointer);
                    let too_long = code.as_deref() == Some("too_long");
                    let right = match length > text.longest {
                        true => too_long || (text.formed && code.is_some()),
                        false => !too_long,
                    };
                    if !right {
                        wrong.push(format!(
                            "{method} {path} {} with {length}: {} {code:?} {}",
                            text.pointer, answer.status, answer.body
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 50, "only {tried} texts");
}

/// What a query is refused for: the problem's code, and code and parameter of its one violation.
fn unreadable(answer: &Answer) -> Option<(String, String, String)> {
    if answer.status != 400 {
        return None;
    }
    let problem: Value = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let violation = &problem["errors"][0];
    Some((text(&problem["code"]), text(&violation["pointer"]), text(&violation["code"])))
}

async fn texts_in_queries_are_bounded(installation: Installation) {
    let (document, desk) = (Document::committed(), Desk::open(installation).await);
    let guest = desk.installation.guest().await;
    let (mut tried, mut wrong) = (0, Vec::new());
    for (method, path, operation) in document.operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let schema = &parameter["schema"];
            let Some(longest) = schema["maxLength"].as_u64() else { continue };
            if parameter["in"] != "query" {
                continue;
            }
            tried += 1;
            let name = parameter["name"].as_str().unwrap();
            let longer = "0".repeat(longest as usize + 1);
            for (value, code) in [(longer.as_str(), "too_long"), ("a%00b", "character_not_allowed")] {
                let answer =
                    send(&desk, &guest, method.clone(), &format!("{path}?{name}={value}"), None).await;
                let right = match unreadable(&answer) {
                    // A cursor is ours, and one that is not has no length.
                    Some((refusal, ..)) if name == "cursor" => refusal == "cursor_invalid",
                    Some((refusal, pointer, found)) => {
                        let says_so = found == code || (schema.get("pattern").is_some() && !found.is_empty());
                        refusal == "malformed_parameter" && pointer == format!("/{name}") && says_so
                    }
                    None => false,
                };
                if !right {
                    wrong.push(format!("{method} {path} {name}={code}: {} {}", answer.status, answer.body));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 10, "only {tried} texts");
}

/// A moment so far away that nothing can be added to it is refused, or does no harm.
async fn dates_are_bounded(installation: Installation) {
    let (document, desk) = (Document::committed(), Desk::open(installation).await);
    let guest = desk.installation.guest().await;
    let (mut tried, mut wrong) = (0, Vec::new());
    for (method, path, operation) in document.operations() {
        let written = |format: &str, moment: &str| match format {
            "date" => moment.split('T').next().unwrap().to_owned(),
            _ => moment.to_owned(),
        };
        let mut answers = Vec::new();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let Some((_, format)) = document.dates("", &parameter["schema"], &BTreeSet::new()).pop() else {
                continue;
            };
            for moment in EXTREMES {
                let (name, value) = (parameter["name"].as_str().unwrap(), written(&format, moment));
                let query = format!("{path}?{name}={}", value.replace('+', "%2B"));
                answers.push((query.clone(), send(&desk, &guest, method.clone(), &query, None).await));
            }
        }
        for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            for (pointer, format) in document.dates("", &content["schema"], &BTreeSet::new()) {
                for moment in EXTREMES {
                    let mut body = document.example(&content["schema"]);
                    put(&mut body, &pointer, json!(written(&format, moment)));
                    let answer = send(&desk, &guest, method.clone(), path, Some((kind, &body))).await;
                    answers.push((format!("{path} {pointer} {moment}"), answer));
                }
            }
        }
        tried += answers.len();
        let broken = answers.into_iter().filter(|(_, answer)| answer.status.is_server_error());
        wrong.extend(
            broken.map(|(what, answer)| format!("{method} {what}: {} {}", answer.status, answer.body)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 40, "only {tried} dates");
}
