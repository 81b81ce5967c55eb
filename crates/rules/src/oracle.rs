//! The obvious evaluator: slow, and right by inspection. The engine is held against it, and
//! `aware rules explain` tells what it sees.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ir::{Derived, Expr, Field, Leaf, Op, Reach, Step, Test, Trail, can_stand_together};

/// Whether an event matches. `line` is the record's text as it was logged.
pub fn matches(expr: &Expr, event: &Value, line: &str) -> bool {
    match expr {
        Expr::All(inner) => inner.iter().all(|inner| matches(inner, event, line)),
        Expr::Any(inner) => inner.iter().any(|inner| matches(inner, event, line)),
        Expr::Not(inner) => !matches(inner, event, line),
        Expr::Test(test) => holds(test, event),
        Expr::Together(tests) => {
            let trails: Vec<_> = tests.iter().map(|test| trails(test, event)).collect();
            can_stand_together(&trails)
        }
        Expr::Line(test) => test.matches(line),
    }
}

/// Whether a test holds.
pub fn holds(test: &Test, event: &Value) -> bool {
    let found = find(&test.field, event);
    match &test.op {
        Op::Exists => found.exists,
        Op::Null => !found.exists || found.leaves.iter().any(|(leaf, _)| *leaf == Value::Null),
        Op::Is(wanted) => found.leaves.iter().any(|(leaf, _)| on_leaf(leaf, |l| wanted.matches(l))),
        Op::Refers { other, how, case } => {
            let others = find(other, event).leaves;
            found.leaves.iter().any(|(left, _)| {
                others.iter().any(|(right, _)| {
                    on_leaf(left, |left| on_leaf(right, |right| how.holds(left, right, *case)))
                })
            })
        }
    }
}

/// The trails of the leaves for which a test holds; an empty one when it holds otherwise.
fn trails(test: &Test, event: &Value) -> BTreeSet<Trail> {
    match &test.op {
        Op::Is(wanted) => find(&test.field, event)
            .leaves
            .into_iter()
            .filter(|(leaf, _)| on_leaf(leaf, |leaf| wanted.matches(leaf)))
            .map(|(_, trail)| trail)
            .collect(),
        _ if holds(test, event) => BTreeSet::from([Vec::new()]),
        _ => BTreeSet::new(),
    }
}

/// What a field reaches in an event.
#[derive(Debug, Default)]
pub struct Found {
    /// The path leads to something.
    pub exists: bool,
    /// The leaves, with the lists that each stands in.
    pub leaves: Vec<(Value, Trail)>,
}

/// Follows a field's path.
pub fn find(field: &Field, event: &Value) -> Found {
    let mut found = Found::default();
    if let Some(derived) = Derived::of(field) {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        let request = || event.get("requestParameters").cloned();
        let value = derived.value(text("errorCode"), text("errorMessage"), request);
        found.exists = true;
        found.leaves.push((value.as_str().into(), Trail::new()));
        return found;
    }
    match field.reach {
        Reach::Exact => exact(&field.path, event, &mut found),
        Reach::Leaves => through(&field.path, event, &Vec::new(), &mut found, Reach::Leaves),
        Reach::Members => through(&field.path, event, &Vec::new(), &mut found, Reach::Members),
    }
    found
}

fn exact(path: &[Step], value: &Value, found: &mut Found) {
    let Some((step, rest)) = path.split_first() else {
        found.exists = true;
        if !value.is_object() && !value.is_array() {
            found.leaves.push((value.clone(), Trail::new()));
        }
        return;
    };
    match (step, value) {
        (Step::Key(name), Value::Object(object)) => {
            object.get(name).into_iter().for_each(|value| exact(rest, value, found));
        }
        (Step::Index(at), Value::Array(list)) => {
            list.get(*at).into_iter().for_each(|value| exact(rest, value, found));
        }
        (Step::EachItem, Value::Array(list)) => {
            list.iter().for_each(|value| exact(rest, value, found));
        }
        (Step::EachMember, Value::Object(object)) => {
            object.values().for_each(|value| exact(rest, value, found));
        }
        _ => {}
    }
}

