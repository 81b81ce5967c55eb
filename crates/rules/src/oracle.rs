//! The obvious evaluator: slow, and right by inspection. The engine is tested against it, and
//! `aware rules explain` reports what it finds.

mod follow;

use serde_json::Value;

use crate::ir::{
    DerivedField, EventField, FieldReference, FieldTest, JointChoice, JointTest, LeafMatch,
    LeafValue, ListTrail, MemberCondition, MemberQuantifier, PathReach, PathStep, RecordSource,
    RuleExpr, TestOperation, can_stand_together,
};
pub use follow::FoundLeaves;
use follow::{collect_leaves, follow_exact, follow_members, walk_path};

/// What a condition is evaluated on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EvaluationScope<'a> {
    /// The source that the event is of.
    source: RecordSource<'a>,
    /// The whole event.
    event: &'a Value,
    /// Where paths begin: the event, or a list's member.
    here: &'a Value,
    /// Whether `here` is a member.
    in_member: bool,
    line: &'a str,
}

/// Whether an event of a source matches. `line` is the record's text as it was logged.
///
/// ```
/// use aware_core::source::cloudtrail;
/// use aware_rules::{cloudwatch, oracle};
///
/// let expr = cloudwatch::compile_pattern("rule", "{ $.userIdentity.type = Root }")?;
/// let root = serde_json::json!({"userIdentity": {"type": "Root"}});
/// assert!(oracle::event_matches(&expr, cloudtrail::ID, &root, ""));
/// assert!(!oracle::event_matches(&expr, cloudtrail::ID, &serde_json::json!({}), ""));
/// # Ok::<(), aware_rules::problem::RuleMistake>(())
/// ```
pub fn event_matches<'s>(
    expr: &RuleExpr,
    source: impl Into<RecordSource<'s>>,
    event: &Value,
    line: &str,
) -> bool {
    EvaluationScope::new(source.into(), event, line).condition_holds(expr)
}

/// The values at a path of which each step is followed as it is written. Lists and objects are not
/// values.
pub(crate) fn leaves_at(path: &[PathStep], record: &Value) -> Vec<Value> {
    let mut found = FoundLeaves::default();
    follow_exact(path, record, &mut found);
    found.leaves.into_iter().map(|(leaf, _)| leaf).collect()
}

impl<'a> EvaluationScope<'a> {
    /// A whole event.
    pub(crate) fn new(source: RecordSource<'a>, event: &'a Value, line: &'a str) -> Self {
        Self { source, event, here: event, in_member: false, line }
    }

    /// Whether a condition holds.
    pub(crate) fn condition_holds(self, expr: &RuleExpr) -> bool {
        match expr {
            RuleExpr::All(inner) => inner.iter().all(|inner| self.condition_holds(inner)),
            RuleExpr::Any(inner) => inner.iter().any(|inner| self.condition_holds(inner)),
            RuleExpr::Not(inner) => !self.condition_holds(inner),
            RuleExpr::Test(test) => self.test_holds(test),
            RuleExpr::Together(parts) => can_stand_together(
                &parts.iter().map(|part| self.joint_choice(part)).collect::<Vec<_>>(),
            ),
            RuleExpr::Each(each) => self.member_condition_holds(each),
            RuleExpr::Line(test) => test.matches_line(self.line),
        }
    }

