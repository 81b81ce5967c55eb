//! The obvious evaluator: slow, and right by inspection. The engine is tested against it, and
//! `aware rules explain` reports what it finds.

mod follow;

use aware_core::source::SourceId;
use serde_json::Value;

use crate::ir::{
    Choice, Derived, Each, Expr, Field, JointTest, Leaf, Match, Op, Quantifier, Reach, Reference,
    Test, Trail, can_stand_together,
};
pub use follow::Found;
use follow::{exact, leaves_of, through, walk};

/// What a condition is evaluated on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// The source that the event is of.
    source: SourceId,
    /// The whole event.
    event: &'a Value,
    /// Where paths begin: the event, or a list's member.
    here: &'a Value,
    /// Whether `here` is a member.
    in_member: bool,
    line: &'a str,
}

/// Whether an event of a source matches. `line` is the record's text as it was logged.
pub fn matches(expr: &Expr, source: SourceId, event: &Value, line: &str) -> bool {
    Scope::new(source, event, line).matches(expr)
}

impl<'a> Scope<'a> {
    /// A whole event.
    pub(crate) fn new(source: SourceId, event: &'a Value, line: &'a str) -> Self {
        Self { source, event, here: event, in_member: false, line }
    }

    /// Whether a condition holds.
    pub(crate) fn matches(self, expr: &Expr) -> bool {
        match expr {
            Expr::All(inner) => inner.iter().all(|inner| self.matches(inner)),
            Expr::Any(inner) => inner.iter().any(|inner| self.matches(inner)),
            Expr::Not(inner) => !self.matches(inner),
            Expr::Test(test) => self.holds(test),
            Expr::Together(parts) => {
                can_stand_together(&parts.iter().map(|part| self.choice(part)).collect::<Vec<_>>())
            }
            Expr::Each(each) => self.each(each),
            Expr::Line(test) => test.matches(self.line),
        }
    }

