//! Rules as programs over predicates: each predicate is stored once, however many rules use it, and
//! evaluated at most once per event.

use std::collections::HashMap;
use std::sync::Arc;

use aware_core::enrichment::Enrichment;
use aware_core::source::SourceId;
use serde_json::Value;

use super::row::{FieldRow, SlotId};
use super::tree::FieldTree;
use super::whole::{ParsedRecord, needs_whole};
use crate::ir::{
    FieldReference, FieldTest, JointChoice, JointTest, LeafMatch, LetterCase, LineTest,
    RecordSource, RuleExpr, TestOperation, TextRelation, can_stand_together,
};

/// A predicate's number.
pub(super) type PredicateId = u32;

/// A rule's condition.
#[derive(Debug)]
pub(super) enum RuleProgram {
    All(Vec<RuleProgram>),
    Any(Vec<RuleProgram>),
    Not(Box<RuleProgram>),
    Predicate(PredicateId),
    Together(Vec<JointPiece>),
    Line(LineTest),
    /// What only the parsed record can decide: the oracle evaluates it.
    Whole(Box<RuleExpr>),
}

/// One field of [`RuleProgram::Together`].
#[derive(Debug)]
pub(super) struct JointPiece {
    slot: SlotId,
    value: Option<LeafMatch>,
    absent: bool,
}

/// A test whose field has a slot.
#[derive(Debug)]
pub(super) struct SlotPredicate {
    pub(super) slot: SlotId,
    what: PredicateKind,
}

#[derive(Debug)]
enum PredicateKind {
    Exists,
    Null,
    Is(LeafMatch),
    Refers { other: SlotId, how: TextRelation, case: LetterCase, segments: bool },
}

/// All predicates, and their results for the current event.
#[derive(Debug)]
pub(super) struct PredicateTable {
    /// The source that events are of.
    source: SourceId,
    /// What is known of whom they name.
    known: Option<Arc<Enrichment>>,
    all: Vec<SlotPredicate>,
    places: HashMap<FieldTest, PredicateId>,
    memo: Vec<Option<bool>>,
    judged: Vec<PredicateId>,
    whole: ParsedRecord,
}

/// The event that programs run on.
#[derive(Clone, Copy)]
pub(super) struct ProjectedEvent<'a> {
    pub(super) row: &'a FieldRow,
    pub(super) record: &'a str,
}

impl PredicateTable {
    /// None yet, for the records of a source.
    pub(super) fn new(source: SourceId, known: Option<Arc<Enrichment>>) -> Self {
        Self {
            source,
            known,
            all: Vec::new(),
            places: HashMap::new(),
            memo: Vec::new(),
            judged: Vec::new(),
            whole: ParsedRecord::default(),
        }
    }

    /// Compiles a condition. Parts that need the parsed record are placed last among their
    /// siblings.
    pub(super) fn compile_condition(
        &mut self,
        expr: &RuleExpr,
        tree: &mut FieldTree,
    ) -> RuleProgram {
        let mut list = |inner: &[RuleExpr]| {
            let mut all: Vec<_> =
                inner.iter().map(|inner| self.compile_condition(inner, tree)).collect();
            all.sort_by_key(RuleProgram::reads_whole_record);
            all
        };
        match expr {
            RuleExpr::All(inner) => RuleProgram::All(list(inner)),
            RuleExpr::Any(inner) => RuleProgram::Any(list(inner)),
            RuleExpr::Not(inner) => RuleProgram::Not(Box::new(self.compile_condition(inner, tree))),
            whole if needs_whole(whole, self.source) => RuleProgram::Whole(Box::new(whole.clone())),
            RuleExpr::Test(test) => RuleProgram::Predicate(self.intern_predicate(test, tree)),
            RuleExpr::Together(parts) => RuleProgram::Together(
                parts.iter().map(|part| JointPiece::from_joint_test(part, tree)).collect(),
            ),
            RuleExpr::Line(line) => RuleProgram::Line(line.clone()),
            RuleExpr::Each(_) => RuleProgram::Whole(Box::new(expr.clone())),
        }
    }

