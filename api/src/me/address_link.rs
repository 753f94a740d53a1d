//! The page behind the link in the letter to an old address: its reader calls a change off, or undoes it. Opening
//! the page changes nothing, since mail programs and scanners open links; its button does. It is for people and
//! stays out of the document.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{self, Data, Path},
};
use domain::{
    Code, Error, Locale, Store, StoreError,
    citizens::{ChangeState, CodePurpose, address_change::Remedy, service},
};
use infrastructure::secrets::{AddressChangeLink, Secrets};

use crate::{
    auth::Gate,
    config::Config,
    extract::Moment,
    pages::see_other,
    problem::Problem,
    sessions::{Wanted, new_code},
    wards::links::{closed, page, words},
};

/// The address that is read, and that of its form.
pub const PAGES: [&str; 1] = ["/address-changes/{token}"];

/// The pages.
pub fn pages(config: &mut web::ServiceConfig) {
    config.service(ask).service(take_back);
}

/// What can be done about a change.
fn offer(remedy: Remedy, token: &str, locale: Locale) -> HttpResponse {
    let words = match remedy {
        Remedy::Cancel => words(
            locale,
            (
                "Neue Adresse verhindern",
                "Für Ihren Zugang zum Rathaus soll künftig eine andere Adresse oder Nummer gelten. Waren Sie das nicht? Dann verhindern Sie es hier.",
            ),
            (
                "Stop the new address",
                "Your access to the town hall is to have another address or number. It was not you? Then stop it here.",
            ),
        ),
        Remedy::Undo => words(
            locale,
            (
                "Neue Adresse rückgängig machen",
                "Für Ihren Zugang zum Rathaus gilt jetzt eine andere Adresse oder Nummer. Waren Sie das nicht? Dann machen Sie es hier rückgängig. Was vorher galt, gilt dann wieder. Alle Anmeldungen enden, und ein Passwort gilt nicht mehr.",
            ),
            (
                "Undo the new address",
                "Your access to the town hall now has another address or number. It was not you? Then undo it here. What counted before counts again. All sessions end, and a password counts no more.",
            ),
        ),
    };
    let label = match (remedy, locale) {
        (Remedy::Cancel, Locale::De) => "Verhindern",
        (Remedy::Cancel, Locale::En) => "Stop it",
        (Remedy::Undo, Locale::De) => "Rückgängig machen",
        (Remedy::Undo, Locale::En) => "Undo it",
    };
    page(StatusCode::OK, locale, &words, &[(format!("/address-changes/{token}"), label)])
}

/// How a change ended, where its reader had a part in it.
fn ended(state: ChangeState, locale: Locale) -> HttpResponse {
    let words = match state {
        ChangeState::Cancelled => words(
            locale,
            (
                "Es bleibt, wie es war",
                "Die neue Adresse oder Nummer gilt nicht. Bitte melden Sie sich an und beenden Sie Anmeldungen, die Sie nicht kennen.",
            ),
            (
                "It stays as it was",
                "The new address or number does not count. Please sign in and end the sessions you do not know.",
            ),
        ),
        ChangeState::Undone => words(
            locale,
            (
                "Es ist wieder, wie es war",
                "Die Änderung ist rückgängig gemacht. Alle Anmeldungen sind beendet; bitte melden Sie sich neu an.",
            ),
            ("It is again as it was", "The change is undone. All sessions have ended; please sign in again."),
        ),
        ChangeState::Asked | ChangeState::Confirmed => return closed(locale),
    };
    page(StatusCode::OK, locale, &words, &[])
}

/// An address that was to be put back is another account's by now.
fn taken(locale: Locale) -> HttpResponse {
    let words = words(
        locale,
        (
            "Das geht nicht mehr",
            "Die frühere Adresse oder Nummer gehört inzwischen zu einem anderen Zugang. Es ist nichts geändert. Bitte wenden Sie sich an Ihr Rathaus.",
        ),
        (
            "That is no longer possible",
            "The earlier address or number belongs to another access by now. Nothing was changed. Please turn to your town hall.",
        ),
    );
    page(StatusCode::CONFLICT, locale, &words, &[])
}

#[get("/address-changes/{token}")]
async fn ask(
    moment: Moment,
    token: Path<String>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let (ctx, token) = (moment.ctx, token.into_inner());
    let Ok(link) = AddressChangeLink::read(&token, &secrets, ctx.now) else {
        return Ok(closed(ctx.locale));
    };
    match service::look_at_change(&**store, link.change).await {
        Ok(change) => Ok(match change.remedy(ctx.now) {
            Some(remedy) => offer(remedy, &token, ctx.locale),
            None => ended(change.state, ctx.locale),
        }),
        Err(error) if error.code() == Some(Code::NotFound) => Ok(closed(ctx.locale)),
        Err(error) => Err(error.into()),
    }
}

/// Again and again the same.
#[post("/address-changes/{token}")]
async fn take_back(
    moment: Moment,
    token: Path<String>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let Moment { ctx, client } = moment;
    let Ok(link) = AddressChangeLink::read(&token, &secrets, ctx.now) else {
        return Ok(closed(ctx.locale));
    };
    let letter = |account, address, locale| {
        let purpose = CodePurpose::AddressChangeUndone;
        let wanted = Wanted { purpose, address, locale, subject: None, bound_to: Some(account), client };
        new_code(&ctx, &config, &secrets, wanted).ok()
    };
    match service::take_back(&**store, &ctx, link.change, &letter).await {
        Ok(state) => {
            gate.forget();
            Ok(ended(state, ctx.locale))
        }
        // Somebody pressed it at the same moment, here or on another device: the page says what came of it.
        Err(Error::Store(StoreError::Stale)) => {
            Ok(see_other(&format!("/address-changes/{}", token.as_str())))
        }
        Err(error) => match error.code() {
            Some(Code::NotFound) => Ok(closed(ctx.locale)),
            Some(Code::AlreadyExists) => Ok(taken(ctx.locale)),
            _ => Err(error.into()),
        },
    }
}