    /// One member of a list.
    pub(crate) fn of<'m>(self, member: &'m Value) -> Scope<'m>
    where
        'a: 'm,
    {
        Scope {
            source: self.source,
            event: self.event,
            here: member,
            in_member: true,
            line: self.line,
        }
    }

    /// How many members a list has, and which one to show: the first for which the condition holds,
    /// otherwise the first.
    pub(crate) fn show(self, each: &Each) -> (usize, Option<Value>) {
        let (mut count, mut held, mut first) = (0, None, None);
        self.each_member(&each.field, &mut |member| {
            count += 1;
            first.get_or_insert_with(|| member.clone());
            if held.is_none() && self.of(member).matches(&each.body) {
                held = Some(member.clone());
            }
        });
        (count, held.or(first))
    }

    fn each(self, each: &Each) -> bool {
        let (mut some, mut every, mut empty) = (false, true, true);
        self.each_member(&each.field, &mut |member| {
            let holds = self.of(member).matches(&each.body);
            (some, every, empty) = (some || holds, every && holds, false);
        });
        match each.how {
            Quantifier::Any => some,
            Quantifier::All => every && !empty,
            Quantifier::AllOrEmpty => every,
            Quantifier::None => !some,
        }
    }

    /// Whether a test holds.
    pub(crate) fn holds(self, test: &Test) -> bool {
        let found = || self.find(&test.field);
        match &test.op {
            Op::Exists => found().exists,
            Op::Null => {
                let found = found();
                !found.exists || found.leaves.iter().any(|(leaf, _)| *leaf == Value::Null)
            }
            Op::Is(wanted) => found().leaves.iter().any(|(leaf, _)| is(leaf, wanted)),
            Op::Length(how, wanted) => {
                let mut any = false;
                let mut listed = false;
                self.each_list(&test.field, &mut |length| {
                    listed = true;
                    any |= how.holds(length, *wanted);
                });
                any || !listed && how.holds(0, *wanted)
            }
            Op::Refers(reference) => self.refers(&found(), reference),
        }
    }

    fn refers(self, found: &Found, reference: &Reference) -> bool {
        let Reference { other, of_event, how, case, segments } = reference;
        let whole = Self { here: self.event, in_member: false, ..self };
        let others = if *of_event { whole } else { self }.find(other).leaves;
        found.leaves.iter().any(|(left, _)| {
            others.iter().any(|(right, _)| {
                on_leaf(left, |left| {
                    on_leaf(right, |right| how.holds(left, right, *case, *segments))
                })
            })
        })
    }

    fn choice(self, part: &JointTest) -> Choice {
        let leaves = self.find(&part.field).leaves;
        let trails = |wanted: &dyn Fn(&Value) -> bool| {
            let leaves = leaves.iter().filter(|(leaf, _)| wanted(leaf));
            leaves.map(|(_, trail)| trail.clone()).collect()
        };
        let matching = part.value.as_ref().map(|wanted| trails(&|leaf| is(leaf, wanted)));
        Choice {
            matching: matching.unwrap_or_default(),
            absent_from: part.absent.then(|| trails(&|_| true)),
        }
    }

    /// What a field reaches.
    pub(crate) fn find(self, field: &Field) -> Found {
        let mut found = Found::default();
        if let Some(derived) = Derived::of(field) {
            let values = derived.values(self.source, self.event).into_iter();
            found.leaves = values.map(|value| (value.into(), Trail::new())).collect();
            found.exists = !found.leaves.is_empty();
            return found;
        }
        match field.reach {
            Reach::Exact => exact(&field.path, self.here, &mut found),
            Reach::Leaves => self.walk(field, &mut |end| {
                found.exists = true;
                leaves_of(end, &mut found.leaves);
            }),
            Reach::Members => through(&field.path, self.here, &Trail::new(), &mut found),
        }
        found
    }

    /// Visits what a path of [`Reach::Leaves`] leads to.
    fn walk(self, field: &Field, see: &mut dyn FnMut(&Value)) {
        let behind = |before: usize| field.path.len().saturating_sub(before);
        let documents = match self.in_member {
            true => field.path.len(),
            false => field.before_document().map_or(0, behind),
        };
        walk(&field.path, documents, self.here, see);
    }

    fn each_member(self, field: &Field, see: &mut dyn FnMut(&Value)) {
        if let Some(derived) = Derived::of(field) {
            return derived
                .values(self.source, self.event)
                .into_iter()
                .for_each(|value| see(&value.into()));
        }
        self.walk(field, &mut |end| match end {
            Value::Array(list) => list.iter().for_each(&mut *see),
            Value::Null => {}
            one => see(one),
        });
    }

    fn each_list(self, field: &Field, see: &mut dyn FnMut(u64)) {
        if let Some(derived) = Derived::of(field) {
            return see(derived.values(self.source, self.event).len() as u64);
        }
        self.walk(field, &mut |end| match end {
            Value::Array(list) => see(list.len() as u64),
            Value::Null => see(0),
            _ => see(1),
        });
    }
}

fn is(leaf: &Value, wanted: &Match) -> bool {
    on_leaf(leaf, |leaf| wanted.matches(leaf))
}

/// Presents a leaf as the engine sees it.
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
    use aware_core::source::cloudtrail;
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
        let met = |expr: &Expr| matches(expr, cloudtrail::ID, &event, "");
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
        let test = |name: &str, number: &str| JointTest {
            field: Field::dotted(name, Reach::Members),
            value: Some(Match::Text(Pattern::exact(number, Case::Sensitive), Types::Scalars)),
            absent: false,
        };
        let both = |b, c| Expr::Together(vec![test("a.b", b), test("a.c", c)]);
        assert!(matches(&both("1", "1"), cloudtrail::ID, &event, ""));
        assert!(!matches(&both("1", "2"), cloudtrail::ID, &event, ""));
    }
}
