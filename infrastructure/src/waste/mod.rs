//! Sources of waste calendars: files in iCalendar, and services that are asked.

mod abfall_io;
mod event;
mod ics;
mod recurrence;

pub use abfall_io::AbfallIoHouse;
pub use ics::Ics;
