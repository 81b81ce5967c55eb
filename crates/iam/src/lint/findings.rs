//! Collects findings with their places.

use super::check::Check;
use super::checks::shape::NOT_ALL_LISTED;
use super::outcome::Lint;
use super::tree::Lines;
use super::view::Leaf;

/// The most findings to list.
const MAX_FINDINGS: usize = 1_000;

/// The findings so far, and where the lines of the text begin.
pub(super) struct Findings<'t> {
    pub(super) lints: Vec<Lint>,
    lines: Lines<'t>,
    unlisted: usize,
}

impl<'t> Findings<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { lints: Vec::new(), lines: Lines::new(text), unlisted: 0 }
    }

    pub(super) fn add(
        &mut self,
        check: &'static Check,
        path: &str,
        offset: usize,
        what: impl Into<String>,
        hint: Option<String>,
    ) {
        if self.lints.len() >= MAX_FINDINGS {
            self.unlisted += 1;
            return;
        }
        let (line, column) = self.lines.place(offset);
        self.lints.push(Lint {
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
    pub(super) fn at(&mut self, check: &'static Check, leaf: &Leaf, what: impl Into<String>) {
        self.add(check, &leaf.path, leaf.offset, what, None);
    }

    /// The same with a hint of its own.
    pub(super) fn hinted(
        &mut self,
        check: &'static Check,
        leaf: &Leaf,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(check, &leaf.path, leaf.offset, what, Some(hint.into()));
    }

    /// All findings in the order of the text, with a count of those that are not listed.
    pub(super) fn finish(mut self) -> Vec<Lint> {
        self.lints.sort_by_key(|lint| (lint.line, lint.column));
        self.lints.dedup();
        if self.unlisted > 0 {
            let what = format!("{} more findings are not listed", self.unlisted);
            let hint = NOT_ALL_LISTED.fix.to_owned();
            let (severity, code) = (NOT_ALL_LISTED.severity, NOT_ALL_LISTED.id);
            let (line, column, path) = (1, 1, String::new());
            self.lints.push(Lint { severity, code, path, line, column, what, hint });
        }
        self.lints
    }
}
