//! Puts a complaint to the rules: the first that holds decides.

use chrono::{DateTime, Utc};

use super::{
    clock::{TimeOfDay, Weekday},
    decision::{BrokenRule, ConditionKind, Decision, Fallback, Finding, RULES_KEPT, Reasons, Tried, Verdict},
    rule::{Defect, Priority},
    rulebook::{Prepared, RuleBook, Test},
    truth::Truth,
};
use crate::{geo::Point, ids::CategoryId, time::Holiday};

/// What rules may know of a complaint.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Its category.
    pub category: CategoryId,
    /// What the citizen wrote.
    pub text: &'a str,
    /// Its place on the map, where it has one.
    pub point: Option<Point>,
    /// When it was reported.
    pub at: DateTime<Utc>,
    /// Whether nobody knows who reported it.
    pub anonymous: bool,
}

impl RuleBook {
    /// Decides where a complaint goes. Always gives an answer: where no rule holds, or the one that
    /// would have decided is broken, it is the default department.
    pub fn decide(&self, facts: &Facts<'_>) -> Decision {
        let case = Case::new(self, facts);
        let mut reasons = Reasons::default();
        for position in self.candidates(facts.category, case.areas.as_deref(), &case.words) {
            let Some(rule) = usize::try_from(position).ok().and_then(|position| self.rules.get(position))
            else {
                continue;
            };
            match case.truth(&rule.test).verdict() {
                Verdict::NotMet => {}
                Verdict::Undecidable => {
                    reasons.undecided_count += 1;
                    if reasons.undecided.len() < RULES_KEPT {
                        reasons.undecided.extend(case.tried(rule));
                    }
                }
                verdict => {
                    case.list_tried(&mut reasons, position);
                    let defect = if verdict == Verdict::Met { rule.undoable } else { rule.unsure };
                    return match defect {
                        Some(defect) => self.fall_back(reasons, Some((rule, defect))),
                        None => case.follow(rule, reasons),
                    };
                }
            }
        }
        case.list_tried(&mut reasons, u32::try_from(self.rules.len()).unwrap_or(u32::MAX));
        self.fall_back(reasons, None)
    }

    fn fall_back(&self, mut reasons: Reasons, broken: Option<(&Prepared, Defect)>) -> Decision {
        let broken = broken.map(|(rule, defect)| BrokenRule { rule: rule.name.clone(), defect });
        reasons.fallback = Some(Fallback { broken });
        Decision {
            department: self.default_department,
            assignee: None,
            priority: Priority::default(),
            extra_emails: Vec::new(),
            reasons,
        }
    }
}

/// A complaint with all that is looked up once for every rule.
struct Case<'a> {
    book: &'a RuleBook,
    facts: &'a Facts<'a>,
    /// The areas it lies in; none without a place.
    areas: Option<Vec<u32>>,
    words: Vec<u32>,
    weekday: Weekday,
    time: TimeOfDay,
    holiday: Option<Holiday>,
}

impl<'a> Case<'a> {
    fn new(book: &'a RuleBook, facts: &'a Facts<'a>) -> Self {
        let local = book.calendar.local(facts.at);
        Self {
            book,
            facts,
            areas: facts.point.map(|point| book.areas_at(point)),
            words: book.words_in(facts.text),
            weekday: chrono::Datelike::weekday(&local).into(),
            time: local.time().into(),
            holiday: book.calendar.holiday(local.date_naive()),
        }
    }

    fn truth(&self, test: &Test) -> Truth {
        match test {
            Test::All(inner) => {
                let mut truth = Truth::TRUE;
                for test in inner {
                    truth = truth.and(self.truth(test));
                    if truth == Truth::FALSE {
                        break;
                    }
                }
                truth
            }
            Test::Any(inner) => {
                let mut truth = Truth::FALSE;
                for test in inner {
                    truth = truth.or(self.truth(test));
                    if truth == Truth::TRUE {
                        break;
                    }
                }
                truth
            }
            Test::Not(inner) => !self.truth(inner),
            Test::Category(ids) => Truth::of(ids.contains(&self.facts.category)),
            Test::Area { numbers, some_gone } => match &self.areas {
                None => Truth::UNDECIDABLE,
                Some(here) if first_of(numbers, |number| number, here).is_some() => Truth::TRUE,
                Some(_) if *some_gone => Truth::BROKEN,
                Some(_) => Truth::FALSE,
            },
            Test::Words(needles) => Truth::of(first_of(needles, |(number, _)| number, &self.words).is_some()),
            Test::Weekdays(days) => Truth::of(days.contains(&self.weekday)),
            Test::Time(range) => Truth::of(range.contains(self.time)),
            Test::Holiday(is) => Truth::of(self.holiday.is_some() == *is),
            Test::Anonymous(is) => Truth::of(self.facts.anonymous == *is),
            Test::Unreadable => Truth::BROKEN,
        }
    }

