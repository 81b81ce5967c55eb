//! What was found in a text.

use std::fmt;

use serde::Serialize;

use super::checks::shape::{JSON_SYNTAX, TOO_LONG};
use super::severity::LintSeverity;

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LintFinding {
    /// How serious it is.
    pub severity: LintSeverity,
    /// A stable name: `unknown-action`.
    pub code: &'static str,
    /// Where: `Statement[2].Action[0]`, preceded by the policy's number if there are several.
    pub path: String,
    /// The line of the text, counted from 1.
    pub line: usize,
    /// The character of the line, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// How to fix it.
    pub hint: String,
}

/// `warning[all-actions]: … at Statement[0].Action[0] (hint: …)`
impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, what, hint, .. } = self;
        write!(f, "{}[{code}]: {what}", self.severity.as_str())?;
        if !self.path.is_empty() {
            write!(f, " at {}", self.path)?;
        }
        write!(f, " (hint: {hint})")
    }
}

/// The findings in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintReport {
    /// The findings in the order of the text.
    pub lints: Vec<LintFinding>,
    /// How many policies the text contains; 0 if it cannot be read.
    pub policies: usize,
}

impl LintReport {
    /// Whether the text could be read at all.
    pub fn is_readable(&self) -> bool {
        let is_unreadable = |lint: &LintFinding| [JSON_SYNTAX.id, TOO_LONG.id].contains(&lint.code);
        !self.lints.iter().any(is_unreadable)
    }
}
