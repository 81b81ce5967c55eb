//! Lowers branches to conditions.
//!
//! The fields of a branch must match together: in lists of objects, two of them in different
//! members do not match. A field that must be absent may exist in members other than those in which
//! the fields before it matched, in the order of their names, as in event-ruler.

use super::pattern::{PatternBranch, WantedField};
use super::value::AlternativeKind;
use crate::ir::{EventField, JointTest, LeafMatch, PathReach, PathStep, RuleExpr, TestOperation};

/// The condition that one of the branches holds.
pub(super) fn lower_branches(branches: &[PatternBranch]) -> RuleExpr {
    any_branch(branches.iter().map(lower_branch).collect())
}

fn lower_branch(branch: &PatternBranch) -> RuleExpr {
    let mut fields: Vec<&WantedField> = branch.fields.iter().map(AsRef::as_ref).collect();
    // Java compares strings by their UTF-16 units.
    fields.sort_by_cached_key(|wanted| wanted.path.join(".").encode_utf16().collect::<Vec<_>>());
    let parts: Vec<JointTest> = fields.into_iter().map(lower_field).collect();
    match <[JointTest; 1]>::try_from(parts) {
        Ok([part]) => lower_single(part),
        Err(parts) => RuleExpr::Together(parts),
    }
}

/// A field on its own, without others that it could have to match together with.
fn lower_single(JointTest { field, value, absent }: JointTest) -> RuleExpr {
    let missing =
        || RuleExpr::from_test(field.clone(), TestOperation::Is(LeafMatch::Anything)).negated();
    match value.map(|value| RuleExpr::from_test(field.clone(), TestOperation::Is(value))) {
        Some(value) if absent => RuleExpr::Any(vec![value, missing()]),
        Some(value) => value,
        None => missing(),
    }
}

fn lower_field(wanted: &WantedField) -> JointTest {
    let mut values = Vec::new();
    let mut absent = false;
    for alternative in &wanted.any_of {
        match &alternative.what {
            AlternativeKind::Value(value) => values.push(value.clone()),
            AlternativeKind::Absent => absent = true,
        }
    }
    let value = match <[LeafMatch; 1]>::try_from(values) {
        Ok([value]) => Some(value),
        Err(values) if values.is_empty() => None,
        Err(values) => Some(LeafMatch::Any(values)),
    };
    JointTest { field: field_of(wanted), value, absent }
}

/// The field that a pattern names.
pub(super) fn field_of(wanted: &WantedField) -> EventField {
    let path = wanted.path.iter().cloned().map(PathStep::Key).collect();
    EventField { path, reach: PathReach::Members }
}

fn any_branch(exprs: Vec<RuleExpr>) -> RuleExpr {
    match <[RuleExpr; 1]>::try_from(exprs) {
        Ok([expr]) => expr,
        Err(exprs) => RuleExpr::Any(exprs),
    }
}
