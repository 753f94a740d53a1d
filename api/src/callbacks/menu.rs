//! The menu for those who call us. The number they call from says who they are, as far as it goes: with it
//! one can agree where one was asked, and be left alone.

use actix_web::{HttpResponse, post, web::Data};
use domain::{
    Locale, Store,
    consents::{By, CURRENT, Means, entry::Circumstances},
    phone::Phone,
    wards::service::agree_by_number,
};

use super::{signed::Signed, texts::quiet, words};
use crate::{config::Config, extract::Moment, problem::Problem};

/// Somebody calls.
#[post("/callbacks/twilio/menu")]
pub async fn open(_form: Signed, config: Data<Config>) -> Result<HttpResponse, Problem> {
    Ok(said(&words::menu(Locale::De, &action(&config))))
}

/// A key was pressed: 1 agrees, 9 leaves, any other hears the menu again.
#[post("/callbacks/twilio/menu/keys")]
pub async fn key(
    moment: Moment,
    form: Signed,
    config: Data<Config>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let from = form.get("From").and_then(|from| Phone::stored(from).ok());
    let proof = form.get("CallSid").unwrap_or_default().chars().take(80).collect();
    let circumstances = Circumstances {
        at: moment.ctx.now,
        means: Means::Keypress,
        text_version: CURRENT,
        proof: Some(proof),
        by: By::Person,
    };
    let spoken = match (from, form.get("Digits")) {
        (Some(from), Some("1")) => match agree_by_number(&**store, &from, &circumstances).await? {
            0 => words::unknown(Locale::De),
            _ => words::agreed(Locale::De),
        },
        (Some(from), Some("9")) => {
            quiet(&**store, &moment.ctx, &from, &circumstances).await?;
            words::left(Locale::De)
        }
        _ => words::menu(Locale::De, &action(&config)),
    };
    Ok(said(&spoken))
}

fn action(config: &Config) -> String {
    format!("{}/callbacks/twilio/menu/keys", config.audience())
}

fn said(document: &str) -> HttpResponse {
    HttpResponse::Ok().content_type(words::XML).body(document.to_owned())
}
