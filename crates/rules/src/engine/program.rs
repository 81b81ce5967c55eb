//! Rules as programs over predicates: each predicate is held once, however many rules have it, and
//! judged at most once for each event.

use std::collections::HashMap;

use super::row::{Row, SlotId};
use super::tree::Tree;
use crate::ir::{Case, Expr, Line, Match, Op, Relation, Test, can_stand_together};

/// A predicate's number.
pub(super) type PredicateId = u32;

/// A rule's condition.
#[derive(Debug)]
pub(super) enum Program {
    All(Vec<Program>),
    Any(Vec<Program>),
    Not(Box<Program>),
    Predicate(PredicateId),
    Together(Vec<PredicateId>),
    Line(Line),
}

/// A test whose field has a slot.
#[derive(Debug)]
pub(super) struct Predicate {
    pub(super) slot: SlotId,
    what: What,
}

#[derive(Debug)]
enum What {
    Exists,
    Null,
    Is(Match),
    Refers(SlotId, Relation, Case),
}

/// All predicates, and what was found of them in the event at hand.
#[derive(Debug, Default)]
pub(super) struct Predicates {
    all: Vec<Predicate>,
    known: HashMap<Test, PredicateId>,
    memo: Vec<Option<bool>>,
    judged: Vec<PredicateId>,
}

/// The event that programs run on.
#[derive(Clone, Copy)]
pub(super) struct Event<'a> {
    pub(super) row: &'a Row,
    pub(super) record: &'a str,
}

impl Predicates {
    /// Compiles a condition.
    pub(super) fn program(&mut self, expr: &Expr, tree: &mut Tree) -> Program {
        let mut list =
            |inner: &[Expr]| inner.iter().map(|inner| self.program(inner, tree)).collect();
        match expr {
            Expr::All(inner) => Program::All(list(inner)),
            Expr::Any(inner) => Program::Any(list(inner)),
            Expr::Not(inner) => Program::Not(Box::new(self.program(inner, tree))),
            Expr::Test(test) => Program::Predicate(self.intern(test, tree)),
            Expr::Together(tests) => {
                Program::Together(tests.iter().map(|test| self.intern(test, tree)).collect())
            }
            Expr::Line(line) => Program::Line(line.clone()),
        }
    }

    fn intern(&mut self, test: &Test, tree: &mut Tree) -> PredicateId {
        if let Some(id) = self.known.get(test) {
            return *id;
        }
        let slot = tree.slot(&test.field);
        let what = match &test.op {
            Op::Exists => What::Exists,
            Op::Null => What::Null,
            Op::Is(wanted) => What::Is(wanted.clone()),
            Op::Refers { other, how, case } => What::Refers(tree.slot(other), *how, *case),
        };
        let id = PredicateId::try_from(self.all.len()).unwrap_or(PredicateId::MAX);
        self.all.push(Predicate { slot, what });
        self.memo.push(None);
        self.known.insert(test.clone(), id);
        id
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Forgets the last event.
    pub(super) fn clear(&mut self) {
        for id in self.judged.drain(..) {
            if let Some(memo) = self.memo.get_mut(id as usize) {
                *memo = None;
            }
        }
    }

    /// Runs a program.
    pub(super) fn run(&mut self, program: &Program, event: Event<'_>) -> bool {
        match program {
            Program::All(inner) => inner.iter().all(|inner| self.run(inner, event)),
            Program::Any(inner) => inner.iter().any(|inner| self.run(inner, event)),
            Program::Not(inner) => !self.run(inner, event),
            Program::Predicate(id) => self.judge(*id, event),
            Program::Together(ids) => self.together(ids, event),
            Program::Line(line) => line.matches(event.record),
        }
    }

    fn judge(&mut self, id: PredicateId, event: Event<'_>) -> bool {
        let at = id as usize;
        if let Some(Some(known)) = self.memo.get(at) {
            return *known;
        }
        let holds = self.all.get(at).is_some_and(|predicate| predicate.holds(event));
        if let Some(memo) = self.memo.get_mut(at) {
            *memo = Some(holds);
            self.judged.push(id);
        }
        holds
    }

    fn together(&mut self, ids: &[PredicateId], event: Event<'_>) -> bool {
        if !ids.iter().all(|id| self.judge(*id, event)) {
            return false;
        }
        let trails = ids.iter().filter_map(|id| match self.all.get(*id as usize)? {
            Predicate { slot, what: What::Is(wanted) } => {
                Some(event.row.trails(*slot, event.record, |leaf| wanted.matches(leaf)))
            }
            _ => None,
        });
        can_stand_together(&trails.collect::<Vec<_>>())
    }
}

impl Predicate {
    fn holds(&self, Event { row, record }: Event<'_>) -> bool {
        let mut leaves = row.leaves(self.slot, record);
        match &self.what {
            What::Exists => row.exists(self.slot),
            What::Null => !row.exists(self.slot) || leaves.any(|leaf| Match::Null.matches(leaf)),
            What::Is(wanted) => leaves.any(|leaf| wanted.matches(leaf)),
            What::Refers(other, how, case) => leaves
                .any(|left| row.leaves(*other, record).any(|right| how.holds(left, right, *case))),
        }
    }
}
