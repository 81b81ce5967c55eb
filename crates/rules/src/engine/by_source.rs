//! The engines of all sources over one list of rules.

use std::sync::Arc;

use aware_core::enrichment::Enrichment;
use aware_core::source::{SourceId, cloudtrail};

use super::{RecordGate, RuleEngine};
use crate::rule::CompiledRule;

/// An engine for each source. A rule has the same number in all of them: its place in the list.
/// CloudTrail's is always there, the others once a record of theirs comes.
#[derive(Debug)]
pub struct SourceEngines {
    cloudtrail: RuleEngine,
    others: Vec<(SourceId, RuleEngine)>,
    rules: Arc<[CompiledRule]>,
    known: Option<Arc<Enrichment>>,
}

impl SourceEngines {
    /// Compiles rules for the sources that they are for, given what is known of whom records name.
    pub fn new(rules: &Arc<[CompiledRule]>, known: Option<&Arc<Enrichment>>) -> Self {
        Self {
            cloudtrail: RuleEngine::compile_with(Arc::clone(rules), cloudtrail::ID, known.cloned()),
            others: Vec::new(),
            rules: Arc::clone(rules),
            known: known.cloned(),
        }
    }

    /// What CloudTrail's records must show for any rule to match.
    pub fn gate(&self) -> &RecordGate {
        self.cloudtrail.gate()
    }

    /// The engine for the records of a source.
    pub fn engine_for(&mut self, source: SourceId) -> &mut RuleEngine {
        if source == cloudtrail::ID {
            return &mut self.cloudtrail;
        }
        let at = self.others.iter().position(|(id, _)| *id == source);
        let at = at.unwrap_or_else(|| {
            let rules = Arc::clone(&self.rules);
            let engine = RuleEngine::compile_with(rules, source, self.known.clone());
            self.others.push((source, engine));
            self.others.len() - 1
        });
        self.others.get_mut(at).map_or(&mut self.cloudtrail, |(_, engine)| engine)
    }
}
