//! What a call says, and the keys that are pressed. All of it stands sealed in the call's address.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use domain::{
    Code, Ctx, Scope, Store,
    broadcasts::Acknowledging,
    consents::{
        By, CURRENT, Means,
        entry::Circumstances,
        service::{Withdrawal, silence},
    },
    context::Visitor,
    deliveries::{Channel, DeliveryState, Keys, Report, Topic, report::leave},
    ids::ContactPointId,
    wards::service::{Answer, answer},
};
use infrastructure::secrets::{CallScript, DeliveryName, Secrets};

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
    let (Some(delivery), Keys::Heard | Keys::Agree, "1" | "9") = (script.delivery, script.keys, pressed)
    else {
        return Ok(said(&words::question(&script, &keys_of(&sealed, &config))));
    };
    let yes = pressed == "1";
    write(&**store, &moment.ctx, delivery, Report::of(DeliveryState::Read)).await?;
    let scope = Scope::Municipality(delivery.municipality);
    let topic = store.read(scope).await?.topic_of(delivery.message).await?;
    let proof = delivery.message.to_string();
    if let Some(Topic::WardWelcome { ward, .. }) = topic {
        let said = Answer { yes, means: Means::Keypress, proof, asked_at: script.placed_at };
        answer(&**store, moment.ctx.now, (delivery.municipality, ward), said).await?;
    } else if let (true, Some(Topic::Broadcast { .. })) = (yes, &topic) {
        heard(&**store, &moment.ctx, delivery).await?;
    } else if !yes {
        hang_up(&**store, &moment.ctx, (delivery.contact_point, script.placed_at), proof).await?;
    }
    Ok(said(&match (yes, script.keys) {
        (false, _) => words::left(script.locale),
        (true, Keys::Agree) => words::agreed(script.locale),
        (true, _) => words::confirmed(script.locale),
    }))
}

/// Whoever lives at the number heard a broadcast: nobody calls there again because of it.
async fn heard(store: &dyn Store, ctx: &Ctx<Visitor>, delivery: DeliveryName) -> Result<(), Problem> {
    let tx = store.begin(Scope::Municipality(delivery.municipality)).await?;
    let people = tx.at_contact_point(delivery.message, delivery.contact_point).await?;
    tx.acknowledge(ctx.now, delivery.message, &people, Acknowledging::Voice).await?;
    Ok(tx.commit().await?)
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
