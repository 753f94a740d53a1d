//! The HTTP API of Rathaus and the binary around it.

#![warn(missing_docs)]

pub mod apps;
pub mod areas;
pub mod auth;
pub mod broadcasts;
mod callbacks;
pub mod categories;
pub mod cli;
pub mod clock;
pub mod complaints;
pub mod config;
mod content;
pub mod crowd;
pub mod database;
mod deadline;
#[cfg(feature = "demo")]
mod demo;
pub mod desk;
pub mod devices;
mod dispatch;
mod export;
pub mod extract;
pub mod follows;
pub mod frame;
pub mod health;
pub mod idempotency;
pub mod me;
pub mod messages;
pub mod municipalities;
pub mod openapi;
pub mod ops;
pub mod pages;
pub mod photos;
pub mod problem;
pub mod quota;
pub mod register;
pub mod reply;
pub mod routing_rules;
pub mod sending;
pub mod server;
pub mod sessions;
mod spreadsheet;
pub mod streets;
#[cfg(test)]
mod tests;
pub mod time;
pub mod topics;
pub mod wards;
pub mod waste;

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::{
    App, Error,
    body::BoxBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::{Compress, from_fn},
    web::{self, Data},
};
use domain::Store;
use infrastructure::{
    db::SqlStore, passwords::Passwords, photos::Photos, secrets::Secrets, sources::Fetcher, tokens::Keyring,
};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

use auth::Gate;
use clock::Clock;
use complaints::Intakes;
use config::Config;
use content::Shelves;
use crowd::Crowd;
use dispatch::Feature;
use health::Readiness;
use openapi::Served;
use problem::Routes;
use quota::Quota;
use waste::Boards;

/// Requests make and drop many small things: the C library's allocator took a third of the time of filing
/// a complaint.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What there is, feature by feature.
const FEATURES: [Feature; 22] = [
    health::routes,
    apps::routes,
    municipalities::routes,
    categories::routes,
    areas::routes,
    streets::routes,
    topics::routes,
    waste::routes,
    register::routes,
    routing_rules::routes,
    complaints::routes,
    photos::routes,
    content::routes,
    desk::routes,
    sessions::routes,
    me::routes,
    export::routes,
    follows::routes,
    broadcasts::routes,
    messages::routes,
    wards::routes,
    devices::routes,
];

/// Every route of the document, registered once: the document is collected from here.
pub(crate) fn routes(config: &mut ServiceConfig) {
    for feature in FEATURES {
        config.configure(feature);
    }
}

/// The addresses of [`pages`].
const PAGES: [&str; 5] = ["/problems", "/problems/{code}", "/openapi.json", "/docs", "/docs/{file}"];

/// Routes that clients do not program against: pages for people.
fn pages(config: &mut web::ServiceConfig) {
    config
        .service(problem::pages::all)
        .service(problem::pages::one)
        .configure(openapi::pages)
        .configure(desk::link::pages)
        .configure(sessions::page::pages)
        .configure(wards::links::pages)
        .configure(broadcasts::link::pages)
        .configure(me::address_link::pages)
        .configure(callbacks::routes);
}

/// What handlers take as `Data`. Made once, shared by all threads.
#[derive(Clone)]
pub struct Parts {
    /// The settings.
    pub config: Data<Config>,
    /// Time and randomness.
    pub clock: Data<Clock>,
    /// Signs and seals.
    pub secrets: Data<Secrets>,
    /// Everything stored.
    pub store: Data<dyn Store>,
    /// Checks and issues tokens.
    pub gate: Data<Gate>,
    /// Hashes and compares passwords.
    pub passwords: Data<Passwords>,
    /// Takes photos in and hands them out.
    pub photos: Data<Photos>,
    /// Whether requests should come.
    pub readiness: Data<Readiness>,
    fetcher: Data<Fetcher>,
    intakes: Data<Intakes>,
    shelves: Data<Shelves>,
    boards: Data<Boards>,
    crowd: Data<Crowd>,
    routes: Data<Routes>,
    /// How much clients may ask.
    pub quota: Data<Quota>,
    served: Data<Served>,
}

