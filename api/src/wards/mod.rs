//! People without a smartphone: registered by those who know them, or by the town hall.

mod body;
mod imports;
mod letter;
pub mod links;
mod mine;
mod proxies;
mod record;
mod reminders;
mod staff;
mod view;

use domain::{Code, Error, wards::service::WardChoice};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::config::Config;

/// Refuses numbers that the operator does not pay calls and messages to.
///
/// # Errors
/// [`Code::PhoneCountry`] at the first of them.
fn paid(config: &Config, choice: &WardChoice) -> Result<(), Error> {
    let first = choice.contacts.phone.iter().map(|phone| ("/phone".to_owned(), phone));
    let further = choice.contacts.further().iter().enumerate();
    let further = further.map(|(at, phone)| (format!("/further_phones/{at}"), phone));
    match first.chain(further).find(|(_, phone)| !config.sms.dial_codes.contain(phone.dial_code())) {
        Some((pointer, _)) => Err(Error::invalid(pointer, Code::PhoneCountry)),
        None => Ok(()),
    }
}

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(mine::routes)
        .configure(proxies::routes)
        .configure(staff::routes)
        .configure(imports::routes)
        .configure(reminders::routes)
        .configure(letter::routes);
}