    fn intern_predicate(&mut self, test: &FieldTest, tree: &mut FieldTree) -> PredicateId {
        if let Some(id) = self.places.get(test) {
            return *id;
        }
        let slot = tree.slot_for(&test.field);
        let what = match &test.op {
            TestOperation::Exists => PredicateKind::Exists,
            TestOperation::Null => PredicateKind::Null,
            TestOperation::Is(wanted) => PredicateKind::Is(wanted.clone()),
            TestOperation::Refers(FieldReference { other, how, case, segments, .. }) => {
                let other = tree.slot_for(other);
                PredicateKind::Refers { other, how: *how, case: *case, segments: *segments }
            }
            // Lists are counted in the parsed record.
            TestOperation::Length(..) => PredicateKind::Exists,
        };
        let id = PredicateId::try_from(self.all.len()).unwrap_or(PredicateId::MAX);
        self.all.push(SlotPredicate { slot, what });
        self.memo.push(None);
        self.places.insert(test.clone(), id);
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
    pub(super) fn take_parse_error(&mut self) -> Option<serde_json::Error> {
        self.whole.take_parse_error()
    }

    /// Keeps the parsed record, if it had to be parsed anyway.
    pub(super) fn keep_parsed(&mut self, record: Value) {
        self.whole.keep_parsed(record);
    }

    /// Runs a program.
    pub(super) fn run_program(&mut self, program: &RuleProgram, event: ProjectedEvent<'_>) -> bool {
        match program {
            RuleProgram::All(inner) => inner.iter().all(|inner| self.run_program(inner, event)),
            RuleProgram::Any(inner) => inner.iter().any(|inner| self.run_program(inner, event)),
            RuleProgram::Not(inner) => !self.run_program(inner, event),
            RuleProgram::Predicate(id) => self.judge_predicate(*id, event),
            RuleProgram::Together(pieces) => holds_together(pieces, event),
            RuleProgram::Line(line) => line.matches_line(event.record),
            RuleProgram::Whole(expr) => {
                let known = self.known.as_deref().unwrap_or(Enrichment::nothing());
                let source = RecordSource { id: self.source, known };
                self.whole.matches_condition(source, expr, event.record)
            }
        }
    }

    fn judge_predicate(&mut self, id: PredicateId, event: ProjectedEvent<'_>) -> bool {
        let at = id as usize;
        if let Some(Some(known)) = self.memo.get(at) {
            return *known;
        }
        let holds = self.all.get(at).is_some_and(|predicate| predicate.holds_for(event));
        if let Some(memo) = self.memo.get_mut(at) {
            *memo = Some(holds);
            self.judged.push(id);
        }
        holds
    }
}

impl RuleProgram {
    fn reads_whole_record(&self) -> bool {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().any(Self::reads_whole_record),
            Self::Not(inner) => inner.reads_whole_record(),
            Self::Whole(_) => true,
            Self::Predicate(_) | Self::Together(_) | Self::Line(_) => false,
        }
    }
}

impl JointPiece {
    fn from_joint_test(part: &JointTest, tree: &mut FieldTree) -> Self {
        Self { slot: tree.slot_for(&part.field), value: part.value.clone(), absent: part.absent }
    }

    /// Whether the field alone has what one of its alternatives requires.
    fn may_hold(&self, ProjectedEvent { row, record }: ProjectedEvent<'_>) -> bool {
        self.absent
            || self.value.as_ref().is_some_and(|wanted| {
                row.leaves_of(self.slot, record).any(|leaf| wanted.matches_leaf(leaf))
            })
    }

    fn choice_in(&self, ProjectedEvent { row, record }: ProjectedEvent<'_>) -> JointChoice {
        let matching = |wanted: &LeafMatch| {
            row.matching_trails(self.slot, record, |leaf| wanted.matches_leaf(leaf))
        };
        JointChoice {
            matching: self.value.as_ref().map(matching).unwrap_or_default(),
            absent_from: self.absent.then(|| row.matching_trails(self.slot, record, |_| true)),
        }
    }
}

fn holds_together(pieces: &[JointPiece], event: ProjectedEvent<'_>) -> bool {
    pieces.iter().all(|piece| piece.may_hold(event))
        && can_stand_together(
            &pieces.iter().map(|piece| piece.choice_in(event)).collect::<Vec<_>>(),
        )
}

impl SlotPredicate {
    fn holds_for(&self, ProjectedEvent { row, record }: ProjectedEvent<'_>) -> bool {
        let mut leaves = row.leaves_of(self.slot, record);
        match &self.what {
            PredicateKind::Exists => row.exists(self.slot),
            PredicateKind::Null => {
                !row.exists(self.slot) || leaves.any(|leaf| LeafMatch::Null.matches_leaf(leaf))
            }
            PredicateKind::Is(wanted) => leaves.any(|leaf| wanted.matches_leaf(leaf)),
            PredicateKind::Refers { other, how, case, segments } => leaves.any(|left| {
                let mut others = row.leaves_of(*other, record);
                others.any(|right| how.relation_holds(left, right, *case, *segments))
            }),
        }
    }
}
