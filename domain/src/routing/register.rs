//! What rules may refer to, and whether they refer to nothing else.

use std::collections::{HashMap, HashSet};

use super::{
    condition::{Condition, ConditionTree},
    rule::{Defect, DefectKind, Rule},
};
use crate::{
    Violation,
    error::Code,
    geo::MultiPolygon,
    ids::{AreaId, CategoryId, DepartmentId, StaffId},
    time::TownCalendar,
};

/// What one town hall has that rules refer to.
#[derive(Clone, Debug)]
pub struct Register {
    /// Its state and time zone.
    pub calendar: TownCalendar,
    /// The department that gets what no rule decides.
    pub default_department: DepartmentId,
    /// Its departments.
    pub departments: HashSet<DepartmentId>,
    /// Staff who work there now.
    pub staff: HashSet<StaffId>,
    /// Categories by identity, those out of use included: old complaints still have them.
    pub categories: HashMap<CategoryId, RegisteredCategory>,
    /// Areas whose geometry can be read.
    pub areas: HashMap<AreaId, RegisteredArea>,
}

/// A category as rules see it.
#[derive(Clone, Debug)]
pub struct RegisteredCategory {
    /// Its name for explanations.
    pub name: String,
    /// The same in English, where it has one.
    pub name_en: Option<String>,
    /// Whether it can be reported now.
    pub active: bool,
}

/// An area as rules see it.
#[derive(Clone, Debug)]
pub struct RegisteredArea {
    /// Its name for explanations.
    pub name: String,
    /// Its surface.
    pub shape: MultiPolygon,
}

impl Register {
    /// Whether a rule may be saved: its condition keeps all bounds and everything it names is there.
    pub fn check(&self, rule: &Rule) -> Result<Condition, Vec<Violation>> {
        let condition = Condition::parse(&rule.condition, "/condition")?;
        let mut violations: Vec<_> = self
            .dangling(rule)
            .into_iter()
            .map(|(pointer, _)| Violation::new(pointer, Code::UnknownReference))
            .collect();
        violations.extend(rule.actions.check("/actions").err());
        if violations.is_empty() { Ok(condition) } else { Err(violations) }
    }

    /// What is wrong with a saved rule, the worst first.
    pub fn defects(&self, rule: &Rule) -> Vec<Defect> {
        let unreadable = Condition::parse(&rule.condition, "/condition").is_err();
        let unreadable = unreadable.then_some(Defect { kind: DefectKind::Condition, id: None });
        unreadable.into_iter().chain(self.dangling(rule).into_iter().map(|(_, defect)| defect)).collect()
    }

    /// What a rule names that is not there, with a JSON pointer into the rule.
    fn dangling(&self, rule: &Rule) -> Vec<(String, Defect)> {
        let mut found = Vec::new();
        self.dangling_in(&rule.condition, "/condition", &mut found);
        let (department, assignee) = (rule.actions.department, rule.actions.assignee);
        if !self.departments.contains(&department) {
            let defect = Defect::of(DefectKind::Department, department);
            found.push((defect.pointer().to_owned(), defect));
        }
        if let Some(assignee) = assignee.filter(|assignee| !self.staff.contains(assignee)) {
            let defect = Defect::of(DefectKind::Assignee, assignee);
            found.push((defect.pointer().to_owned(), defect));
        }
        found
    }

    fn dangling_in(&self, tree: &ConditionTree, pointer: &str, found: &mut Vec<(String, Defect)>) {
        for (i, id) in tree.category.iter().flatten().enumerate() {
            if !self.categories.get(id).is_some_and(|category| category.active) {
                found.push((format!("{pointer}/category/{i}"), Defect::of(DefectKind::Category, *id)));
            }
        }
        for (i, id) in tree.area.iter().flatten().enumerate() {
            if !self.areas.contains_key(id) {
                found.push((format!("{pointer}/area/{i}"), Defect::of(DefectKind::Area, *id)));
            }
        }
        for (member, inner) in [("all", &tree.all), ("any", &tree.any)] {
            for (i, inner) in inner.iter().flatten().enumerate() {
                self.dangling_in(inner, &format!("{pointer}/{member}/{i}"), found);
            }
        }
        if let Some(inner) = &tree.not {
            self.dangling_in(inner, &format!("{pointer}/not"), found);
        }
    }
}
