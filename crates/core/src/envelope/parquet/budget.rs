//! How much a Parquet file may come to: the limits of a compressed text.

use super::problem::RowProblem;
use crate::envelope::decompress::DecompressionLimits;

/// What the file has come to. Its pages and its lines are two forms of the same, so each has the
/// limit of a text, and the larger one counts as what is packed in the body.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableBudget {
    limits: DecompressionLimits,
    cap: usize,
    nested: usize,
    pages: usize,
    lines: usize,
}

impl TableBudget {
    /// The budget of a file of so many bytes, in a body where `nested` are left for what is packed.
    pub(super) fn new(limits: DecompressionLimits, bytes: usize, nested: usize) -> Self {
        Self { limits, cap: limits.max_output(bytes), nested, pages: 0, lines: 0 }
    }

    /// Charges bytes that pages and dictionaries are unpacked to.
    pub(super) fn charge_page(&mut self, bytes: usize) -> Result<(), RowProblem> {
        self.pages = self.pages.saturating_add(bytes);
        self.check()
    }

    /// Charges a line.
    pub(super) fn charge_line(&mut self, bytes: usize) -> Result<(), RowProblem> {
        self.lines = self.lines.saturating_add(bytes);
        self.check()
    }

    /// How many bytes of what is packed in the body it has used.
    pub(super) fn spent(&self) -> usize {
        self.pages.max(self.lines).min(self.nested)
    }

    fn check(&self) -> Result<(), RowProblem> {
        match self.pages.max(self.lines) {
            most if most > self.cap => Err(self.limits.limit_error(self.cap).into()),
            most if most > self.nested => Err(RowProblem::OverNested(self.limits.max_nested)),
            _ => Ok(()),
        }
    }
}
