//! Twilio's reports and text messages that came in.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use domain::{Store, phone::Phone, sms::Reply};
use infrastructure::{gateways::twilio, secrets::Secrets};

use super::{signed::Signed, take, texts, words};
use crate::{config::Config, extract::Moment, problem::Problem};

/// The status of a message or a call.
#[post("/callbacks/twilio/reports/{token}")]
pub async fn report(
    moment: Moment,
    token: Path<String>,
    form: Signed,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let error = form.get("ErrorCode").and_then(|code| code.parse().ok());
    let report = match (form.get("MessageStatus"), form.get("CallStatus")) {
        (Some(status), _) => twilio::message_report(status, error),
        (None, Some(status)) => twilio::call_report(status),
        (None, None) => None,
    };
    take(&**store, &secrets, &moment.ctx, &token, report).await?;
    Ok(HttpResponse::Ok().finish())
}

/// A text message that came in. What it says is done at once; nothing is answered but what somebody joins
/// by it, or tries to: providers keep their own list of who stopped, and an answer costs.
#[post("/callbacks/twilio/messages")]
pub async fn message(
    moment: Moment,
    form: Signed,
    config: Data<Config>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let reply = Reply::read(form.get("Body").unwrap_or_default());
    metrics::counter!("text_messages_received_total", "kind" => texts::kind(&reply)).increment(1);
    let from = form.get("From").and_then(|from| Phone::stored(from).ok());
    let answer = match from {
        Some(from) => {
            let proof = form.get("MessageSid").unwrap_or_default().chars().take(80).collect();
            texts::take(&**store, &config, &moment.ctx, &from, reply, proof).await?
        }
        None => None,
    };
    let body = answer.map_or_else(|| words::NOTHING.to_owned(), words::message);
    Ok(HttpResponse::Ok().content_type(words::XML).body(body))
}
