//! What the town hall promises: a first answer and a solution, each by a date.

use chrono::{DateTime, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{error::Code, time::TownCalendar};

/// Most working days a promise may take.
pub const MAX_DAYS: u16 = 250;

/// When the desk is reminded, on the town's clocks.
const MORNING: NaiveTime = match NaiveTime::from_hms_opt(8, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// What a category promises, in working days of the town hall. The day of the report does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"first_answer_days": 2, "solution_days": 10}))]
pub struct Promise {
    /// Working days until somebody answers.
    #[schema(minimum = 1, maximum = 250)]
    pub first_answer_days: u16,
    /// Working days until it is solved.
    #[schema(minimum = 1, maximum = 250)]
    pub solution_days: u16,
}

impl Promise {
    /// A promise of 1 to [`MAX_DAYS`] days each, the answer no later than the solution.
    pub fn parse(first_answer_days: u16, solution_days: u16) -> Result<Self, Code> {
        let bounds = 1..=MAX_DAYS;
        if !bounds.contains(&first_answer_days) || !bounds.contains(&solution_days) {
            return Err(Code::OutOfRange);
        }
        if first_answer_days > solution_days {
            return Err(Code::Contradiction);
        }
        Ok(Self { first_answer_days, solution_days })
    }

    /// The dates promised to somebody who reports now. They stand on the complaint: a category that
    /// changes later does not change what was promised.
    pub fn due(self, now: DateTime<Utc>, calendar: TownCalendar) -> Due {
        Due {
            first_answer: calendar.add_working_days(now, self.first_answer_days),
            solution: calendar.add_working_days(now, self.solution_days),
            paused_at: None,
        }
    }
}

/// The dates promised for one complaint: the last second of a working day each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// By when somebody answers. Never moves.
    pub first_answer: DateTime<Utc>,
    /// By when it is solved. Not counted on while paused.
    pub solution: DateTime<Utc>,
    /// Since when the promise stands still.
    pub paused_at: Option<DateTime<Utc>>,
}

/// A promised date that became another one. The reporter is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The date before.
    pub from: DateTime<Utc>,
    /// The date now.
    pub to: DateTime<Utc>,
}

/// How a promise stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Pace {
    /// There is time.
    OnTime,
    /// The desk should be reminded.
    Near,
    /// The date passed; the department's lead should know.
    Overdue,
    /// It stands still.
    Paused,
}

impl Due {
    /// Stops the clock. A promise that stands still already, or was broken before, stays as it is.
    pub fn pause(&mut self, at: DateTime<Utc>) {
        if self.paused_at.is_none() {
            self.paused_at = Some(at);
        }
    }

    /// Starts the clock again: what was left in working days when it stopped is left now. Says so
    /// where the date moved. A pause that began after the date had passed does not mend the promise.
    pub fn resume(&mut self, at: DateTime<Utc>, calendar: TownCalendar) -> Option<Moved> {
        let paused_at = self.paused_at.take()?;
        if paused_at > self.solution {
            return None;
        }
        let left = calendar.working_days_between(paused_at, self.solution);
        self.move_solution(calendar.add_working_days(at, left).max(self.solution))
    }

    /// Promises another date for the solution.
    pub fn move_solution(&mut self, to: DateTime<Utc>) -> Option<Moved> {
        let from = std::mem::replace(&mut self.solution, to);
        (from != to).then_some(Moved { from, to })
    }

    /// How the solution's date stands at `now`.
    pub fn pace(&self, now: DateTime<Utc>, calendar: TownCalendar) -> Pace {
        if self.paused_at.is_some() { Pace::Paused } else { pace(self.solution, now, calendar) }
    }
}

/// How a due date stands at `now`.
pub fn pace(due: DateTime<Utc>, now: DateTime<Utc>, calendar: TownCalendar) -> Pace {
    if now > due {
        Pace::Overdue
    } else if now >= remind_at(due, calendar) {
        Pace::Near
    } else {
        Pace::OnTime
    }
}

/// When the desk is reminded of a due date: 08:00 on the working day before, so that two mornings
/// are left.
pub fn remind_at(due: DateTime<Utc>, calendar: TownCalendar) -> DateTime<Utc> {
    calendar.working_day_before(due, MORNING)
}

