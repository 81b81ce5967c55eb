//! The engine: all rules for one source at once over its records in JSON.
//!
//! A [`Gate`] judges a record's bytes first. From records that pass, only the fields that some rule
//! reads are extracted; an index finds the rules that can match at all, primarily by the event's
//! name; the predicates of these rules are evaluated once each. The oracle gives the same answers,
//! more slowly.

mod by_source;
mod gate;
mod index;
mod parsed;
mod program;
mod project;
mod row;
mod tree;
mod whole;
mod witness;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use aware_core::source::{self, SourceId, cloudtrail};
use serde_json::Value;

use crate::ir::{Derived, Expr, Field, Leaf, Reach};
use crate::rule::Rule;
use index::{Builder, Index, RuleId};
use program::{Event, Predicates, Program};
use row::{Raw, Row, SlotId};
use tree::Tree;

pub use by_source::SourceEngines;
pub use gate::Gate;

/// Compiled rules, and the buffers to run them with, for the records of one source. One for each
/// thread: clones are cheap beside compiling, and share the rules.
#[derive(Debug)]
pub struct Engine {
    source: SourceId,
    rules: Arc<[Rule]>,
    tree: Tree,
    predicates: Predicates,
    programs: Vec<Program>,
    index: Index,
    gate: Gate,
    unindexed: Vec<RuleId>,
    basics: Basics,
    outcomes: Vec<SlotId>,
    row: Row,
    candidates: Vec<RuleId>,
    matches: Vec<RuleId>,
}

/// Fields that are read for every record.
#[derive(Debug)]
struct Basics {
    names: [SlotId; 2],
    time: SlotId,
    code: SlotId,
    message: SlotId,
}

/// The engine's result for a record.
#[derive(Debug)]
pub struct Scanned<'a> {
    /// The rules that match, as indices into [`Engine::rules`], in order.
    pub matches: &'a [u32],
    /// When it happened, as it is written.
    pub time: Option<&'a str>,
    /// Whether the two fields are texts without which a record is no event.
    pub is_named: bool,
}

impl Engine {
    /// Compiles rules for the records of a source. Those of other sources keep their places, and
    /// match nothing.
    pub fn new(rules: impl Into<Arc<[Rule]>>, source: SourceId) -> Self {
        let rules = rules.into();
        let (mut tree, mut predicates) = (Tree::default(), Predicates::new(source));
        let nothing = Expr::Any(Vec::new());
        let exprs = rules.iter().map(|rule| match rule.is_for(source) {
            true => &rule.expr,
            false => &nothing,
        });
        let programs = exprs.map(|expr| predicates.program(expr, &mut tree)).collect();
        let witnesses: Vec<_> = rules.iter().map(|rule| signs(rule, source)).collect();
        let mut index = Builder::default();
        for (rule, signs) in (0..).zip(&witnesses) {
            index.add(rule, signs.as_deref(), &mut tree);
        }
        let unindexed = (0..).zip(&witnesses).filter(|(_, signs)| signs.is_none());
        let unindexed = unindexed.map(|(rule, _)| rule).collect();
        let basics = Basics::of(source, &mut tree);
        let is_outcome = |field: &Field| Derived::of(field) == Some(Derived::OUTCOME);
        let outcomes = tree.fields().filter(|(field, _)| is_outcome(field));
        let outcomes = outcomes.map(|(_, slot)| slot).collect();
        tree.close();
        Self {
            source,
            row: Row::new(tree.len()),
            index: index.build(),
            gate: Gate::new(witnesses.iter().map(Option::as_deref)),
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
    pub fn rules(&self) -> &Arc<[Rule]> {
        &self.rules
    }

    /// The gate: what it dismisses need not be scanned.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Rules that no index key can rule out: they run on every record.
    pub fn unindexed(&self) -> impl Iterator<Item = &Rule> {
        self.unindexed.iter().filter_map(|rule| self.rules.get(*rule as usize))
    }

    /// How many fields and predicates all rules have in total.
    pub fn size(&self) -> (usize, usize) {
        (self.tree.len(), self.predicates.len())
    }

    /// Runs all rules on a record.
    ///
    /// # Errors
    /// The parser's error for a record that must be parsed, because it is unusual or a rule
    /// requires it, and that is not JSON. A record that no rule matches may be broken in a part
    /// that no rule reads; that is not checked.
    pub fn scan<'a>(&'a mut self, record: &'a str) -> Result<Scanned<'a>, serde_json::Error> {
        self.row.clear();
        self.predicates.clear();
        if project::project(&self.tree, record, &mut self.row).is_err() {
            let value: Value = serde_json::from_str(record)?;
            self.row.clear();
            parsed::fill(&self.tree, &value, &mut self.row);
            self.predicates.keep(value);
        }
        self.run(record);
        match self.predicates.broken() {
            Some(error) => Err(error),
            None => Ok(self.scanned(record)),
        }
    }

    fn run(&mut self, record: &str) {
        self.derive(record);
        self.candidates.clear();
        self.matches.clear();
        self.index.candidates(&self.row, record, &mut self.candidates);
        self.candidates.sort_unstable();
        self.candidates.dedup();
        let event = Event { row: &self.row, record };
        for rule in &self.candidates {
            let Some(program) = self.programs.get(*rule as usize) else { continue };
            if self.predicates.run(program, event) {
                self.matches.push(*rule);
            }
        }
    }

    fn scanned<'a>(&'a self, record: &'a str) -> Scanned<'a> {
        let read = |slot| text(&self.row, slot, record);
        Scanned {
            matches: &self.matches,
            time: read(self.basics.time),
            is_named: self.basics.names.into_iter().all(|name| read(name).is_some()),
        }
    }

    /// Adds the outcome of a CloudTrail record, which is made of several fields. Conditions on that
    /// of others read the parsed record.
    fn derive(&mut self, record: &str) {
        if self.outcomes.is_empty() {
            return;
        }
        let code = text(&self.row, self.basics.code, record);
        let message = text(&self.row, self.basics.message, record);
        let outcome = cloudtrail::outcome(code, message, || request(record));
        let value = Raw::Text(self.row.own(outcome.as_str()));
        for slot in &self.outcomes {
            self.row.add(*slot, value, &Vec::new());
        }
    }
}

/// What a record of a source must show before a rule can match. CloudTrail's index and gate know its
/// fields; rules for other sources are run on each of their records.
fn signs(rule: &Rule, source: SourceId) -> Option<Vec<witness::Sign>> {
    match rule.is_for(source) {
        false => Some(Vec::new()),
        true if source == cloudtrail::ID => witness::witness(&rule.expr),
        true => None,
    }
}

impl Basics {
    fn of(source: SourceId, tree: &mut Tree) -> Self {
        let essentials = source::source_of(source).essentials();
        let mut top = |name| tree.slot(&Field::dotted(name, Reach::Exact));
        Self {
            names: essentials.names.map(&mut top),
            time: top(essentials.time),
            code: top("errorCode"),
            message: top("errorMessage"),
        }
    }
}

/// The request of a record, parsed for the few errors that the text decides.
fn request(record: &str) -> Option<Value> {
    let mut record: Value = serde_json::from_str(record).ok()?;
    Some(record.get_mut("requestParameters")?.take())
}

impl Clone for Engine {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.rules), self.source)
    }
}

/// The text of a single-valued field.
fn text<'a>(row: &'a Row, slot: SlotId, record: &'a str) -> Option<&'a str> {
    row.leaves(slot, record).find_map(|leaf| match leaf {
        Leaf::Text(text) => Some(text),
        _ => None,
    })
}
