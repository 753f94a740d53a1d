//! Content that others publish: the news of the town's website, a club's calendar, places out of
//! OpenStreetMap. A source is taken in whole or not at all.

mod content_source;
pub mod import;
pub mod port;
pub mod service;
mod source;
mod understood;

pub use content_source::{ContentSource, EVERY_MINUTES, FAULTS_SHOWN, Format};
pub use source::{Fault, Item, Mark, Published, Source};
pub use understood::{MOST_RECURRING, Understood};
