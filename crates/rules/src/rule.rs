//! A compiled rule: what it is called, and what it matches.

use std::sync::Arc;

use aware_core::finding;
use aware_core::source::SourceId;

use crate::ir::Expr;

/// Which language a rule was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// A Sigma rule.
    Sigma,
    /// A CloudWatch Logs filter pattern.
    CloudWatch,
    /// An EventBridge event pattern.
    EventBridge,
}

impl Language {
    /// What people call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sigma => "sigma",
            Self::CloudWatch => "cloudwatch",
            Self::EventBridge => "eventbridge",
        }
    }
}

/// A rule that looks at one event by itself.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What its findings carry: id, name, level, author, licence, link.
    pub about: Arc<finding::RuleSummary>,
    /// The language it was written in.
    pub language: Language,
    /// The source it is for; `None` for all of them.
    pub source: Option<SourceId>,
    /// The file it came from, or the name of the entry in the config.
    pub file: String,
    /// The line it begins at, from 1.
    pub line: u32,
    /// Whether it is on unless the owner says otherwise.
    pub enabled: bool,
    /// What it matches.
    pub expr: Expr,
}

impl Rule {
    /// Whether it runs on records of a source.
    pub fn is_for(&self, source: SourceId) -> bool {
        self.source.is_none_or(|own| own == source)
    }
}
