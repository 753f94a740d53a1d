//! The page behind the link in a warning's letter. Opening it says nothing, since mail programs and scanners open
//! links; its button does. It is for people and stays out of the document.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{self, Data, Path},
};
use domain::{Store, broadcasts::service};
use infrastructure::secrets::{AcknowledgementLink, Secrets};

use crate::{
    extract::Moment,
    problem::Problem,
    wards::links::{closed, page, words},
};

/// The address that is read, and that of its form.
pub const PAGES: [&str; 1] = ["/acknowledgements/{token}"];

/// The pages.
pub fn pages(config: &mut web::ServiceConfig) {
    config.service(ask).service(acknowledge);
}

#[get("/acknowledgements/{token}")]
async fn ask(moment: Moment, token: Path<String>, secrets: Data<Secrets>) -> HttpResponse {
    let (ctx, token) = (moment.ctx, token.into_inner());
    if AcknowledgementLink::read(&token, &secrets, ctx.now).is_err() {
        return closed(ctx.locale);
    }
    let words = words(
        ctx.locale,
        ("Warnung bestätigen", "Haben Sie die Warnung gelesen? Dann ruft Sie ihretwegen niemand mehr an."),
        (
            "Acknowledge the warning",
            "Have you read the warning? Then nobody calls you because of it any more.",
        ),
    );
    let label = match ctx.locale {
        domain::Locale::De => "Ich habe sie gelesen",
        domain::Locale::En => "I have read it",
    };
    page(StatusCode::OK, ctx.locale, &words, &[(format!("/acknowledgements/{token}"), label)])
}

/// Again and again the same.
#[post("/acknowledgements/{token}")]
async fn acknowledge(
    moment: Moment,
    token: Path<String>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let ctx = &moment.ctx;
    let Ok(link) = AcknowledgementLink::read(&token, &secrets, ctx.now) else {
        return Ok(closed(ctx.locale));
    };
    let letter = (link.message, link.contact);
    if !service::acknowledge_by_link(&**store, ctx.now, link.municipality, letter).await? {
        return Ok(closed(ctx.locale));
    }
    let words = words(
        ctx.locale,
        ("Vielen Dank", "Ihre Bestätigung ist angekommen."),
        ("Thank you", "The town hall knows that you know."),
    );
    Ok(page(StatusCode::OK, ctx.locale, &words, &[]))
}
