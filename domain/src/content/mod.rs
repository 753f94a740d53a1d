//! What people look up and need no account for: news, places, tours, contacts, events and gazettes. One
//! model for all of them: texts in several languages, pictures, where and when they are shown.

mod announce;
pub mod changes;
mod details;
mod file;
mod hours;
mod kind;
pub mod library;
mod piece;
pub mod port;
mod recurrence;
mod search;
pub mod service;
mod sheet;
pub mod sources;
mod state;
pub(crate) mod texts;

pub use details::{Contact, Event, Gazette, GazetteEntry, Place, Tour, Wheelchair};
pub use file::{ContentFile, FileKind, MAX_DOCUMENT_BYTES, is_pdf};
pub use hours::OpeningHours;
pub use kind::Kind;
pub use library::Library;
pub use piece::{Content, Named, Removal};
pub use recurrence::{MAX_OCCURRENCES, Occurrence, Recurrence};
pub use sheet::{Link, Picture, Sheet};
pub use state::State;
pub use texts::{Alternative, Language, Text, in_language};
