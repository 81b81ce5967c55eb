//! The engine: all rules for one source at once over its records in JSON.
//!
//! A [`RecordGate`] judges a record's bytes first. From records that pass, only the fields that
//! some rule reads are extracted; an index finds the rules that can match at all, primarily by the
//! event's name; the predicates of these rules are evaluated once each. The oracle gives the same
//! answers, more slowly.

mod by_source;
mod gate;
mod index;
mod parsed;
mod program;
mod project;
mod row;
mod scanner;
mod tree;
mod whole;
mod witness;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use aware_core::enrichment::Enrichment;
use aware_core::source::{self, SourceId, cloudtrail};
use serde_json::Value;

use crate::ir::{DerivedField, EventField, LeafValue, PathReach, RuleExpr, TestOperation};
use crate::rule::CompiledRule;
use index::{RuleId, RuleIndex, RuleIndexBuilder};
use program::{PredicateTable, ProjectedEvent, RuleProgram};
use row::{FieldRow, RawLeaf, SlotId};
use tree::FieldTree;

pub use by_source::SourceEngines;
pub use gate::RecordGate;

/// Compiled rules, and the buffers to run them with, for the records of one source. One for each
/// thread: clones are cheap compared with compiling, and share the rules.
#[derive(Debug)]
pub struct RuleEngine {
    source: SourceId,
    known: Option<Arc<Enrichment>>,
    rules: Arc<[CompiledRule]>,
    tree: FieldTree,
    predicates: PredicateTable,
    programs: Vec<RuleProgram>,
    index: RuleIndex,
    gate: RecordGate,
    unindexed: Vec<RuleId>,
    basics: BasicSlots,
    outcomes: Vec<SlotId>,
    row: FieldRow,
    candidates: Vec<RuleId>,
    matches: Vec<RuleId>,
}

/// Fields that are read for every record.
#[derive(Debug)]
struct BasicSlots {
    /// The fields that every event has, and its time; `None` where only decoding tells.
    essentials: Option<([SlotId; 2], SlotId)>,
    code: SlotId,
    message: SlotId,
}

/// The engine's result for a record.
#[derive(Debug)]
pub struct ScanResult<'a> {
    /// The rules that match, as indices into [`RuleEngine::rules`], in order.
    pub matches: &'a [u32],
    /// When it happened, as it is written.
    pub time: Option<&'a str>,
    /// Whether the two fields are texts, as in every event.
    pub is_named: bool,
}

impl RuleEngine {
    /// Compiles rules for the records of a source. Those of other sources keep their places, and
    /// match nothing.
    pub fn compile_rules(rules: impl Into<Arc<[CompiledRule]>>, source: SourceId) -> Self {
        Self::compile_with(rules.into(), source, None)
    }

    /// The same, with what is known of the accounts, networks and principals that records name. Rules
    /// that require something unknown match nothing, at no cost.
    pub fn compile_with(
        rules: Arc<[CompiledRule]>,
        source: SourceId,
        known: Option<Arc<Enrichment>>,
    ) -> Self {
        let mut tree = FieldTree::default();
        let mut predicates = PredicateTable::new(source, known.clone());
        let nothing = RuleExpr::Any(Vec::new());
        let facts = known.as_deref().unwrap_or(Enrichment::nothing());
        let can_match =
            |rule: &&CompiledRule| rule.is_for(source) && !asks_for_unknown(&rule.expr, facts);
        let exprs = rules.iter().map(|rule| match can_match(&rule) {
            true => &rule.expr,
            false => &nothing,
        });
        let programs = exprs.map(|expr| predicates.compile_condition(expr, &mut tree)).collect();
        let signs_of = |rule: &CompiledRule| match can_match(&rule) {
            true => signs(rule, source),
            false => Some(Vec::new()),
        };
        let witnesses: Vec<_> = rules.iter().map(signs_of).collect();
        let mut index = RuleIndexBuilder::default();
        for (rule, signs) in (0..).zip(&witnesses) {
            index.add_rule(rule, signs.as_deref(), &mut tree);
        }
        let unindexed = (0..).zip(&witnesses).filter(|(_, signs)| signs.is_none());
        let unindexed = unindexed.map(|(rule, _)| rule).collect();
        let basics = BasicSlots::of(source, &mut tree);
        let is_outcome =
            |field: &EventField| DerivedField::from_field(field) == Some(DerivedField::OUTCOME);
        let outcomes = tree.fields_with_slots().filter(|(field, _)| is_outcome(field));
        let outcomes = outcomes.map(|(_, slot)| slot).collect();
        tree.close_wildcards();
        Self {
            source,
            known,
            row: FieldRow::with_slots(tree.len()),
            index: index.build(),
            gate: RecordGate::from_witnesses(witnesses.iter().map(Option::as_deref)),
            candidates: Vec::new(),
            matches: Vec::new(),
            rules,
            tree,
            predicates,
            programs,
            unindexed,
            basics,
            outcomes,
        }
    }

    /// The rules, in the order in which matches are reported.
    pub fn rules(&self) -> &Arc<[CompiledRule]> {
        &self.rules
    }

    /// The gate: what it dismisses need not be scanned.
    pub fn gate(&self) -> &RecordGate {
        &self.gate
    }

    /// Rules that no index key can rule out: they run on every record.
    pub fn unindexed_rules(&self) -> impl Iterator<Item = &CompiledRule> {
        self.unindexed.iter().filter_map(|rule| self.rules.get(*rule as usize))
    }

    /// How many fields and predicates all rules have in total.
    pub fn fields_and_predicates(&self) -> (usize, usize) {
        (self.tree.len(), self.predicates.len())
    }

