//! The rules of Rathaus. No HTTP, no SQL, no clock but the one it is given.
//!
//! # Glossary
//! | word | meaning | German |
//! |---|---|---|
//! | municipality | one town hall on the installation; the tenant | Kommune |
//! | person | owner of follows, contact points and complaints: a *citizen* has an account, a *guest* is an app installation without one, a *ward* is represented by a *proxy* or the town hall | Person |
//! | follow | a person's tie to a municipality | folgen |
//! | contact point | one way to reach someone: push device, mobile number, landline, e-mail address | Kontaktweg |
//! | topic | an interest one can choose | Thema |
//! | consent | an entry in the append-only ledger: channel, purpose, text version, means, proof | Einwilligung |
//! | area | a named polygon: district or service area | Gebiet |
//! | category | kind of complaint | Kategorie |
//! | complaint | a citizen's report; its *reference* is the human number, `BD-2026-000123` | Anliegen |
//! | content | news, a place, a tour, a contact, an event or a gazette, for everybody to look up | Inhalt |
//! | department | a desk in the town hall | Amt |
//! | routing rule, decision | ordered condition and actions; the stored answer "why here" | Zuständigkeitsregel |
//! | promise | the due date of first answer and of solution | Zusage |
//! | severity | the one axis for messages: information, important, crisis, notice | Stufe |
//! | broadcast, audience | one message of the town hall to many; the filter that says to whom | Rundruf, Zielgruppe |
//! | reach ladder | channels in order with waiting times until acknowledgement | Erreichbarkeitsleiter |
//! | message | a broadcast, or a notice about one's own matter | Nachricht |
//! | delivery, attempt, outcome | message × contact point; one try; its result | Zustellung |
//! | waste calendar | what one source publishes of collections, for street sections or the whole town | Abfallkalender |
//! | collection | waste picked up on a day, or a stop to bring it to | Abholung |
//! | gateway | an adapter to a provider: `fcm`, `apns`, `sms`, `voice`, `email` | |
//!
//! # The rooms
//! Each feature has its folder: `<noun>.rs` holds the rule, `port.rs` what storage must do,
//! `service.rs` the use cases. A use case is a function: begin, rule, write, enqueue, commit.
#![warn(missing_docs)]

pub mod audit;
pub mod broadcasts;
pub mod categories;
pub mod citizens;
pub mod complaints;
pub mod consents;
pub mod content;
pub mod context;
pub mod deliveries;
pub mod error;
pub mod follows;
pub mod geo;
pub mod idempotency;
pub mod ids;
pub mod integrations;
pub mod limits;
pub mod municipalities;
pub mod page;
pub mod passwords;
pub mod phone;
pub mod privacy;
pub mod routing;
pub mod sms;
pub mod staff;
pub mod store;
pub mod sweep;
pub mod text;
pub mod time;
pub mod tree;
pub mod wards;
pub mod waste;

pub use context::{Ctx, Locale, Permission};
pub use error::{Code, Error, Refusal, Violation};
pub use store::{Reads, Scope, Store, StoreError, Tx};

/// What every use case answers with.
pub type Result<T, E = Error> = std::result::Result<T, E>;
