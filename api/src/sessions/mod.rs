//! Signing in, staying signed in, signing out: everything under `/v1/auth`.

mod answer;
mod citizens;
mod code;
mod invitation;
mod mine;
pub mod page;
mod page_words;
mod password;
mod refresh;
mod reset;
mod second_factor;
mod staff;

use utoipa_actix_web::service_config::ServiceConfig;

pub use citizens::{CodeRequested, exactly_one, one_of, watch};
pub use code::{Wanted, life, new_code, new_letter};

/// The routes of signing in.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(citizens::request_code)
        .service(citizens::create)
        .service(citizens::create_guest)
        .service(staff::create)
        .service(invitation::accept)
        .service(reset::request)
        .service(reset::set)
        .service(refresh::refresh)
        .service(refresh::end)
        .service(refresh::jwks)
        .service(password::create)
        .service(password::set)
        .service(password::remove)
        .service(mine::list)
        .service(mine::end)
        .configure(second_factor::routes);
}
