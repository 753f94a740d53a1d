//! Sources of waste calendars: files in iCalendar, and services that are asked.

mod abfall_io;
mod content_lines;
mod event;
mod fetch;
mod ics;
mod recurrence;

pub use abfall_io::AbfallIoHouse;
pub use fetch::{FetchError, Fetcher};
pub use ics::Ics;