    /// Runs all rules on a record.
    ///
    /// ```
    /// use aware_core::source::cloudtrail;
    /// use aware_rules::{engine::RuleEngine, shipped};
    ///
    /// let mut engine = RuleEngine::compile_rules(shipped::load_shipped().rules, cloudtrail::ID);
    /// let record = r#"{"eventTime": "2026-11-24T03:54:07Z", "eventName": "StopLogging",
    ///     "eventSource": "cloudtrail.amazonaws.com"}"#;
    /// let matches = engine.scan_record(record)?.matches.to_vec();
    /// let ids: Vec<&str> = matches.iter().map(|at| &*engine.rules()[*at as usize].about.id).collect();
    /// assert!(ids.contains(&"aware-trail-logging-stopped"), "{ids:?}");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// The parser's error for a record that must be parsed, because it is unusual or a rule
    /// requires it, and that is not JSON. A record that no rule matches may be broken in a part
    /// that no rule reads; that is not checked.
    pub fn scan_record<'a>(
        &'a mut self,
        record: &'a str,
    ) -> Result<ScanResult<'a>, serde_json::Error> {
        self.row.clear();
        self.predicates.clear();
        if project::project_record(&self.tree, record, &mut self.row).is_err() {
            let value: Value = serde_json::from_str(record)?;
            self.row.clear();
            parsed::fill_row(&self.tree, &value, &mut self.row);
            self.predicates.keep_parsed(value);
        }
        self.run_candidates(record);
        match self.predicates.take_parse_error() {
            Some(error) => Err(error),
            None => Ok(self.scan_result(record)),
        }
    }

    fn run_candidates(&mut self, record: &str) {
        self.derive_outcome(record);
        self.candidates.clear();
        self.matches.clear();
        self.index.add_candidates(&self.row, record, &mut self.candidates);
        self.candidates.sort_unstable();
        self.candidates.dedup();
        let event = ProjectedEvent { row: &self.row, record };
        for rule in &self.candidates {
            let Some(program) = self.programs.get(*rule as usize) else { continue };
            if self.predicates.run_program(program, event) {
                self.matches.push(*rule);
            }
        }
    }

    fn scan_result<'a>(&'a self, record: &'a str) -> ScanResult<'a> {
        let read = |slot| single_text(&self.row, slot, record);
        let essentials = self.basics.essentials;
        ScanResult {
            matches: &self.matches,
            time: essentials.and_then(|(_, time)| read(time)),
            is_named: essentials
                .is_some_and(|(names, _)| names.into_iter().all(|name| read(name).is_some())),
        }
    }

    /// Adds the outcome of a CloudTrail record, which is made of several fields. Conditions on that
    /// of others read the parsed record.
    fn derive_outcome(&mut self, record: &str) {
        if self.outcomes.is_empty() {
            return;
        }
        let code = single_text(&self.row, self.basics.code, record);
        let message = single_text(&self.row, self.basics.message, record);
        let outcome = cloudtrail::outcome(code, message, || request_of_record(record));
        let value = RawLeaf::Text(self.row.store_text(outcome.as_str()));
        for slot in &self.outcomes {
            self.row.add_leaf(*slot, value, &Vec::new());
        }
    }
}

/// What a record of a source must show before a rule can match. CloudTrail's index and gate know its
/// fields; rules for other sources are run on each of their records.
fn signs(rule: &CompiledRule, source: SourceId) -> Option<Vec<witness::NecessarySign>> {
    match source == cloudtrail::ID {
        true => witness::find_witness(&rule.expr),
        false => None,
    }
}

/// Whether a condition can hold only where a field has values that nobody has given.
fn asks_for_unknown(expr: &RuleExpr, known: &Enrichment) -> bool {
    let is_unknown = |field: &EventField| {
        DerivedField::from_field(field).is_some_and(|field| !field.can_be_had(known))
    };
    match expr {
        RuleExpr::All(inner) => inner.iter().any(|inner| asks_for_unknown(inner, known)),
        RuleExpr::Any(inner) => inner.iter().all(|inner| asks_for_unknown(inner, known)),
        RuleExpr::Test(test) => match &test.op {
            TestOperation::Refers(reference) => {
                is_unknown(&test.field) || is_unknown(&reference.other)
            }
            TestOperation::Is(_) | TestOperation::Exists => is_unknown(&test.field),
            TestOperation::Null | TestOperation::Length(..) => false,
        },
        RuleExpr::Not(_) | RuleExpr::Together(_) | RuleExpr::Each(_) | RuleExpr::Line(_) => false,
    }
}

impl BasicSlots {
    fn of(source: SourceId, tree: &mut FieldTree) -> Self {
        let essentials = source::source_of(source).essentials();
        let mut top = |name| tree.slot_for(&EventField::dotted(name, PathReach::Exact));
        Self {
            essentials: essentials.map(|one| (one.names.map(&mut top), top(one.time))),
            code: top("errorCode"),
            message: top("errorMessage"),
        }
    }
}

/// The request of a record, parsed for the few errors that the text decides.
fn request_of_record(record: &str) -> Option<Value> {
    let mut record: Value = serde_json::from_str(record).ok()?;
    Some(record.get_mut("requestParameters")?.take())
}

impl Clone for RuleEngine {
    fn clone(&self) -> Self {
        Self::compile_with(Arc::clone(&self.rules), self.source, self.known.clone())
    }
}

/// The text of a single-valued field.
fn single_text<'a>(row: &'a FieldRow, slot: SlotId, record: &'a str) -> Option<&'a str> {
    row.leaves_of(slot, record).find_map(|leaf| match leaf {
        LeafValue::Text(text) => Some(text),
        _ => None,
    })
}
