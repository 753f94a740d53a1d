//! The waste calendar: what is collected when at whose door, and who is reminded of it.
//!
//! A calendar is what one source publishes, for the street sections it names or for the whole town. An
//! address may lie in several. A date that is not certain is not shown: a gap says so instead.

mod board;
mod calendar;
mod collection;
mod coverage;
mod houses;
pub mod import;
pub mod port;
pub mod reminder;
pub mod service;
mod shift;
mod shown;
mod source;
mod words;

pub use board::{Board, Known};
pub use calendar::{AbfallIo, Failure, Freshness, Origin, Section, WasteCalendar, WasteType, Window};
pub use collection::{Change, Collection, Reason, Status, Stop, Told};
pub use coverage::{Coverage, Extent, Spans, hull};
pub use houses::{HouseRange, Side};
pub use reminder::{DueReminder, MOST_REMINDERS, MissingDates, Reminded, Reminder, collections_due};
pub use shift::HolidayRule;
pub use shown::{Answer, Gap, GapReason, Shown, answer, calendars_of, is_for, is_of};
pub use source::{Column, Fault, Record, Source};
pub use words::{Meaning, Vocabulary, folded};