impl Parts {
    /// The parts of one process.
    pub fn new(
        config: Config,
        clock: Clock,
        secrets: Secrets,
        store: SqlStore,
        photos: Photos,
        readiness: Readiness,
    ) -> serde_json::Result<Self> {
        let document = openapi::document();
        let keyring = Keyring::new(
            store.clone(),
            secrets.clone(),
            clock.entropy(),
            (config.issuer().to_owned(), config.audience().to_owned()),
            chrono::TimeDelta::minutes(config.auth.access_token_minutes.into()),
        );
        let shared = store.connections().are_shared();
        let store: Arc<dyn Store> = Arc::new(store);
        let fetcher = Data::new(config.sources.fetcher());
        let quota = Quota::new(&config, clock.clone(), shared.then(|| store.clone()));
        Ok(Self {
            gate: Data::new(Gate::new(keyring, store.clone())),
            passwords: Data::new(Passwords::default()),
            quota: Data::new(quota),
            config: Data::new(config),
            clock: Data::new(clock),
            secrets: Data::new(secrets),
            store: Data::from(store),
            photos: Data::new(photos),
            readiness: Data::new(readiness),
            routes: Data::new(
                Routes::of(document)
                    .and_pages(&PAGES)
                    .and_pages(&desk::link::PAGES)
                    .and_forms(&desk::link::FORMS)
                    .and_pages(&sessions::page::PAGES)
                    .and_forms(&sessions::page::FORMS)
                    .and_pages(&wards::links::PAGES)
                    .and_forms(&wards::links::FORMS)
                    .and_pages(&broadcasts::link::PAGES)
                    .and_forms(&broadcasts::link::PAGES)
                    .and_pages(&me::address_link::PAGES)
                    .and_forms(&me::address_link::PAGES)
                    .and_pages(&callbacks::PAGES)
                    .and_forms(&callbacks::FORMS),
            ),
            fetcher,
            intakes: Data::default(),
            shelves: Data::default(),
            boards: Data::default(),
            crowd: Data::default(),
            served: Data::new(Served::new(document)?),
        })
    }

    fn register(&self, config: &mut web::ServiceConfig) {
        config
            .app_data(self.config.clone())
            .app_data(self.clock.clone())
            .app_data(self.secrets.clone())
            .app_data(self.store.clone())
            .app_data(self.gate.clone())
            .app_data(self.passwords.clone())
            .app_data(self.photos.clone())
            .app_data(self.readiness.clone())
            .app_data(self.fetcher.clone())
            .app_data(self.intakes.clone())
            .app_data(self.shelves.clone())
            .app_data(self.boards.clone())
            .app_data(self.crowd.clone())
            .app_data(self.routes.clone())
            .app_data(self.quota.clone())
            .app_data(self.served.clone())
            .app_data(problem::path())
            .app_data(problem::query())
            .app_data(extract::payload_limit());
    }
}

/// The whole application, for the server and for tests alike.
pub fn app(
    parts: &Parts,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .into_utoipa_app()
        .configure(dispatch::routes)
        .into_app()
        .configure(|config| parts.register(config))
        .configure(pages)
        .default_service(web::to(problem::unrouted))
        .wrap(from_fn(auth::guard_keys))
        .wrap(from_fn(quota::limit))
        .wrap(Compress::default())
        .wrap(public_reads())
        .wrap(from_fn(frame::frame))
}

/// Browsers of any site may read what is public. `Authorization` is not among the headers they may send.
fn public_reads() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .allowed_methods([Method::GET, Method::HEAD])
        .allowed_headers([header::ACCEPT, header::ACCEPT_LANGUAGE, header::IF_NONE_MATCH])
        .max_age(3600)
}
