use chrono::{Duration, TimeZone};
use strum::IntoEnumIterator;

use super::*;
use ActorKind::{DeskLink, Reporter, Staff, System};
use Status::*;

/// The table as the town hall reads it: from, to, who. Everything not listed is illegal.
fn table() -> Vec<(Vec<Status>, Vec<Status>, Vec<ActorKind>)> {
    let working = vec![InProgress, Scheduled, OnHold, WaitingForReporter];
    let mut taken = working.clone();
    taken.push(Accepted);
    let mut table = vec![
        (vec![Unconfirmed], vec![Submitted], vec![Reporter]),
        (vec![Submitted], vec![Routed], vec![System]),
        (vec![Routed, Reopened], vec![Routed], vec![System, Staff, DeskLink]),
        (vec![Routed, Reopened], vec![Accepted], vec![Staff, DeskLink]),
        (vec![Routed, Reopened], vec![Rejected, Duplicate, HandedOver], vec![Staff]),
        (vec![Routed, Accepted], vec![Withdrawn], vec![Reporter]),
        (vec![Accepted], working.clone(), vec![Staff]),
        (taken.clone(), vec![Resolved, Routed], vec![Staff, DeskLink]),
        (taken, vec![Rejected, Duplicate, HandedOver], vec![Staff]),
        (vec![WaitingForReporter], vec![InProgress], vec![Reporter]),
        (vec![Resolved, Rejected, HandedOver], vec![Reopened], vec![Reporter, Staff]),
        (vec![Duplicate], vec![Reopened], vec![Staff, System]),
        (vec![Resolved, Rejected, HandedOver, Duplicate], vec![Closed], vec![System]),
    ];
    for from in &working {
        let others = working.iter().copied().filter(|to| to != from).collect();
        table.push((vec![*from], others, vec![Staff]));
    }
    table
}

fn day(n: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 1, 8, 0, 0).unwrap() + Duration::days(n)
}

fn standing(status: Status) -> Standing {
    Standing { status, settled_at: status.is_settled().then(|| day(0)), promised: false }
}

fn transition(to: Status, by: ActorKind, at: DateTime<Utc>) -> Transition {
    Transition { to, by, at, has_public_text: true, moves_promise: false }
}

