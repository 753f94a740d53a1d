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
/// [`Code::PhoneCountry`] at `/phone`.
fn paid(config: &Config, choice: &WardChoice) -> Result<(), Error> {
    match &choice.contacts.phone {
        Some(phone) if !config.sms.dial_codes.contain(phone.dial_code()) => {
            Err(Error::invalid("/phone", Code::PhoneCountry))
        }
        _ => Ok(()),
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
