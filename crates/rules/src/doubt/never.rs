//! Conditions that contradict each other.

use std::collections::BTreeSet;
use std::fmt;

use aware_core::source::{self, SourceId};

use super::overlap::{self, MatchOverlap};
use crate::explain::describe_test;
use crate::ir::{
    DerivedField, EventField, FieldTest, LeafValue, MemberQuantifier, PathReach, PathStep,
    RuleExpr, TestOperation,
};

/// Why a condition never holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContradictionReason {
    text: String,
    /// It can hold if a field has several values.
    for_lists: bool,
}

impl ContradictionReason {
    /// What the rule does as a consequence.
    pub(super) fn verdict(&self) -> &'static str {
        if self.for_lists { "matches lists only" } else { "can never match" }
    }

    /// Whether it never holds, whatever the fields contain.
    pub(super) fn is_certain(&self) -> bool {
        !self.for_lists
    }
}

impl fmt::Display for ContradictionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How many conditions are examined before the search gives up.
const MAX_STEPS: usize = 5_000;
/// How many nested choices are made before the search gives up.
const MAX_CHOICES: usize = 64;

/// Why a condition never holds; `None` when it may hold, or when it is too large to decide.
pub(super) fn why_never(expr: &RuleExpr, known: Known<'_>) -> Option<ContradictionReason> {
    let mut search = ContradictionSearch { facts: Vec::new(), steps: 0, choices: 0, known };
    search.search_never(vec![(expr, true)])
}

/// A condition that must hold, or must not.
type WantedCondition<'e> = (&'e RuleExpr, bool);

struct ContradictionSearch<'e> {
    facts: Vec<WantedCondition<'e>>,
    steps: usize,
    choices: usize,
    known: Known<'e>,
}

impl<'e> ContradictionSearch<'e> {
    /// Whether what is pending contradicts itself or the facts in every one of its alternatives.
    fn search_never(
        &mut self,
        mut pending: Vec<WantedCondition<'e>>,
    ) -> Option<ContradictionReason> {
        let known = self.facts.len();
        let why = loop {
            // Alternatives wait until all facts are known.
            let plain = pending.iter().rposition(|wanted| !is_choice(*wanted));
            let next = plain.map(|at| pending.remove(at)).or_else(|| pending.pop());
            let Some(wanted) = next else { break None };
            self.steps += 1;
            if self.steps > MAX_STEPS {
                break None;
            }
            match wanted {
                (RuleExpr::Not(inner), holds) => pending.push((inner, !holds)),
                (RuleExpr::All(inner), true) | (RuleExpr::Any(inner), false) => {
                    pending.extend(inner.iter().map(|inner| (inner, wanted.1)));
                }
                (RuleExpr::All(inner) | RuleExpr::Any(inner), holds) => {
                    break self.try_alternatives(inner, holds, &pending);
                }
                fact => match self.find_clash(fact) {
                    Some(why) => break Some(why),
                    None => self.facts.push(fact),
                },
            }
        };
        self.facts.truncate(known);
        why
    }