#[test]
fn whole_matrix() {
    let table = table();
    let mut legal = 0;
    for from in Status::iter() {
        for to in Status::iter() {
            for by in ActorKind::iter() {
                let listed =
                    table.iter().any(|(f, t, who)| f.contains(&from) && t.contains(&to) && who.contains(&by));
                // Late enough to be closed, early enough to object.
                let at = if to == Closed { day(29) } else { day(1) };
                let result = standing(from).step(transition(to, by, at));
                match result {
                    Ok(after) => {
                        assert!(listed, "{from} -> {to} by {by} is not in the table");
                        assert_eq!(after.status, to);
                        legal += 1;
                    }
                    Err(Error::Refused(refusal)) => {
                        assert!(!listed, "{from} -> {to} by {by} is in the table");
                        assert_eq!(refusal.code, Code::TransitionIllegal);
                        assert_eq!(refusal.values, vec![("from", from.to_string()), ("to", to.to_string())]);
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
    assert_eq!(legal, 84);
}

#[test]
fn nothing_leaves_a_final_state_and_every_other_has_a_way_out() {
    for from in Status::iter() {
        let leaves = Status::iter().any(|to| ActorKind::iter().any(|by| from.may_become(to, by)));
        assert_eq!(leaves, !from.is_final(), "{from}");
    }
}

#[test]
fn public_text_is_demanded_where_the_reporter_must_hear_why() {
    for from in Status::iter() {
        for to in Status::iter() {
            for by in ActorKind::iter().filter(|by| from.may_become(to, *by)) {
                let at = if to == Closed { day(29) } else { day(1) };
                let silent = Transition { has_public_text: false, ..transition(to, by, at) };
                let needed =
                    matches!(to, Resolved | Rejected | HandedOver) || (to == Reopened && by == Staff);
                let result = standing(from).step(silent);
                assert_eq!(result.is_err(), needed, "{from} -> {to} by {by}");
                if let Err(Error::Refused(refusal)) = result {
                    assert_eq!(
                        refusal.violations,
                        vec![crate::Violation::new("/public_text", Code::PublicTextRequired)]
                    );
                }
            }
        }
    }
}

#[test]
fn a_promise_never_moves_in_silence() {
    let silent = |to| Transition { has_public_text: false, ..transition(to, Staff, day(1)) };
    let promised = |status| Standing { promised: true, ..standing(status) };
    assert!(promised(InProgress).step(silent(OnHold)).is_err());
    assert!(promised(Accepted).step(silent(WaitingForReporter)).is_err());
    assert!(promised(OnHold).step(silent(WaitingForReporter)).is_ok(), "already paused");
    assert!(promised(OnHold).step(silent(InProgress)).is_ok(), "announced when it was paused");
    assert!(standing(InProgress).step(silent(OnHold)).is_ok(), "nothing promised");
    let moved = Transition { moves_promise: true, ..silent(Scheduled) };
    assert!(promised(InProgress).step(moved).is_err());
}

#[test]
fn objection_until_the_28th_day_closing_after_it() {
    for from in [Resolved, Rejected, HandedOver] {
        let objection = |at| standing(from).step(transition(Reopened, Reporter, at));
        assert!(objection(day(28)).is_ok());
        let late = objection(day(28) + Duration::seconds(1)).unwrap_err();
        assert_eq!(late.code(), Some(Code::ObjectionTooLate));
        assert!(standing(from).step(transition(Reopened, Staff, day(90))).is_ok());

        let close = |at| standing(from).step(transition(Closed, System, at));
        assert_eq!(close(day(28)).unwrap_err().code(), Some(Code::TransitionIllegal));
        assert!(close(day(28) + Duration::seconds(1)).is_ok());
    }
    assert!(standing(Duplicate).step(transition(Closed, System, day(0))).is_ok());
}

#[test]
fn the_28_days_start_anew_after_reopening() {
    let reopened = standing(Resolved).step(transition(Reopened, Reporter, day(27))).unwrap();
    assert_eq!(reopened.settled_at, None);
    let again = reopened
        .step(transition(Accepted, Staff, day(28)))
        .and_then(|s| s.step(transition(Resolved, Staff, day(30))))
        .unwrap();
    assert_eq!(again.settled_at, Some(day(30)));
    assert!(again.step(transition(Reopened, Reporter, day(58))).is_ok());
}

#[test]
fn withdrawing_only_before_work_began() {
    for from in Status::iter() {
        let result = standing(from).step(transition(Withdrawn, Reporter, day(1)));
        assert_eq!(result.is_ok(), matches!(from, Routed | Accepted), "{from}");
    }
}

#[test]
fn one_text_for_rows_and_json() {
    for status in Status::iter() {
        let text = status.to_string();
        assert_eq!(serde_json::to_value(status).unwrap(), serde_json::json!(text));
        assert_eq!(text.parse::<Status>().unwrap(), status);
    }
}

#[test]
fn references_are_read_as_people_type_them() {
    let reference: Reference = "BD-2026-000123".parse().unwrap();
    assert_eq!((reference.prefix(), reference.year(), reference.number()), ("BD", 2026, 123));
    assert_eq!(" bd-2026-123 ".parse::<Reference>().unwrap(), reference);
    assert_eq!(reference.to_string(), "BD-2026-000123");
    assert_eq!(Reference::new("BD", 2026, 12_345_678).unwrap().to_string(), "BD-2026-12345678");
    for bad in [
        "",
        "BD",
        "BD-2026",
        "BD-26-1",
        "BD-2026-0",
        "B1-2026-1",
        "BD-2026-+1",
        "BD-2026-1-2",
        "ÄD-2026-1",
        "ABCDEFGHI-2026-1",
        "BD-2026-99999999999",
        "-2026-1",
    ] {
        assert!(bad.parse::<Reference>().is_err(), "{bad}");
    }
}

#[test]
fn references_sort_by_number_not_by_text() {
    let of = |number| Reference::new("BD", 2026, number).unwrap();
    assert!(of(2_000_000) > of(999_999));
    assert!(Reference::new("BD", 2027, 1).unwrap() > of(999_999));
}
