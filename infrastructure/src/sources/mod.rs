//! What others publish: asked without being led astray, and read as forgivingly as it is written.

mod content_lines;
mod fetch;
mod vevent;

pub use content_lines::{ContentLine, decoded, decoded_or};
pub use fetch::{FetchError, Fetcher, Page, Question};
pub use vevent::{Moment, Vevent, each_moment, moment, vevents};
