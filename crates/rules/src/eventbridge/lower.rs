//! Branches to conditions.
//!
//! The fields of a branch have to match together: in lists of objects, two of them in different
//! members are no match. A field that must be absent stands apart: the event has no such field,
//! in any member.

use super::pattern::{Branch, Wanted};
use super::value::What;
use crate::ir::{Expr, Field, Match, Op, Reach, Step, Test};

/// How many combinations the fields of one branch that may be absent can make. Each doubles them.
const MAX_ABSENT: u32 = 6;

/// The condition that one of the branches holds.
pub(super) fn expr(branches: &[Branch]) -> Expr {
    any(branches.iter().flat_map(branch).collect())
}

/// What a field asks for: a value, its absence, or either.
struct Asked {
    field: Field,
    value: Option<Match>,
    absent: bool,
}

/// A field that may be absent or have a value makes two conditions of one, since only the value
/// has to stand together with the others.
fn branch(branch: &Branch) -> Vec<Expr> {
    let asked: Vec<Asked> = branch.fields.iter().map(|wanted| ask(wanted)).collect();
    let either = asked.iter().filter(|asked| asked.absent && asked.value.is_some()).count();
    let either = u32::try_from(either).unwrap_or(u32::MAX);
    (0..1_u32 << either.min(MAX_ABSENT)).map(|choice| combination(&asked, choice)).collect()
}

/// The bits of `choice` say which fields of either kind are to be absent, in order.
fn combination(asked: &[Asked], choice: u32) -> Expr {
    let mut tests = Vec::new();
    let mut apart = Vec::new();
    let mut bit = 0;
    for Asked { field, value, absent } in asked {
        let test = |value: Match| Test { field: field.clone(), op: Op::Is(value) };
        let missing = || Expr::Test(test(Match::Anything)).not();
        match value {
            None => apart.push(missing()),
            Some(value) if !absent => tests.push(test(value.clone())),
            Some(value) if bit >= MAX_ABSENT => {
                apart.push(Expr::Any(vec![Expr::Test(test(value.clone())), missing()]));
            }
            Some(value) => {
                match choice >> bit & 1 {
                    0 => tests.push(test(value.clone())),
                    _ => apart.push(missing()),
                }
                bit += 1;
            }
        }
    }
    let together = match <[Test; 1]>::try_from(tests) {
        Ok([test]) => Some(Expr::Test(test)),
        Err(tests) if tests.is_empty() => None,
        Err(tests) => Some(Expr::Together(tests)),
    };
    all(together.into_iter().chain(apart).collect())
}

fn ask(wanted: &Wanted) -> Asked {
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
    let path = wanted.path.iter().cloned().map(Step::Key).collect();
    Asked { field: Field { path, reach: Reach::Members }, value, absent }
}

fn any(exprs: Vec<Expr>) -> Expr {
    match <[Expr; 1]>::try_from(exprs) {
        Ok([expr]) => expr,
        Err(exprs) => Expr::Any(exprs),
    }
}

fn all(exprs: Vec<Expr>) -> Expr {
    match <[Expr; 1]>::try_from(exprs) {
        Ok([expr]) => expr,
        Err(exprs) => Expr::All(exprs),
    }
}
