//! What came of the files: what is loaded, what is worth knowing, what is wrong.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::filter::SigmaFilter;
use crate::correlate::Correlation;
use crate::problem::RuleMistake;
use crate::rule::CompiledRule;

/// The result of loading files.
#[derive(Debug, Default)]
pub struct LoadedSigma {
    /// The rules, in the order of the files, with all filters other than suppressions applied.
    pub rules: Vec<CompiledRule>,
    /// The correlations, in the order of the files.
    pub correlations: Vec<Correlation>,
    /// The filters, in the order of the files.
    pub filters: Vec<SigmaFilter>,
    /// How many times a filter was applied to a rule.
    pub filters_applied: usize,
    /// Remarks: rules that can't mean what they say, and rules loaded as disabled.
    pub notes: Vec<RuleNote>,
    /// Documents left out because they are for another source.
    pub skipped: Vec<SkippedDocument>,
    /// Documents that have nothing in common with a rule.
    pub foreign: Vec<RuleMistake>,
    /// What is wrong, ordered by file, line and column. Nothing with a problem is loaded.
    pub problems: Vec<RuleMistake>,
}

impl LoadedSigma {
    /// The ids of rules that only feed correlations and produce no findings of their own: a
    /// correlation refers to them, and none of those says `generate`.
    pub fn silent_rules(&self) -> BTreeSet<&str> {
        let ids = |generate: bool| {
            let some = self.correlations.iter().filter(move |one| one.generate == generate);
            some.flat_map(|one| one.rules.iter().map(String::as_str)).collect::<BTreeSet<_>>()
        };
        ids(false).difference(&ids(true)).copied().collect()
    }

    /// Rules that only feed correlations are off as rules, and in no pack: they run while one of
    /// these correlations is on.
    pub(super) fn switch_off_silent(&mut self) {
        let silent: BTreeSet<String> = self.silent_rules().into_iter().map(str::to_owned).collect();
        for rule in self.rules.iter_mut().filter(|rule| silent.contains(&rule.about.id)) {
            rule.enabled = false;
            Arc::make_mut(&mut rule.about).pack = None;
        }
    }
}

/// A document for a source that is not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkippedDocument {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// Its display name.
    pub name: String,
    /// Its source: ``product `windows`, category `process_creation` ``.
    pub source: String,
}

impl fmt::Display for SkippedDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, name, source } = self;
        write!(f, "{file}:{line}: skipped `{name}`: no source for {source}")
    }
}

/// A remark about something that is not wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleNote {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// A lower-case fragment.
    pub what: String,
}

impl fmt::Display for RuleNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}