fn through(path: &[Step], value: &Value, trail: &Trail, found: &mut Found, reach: Reach) {
    if path.is_empty() {
        found.exists = true;
    }
    match value {
        Value::Array(list) => {
            // A list's address is its name, the same for every field that leads through it.
            let name = list.as_ptr() as usize;
            for (at, member) in list.iter().enumerate() {
                let mut trail = trail.clone();
                trail.push((name, at));
                through(path, member, &trail, found, reach);
            }
        }
        Value::Object(object) if path.is_empty() && reach == Reach::Leaves => {
            object.values().for_each(|value| through(path, value, trail, found, reach));
        }
        Value::Object(_) if path.is_empty() => {}
        Value::Object(object) => {
            for (name, value) in object {
                if let Some(rest) = after(path, name, reach) {
                    through(rest, value, trail, found, reach);
                }
            }
        }
        leaf if path.is_empty() => found.leaves.push((leaf.clone(), trail.clone())),
        _ => {}
    }
}

/// The path behind a member's name: one step, or with [`Reach::Members`] as many as the name has
/// parts.
fn after<'a>(path: &'a [Step], name: &str, reach: Reach) -> Option<&'a [Step]> {
    let is = |step: &Step, name: &str| matches!(step, Step::Key(key) if key == name);
    match path.split_first() {
        Some((step, rest)) if is(step, name) => return Some(rest),
        _ if reach != Reach::Members || !name.contains('.') => return None,
        _ => {}
    }
    let mut rest = path;
    for part in name.split('.') {
        let (step, behind) = rest.split_first()?;
        if !is(step, part) {
            return None;
        }
        rest = behind;
    }
    Some(rest)
}

/// Shows a leaf as the engine sees it.
pub fn on_leaf<T>(value: &Value, see: impl FnOnce(Leaf<'_>) -> T) -> T {
    match value {
        Value::Bool(value) => see(Leaf::Bool(*value)),
        Value::Number(number) => see(Leaf::Number(&number.to_string())),
        Value::String(text) => see(Leaf::Text(text)),
        Value::Null | Value::Array(_) | Value::Object(_) => see(Leaf::Null),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ir::{Case, Match, Pattern, Types};

    fn is(name: &str, reach: Reach, text: &str) -> Expr {
        let pattern = Pattern::exact(text, Case::Insensitive);
        Expr::test(Field::dotted(name, reach), Op::Is(Match::Text(pattern, Types::Scalars)))
    }

    #[test]
    fn lists_and_objects() {
        let event = json!({"a": [{"b": "x"}, {"b": ["y", {"c": 42}]}], "n": null, "d.e": "z"});
        let met = |expr: &Expr| matches(expr, &event, "");
        for (name, text) in [("a.b", "x"), ("a.b", "y"), ("a.b", "42"), ("a", "x"), ("a.b.c", "42")]
        {
            assert!(met(&is(name, Reach::Leaves, text)), "{name} {text}");
        }
        assert!(met(&is("a.b", Reach::Members, "y")));
        assert!(!met(&is("a.b", Reach::Members, "42")));
        assert!(!met(&is("a.b", Reach::Exact, "x")));
        assert!(met(&is("d.e", Reach::Members, "z")));
        assert!(!met(&is("d.e", Reach::Leaves, "z")));
        let op = |name, op| met(&Expr::test(Field::dotted(name, Reach::Leaves), op));
        assert!(op("n", Op::Exists) && op("n", Op::Null) && op("none", Op::Null));
        assert!(!op("none", Op::Exists) && !op("a", Op::Null) && op("a", Op::Exists));
    }

    #[test]
    fn members_of_one_list() {
        let event = json!({"a": [{"b": 1, "c": 1}, {"b": 2, "c": 2}]});
        let test = |name: &str, number: &str| Test {
            field: Field::dotted(name, Reach::Members),
            op: Op::Is(Match::Text(Pattern::exact(number, Case::Sensitive), Types::Scalars)),
        };
        let both = |b, c| Expr::Together(vec![test("a.b", b), test("a.c", c)]);
        assert!(matches(&both("1", "1"), &event, ""));
        assert!(!matches(&both("1", "2"), &event, ""));
    }
}
