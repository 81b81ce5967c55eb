//! Collects findings with their places.

use super::check::LintCheck;
use super::checks::shape::NOT_ALL_LISTED;
use super::outcome::LintFinding;
use super::tree::LineIndex;
use super::view::PlacedText;

/// The most findings to list.
const MAX_FINDINGS: usize = 1_000;

/// The findings so far, and where the lines of the text begin.
pub(super) struct FindingCollector<'t> {
    pub(super) lints: Vec<LintFinding>,
    lines: LineIndex<'t>,
    unlisted: usize,
}

impl<'t> FindingCollector<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { lints: Vec::new(), lines: LineIndex::new(text), unlisted: 0 }
    }

    pub(super) fn add_finding(
        &mut self,
        check: &'static LintCheck,
        path: &str,
        offset: usize,
        what: impl Into<String>,
        hint: Option<String>,
    ) {
        if self.lints.len() >= MAX_FINDINGS {
            self.unlisted += 1;
            return;
        }
        let (line, column) = self.lines.line_and_column(offset);
        self.lints.push(LintFinding {
            severity: check.severity,
            code: check.id,
            path: path.to_owned(),
            line,
            column,
            what: what.into(),
            hint: hint.unwrap_or_else(|| check.fix.to_owned()),
        });
    }

    /// Reports a finding about a text of the policy.
    pub(super) fn report_at(
        &mut self,
        check: &'static LintCheck,
        leaf: &PlacedText,
        what: impl Into<String>,
    ) {
        self.add_finding(check, &leaf.path, leaf.offset, what, None);
    }

    /// The same with a hint of its own.
    pub(super) fn report_with_hint(
        &mut self,
        check: &'static LintCheck,
        leaf: &PlacedText,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add_finding(check, &leaf.path, leaf.offset, what, Some(hint.into()));
    }

    /// All findings in the order of the text, with a count of those that are not listed.
    pub(super) fn finish_report(mut self) -> Vec<LintFinding> {
        self.lints.sort_by_key(|lint| (lint.line, lint.column));
        self.lints.dedup();
        if self.unlisted > 0 {
            let what = format!("{} more findings are not listed", self.unlisted);
            let hint = NOT_ALL_LISTED.fix.to_owned();
            let (severity, code) = (NOT_ALL_LISTED.severity, NOT_ALL_LISTED.id);
            let (line, column, path) = (1, 1, String::new());
            self.lints.push(LintFinding { severity, code, path, line, column, what, hint });
        }
        self.lints
    }
}
