//! Rules as programs over predicates: each predicate is stored once, however many rules use it, and
//! evaluated at most once per event.

use std::collections::HashMap;

use aware_core::source::SourceId;
use serde_json::Value;

use super::row::{Row, SlotId};
use super::tree::Tree;
use super::whole::{Whole, needs_whole};
use crate::ir::{
    Case, Choice, Expr, JointTest, Line, Match, Op, Reference, Relation, Test, can_stand_together,
};

/// A predicate's number.
pub(super) type PredicateId = u32;

/// A rule's condition.
#[derive(Debug)]
pub(super) enum Program {
    All(Vec<Program>),
    Any(Vec<Program>),
    Not(Box<Program>),
    Predicate(PredicateId),
    Together(Vec<Piece>),
    Line(Line),
    /// What only the parsed record can decide: the oracle evaluates it.
    Whole(Box<Expr>),
}

/// One field of [`Program::Together`].
#[derive(Debug)]
pub(super) struct Piece {
    slot: SlotId,
    value: Option<Match>,
    absent: bool,
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
    Refers { other: SlotId, how: Relation, case: Case, segments: bool },
}

/// All predicates, and their results for the current event.
#[derive(Debug)]
pub(super) struct Predicates {
    /// The source that events are of.
    source: SourceId,
    all: Vec<Predicate>,
    known: HashMap<Test, PredicateId>,
    memo: Vec<Option<bool>>,
    judged: Vec<PredicateId>,
    whole: Whole,
}

/// The event that programs run on.
#[derive(Clone, Copy)]
pub(super) struct Event<'a> {
    pub(super) row: &'a Row,
    pub(super) record: &'a str,
}

impl Predicates {
    /// None yet, for the records of a source.
    pub(super) fn new(source: SourceId) -> Self {
        Self {
            source,
            all: Vec::new(),
            known: HashMap::new(),
            memo: Vec::new(),
            judged: Vec::new(),
            whole: Whole::default(),
        }
    }

    /// Compiles a condition. Parts that need the parsed record are placed last among their
    /// siblings.
    pub(super) fn program(&mut self, expr: &Expr, tree: &mut Tree) -> Program {
        let mut list = |inner: &[Expr]| {
            let mut all: Vec<_> = inner.iter().map(|inner| self.program(inner, tree)).collect();
            all.sort_by_key(Program::reads_whole);
            all
        };
        match expr {
            Expr::All(inner) => Program::All(list(inner)),
            Expr::Any(inner) => Program::Any(list(inner)),
            Expr::Not(inner) => Program::Not(Box::new(self.program(inner, tree))),
            whole if needs_whole(whole, self.source) => Program::Whole(Box::new(whole.clone())),
            Expr::Test(test) => Program::Predicate(self.intern(test, tree)),
            Expr::Together(parts) => {
                Program::Together(parts.iter().map(|part| Piece::new(part, tree)).collect())
            }
            Expr::Line(line) => Program::Line(line.clone()),
            Expr::Each(_) => Program::Whole(Box::new(expr.clone())),
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
            Op::Refers(Reference { other, how, case, segments, .. }) => {
                let other = tree.slot(other);
                What::Refers { other, how: *how, case: *case, segments: *segments }
            }
            // Lists are counted in the parsed record.
            Op::Length(..) => What::Exists,
        };
        let id = PredicateId::try_from(self.all.len()).unwrap_or(PredicateId::MAX);
        self.all.push(Predicate { slot, what });
        self.memo.push(None);
        self.known.insert(test.clone(), id);
        id
    }

    /// The number of predicates.
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
        self.whole.clear();
    }

    /// Why a record that had to be parsed could not be.
    pub(super) fn broken(&mut self) -> Option<serde_json::Error> {
        self.whole.broken()
    }

    /// Keeps the parsed record, if it had to be parsed anyway.
    pub(super) fn keep(&mut self, record: Value) {
        self.whole.keep(record);
    }

    /// Runs a program.
    pub(super) fn run(&mut self, program: &Program, event: Event<'_>) -> bool {
        match program {
            Program::All(inner) => inner.iter().all(|inner| self.run(inner, event)),
            Program::Any(inner) => inner.iter().any(|inner| self.run(inner, event)),
            Program::Not(inner) => !self.run(inner, event),
            Program::Predicate(id) => self.judge(*id, event),
            Program::Together(pieces) => together(pieces, event),
            Program::Line(line) => line.matches(event.record),
            Program::Whole(expr) => self.whole.matches(self.source, expr, event.record),
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
}

impl Program {
    fn reads_whole(&self) -> bool {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().any(Self::reads_whole),
            Self::Not(inner) => inner.reads_whole(),
            Self::Whole(_) => true,
            Self::Predicate(_) | Self::Together(_) | Self::Line(_) => false,
        }
    }
}

impl Piece {
    fn new(part: &JointTest, tree: &mut Tree) -> Self {
        Self { slot: tree.slot(&part.field), value: part.value.clone(), absent: part.absent }
    }

    /// Whether the field alone has what one of its alternatives requires.
    fn may_hold(&self, Event { row, record }: Event<'_>) -> bool {
        self.absent
            || self.value.as_ref().is_some_and(|wanted| {
                row.leaves(self.slot, record).any(|leaf| wanted.matches(leaf))
            })
    }

    fn choice(&self, Event { row, record }: Event<'_>) -> Choice {
        let matching = |wanted: &Match| row.trails(self.slot, record, |leaf| wanted.matches(leaf));
        Choice {
            matching: self.value.as_ref().map(matching).unwrap_or_default(),
            absent_from: self.absent.then(|| row.trails(self.slot, record, |_| true)),
        }
    }
}

fn together(pieces: &[Piece], event: Event<'_>) -> bool {
    pieces.iter().all(|piece| piece.may_hold(event))
        && can_stand_together(&pieces.iter().map(|piece| piece.choice(event)).collect::<Vec<_>>())
}

impl Predicate {
    fn holds(&self, Event { row, record }: Event<'_>) -> bool {
        let mut leaves = row.leaves(self.slot, record);
        match &self.what {
            What::Exists => row.exists(self.slot),
            What::Null => !row.exists(self.slot) || leaves.any(|leaf| Match::Null.matches(leaf)),
            What::Is(wanted) => leaves.any(|leaf| wanted.matches(leaf)),
            What::Refers { other, how, case, segments } => leaves.any(|left| {
                let mut others = row.leaves(*other, record);
                others.any(|right| how.holds(left, right, *case, *segments))
            }),
        }
    }
}
