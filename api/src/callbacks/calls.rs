//! What a call says, and the keys that are pressed. All of it stands sealed in the call's address.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use domain::{
    Code, Ctx, Scope, Store,
    broadcasts::service::{HEARD, acknowledge_by_call},
    consents::{
        By, CURRENT, Means,
        entry::Circumstances,
        service::{Withdrawal, silence},
    },
    context::Visitor,
    deliveries::{Channel, Keys, Topic, report::leave},
    ids::ContactPointId,
    wards::service::{Answer, answer},
};
use infrastructure::{
    gateways::twilio,
    secrets::{CallScript, Secrets},
};

use super::{count, signed::Signed, words, write};
use crate::{config::Config, extract::Moment, problem::Problem};

/// Somebody or something answered: the words, and what keys do. A machine gets the words, and nobody counts as told.
#[post("/callbacks/twilio/calls/{script}")]
pub async fn speak(
    moment: Moment,
    sealed: Path<String>,
    form: Signed,
    config: Data<Config>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let script = open(&sealed, &secrets, &moment.ctx)?;
    let report = form.get("AnsweredBy").and_then(twilio::answered_report);
    if let Some((delivery, report)) = script.delivery.zip(report) {
        // It is recording: what it is told does not wait for us, and the ladder goes on by its time at the latest.
        if write(&**store, &moment.ctx, delivery, report).await.is_err() {
            tracing::warn!("that a machine took a call could not be noted");
        }
    }
    if report.is_some() {
        return Ok(said(&words::recorded(&script)));
    }
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
    let (Some(delivery), Keys::Heard | Keys::Agree, "1" | "9") = (script.delivery, script.keys, pressed)
    else {
        return Ok(said(&words::question(&script, &keys_of(&sealed, &config))));
    };
    let yes = pressed == "1";
    let scope = Scope::Municipality(delivery.municipality);
    let topic = store.read(scope).await?.topic_of(delivery.message).await?;
    let proof = delivery.message.to_string();
    // What the key says is done first: nothing else happens because somebody heard it.
    if let Some(Topic::WardWelcome { ward, .. }) = topic {
        let at = delivery.contact_point;
        let said = Answer { yes, means: Means::Keypress, proof, asked_at: script.placed_at, at };
        answer(&**store, moment.ctx.now, (delivery.municipality, ward), said).await?;
    } else if let (true, Some(Topic::Broadcast { .. })) = (yes, &topic) {
        let call = delivery.tried();
        let news = acknowledge_by_call(&**store, moment.ctx.now, delivery.municipality, call).await?;
        count(HEARD, news);
        return Ok(said(&words::confirmed(script.locale)));
    } else if !yes {
        hang_up(&**store, &moment.ctx, (delivery.contact_point, script.placed_at), proof).await?;
    }
    write(&**store, &moment.ctx, delivery, HEARD).await?;
    Ok(said(&match (yes, script.keys) {
        (false, _) => words::left(script.locale),
        (true, Keys::Agree) => words::agreed(script.locale),
        (true, _) => words::confirmed(script.locale),
    }))
}

/// No more calls to a number, and no more text messages. One that is nobody's is forgotten.
pub(super) async fn hang_up(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    (contact_point, asked_at): (ContactPointId, DateTime<Utc>),
    proof: String,
) -> Result<(), Problem> {
    let circumstances = Circumstances {
        at: ctx.now,
        means: Means::Keypress,
        text_version: CURRENT,
        proof: Some(proof),
        by: By::Person,
    };
    let all = Withdrawal { channel: Channel::Voice, crisis_too: true };
    if silence(store, contact_point, all, asked_at, &circumstances).await? == 0 {
        leave(store, contact_point, asked_at).await?;
    }
    Ok(())
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