/// The end of the last day whose promises the desk has been reminded of by `now`: [`remind_at`] from
/// the other side.
pub fn reminded_until(now: DateTime<Utc>, calendar: TownCalendar) -> DateTime<Utc> {
    let today = calendar.date(now);
    let morning_has_come = calendar.is_working_day(today) && calendar.local(now).time() >= MORNING;
    let morning = if morning_has_come { now } else { calendar.working_day_before(now, MORNING) };
    calendar.add_working_days(morning, 1)
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;
    use crate::time::FederalState;

    const SAXONY: TownCalendar = TownCalendar { state: FederalState::Sn, zone: Tz::Europe__Berlin };

    fn local(text: &str) -> DateTime<Utc> {
        let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
        Tz::Europe__Berlin.from_local_datetime(&naive).unwrap().to_utc()
    }

    fn promised(at: &str, solution_days: u16) -> Due {
        Promise::parse(1, solution_days).unwrap().due(local(at), SAXONY)
    }

    #[test]
    fn bounds() {
        assert!(Promise::parse(1, 1).is_ok() && Promise::parse(MAX_DAYS, MAX_DAYS).is_ok());
        assert_eq!(Promise::parse(0, 5), Err(Code::OutOfRange));
        assert_eq!(Promise::parse(1, MAX_DAYS + 1), Err(Code::OutOfRange));
        assert_eq!(Promise::parse(6, 5), Err(Code::Contradiction));
    }

    #[test]
    fn due_dates_of_a_report() {
        // A Monday in the week of the Day of Repentance.
        let due = Promise::parse(2, 5).unwrap().due(local("2026-11-16 15:00:00"), SAXONY);
        assert_eq!(due.first_answer, local("2026-11-19 23:59:59"));
        assert_eq!(due.solution, local("2026-11-24 23:59:59"));
    }

    #[test]
    fn a_pause_moves_the_solution_by_the_working_days_that_were_left() {
        let mut due = promised("2026-11-23 10:00:00", 4);
        let first_answer = due.first_answer;
        assert_eq!(due.solution, local("2026-11-27 23:59:59"));
        // Wednesday: Thursday and Friday are left.
        due.pause(local("2026-11-25 12:00:00"));
        assert_eq!(due.pace(local("2026-12-20 12:00:00"), SAXONY), Pace::Paused);
        // On again on Monday the 7th: due on Wednesday the 9th.
        let moved = due.resume(local("2026-12-07 09:00:00"), SAXONY).unwrap();
        assert_eq!(moved.from, local("2026-11-27 23:59:59"));
        assert_eq!(moved.to, local("2026-12-09 23:59:59"));
        assert_eq!((due.solution, due.paused_at), (moved.to, None));
        assert_eq!(due.first_answer, first_answer);
    }

    #[test]
    fn a_pause_of_hours_or_over_the_weekend_moves_nothing() {
        let mut due = promised("2026-11-23 10:00:00", 4);
        due.pause(local("2026-11-25 08:00:00"));
        assert_eq!(due.resume(local("2026-11-25 17:00:00"), SAXONY), None);

        let mut due = promised("2026-11-19 10:00:00", 2);
        due.pause(local("2026-11-20 18:00:00"));
        assert_eq!(due.resume(local("2026-11-22 10:00:00"), SAXONY), None);
    }

    #[test]
    fn a_pause_does_not_mend_a_broken_promise() {
        let mut due = promised("2026-11-23 10:00:00", 1);
        due.pause(local("2026-11-26 10:00:00"));
        assert_eq!(due.resume(local("2026-12-10 10:00:00"), SAXONY), None);
        assert_eq!(due.pace(local("2026-12-10 10:00:00"), SAXONY), Pace::Overdue);
    }

    #[test]
    fn a_second_pause_inside_a_pause_keeps_the_first() {
        let mut due = promised("2026-11-23 10:00:00", 4);
        due.pause(local("2026-11-24 12:00:00"));
        due.pause(local("2026-11-26 12:00:00"));
        assert_eq!(due.paused_at, Some(local("2026-11-24 12:00:00")));
    }

    #[test]
    fn reminded_on_the_morning_of_the_working_day_before() {
        let due = promised("2026-11-19 10:00:00", 2);
        assert_eq!(due.solution, local("2026-11-23 23:59:59"));
        assert_eq!(due.pace(local("2026-11-20 07:59:59"), SAXONY), Pace::OnTime);
        assert_eq!(due.pace(local("2026-11-20 08:00:00"), SAXONY), Pace::Near);
        assert_eq!(due.pace(local("2026-11-23 23:59:59"), SAXONY), Pace::Near);
        assert_eq!(due.pace(local("2026-11-24 00:00:00"), SAXONY), Pace::Overdue);
    }

    proptest! {
        #[test]
        fn both_sides_of_a_reminder_agree(now in 0i64..200_000, until in 0i64..600) {
            let now = local("2020-01-01 00:30:00") + Duration::minutes(now * 17);
            let due = SAXONY.end_of(SAXONY.date(now + Duration::hours(until)));
            prop_assert_eq!(due <= reminded_until(now, SAXONY), remind_at(due, SAXONY) <= now);
        }

        #[test]
        fn a_pause_never_costs_the_desk_a_working_day(
            start in 0i64..4_000, days in 1u16..60, until_pause in 0i64..80, pause in 0i64..80,
        ) {
            let from = local("2020-01-01 09:00:00") + Duration::days(start);
            let mut due = Promise::parse(1, days).unwrap().due(from, SAXONY);
            let before = due.solution;
            let paused_at = from + Duration::days(until_pause);
            let left = SAXONY.working_days_between(paused_at, before);
            due.pause(paused_at);
            let resumed_at = paused_at + Duration::days(pause);
            due.resume(resumed_at, SAXONY);
            prop_assert!(due.solution >= before);
            if paused_at <= before {
                // Paused on its last day and taken up on a Sunday, it is due on Monday.
                let now_left = SAXONY.working_days_between(resumed_at, due.solution);
                prop_assert!((left..=left.max(1)).contains(&now_left));
            }
        }
    }
}