    /// One member of a list.
    pub(crate) fn for_member<'m>(self, member: &'m Value) -> EvaluationScope<'m>
    where
        'a: 'm,
    {
        EvaluationScope {
            source: self.source,
            event: self.event,
            here: member,
            in_member: true,
            line: self.line,
        }
    }

    /// How many members a list has, and which one to show: the first for which the condition holds,
    /// otherwise the first.
    pub(crate) fn count_and_pick(self, each: &MemberCondition) -> (usize, Option<Value>) {
        let (mut count, mut held, mut first) = (0, None, None);
        self.visit_members(&each.field, &mut |member| {
            count += 1;
            first.get_or_insert_with(|| member.clone());
            if held.is_none() && self.for_member(member).condition_holds(&each.body) {
                held = Some(member.clone());
            }
        });
        (count, held.or(first))
    }

    fn member_condition_holds(self, each: &MemberCondition) -> bool {
        let (mut some, mut every, mut empty) = (false, true, true);
        self.visit_members(&each.field, &mut |member| {
            let holds = self.for_member(member).condition_holds(&each.body);
            (some, every, empty) = (some || holds, every && holds, false);
        });
        match each.how {
            MemberQuantifier::Any => some,
            MemberQuantifier::All => every && !empty,
            MemberQuantifier::AllOrEmpty => every,
            MemberQuantifier::None => !some,
        }
    }

    /// Whether a test holds.
    pub(crate) fn test_holds(self, test: &FieldTest) -> bool {
        let found = || self.find_leaves(&test.field);
        match &test.op {
            TestOperation::Exists => found().exists,
            TestOperation::Null => {
                let found = found();
                !found.exists || found.leaves.iter().any(|(leaf, _)| *leaf == Value::Null)
            }
            TestOperation::Is(wanted) => {
                found().leaves.iter().any(|(leaf, _)| leaf_matches(leaf, wanted))
            }
            TestOperation::Length(how, wanted) => {
                let mut any = false;
                let mut listed = false;
                self.visit_list_lengths(&test.field, &mut |length| {
                    listed = true;
                    any |= how.comparison_holds(length, *wanted);
                });
                any || !listed && how.comparison_holds(0, *wanted)
            }
            TestOperation::Refers(reference) => self.reference_holds(&found(), reference),
        }
    }

    fn reference_holds(self, found: &FoundLeaves, reference: &FieldReference) -> bool {
        let FieldReference { other, of_event, how, case, segments } = reference;
        let whole = Self { here: self.event, in_member: false, ..self };
        let others = if *of_event { whole } else { self }.find_leaves(other).leaves;
        found.leaves.iter().any(|(left, _)| {
            others.iter().any(|(right, _)| {
                with_leaf(left, |left| {
                    with_leaf(right, |right| how.relation_holds(left, right, *case, *segments))
                })
            })
        })
    }

    fn joint_choice(self, part: &JointTest) -> JointChoice {
        let leaves = self.find_leaves(&part.field).leaves;
        let trails = |wanted: &dyn Fn(&Value) -> bool| {
            let leaves = leaves.iter().filter(|(leaf, _)| wanted(leaf));
            leaves.map(|(_, trail)| trail.clone()).collect()
        };
        let matching = part.value.as_ref().map(|wanted| trails(&|leaf| leaf_matches(leaf, wanted)));
        JointChoice {
            matching: matching.unwrap_or_default(),
            absent_from: part.absent.then(|| trails(&|_| true)),
        }
    }

    /// What a field reaches.
    pub(crate) fn find_leaves(self, field: &EventField) -> FoundLeaves {
        let mut found = FoundLeaves::default();
        if let Some(derived) = DerivedField::from_field(field) {
            let values = derived.values_in(self.source, self.event).into_iter();
            found.leaves = values.map(|value| (value.into(), ListTrail::new())).collect();
            found.exists = !found.leaves.is_empty();
            return found;
        }
        match field.reach {
            PathReach::Exact => follow_exact(&field.path, self.here, &mut found),
            PathReach::Leaves => self.visit_ends(field, &mut |end| {
                found.exists = true;
                collect_leaves(end, &mut found.leaves);
            }),
            PathReach::Members => {
                follow_members(&field.path, self.here, &ListTrail::new(), &mut found)
            }
        }
        found
    }

    /// Visits what a path of [`PathReach::Leaves`] leads to.
    fn visit_ends(self, field: &EventField, see: &mut dyn FnMut(&Value)) {
        let behind = |before: usize| field.path.len().saturating_sub(before);
        let documents = match self.in_member {
            true => field.path.len(),
            false => field.names_before_document().map_or(0, behind),
        };
        walk_path(&field.path, documents, self.here, see);
    }

    fn visit_members(self, field: &EventField, see: &mut dyn FnMut(&Value)) {
        if let Some(derived) = DerivedField::from_field(field) {
            return derived
                .values_in(self.source, self.event)
                .into_iter()
                .for_each(|value| see(&value.into()));
        }
        self.visit_ends(field, &mut |end| match end {
            Value::Array(list) => list.iter().for_each(&mut *see),
            Value::Null => {}
            one => see(one),
        });
    }

    fn visit_list_lengths(self, field: &EventField, see: &mut dyn FnMut(u64)) {
        if let Some(derived) = DerivedField::from_field(field) {
            return see(derived.values_in(self.source, self.event).len() as u64);
        }
        self.visit_ends(field, &mut |end| match end {
            Value::Array(list) => see(list.len() as u64),
            Value::Null => see(0),
            _ => see(1),
        });
    }
}

