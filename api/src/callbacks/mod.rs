//! Where telephone providers come back to: reports on what they sent, calls that fetch their words,
//! keys that were pressed, text messages that came in. Not for clients: outside the document, tolerant
//! of fields nobody knows, and every one proves where it comes from.

mod bounces;
mod calls;
mod kannel;
mod menu;
mod signed;
mod texts;
mod twilio;
mod words;

use actix_web::web;
use domain::{
    Code, Ctx, Store,
    context::Visitor,
    deliveries::{Report, report::receive},
};
use infrastructure::secrets::{DeliveryName, Secrets};

use crate::problem::Problem;

/// The addresses of [`routes`] that are read only.
pub const PAGES: [&str; 2] = ["/callbacks/kannel/reports/{token}", "/callbacks/kannel/messages/{key}"];

/// What providers send, most of it as forms.
pub const FORMS: [&str; 7] = [
    "/callbacks/bounces/{name}",
    "/callbacks/twilio/calls/{script}",
    "/callbacks/twilio/calls/{script}/keys",
    "/callbacks/twilio/reports/{token}",
    "/callbacks/twilio/messages",
    "/callbacks/twilio/menu",
    "/callbacks/twilio/menu/keys",
];

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(bounces::bounce)
        .service(kannel::report)
        .service(kannel::message)
        .service(twilio::report)
        .service(twilio::message)
        .service(calls::speak)
        .service(calls::key)
        .service(menu::open)
        .service(menu::key);
}

/// Writes a report about the delivery that `token` names. One that says nothing new changes nothing.
async fn take(
    store: &dyn Store,
    secrets: &Secrets,
    ctx: &Ctx<Visitor>,
    token: &str,
    report: Option<Report>,
) -> Result<(), Problem> {
    let name = DeliveryName::read(token, secrets, ctx.now).map_err(|_| Problem::new(Code::NotFound))?;
    let Some(report) = report else { return Ok(()) };
    write(store, ctx, name, report).await
}

/// Writes a report about a delivery.
async fn write(
    store: &dyn Store,
    ctx: &Ctx<Visitor>,
    name: DeliveryName,
    report: Report,
) -> Result<(), Problem> {
    let changed = receive(store, ctx.now, name.municipality, name.tried(), report).await?;
    count(report, changed);
    Ok(())
}

/// Counts a report, for operators.
fn count(report: Report, changed: bool) {
    let state: &'static str = report.state.into();
    let news = if changed { "yes" } else { "no" };
    metrics::counter!("delivery_reports_total", "state" => state, "news" => news).increment(1);
}
