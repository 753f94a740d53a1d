//! Laws of deciding, tried on rules and complaints made up by chance.

use proptest::prelude::*;

use super::*;
use crate::routing::words;

/// Any condition over what the register has.
fn conditions(areas: Vec<Uuid>) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        proptest::sample::subsequence(vec![WASTE, NOISE, OLD], 1..3).prop_map(|ids| json!({"category": ids})),
        proptest::sample::subsequence(areas.clone(), 1..=areas.len()).prop_map(|ids| json!({"area": ids})),
        proptest::sample::subsequence(vec!["reifen", "sofa", "\"rad\""], 1..3)
            .prop_map(|words| json!({"words": words})),
        any::<bool>().prop_map(|is| json!({"anonymous": is})),
        any::<bool>().prop_map(|is| json!({"holiday": is})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|all| json!({"all": all})),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|any| json!({"any": any})),
            inner.prop_map(|not| json!({"not": not})),
        ]
    })
}

fn any_facts() -> impl Strategy<Value = Facts<'static>> {
    (
        proptest::sample::select(vec![WASTE, NOISE, OLD]),
        proptest::sample::select(vec!["", "Altreifen", "ein Rad, gerade", "Sofa und Reifen"]),
        proptest::sample::select(vec![None, Some(IN_SCHNADITZ), Some(IN_TIEFENSEE), Some(NOWHERE)]),
        any::<bool>(),
        0..40i64,
    )
        .prop_map(|(category, text, point, anonymous, hours)| Facts {
            category: CategoryId(category),
            text,
            point,
            at: facts().at - chrono::Duration::hours(hours * 7),
            anonymous,
        })
}

/// The meaning of a tree without index, numbers or sharing: false < undecidable < true.
fn meaning(tree: &ConditionTree, facts: &Facts<'_>) -> i8 {
    let truth = |holds: bool| if holds { 1 } else { -1 };
    let register = register();
    if let Some(all) = &tree.all {
        all.iter().map(|tree| meaning(tree, facts)).min().unwrap()
    } else if let Some(any) = &tree.any {
        any.iter().map(|tree| meaning(tree, facts)).max().unwrap()
    } else if let Some(not) = &tree.not {
        -meaning(not, facts)
    } else if let Some(ids) = &tree.category {
        truth(ids.contains(&facts.category))
    } else if let Some(ids) = &tree.area {
        facts.point.map_or(0, |point| truth(ids.iter().any(|id| register.areas[id].shape.contains(point))))
    } else if let Some(needles) = &tree.words {
        let text = words::fold(facts.text);
        truth(needles.iter().any(|needle| text.contains(&words::pattern(needle).unwrap())))
    } else if let Some(is) = tree.holiday {
        truth(register.calendar.holiday(register.calendar.date(facts.at)).is_some() == is)
    } else {
        truth(tree.anonymous == Some(facts.anonymous))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn the_index_changes_nothing(
        conditions in proptest::collection::vec(conditions(vec![SCHNADITZ, TIEFENSEE]), 1..30),
        facts in any_facts(),
    ) {
        let rules: Vec<_> = (0..).zip(conditions).map(|(n, condition)| rule(n, condition)).collect();
        let first = rules.iter().position(|rule| meaning(&rule.condition, &facts) == 1);
        let before = &rules[..first.unwrap_or(rules.len())];
        let undecided = before.iter().filter(|rule| meaning(&rule.condition, &facts) == 0).count();
        let name = first.map(|first| rules[first].name.to_string());
        let reasons = decide(rules.clone(), &facts).reasons;
        prop_assert_eq!(reasons.rule.map(|rule| rule.name), name);
        prop_assert_eq!(usize::try_from(reasons.undecided_count).unwrap(), undecided);
        prop_assert_eq!(usize::try_from(reasons.tried_count).unwrap(), before.len());
    }

    /// Whatever holds without a place holds at every place: not knowing never makes a rule match.
    #[test]
    fn not_knowing_never_makes_a_rule_match(
        condition in conditions(vec![SCHNADITZ, TIEFENSEE]),
        facts in any_facts(),
    ) {
        if holds(condition.clone(), &Facts { point: None, ..facts }) {
            for point in [IN_SCHNADITZ, IN_TIEFENSEE, NOWHERE] {
                let there = Facts { point: Some(point), ..facts };
                prop_assert!(holds(condition.clone(), &there));
            }
        }
    }

    /// A rule that lost an area either does what it would do with that area anywhere, or says it is
    /// broken: it never turns silent.
    #[test]
    fn a_lost_area_never_silences_a_rule(
        condition in conditions(vec![SCHNADITZ, TIEFENSEE]),
        facts in any_facts(),
    ) {
        let whole = decide(vec![rule(1, condition.clone())], &facts);
        let mut register = register();
        register.areas.remove(&AreaId(TIEFENSEE));
        let damaged = RuleBook::new(vec![rule(1, condition)], &register).decide(&facts);
        let says_so = damaged.reasons.fallback.is_some_and(|fallback| fallback.broken.is_some());
        prop_assert!(says_so || damaged.reasons.rule == whole.reasons.rule);
    }
}
