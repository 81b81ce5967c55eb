//! Lowers branches to conditions.
//!
//! The fields of a branch must match together: in lists of objects, two of them in different
//! members do not match. A field that must be absent may exist in members other than those in which
//! the fields before it matched, in the order of their names, as in event-ruler.

use super::pattern::{Branch, Wanted};
use super::value::What;
use crate::ir::{Expr, Field, JointTest, Match, Op, Reach, Step};

/// The condition that one of the branches holds.
pub(super) fn expr(branches: &[Branch]) -> Expr {
    any(branches.iter().map(branch).collect())
}

fn branch(branch: &Branch) -> Expr {
    let mut fields: Vec<&Wanted> = branch.fields.iter().map(AsRef::as_ref).collect();
    // Java compares strings by their UTF-16 units.
    fields.sort_by_cached_key(|wanted| wanted.path.join(".").encode_utf16().collect::<Vec<_>>());
    let parts: Vec<JointTest> = fields.into_iter().map(part).collect();
    match <[JointTest; 1]>::try_from(parts) {
        Ok([part]) => alone(part),
        Err(parts) => Expr::Together(parts),
    }
}

/// A field on its own, without others that it could have to match together with.
fn alone(JointTest { field, value, absent }: JointTest) -> Expr {
    let missing = || Expr::test(field.clone(), Op::Is(Match::Anything)).not();
    match value.map(|value| Expr::test(field.clone(), Op::Is(value))) {
        Some(value) if absent => Expr::Any(vec![value, missing()]),
        Some(value) => value,
        None => missing(),
    }
}

fn part(wanted: &Wanted) -> JointTest {
    let mut values = Vec::new();
    let mut absent = false;
    for alternative in &wanted.any_of {
        match &alternative.what {
            What::Value(value) => values.push(value.clone()),
            What::Absent => absent = true,
        }
    }
    let value = match <[Match; 1]>::try_from(values) {
        Ok([value]) => Some(value),
        Err(values) if values.is_empty() => None,
        Err(values) => Some(Match::Any(values)),
    };
    JointTest { field: field(wanted), value, absent }
}

/// The field that a pattern names.
pub(super) fn field(wanted: &Wanted) -> Field {
    let path = wanted.path.iter().cloned().map(Step::Key).collect();
    Field { path, reach: Reach::Members }
}

fn any(exprs: Vec<Expr>) -> Expr {
    match <[Expr; 1]>::try_from(exprs) {
        Ok([expr]) => expr,
        Err(exprs) => Expr::Any(exprs),
    }
}