    /// The findings that make a test what it is: of `all` that holds every branch, else the branch
    /// that decided.
    fn findings(&self, test: &Test, found: &mut Vec<Finding>) {
        let verdict = self.truth(test).verdict();
        match test {
            Test::All(inner) if verdict == Verdict::Met => {
                inner.iter().for_each(|test| self.findings(test, found));
            }
            Test::All(inner) | Test::Any(inner) => {
                let decided = inner.iter().find(|test| self.truth(test).verdict() == verdict);
                if let Some(test) = decided.or(inner.first()) {
                    self.findings(test, found);
                }
            }
            Test::Not(inner) => self.findings(inner, found),
            Test::Category(_) => {
                let category = self.book.categories.get(&self.facts.category);
                let name = category.map(|category| category.name.clone());
                let name_en = category.and_then(|category| category.name_en.clone());
                found.push(Finding { value_en: name_en, ..finding(ConditionKind::Category, verdict, name) });
            }
            Test::Area { numbers, .. } => {
                let here = first_of(numbers, |number| number, self.areas.as_deref().unwrap_or_default());
                let area = here
                    .and_then(|number| usize::try_from(*number).ok())
                    .and_then(|number| self.book.areas.get(number));
                found.push(finding(ConditionKind::Area, verdict, area.map(|area| area.name.clone())));
            }
            Test::Words(needles) => {
                let word = first_of(needles, |(number, _)| number, &self.words);
                let word = word.map(|(_, needle)| needle.as_str().to_owned());
                found.push(finding(ConditionKind::Words, verdict, word));
            }
            Test::Weekdays(_) => {
                found.push(finding(ConditionKind::Weekday, verdict, Some(self.weekday.to_string())));
            }
            Test::Time(range) => found.push(finding(ConditionKind::Time, verdict, Some(range.to_string()))),
            Test::Holiday(_) => {
                let holiday = self.holiday.map(|holiday| holiday.to_string());
                found.push(finding(ConditionKind::Holiday, verdict, holiday));
            }
            Test::Anonymous(_) => {
                let anonymous = self.facts.anonymous.to_string();
                found.push(finding(ConditionKind::Anonymous, verdict, Some(anonymous)));
            }
            Test::Unreadable => found.push(finding(ConditionKind::Condition, verdict, None)),
        }
    }

    fn follow(&self, rule: &Prepared, mut reasons: Reasons) -> Decision {
        self.findings(&rule.test, &mut reasons.matched);
        reasons.rule = Some(rule.name.clone());
        Decision {
            department: rule.actions.department,
            assignee: rule.actions.assignee,
            priority: rule.actions.priority.unwrap_or_default(),
            extra_emails: rule.actions.extra_emails.clone(),
            reasons,
        }
    }

    /// Writes down the rules that stand before `position`, the last of them with what stood against
    /// each.
    fn list_tried(&self, reasons: &mut Reasons, position: u32) {
        reasons.tried_count = position;
        let end = usize::try_from(position).unwrap_or(usize::MAX);
        let before = self.book.rules.get(..end).unwrap_or_default();
        let last = before.get(before.len().saturating_sub(RULES_KEPT)..).unwrap_or_default();
        reasons.tried = last.iter().filter_map(|rule| self.tried(rule)).collect();
    }

    fn tried(&self, rule: &Prepared) -> Option<Tried> {
        let mut found = Vec::new();
        self.findings(&rule.test, &mut found);
        let why_not = found.into_iter().next()?;
        Some(Tried { rule: rule.name.clone(), why_not })
    }
}

/// The first of a rule's entries whose number is among those found.
fn first_of<'t, T>(entries: &'t [T], number: impl Fn(&T) -> &u32, found: &[u32]) -> Option<&'t T> {
    entries.iter().find(|entry| found.binary_search(number(entry)).is_ok())
}

fn finding(kind: ConditionKind, verdict: Verdict, value: Option<String>) -> Finding {
    Finding { kind, verdict, value, value_en: None }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
