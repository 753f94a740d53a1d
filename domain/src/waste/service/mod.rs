//! Use cases of the waste calendar.

mod calendars;
mod changing;
mod importing;
mod missing;
mod reading;
mod reminders;
mod reminding;
mod telling;
mod types;

pub use calendars::{
    CalendarChange, MOST_SECTIONS, NewCalendar, NewSection, change_calendar, create_calendar, get_calendar,
    list_calendars, list_collections, remove_calendar,
};
pub use changing::{NewChange, change_collections};
pub use importing::{import, note_failure, refresh};
pub use reading::{at_address, streets};
pub use reminders::{
    NewReminder, Reminders, choose_reminders, choose_ward_reminders, choose_ward_reminders_by_staff,
    get_reminders, get_ward_reminders, get_ward_reminders_by_staff,
};
pub use reminding::{remind, take_turn};
pub use types::{
    MOST_TYPES, NewType, TypeChange, change_type, create_type, get_type, list_types, remove_type,
};
