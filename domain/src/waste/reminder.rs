//! Reminders: what for, how many days before, at what time, by which way.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::{
    deliveries::Channel,
    ids::{ContactPointId, PersonId, WasteCalendarId, WasteTypeId},
    municipalities::House,
    time::TownCalendar,
};

/// Reminders one may have in a municipality.
pub const MOST_REMINDERS: usize = 20;
/// Days before a collection at most.
pub const EARLIEST_DAYS: u8 = 7;
/// What was due longer ago is told as late.
pub const LATE_AFTER: TimeDelta = TimeDelta::minutes(10);

/// One reminder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The kind of waste; every kind where absent.
    pub waste_type: Option<WasteTypeId>,
    /// 0 to 7 days before the collection.
    pub days_before: u8,
    /// When, on the town's clocks, whole minutes.
    pub time: NaiveTime,
    /// By which way.
    pub channel: Channel,
}

/// A reminder with whose it is and where they live.
#[derive(Clone, Debug)]
pub struct DueReminder {
    /// Whose.
    pub person: PersonId,
    /// The reminder.
    pub reminder: Reminder,
    /// The folded name of the street they live in.
    pub street_key: String,
    /// The house.
    pub house: House,
    /// The way that leads to them.
    pub contact_point: ContactPointId,
}

/// Somebody who wants to be reminded of dates that are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MissingDates {
    /// Who.
    pub person: PersonId,
    /// Whose dates are missing.
    pub calendar: WasteCalendarId,
    /// Since which day.
    pub since: NaiveDate,
}

/// What somebody is reminded of in one message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reminded {
    /// The day of the collection.
    pub date: NaiveDate,
    /// Its regular day, where it is another.
    pub moved_from: Option<NaiveDate>,
    /// What is collected, in the town's order.
    pub waste_types: Vec<WasteTypeId>,
    /// Whether it is told later than asked for.
    pub late: bool,
}

/// The days of collections whose reminders fell due after `after` and until `until`, each with the moment
/// it was due. Days whose collection is over by `until` are left out: nobody is reminded of yesterday.
///
/// A time that the clocks skip is the moment they skip to; one that they show twice is the first.
pub fn collections_due(
    town: TownCalendar,
    (after, until): (DateTime<Utc>, DateTime<Utc>),
    (days_before, time): (u8, NaiveTime),
) -> Vec<(NaiveDate, DateTime<Utc>)> {
    let (first, today) = (town.date(after), town.date(until));
    // What was due before this is about a day that is over.
    let oldest = today.checked_sub_days(Days::new(days_before.into())).unwrap_or(today);
    let days = first.max(oldest).iter_days().take_while(|day| *day <= today);
    let due = days.filter_map(|day| {
        let due = town.at(day, time);
        let collected = day.checked_add_days(Days::new(days_before.into()))?;
        (due > after && due <= until && collected >= today).then_some((collected, due))
    });
    due.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FederalState;

    const TOWN: TownCalendar = TownCalendar { state: FederalState::Sn, zone: chrono_tz::Europe::Berlin };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn due(after: &str, until: &str, days_before: u8, time: &str) -> Vec<(String, String)> {
        let found = collections_due(TOWN, (at(after), at(until)), (days_before, time.parse().unwrap()));
        found.into_iter().map(|(day, due)| (day.to_string(), due.to_rfc3339())).collect()
    }

    fn pair(day: &str, due: &str) -> (String, String) {
        (day.to_owned(), due.to_owned())
    }

    #[test]
    fn the_evening_before_is_due_in_its_minute_and_never_again() {
        let wanted = vec![pair("2026-11-24", "2026-11-23T17:00:00+00:00")];
        assert_eq!(due("2026-11-23T16:59:30Z", "2026-11-23T17:00:30Z", 1, "18:00:00"), wanted);
        assert_eq!(due("2026-11-23T16:59:30Z", "2026-11-23T17:00:00Z", 1, "18:00:00"), wanted);
        assert_eq!(due("2026-11-23T17:00:00Z", "2026-11-23T17:01:00Z", 1, "18:00:00"), []);
        assert_eq!(due("2026-11-23T16:00:00Z", "2026-11-23T16:59:59Z", 1, "18:00:00"), []);
    }

    #[test]
    fn the_clocks_may_change() {
        // Spring: 2:00 becomes 3:00 on 29 March 2026. 18:00 is an hour earlier by world time afterwards.
        for (evening, day) in
            [("2026-03-28T17:00:00+00:00", "2026-03-29"), ("2026-03-29T16:00:00+00:00", "2026-03-30")]
        {
            let moment = at(evening);
            let (before, after) = (moment - TimeDelta::seconds(30), moment + TimeDelta::seconds(30));
            let found = due(&before.to_rfc3339(), &after.to_rfc3339(), 1, "18:00:00");
            assert_eq!(found, [pair(day, evening)]);
        }
        // 2:30 does not exist that night: it is due when the clocks are at 3:00.
        let skipped = due("2026-03-28T22:00:00Z", "2026-03-29T12:00:00Z", 0, "02:30:00");
        assert_eq!(skipped, [pair("2026-03-29", "2026-03-29T01:00:00+00:00")]);
        // Autumn: 2:30 exists twice on 25 October 2026; it is due once, the first time.
        let twice = due("2026-10-24T22:00:00Z", "2026-10-25T12:00:00Z", 0, "02:30:00");
        assert_eq!(twice, [pair("2026-10-25", "2026-10-25T00:30:00+00:00")]);
        assert_eq!(due("2026-10-25T00:45:00Z", "2026-10-25T01:45:00Z", 0, "02:30:00"), []);
        // Each evening around both changes comes once, however the time is cut into turns.
        for (from, days) in [("2026-03-27T11:00:00Z", 5), ("2026-10-23T11:00:00Z", 5)] {
            let (mut moment, mut found) = (at(from), 0);
            for _ in 0..days * 24 * 4 {
                let next = moment + TimeDelta::minutes(15);
                found += collections_due(TOWN, (moment, next), (1, "18:00:00".parse().unwrap())).len();
                moment = next;
            }
            assert_eq!(found, days);
        }
    }

    #[test]
    fn after_a_pause_only_what_is_still_to_come_is_told() {
        // Down from Friday to Sunday noon: Saturday evening's reminder is about today, Friday's about yesterday.
        let found = due("2026-11-20T12:00:00Z", "2026-11-22T11:00:00Z", 1, "18:00:00");
        assert_eq!(found, [pair("2026-11-22", "2026-11-21T17:00:00+00:00")]);
        assert_eq!(due("2020-01-01T00:00:00Z", "2026-11-22T11:00:00Z", 7, "18:00:00").len(), 7);
    }
}
