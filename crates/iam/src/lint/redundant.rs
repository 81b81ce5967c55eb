//! Finds what another pattern or statement already covers.

use super::checks::{actions, arns, shape};
use super::findings::FindingCollector;
use super::look::StatementChecker;
use super::view::{DocumentView, ElementList, PlacedText, StatementView, to_clause};
use crate::policy::{PatternClause, action_within, resource_within};

/// The most pairs of patterns to compare, in one list and in all statements together.
const MAX_PAIRS: usize = 50_000;

impl StatementChecker<'_, '_> {
    pub(super) fn check_redundant(&mut self) {
        let statement = self.statement;
        if let Some(list) = &statement.actions {
            for (inner, outer) in find_redundant(&list.items, action_within) {
                let what = format!("`{}` is already matched by `{}`", inner.text, outer.text);
                self.findings.report_at(&actions::REDUNDANT_ACTION, inner, what);
            }
        }
        if let Some(list) = &statement.resources {
            for (inner, outer) in find_redundant(&list.items, resource_within) {
                let what = format!("`{}` is already matched by `{}`", inner.text, outer.text);
                self.findings.report_at(&arns::REDUNDANT_RESOURCE, inner, what);
            }
        }
    }
}

/// Patterns that lie within another; of equal patterns, the later one.
fn find_redundant(
    items: &[PlacedText],
    is_within: fn(&str, &str) -> bool,
) -> Vec<(&PlacedText, &PlacedText)> {
    let wild: Vec<(usize, &PlacedText)> =
        items.iter().enumerate().filter(|(_, leaf)| leaf.text.contains(['*', '?'])).collect();
    if items.len().saturating_mul(wild.len()) > MAX_PAIRS {
        return Vec::new();
    }
    let mut seen = std::collections::BTreeMap::new();
    let mut found = Vec::new();
    for (at, inner) in items.iter().enumerate() {
        if let Some(before) = seen.insert(inner.text.as_str(), inner) {
            found.push((inner, before));
            continue;
        }
        let mut outer = wild.iter().filter(|(other, leaf)| {
            *other != at
                && leaf.text != inner.text
                && is_within(&inner.text, &leaf.text)
                && (*other < at || !is_within(&leaf.text, &inner.text))
        });
        if let Some((_, outer)) = outer.next() {
            found.push((inner, outer));
        }
    }
    found
}

/// Reports statements that another statement covers.
pub(super) fn check_redundant_statements(
    document: &DocumentView,
    findings: &mut FindingCollector<'_>,
) {
    let cost = |one: &StatementView| {
        let count = |list: &Option<ElementList>| list.as_ref().map_or(1, |list| list.items.len());
        count(&one.actions).saturating_add(count(&one.resources))
    };
    let total: usize = document.statements.iter().map(cost).sum();
    if total.saturating_mul(total) > MAX_PAIRS {
        return;
    }
    for (at, inner) in document.statements.iter().enumerate() {
        let outer = document.statements.iter().enumerate().find(|(other, outer)| {
            *other != at && is_said_by(inner, outer) && (*other < at || !is_said_by(outer, inner))
        });
        if let Some((_, outer)) = outer {
            let what = format!("{} already covers all of it", outer.place.path);
            findings.report_at(&shape::REDUNDANT_STATEMENT, &inner.place, what);
        }
    }
}

/// Whether one statement covers another: it has the same effect for the same principals, includes
/// the other's actions and resources, and has no condition that the other lacks.
fn is_said_by(inner: &StatementView, outer: &StatementView) -> bool {
    let named = |view: &StatementView| {
        let principal = view.principal.as_ref();
        principal.map(|one| {
            let named = one.named.iter().map(|(kind, leaf)| (kind.clone(), leaf.text.clone()));
            (one.is_negated, named.collect::<std::collections::BTreeSet<_>>())
        })
    };
    let has_condition = |line: &super::view::ConditionLine| {
        let texts = |line: &super::view::ConditionLine| {
            let values: Vec<String> = line.values.iter().map(|value| value.text.clone()).collect();
            (line.operator.clone(), line.key.text.to_lowercase(), values)
        };
        inner.conditions.iter().any(|other| texts(other) == texts(line))
    };
    inner.effect.is_some()
        && inner.effect == outer.effect
        && named(inner) == named(outer)
        && outer.conditions.iter().all(has_condition)
        && list_covers(&outer.actions, &inner.actions, action_within)
        && list_covers(&outer.resources, &inner.resources, resource_within)
}

fn list_covers(
    outer: &Option<ElementList>,
    inner: &Option<ElementList>,
    is_within: fn(&str, &str) -> bool,
) -> bool {
    match (outer.as_ref().map(to_clause), inner.as_ref().map(to_clause)) {
        (None, None) => true,
        (Some(PatternClause::Is(outer)), Some(PatternClause::Is(inner))) => {
            !inner.is_empty()
                && inner.iter().all(|one| outer.iter().any(|other| is_within(one, other)))
        }
        (Some(PatternClause::Not(outer)), Some(PatternClause::Not(inner))) => {
            !outer.is_empty()
                && outer.iter().all(|one| inner.iter().any(|other| is_within(one, other)))
        }
        _ => false,
    }
}
