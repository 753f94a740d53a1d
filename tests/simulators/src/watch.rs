//! Shows a person at the keyboard what comes in.

use std::fmt::Display;

use serde_json::{Map, Value, json};

use crate::{Control, Received, record::Outcome};

/// Prints every request to standard output, as one line of text or one JSON object, until Ctrl-C.
pub async fn print_requests<A: Outcome>(control: &Control<A>, as_json: bool)
where
    Received<A>: Display,
{
    let show = async {
        loop {
            let request = control.ledger.take_next().await;
            if as_json { println!("{}", as_object(&request)) } else { println!("{request}") }
        }
    };
    tokio::select! {
        () = show => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn as_object<A: Outcome>(request: &Received<A>) -> Value {
    let shown = request.headers.iter().filter(|(name, _)| *name != http::header::AUTHORIZATION);
    let headers: Map<_, _> =
        shown.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().into())).collect();
    json!({
        "number": request.number,
        "connection": request.connection,
        "at": request.at.to_rfc3339(),
        "method": request.method.as_str(),
        "path": request.path,
        "headers": headers,
        "body": request.json(),
        "token": request.token,
        "answer": request.answer.name(),
        "violation": request.violation,
    })
}