    fn try_alternatives(
        &mut self,
        inner: &'e [RuleExpr],
        holds: bool,
        pending: &[WantedCondition<'e>],
    ) -> Option<ContradictionReason> {
        if self.choices >= MAX_CHOICES {
            return None;
        }
        self.choices += 1;
        let mut last =
            ContradictionReason { text: "it has no alternatives".to_owned(), for_lists: false };
        let mut never = true;
        for alternative in inner {
            let mut pending = pending.to_vec();
            pending.push((alternative, holds));
            let Some(why) = self.search_never(pending) else {
                never = false;
                break;
            };
            last = ContradictionReason { for_lists: last.for_lists || why.for_lists, ..why };
        }
        self.choices -= 1;
        never.then_some(last)
    }

    fn find_clash(&self, (new, holds): WantedCondition<'e>) -> Option<ContradictionReason> {
        if let (RuleExpr::Each(each), true) = (new, holds)
            && matches!(each.how, MemberQuantifier::Any | MemberQuantifier::All)
            && let Some(why) = why_never(&each.body, self.known)
        {
            return Some(why);
        }
        self.facts.iter().find_map(|(fact, held)| {
            if *fact == new && *held != holds {
                let text = format!(
                    "it requires both that {} and that it does not hold",
                    describe_condition(new)
                );
                return Some(ContradictionReason { text, for_lists: false });
            }
            match ((*fact, *held), (new, holds)) {
                ((RuleExpr::Test(a), true), (RuleExpr::Test(b), true)) => {
                    self.conflict_of_both(a, b)
                }
                ((RuleExpr::Test(a), true), (RuleExpr::Test(b), false))
                | ((RuleExpr::Test(b), false), (RuleExpr::Test(a), true)) => {
                    conflict_with_negated(a, b)
                }
                _ => None,
            }
        })
    }

    /// Two tests of one field that must both hold.
    fn conflict_of_both(&self, a: &FieldTest, b: &FieldTest) -> Option<ContradictionReason> {
        // An action can be sensitive in several ways.
        if a.field != b.field
            || DerivedField::from_field(&a.field) == Some(DerivedField::SENSITIVITY)
        {
            return None;
        }
        let disjoint = match (&a.op, &b.op) {
            (TestOperation::Is(a), TestOperation::Is(b)) => {
                overlap::overlap_of(a, b) == MatchOverlap::Never
            }
            (TestOperation::Null, TestOperation::Is(other))
            | (TestOperation::Is(other), TestOperation::Null) => {
                !other.matches_leaf(LeafValue::Null)
            }
            (TestOperation::Length(..), TestOperation::Length(..)) => {
                overlap::lengths_conflict(&a.op, &b.op)
            }
            _ => false,
        };
        let for_lists = !self.known.is_single(&a.field);
        if !disjoint || for_lists && self.known.lists.contains(&a.field) {
            return None;
        }
        Some(ContradictionReason {
            text: format!("no value is both: {} and {}", describe_test(a), describe_test(b)),
            for_lists,
        })
    }
}

/// A test that must hold, and one of the same field that must not.
fn conflict_with_negated(a: &FieldTest, b: &FieldTest) -> Option<ContradictionReason> {
    if a.field != b.field {
        return None;
    }
    let contradicts = match (&a.op, &b.op) {
        (TestOperation::Is(_), TestOperation::Exists) => true,
        (TestOperation::Is(a), TestOperation::Is(b)) => overlap::implies(a, b),
        _ => false,
    };
    contradicts.then(|| ContradictionReason {
        text: format!(
            "it requires that {} and excludes that {}",
            describe_test(a),
            describe_test(b)
        ),
        for_lists: false,
    })
}

fn is_choice((expr, holds): WantedCondition<'_>) -> bool {
    match expr {
        RuleExpr::All(_) => !holds,
        RuleExpr::Any(_) => holds,
        RuleExpr::Not(inner) => is_choice((inner, !holds)),
        _ => false,
    }
}

/// What is known of the fields that conditions are on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'e> {
    /// The source whose records have them; `None` for all sources.
    pub(super) source: Option<SourceId>,
    /// Those that the author takes for lists.
    pub(super) lists: &'e BTreeSet<EventField>,
}

impl Known<'_> {
    /// Whether a field has at most one value in every record.
    fn is_single(self, field: &EventField) -> bool {
        if DerivedField::from_field(field).is_some() {
            return true;
        }
        let each = |step: &PathStep| matches!(step, PathStep::EachItem | PathStep::EachMember);
        if field.reach == PathReach::Exact && !field.path.is_empty() {
            return !field.path.iter().any(each);
        }
        let name = field.to_string();
        let is_plain = |known: &source::field::FieldEntry| !matches!(known.kind, "object" | "list");
        source::fields(self.source).iter().any(|known| known.name == name && is_plain(known))
    }
}

fn describe_condition(expr: &RuleExpr) -> String {
    match expr {
        RuleExpr::Test(test) => describe_test(test),
        RuleExpr::Each(each) => format!("a condition on the members of {} holds", each.field),
        _ => "one condition holds".to_owned(),
    }
}
