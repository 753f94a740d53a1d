//! Pages where staff set their first password or a lost one anew, for whoever has no application for it.
//! They stay out of the document. Codes are typed, never part of an address: addresses end up in logs.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{self, Data, Form},
};
use askama::Template;
use domain::{
    Code, Error, Locale, Store,
    text::{EmailAddress, InvitationCode, NewPassword},
};
use infrastructure::{passwords::Passwords, secrets::Secrets};
use serde::Deserialize;

use super::{
    invitation::{self, Given},
    page_words::{Words, words},
    reset,
};
use crate::{
    auth::Gate,
    config::Config,
    desk::Said,
    extract::Moment,
    pages::{html, html_later, see_other},
};

/// The addresses of [`pages`].
pub const PAGES: [&str; 3] = ["/staff/password", "/staff/password/forgotten", "/staff/password/done"];

/// Those of its forms.
pub const FORMS: [&str; 2] = ["/staff/password", "/staff/password/forgotten"];

/// The pages.
pub fn pages(config: &mut web::ServiceConfig) {
    config.service(show).service(set).service(forgotten).service(ask).service(done);
}

/// A field that was filled in wrongly, and what to do about it.
struct Wrong {
    field: &'static str,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "staff/password.html")]
struct PasswordPage {
    t: &'static Words,
    email: String,
    wrong: Option<Wrong>,
}

impl PasswordPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.wrong.as_ref().is_some_and(|wrong| wrong.field == field)
    }
}

#[derive(Template)]
#[template(path = "staff/forgotten.html")]
struct ForgottenPage {
    t: &'static Words,
    email: String,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "staff/said.html")]
struct SaidPage {
    t: &'static Words,
    said: &'static Said,
}

/// What the form holds.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    email: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
}

fn said(status: StatusCode, said: &'static Said, locale: Locale) -> HttpResponse {
    html(status, &SaidPage { t: words(locale), said }, locale)
}

/// What a refusal that is about no field means to people.
fn refused(error: Error, locale: Locale) -> HttpResponse {
    let t = words(locale);
    let later = |status, said, seconds| html_later(status, &SaidPage { t, said }, locale, seconds);
    match error.code() {
        Some(Code::TooManyRequests) => later(StatusCode::TOO_MANY_REQUESTS, &t.too_often, 3600),
        Some(Code::ChannelUnavailable) => said(StatusCode::UNPROCESSABLE_ENTITY, &t.unavailable, locale),
        code => {
            if code.is_none() {
                tracing::error!(%error, "failed");
            }
            later(StatusCode::SERVICE_UNAVAILABLE, &t.busy, 5)
        }
    }
}

#[get("/staff/password")]
async fn show(moment: Moment) -> HttpResponse {
    let locale = moment.ctx.locale;
    html(StatusCode::OK, &PasswordPage { t: words(locale), email: String::new(), wrong: None }, locale)
}

#[get("/staff/password/done")]
async fn done(moment: Moment) -> HttpResponse {
    let locale = moment.ctx.locale;
    said(StatusCode::OK, &words(locale).done, locale)
}

#[post("/staff/password")]
async fn set(
    moment: Moment,
    form: Result<Form<Fields>, actix_web::Error>,
    secrets: Data<Secrets>,
    passwords: Data<Passwords>,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> HttpResponse {
    let Moment { ctx, client } = moment;
    let (locale, t) = (ctx.locale, words(ctx.locale));
    let Fields { email, code, password } = match form {
        Ok(Form(fields)) => fields,
        Err(_) => return said(StatusCode::BAD_REQUEST, &t.busy, locale),
    };
    let again = |field, text| {
        let page = PasswordPage { t, email: email.clone(), wrong: Some(Wrong { field, text }) };
        html(StatusCode::UNPROCESSABLE_ENTITY, &page, locale)
    };
    let Ok(address) = EmailAddress::parse(&email) else { return again("email", t.email_wrong) };
    let Ok(code) = InvitationCode::parse(code.trim()) else { return again("code", t.code_wrong) };
    let Ok(password) = NewPassword::parse(password) else { return again("password", t.password_wrong) };
    let given = Given { email: address, code, password, client };
    // The letter says which of the two it is, the page need not ask.
    let is_other = |error: &Error| error.code() == Some(Code::ValidationFailed);
    let outcome = match invitation::set(&ctx, given.clone(), &secrets, &passwords, &gate, &**store).await {
        Err(error) if is_other(&error) => {
            reset::replace(&ctx, given, &secrets, &passwords, &gate, &**store).await
        }
        outcome => outcome,
    };
    match outcome {
        Ok(()) => see_other("/staff/password/done"),
        Err(error) if is_other(&error) => again("code", t.code_wrong),
        Err(error) => refused(error, locale),
    }
}

#[get("/staff/password/forgotten")]
async fn forgotten(moment: Moment) -> HttpResponse {
    let locale = moment.ctx.locale;
    html(StatusCode::OK, &ForgottenPage { t: words(locale), email: String::new(), wrong: false }, locale)
}

#[post("/staff/password/forgotten")]
async fn ask(
    moment: Moment,
    form: Result<Form<Fields>, actix_web::Error>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> HttpResponse {
    let locale = moment.ctx.locale;
    let t = words(locale);
    let Ok(Form(Fields { email, .. })) = form else { return said(StatusCode::BAD_REQUEST, &t.busy, locale) };
    let Ok(address) = EmailAddress::parse(&email) else {
        return html(StatusCode::UNPROCESSABLE_ENTITY, &ForgottenPage { t, email, wrong: true }, locale);
    };
    match reset::ask(moment, &config, &secrets, &**store, address, locale).await {
        Ok(()) => said(StatusCode::OK, &t.asked, locale),
        Err(error) => refused(error, locale),
    }
}