fn leaf_matches(leaf: &Value, wanted: &LeafMatch) -> bool {
    with_leaf(leaf, |leaf| wanted.matches_leaf(leaf))
}

/// Presents a leaf as the engine sees it.
pub fn with_leaf<T>(value: &Value, see: impl FnOnce(LeafValue<'_>) -> T) -> T {
    match value {
        Value::Bool(value) => see(LeafValue::Bool(*value)),
        Value::Number(number) => see(LeafValue::Number(&number.to_string())),
        Value::String(text) => see(LeafValue::Text(text)),
        Value::Null | Value::Array(_) | Value::Object(_) => see(LeafValue::Null),
    }
}

#[cfg(test)]
mod tests {
    use aware_core::source::cloudtrail;
    use serde_json::json;

    use super::*;
    use crate::ir::{LeafMatch, LeafTypes, LetterCase, TextPattern};

    fn is(name: &str, reach: PathReach, text: &str) -> RuleExpr {
        let pattern = TextPattern::exact_text(text, LetterCase::Insensitive);
        RuleExpr::from_test(
            EventField::dotted(name, reach),
            TestOperation::Is(LeafMatch::Text(pattern, LeafTypes::Scalars)),
        )
    }

    #[test]
    fn lists_and_objects() {
        let event = json!({"a": [{"b": "x"}, {"b": ["y", {"c": 42}]}], "n": null, "d.e": "z"});
        let met = |expr: &RuleExpr| event_matches(expr, cloudtrail::ID, &event, "");
        for (name, text) in [("a.b", "x"), ("a.b", "y"), ("a.b", "42"), ("a", "x"), ("a.b.c", "42")]
        {
            assert!(met(&is(name, PathReach::Leaves, text)), "{name} {text}");
        }
        assert!(met(&is("a.b", PathReach::Members, "y")));
        assert!(!met(&is("a.b", PathReach::Members, "42")));
        assert!(!met(&is("a.b", PathReach::Exact, "x")));
        assert!(met(&is("d.e", PathReach::Members, "z")));
        assert!(!met(&is("d.e", PathReach::Leaves, "z")));
        let op =
            |name, op| met(&RuleExpr::from_test(EventField::dotted(name, PathReach::Leaves), op));
        assert!(
            op("n", TestOperation::Exists)
                && op("n", TestOperation::Null)
                && op("none", TestOperation::Null)
        );
        assert!(
            !op("none", TestOperation::Exists)
                && !op("a", TestOperation::Null)
                && op("a", TestOperation::Exists)
        );
    }

    #[test]
    fn members_of_one_list() {
        let event = json!({"a": [{"b": 1, "c": 1}, {"b": 2, "c": 2}]});
        let test = |name: &str, number: &str| JointTest {
            field: EventField::dotted(name, PathReach::Members),
            value: Some(LeafMatch::Text(
                TextPattern::exact_text(number, LetterCase::Sensitive),
                LeafTypes::Scalars,
            )),
            absent: false,
        };
        let both = |b, c| RuleExpr::Together(vec![test("a.b", b), test("a.c", c)]);
        assert!(event_matches(&both("1", "1"), cloudtrail::ID, &event, ""));
        assert!(!event_matches(&both("1", "2"), cloudtrail::ID, &event, ""));
    }
}
