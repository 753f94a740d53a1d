//! What a call says, and the keys that are pressed. All of it stands sealed in the call's address.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use domain::{
    Code, Ctx, Store,
    context::Visitor,
    deliveries::{DeliveryState, Report, report::leave},
};
use infrastructure::secrets::{CallScript, Secrets};

use super::{signed::Signed, words, write};
use crate::{config::Config, extract::Moment, problem::Problem};

/// Somebody or something answered: the words, and what keys do.
#[post("/callbacks/twilio/calls/{script}")]
pub async fn speak(
    moment: Moment,
    sealed: Path<String>,
    _form: Signed,
    config: Data<Config>,
    secrets: Data<Secrets>,
) -> Result<HttpResponse, Problem> {
    let script = open(&sealed, &secrets, &moment.ctx)?;
    Ok(said(&words::question(&script, &keys_of(&sealed, &config))))
}

/// A key was pressed: 1 confirms, 2 repeats, 9 leaves. Only this proves that somebody heard it.
#[post("/callbacks/twilio/calls/{script}/keys")]
pub async fn key(
    moment: Moment,
    sealed: Path<String>,
    form: Signed,
    config: Data<Config>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let script = open(&sealed, &secrets, &moment.ctx)?;
    let pressed = form.get("Digits").unwrap_or_default();
    let (Some(delivery), true, "1" | "9") = (script.delivery, script.asks, pressed) else {
        return Ok(said(&words::question(&script, &keys_of(&sealed, &config))));
    };
    write(&**store, &moment.ctx, delivery, Report::of(DeliveryState::Read)).await?;
    if pressed == "9" {
        leave(&**store, delivery.contact_point, script.placed_at).await?;
        return Ok(said(&words::left(script.locale)));
    }
    Ok(said(&words::confirmed(script.locale)))
}

fn open(sealed: &str, secrets: &Secrets, ctx: &Ctx<Visitor>) -> Result<CallScript, Problem> {
    CallScript::open(sealed, secrets, ctx.now).map_err(|_| Problem::new(Code::NotFound))
}

fn keys_of(sealed: &str, config: &Config) -> String {
    format!("{}/callbacks/twilio/calls/{sealed}/keys", config.audience())
}

fn said(document: &str) -> HttpResponse {
    HttpResponse::Ok().content_type(words::XML).body(document.to_owned())
}
