//! Twilio's reports and text messages that came in.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use domain::{Store, sms::Reply};
use infrastructure::{gateways::twilio, secrets::Secrets};

use super::{signed::Signed, take, words};
use crate::{extract::Moment, problem::Problem};

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

/// A text message that came in. It is read; what joining and leaving do to follows comes with them.
/// Nothing is answered: providers keep their own list of who stopped, and an answer costs.
#[post("/callbacks/twilio/messages")]
pub async fn message(form: Signed) -> Result<HttpResponse, Problem> {
    let kind = match Reply::read(form.get("Body").unwrap_or_default()) {
        Reply::Join { .. } | Reply::TownMissing => "join",
        Reply::Leave { .. } => "leave",
        Reply::Stop => "stop",
        Reply::Unknown => "unknown",
    };
    metrics::counter!("text_messages_received_total", "kind" => kind).increment(1);
    Ok(HttpResponse::Ok().content_type(words::XML).body(words::NOTHING))
}
