//! Who may do what: every operation of the served document, asked by every kind of caller.
//!
//! An operation without a row in [`table`] fails the test, and so does a row without its operation.
//! A new operation is one line there:
//!
//! ```text
//! row("patchDepartment", Staff(ADMIN)).json(json!({"name": "Forst"})),
//!      operationId       whom it opens      what is sent
//! ```
//!
//! - Whom an operation opens to is a [`Door`]; what each caller is answered follows from it in one place.
//!   A program's key opens what `.key(scope)` names. Whoever is let in is answered 2xx, 409 or 412, or what `.or(status)` names; nobody else is.
//! - The path's parameters are filled in by [`World::named`]: a new kind of object is made there, in
//!   both towns. `.at("complaint", "public_complaint")` takes another object than the parameter's own.
//! - `If-Match` is sent by itself where the document asks for it, with a version that is stale, so that
//!   whoever is let in changes nothing. In a body `{n}` becomes another number in each request, and
//!   `{department}` the town's department.
//! - Rows are asked in order, and of each row those it refuses come first: what ends something stands
//!   last.
//!
//! Besides the table, for every operation and every caller: what belongs to somebody else or to
//! another town is answered exactly like what does not exist, in status, headers and body (apart from
//! the request's own id, the date and the quota left), and no answer names anything of another town.

mod callers;
mod door;
mod table;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;

use crate::support::{http::Answer, on_both};
use callers::Caller;
use door::Outcome;
use table::{Row, rows};
use world::{Whose, World};

on_both!(access_matrix);

/// What of an answer differs between two equal requests: besides what names the request, whether its
/// body had arrived when it was answered.
const OF_ONE_REQUEST: [&str; 5] = ["x-request-id", "date", "ratelimit", "ratelimit-policy", "connection"];

/// An operation of the document.
struct Operation {
    method: Method,
    path: String,
    conditional: bool,
    /// The media type of its body, where it has one.
    media: Option<String>,
}

impl Operation {
    /// Whether the path names something inside a town or of a person's own.
    fn names_an_object(&self) -> bool {
        self.path.replace("{municipality}", "").contains('{')
    }
}

/// The operations of the served document by their ids.
async fn served(world: &World) -> BTreeMap<String, Operation> {
    let document: Value = world.rathaus.get("/openapi.json").expect(200).await;
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let content = operation["requestBody"]["content"].as_object();
            let served = Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                conditional: parameters.iter().any(|parameter| parameter["name"] == "If-Match"),
                media: content.and_then(|content| content.keys().next().cloned()),
            };
            operations.insert(operation["operationId"].as_str().unwrap().to_owned(), served);
        }
    }
    operations
}

async fn access_matrix(world: World) {
    let operations = served(&world).await;
    let rows = rows();
    let listed: BTreeSet<_> = rows.iter().map(|row| row.operation.to_owned()).collect();
    assert_eq!(listed.len(), rows.len(), "an operation has one row");
    assert_eq!(listed, operations.keys().cloned().collect(), "each operation has a row in access/table.rs");

    let callers = Caller::all();
    let mut faults = Vec::new();
    let mut checks = 0;
    for row in &rows {
        let mut matrix =
            Matrix { world: &world, row, operation: &operations[row.operation], faults: &mut faults };
        checks += matrix.ask(&callers).await;
    }
    println!("access_matrix: {} operations x {} roles, {checks} checks", rows.len(), callers.len());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// One row at work.
struct Matrix<'a> {
    world: &'a World,
    row: &'a Row,
    operation: &'a Operation,
    faults: &'a mut Vec<String>,
}

impl Matrix<'_> {
    /// Asks as everybody; gives how many checks that were.
    async fn ask(&mut self, callers: &[Caller]) -> usize {
        let mut checks = 0;
        let mut callers: Vec<_> =
            callers.iter().map(|caller| (self.row.door.to(*caller, self.row.key), *caller)).collect();
        // Stable: whoever is let in comes last, since that may end what the row is about.
        callers.sort_by_key(|(expected, _)| *expected == Outcome::In);
        let mut opened = false;
        for (expected, caller) in callers {
            checks += self.strangers(caller).await;
            let own = self.send(caller, Whose::Own).await;
            checks += 1;
            let found = self.row.outcome(own.status);
            opened |= own.status.is_success() || self.row.is_let_in(own.status);
            if found != Some(expected) {
                self.fault(
                    caller,
                    &format!("is answered {} instead of {expected:?}: {}", own.status, own.body),
                );
            }
            if expected == Outcome::Missing {
                let missing = self.send(caller, Whose::Missing).await;
                checks += 1;
                let (own, missing) = (alike(&own), alike(&missing));
                if own != missing {
                    let text = format!("tells what is there from what is not:\n{own:?}\n{missing:?}");
                    self.fault(caller, &text);
                }
            }
            self.leaks(caller, &own);
        }
        if !opened {
            self.faults.push(format!("{}: opens to nobody", self.row.operation));
        }
        checks
    }

    /// What is another town's looks like what is not there.
    async fn strangers(&mut self, caller: Caller) -> usize {
        let in_a_town = self.operation.path.contains("{municipality}");
        let theirs = caller == Caller::CitizenElsewhere && !in_a_town;
        if !self.operation.names_an_object() || self.row.is_anyones || theirs {
            return 0;
        }
        let foreign = self.send(caller, Whose::Foreign).await;
        let missing = self.send(caller, Whose::Missing).await;
        self.leaks(caller, &foreign);
        let (foreign, missing) = (alike(&foreign), alike(&missing));
        if foreign != missing || (200..300).contains(&foreign.0) {
            self.fault(caller, &format!("tells another town's from nothing:\n{foreign:?}\n{missing:?}"));
        }
        2
    }

    /// Nothing of the other town is named in this one's answers.
    fn leaks(&mut self, caller: Caller, answer: &Answer) {
        let here = self.operation.path.contains("{municipality}");
        for (name, id) in self.world.foreign_ids() {
            if here && answer.body.contains(&id) {
                self.fault(caller, &format!("is told the other town's {name}: {}", answer.body));
            }
        }
    }

    async fn send(&self, caller: Caller, whose: Whose) -> Answer {
        self.world.send(self.row, self.operation, caller, whose).await
    }

    fn fault(&mut self, caller: Caller, text: &str) {
        self.faults.push(format!("{} as {caller:?} {text}", self.row.operation));
    }
}

/// What of an answer a caller can learn something from.
fn alike(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| !OF_ONE_REQUEST.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let mut body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    if let Some(members) = body.as_object_mut() {
        members.remove("instance");
    }
    (answer.status.as_u16(), headers.collect(), body.to_string())
}
