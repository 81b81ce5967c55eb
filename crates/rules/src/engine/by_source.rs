//! The engines of all sources over one list of rules.

use std::sync::Arc;

use aware_core::enrichment::Enrichment;
use aware_core::source::{self, SourceId, cloudtrail};

use super::{RecordGate, RuleEngine};
use crate::rule::CompiledRule;

/// An engine for each source. A rule has the same number in all of them: its place in the list.
#[derive(Debug)]
pub struct SourceEngines {
    cloudtrail: RuleEngine,
    others: Vec<(SourceId, RuleEngine)>,
}

impl SourceEngines {
    /// Compiles rules for the sources that they are for, given what is known of whom records name.
    pub fn new(rules: &Arc<[CompiledRule]>, known: Option<&Arc<Enrichment>>) -> Self {
        let engine = |source| RuleEngine::compile_with(Arc::clone(rules), source, known.cloned());
        let others = source::ids().filter(|source| *source != cloudtrail::ID);
        Self {
            cloudtrail: engine(cloudtrail::ID),
            others: others.map(|source| (source, engine(source))).collect(),
        }
    }

    /// What CloudTrail's records must show for any rule to match.
    pub fn gate(&self) -> &RecordGate {
        self.cloudtrail.gate()
    }

    /// The engine for the records of a source.
    pub fn engine_for(&mut self, source: SourceId) -> &mut RuleEngine {
        let other = self.others.iter_mut().find(|(id, _)| *id == source);
        other.map_or(&mut self.cloudtrail, |(_, engine)| engine)
    }
}
