//! A compiled rule: its names and its condition.

use std::sync::Arc;

use aware_core::finding;
use aware_core::source::SourceId;

use crate::baseline::BaselineTest;
use crate::ir::RuleExpr;

/// The language in which a rule was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleLanguage {
    /// A Sigma rule.
    Sigma,
    /// A CloudWatch Logs filter pattern.
    CloudWatch,
    /// An EventBridge event pattern.
    EventBridge,
}

impl RuleLanguage {
    /// Its display name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sigma => "sigma",
            Self::CloudWatch => "cloudwatch",
            Self::EventBridge => "eventbridge",
        }
    }
}

/// A rule that examines each event on its own.
#[derive(Clone, Debug)]
pub struct CompiledRule {
    /// What its findings carry: id, name, level, author, licence, link.
    pub about: Arc<finding::RuleSummary>,
    /// The language it was written in.
    pub language: RuleLanguage,
    /// The source it is for; `None` for all of them.
    pub source: Option<SourceId>,
    /// The file it came from, or the name of the entry in the configuration.
    pub file: String,
    /// The line it begins at, counted from 1.
    pub line: u32,
    /// Whether it is enabled unless the owner says otherwise.
    pub enabled: bool,
    /// Its condition.
    pub expr: RuleExpr,
    /// What makes a match unusual; `None` if every match is a finding.
    pub baseline: Option<Arc<BaselineTest>>,
}

impl CompiledRule {
    /// Whether it runs on records of a source.
    pub fn is_for(&self, source: SourceId) -> bool {
        self.source.is_none_or(|own| own == source)
    }
}
