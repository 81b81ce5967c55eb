//! Conditions that contradict each other.

use std::collections::BTreeSet;
use std::fmt;

use aware_core::source::{self, SourceId};

use super::overlap::{self, Both};
use crate::explain::asks;
use crate::ir::{Derived, Expr, Field, Leaf, Op, Quantifier, Reach, Step, Test};

/// Why a condition never holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Why {
    text: String,
    /// It can hold if a field has several values.
    for_lists: bool,
}

impl Why {
    /// What the rule does as a consequence.
    pub(super) fn verdict(&self) -> &'static str {
        if self.for_lists { "matches lists only" } else { "can never match" }
    }

    /// Whether it never holds, whatever the fields contain.
    pub(super) fn is_sure(&self) -> bool {
        !self.for_lists
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How many conditions are examined before the search gives up.
const MAX_STEPS: usize = 5_000;
/// How many nested choices are made before the search gives up.
const MAX_CHOICES: usize = 64;

/// Why a condition never holds; `None` when it may hold, or when it is too large to decide.
pub(super) fn never(expr: &Expr, known: Known<'_>) -> Option<Why> {
    let mut search = Search { facts: Vec::new(), steps: 0, choices: 0, known };
    search.never(vec![(expr, true)])
}

/// A condition that must hold, or must not.
type Wanted<'e> = (&'e Expr, bool);

struct Search<'e> {
    facts: Vec<Wanted<'e>>,
    steps: usize,
    choices: usize,
    known: Known<'e>,
}

impl<'e> Search<'e> {
    /// Whether what is pending contradicts itself or the facts in every one of its alternatives.
    fn never(&mut self, mut pending: Vec<Wanted<'e>>) -> Option<Why> {
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
                (Expr::Not(inner), holds) => pending.push((inner, !holds)),
                (Expr::All(inner), true) | (Expr::Any(inner), false) => {
                    pending.extend(inner.iter().map(|inner| (inner, wanted.1)));
                }
                (Expr::All(inner) | Expr::Any(inner), holds) => {
                    break self.choice(inner, holds, &pending);
                }
                fact => match self.clash(fact) {
                    Some(why) => break Some(why),
                    None => self.facts.push(fact),
                },
            }
        };
        self.facts.truncate(known);
        why
    }

    fn choice(&mut self, inner: &'e [Expr], holds: bool, pending: &[Wanted<'e>]) -> Option<Why> {
        if self.choices >= MAX_CHOICES {
            return None;
        }
        self.choices += 1;
        let mut last = Why { text: "it has no alternatives".to_owned(), for_lists: false };
        let mut never = true;
        for alternative in inner {
            let mut pending = pending.to_vec();
            pending.push((alternative, holds));
            let Some(why) = self.never(pending) else {
                never = false;
                break;
            };
            last = Why { for_lists: last.for_lists || why.for_lists, ..why };
        }
        self.choices -= 1;
        never.then_some(last)
    }

    fn clash(&self, (new, holds): Wanted<'e>) -> Option<Why> {
        if let (Expr::Each(each), true) = (new, holds)
            && matches!(each.how, Quantifier::Any | Quantifier::All)
            && let Some(why) = never(&each.body, self.known)
        {
            return Some(why);
        }
        self.facts.iter().find_map(|(fact, held)| {
            if *fact == new && *held != holds {
                let text =
                    format!("it requires both that {} and that it does not hold", words(new));
                return Some(Why { text, for_lists: false });
            }
            match ((*fact, *held), (new, holds)) {
                ((Expr::Test(a), true), (Expr::Test(b), true)) => self.both(a, b),
                ((Expr::Test(a), true), (Expr::Test(b), false))
                | ((Expr::Test(b), false), (Expr::Test(a), true)) => one_without(a, b),
                _ => None,
            }
        })
    }

    /// Two tests of one field that must both hold.
    fn both(&self, a: &Test, b: &Test) -> Option<Why> {
        // An action can be sensitive in several ways.
        if a.field != b.field || Derived::of(&a.field) == Some(Derived::SENSITIVITY) {
            return None;
        }
        let disjoint = match (&a.op, &b.op) {
            (Op::Is(a), Op::Is(b)) => overlap::both(a, b) == Both::Never,
            (Op::Null, Op::Is(other)) | (Op::Is(other), Op::Null) => !other.matches(Leaf::Null),
            (Op::Length(..), Op::Length(..)) => overlap::lengths(&a.op, &b.op),
            _ => false,
        };
        let for_lists = !self.known.is_single(&a.field);
        if !disjoint || for_lists && self.known.lists.contains(&a.field) {
            return None;
        }
        Some(Why { text: format!("no value is both: {} and {}", asks(a), asks(b)), for_lists })
    }
}

/// A test that must hold, and one of the same field that must not.
fn one_without(a: &Test, b: &Test) -> Option<Why> {
    if a.field != b.field {
        return None;
    }
    let contradicts = match (&a.op, &b.op) {
        (Op::Is(_), Op::Exists) => true,
        (Op::Is(a), Op::Is(b)) => overlap::implies(a, b),
        _ => false,
    };
    contradicts.then(|| Why {
        text: format!("it requires that {} and excludes that {}", asks(a), asks(b)),
        for_lists: false,
    })
}

fn is_choice((expr, holds): Wanted<'_>) -> bool {
    match expr {
        Expr::All(_) => !holds,
        Expr::Any(_) => holds,
        Expr::Not(inner) => is_choice((inner, !holds)),
        _ => false,
    }
}

/// What is known of the fields that conditions are on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'e> {
    /// The source whose records have them; `None` for all sources.
    pub(super) source: Option<SourceId>,
    /// Those that the author takes for lists.
    pub(super) lists: &'e BTreeSet<Field>,
}

impl Known<'_> {
    /// Whether a field has at most one value in every record.
    fn is_single(self, field: &Field) -> bool {
        if Derived::of(field).is_some() {
            return true;
        }
        let each = |step: &Step| matches!(step, Step::EachItem | Step::EachMember);
        if field.reach == Reach::Exact && !field.path.is_empty() {
            return !field.path.iter().any(each);
        }
        let name = field.to_string();
        let is_plain = |known: &source::field::Field| !matches!(known.kind, "object" | "list");
        source::fields(self.source).iter().any(|known| known.name == name && is_plain(known))
    }
}

fn words(expr: &Expr) -> String {
    match expr {
        Expr::Test(test) => asks(test),
        Expr::Each(each) => format!("a condition on the members of {} holds", each.field),
        _ => "one condition holds".to_owned(),
    }
}
