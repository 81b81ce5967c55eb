//! How much a Parquet file may come to: the limits of a compressed text.

use std::fmt::Display;
use std::io::Write;

use super::problem::RowProblem;
use crate::envelope::decompress::DecompressionLimits;

/// What the file has come to. Its pages and its lines are two forms of the same, so each has the
/// limit of a text, and the larger one counts as what is packed in the body.
///
/// No byte of an honest file is in two pages. So what is read of pages as they are packed, of
/// whatever kind they are, has the file's own length as its limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableBudget {
    limits: DecompressionLimits,
    cap: usize,
    nested: usize,
    /// How many bytes the file has, and how many were read as pages.
    file: usize,
    packed: usize,
    pages: usize,
    lines: usize,
}

impl TableBudget {
    /// The budget of a file of so many bytes, in a body where `nested` are left for what is packed.
    pub(super) fn new(limits: DecompressionLimits, bytes: usize, nested: usize) -> Self {
        let cap = limits.max_output(bytes);
        Self { limits, cap, nested, file: bytes, packed: 0, pages: 0, lines: 0 }
    }

    /// Charges bytes of the file that are read as pages: their headers, and what is packed in them.
    pub(super) fn charge_packed(&mut self, bytes: usize) -> Result<(), RowProblem> {
        self.packed = self.packed.saturating_add(bytes);
        if self.packed > self.file { Err(RowProblem::OverFile(self.file)) } else { Ok(()) }
    }

    /// Charges bytes that pages and dictionaries are unpacked to.
    pub(super) fn charge_page(&mut self, bytes: usize) -> Result<(), RowProblem> {
        self.pages = self.pages.saturating_add(bytes);
        self.check()
    }

    /// Charges bytes of lines.
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

/// A text that grows: what is appended is charged before it is there.
#[derive(Debug)]
pub(super) struct ChargedText<'t> {
    bytes: &'t mut Vec<u8>,
    budget: &'t mut TableBudget,
    part: TextPart,
}

/// What a text belongs to.
#[derive(Clone, Copy, Debug)]
enum TextPart {
    Dictionary,
    Line,
}

impl<'t> ChargedText<'t> {
    /// The texts of a dictionary.
    pub(super) fn of_dictionary(bytes: &'t mut Vec<u8>, budget: &'t mut TableBudget) -> Self {
        Self { bytes, budget, part: TextPart::Dictionary }
    }

    /// A line.
    pub(super) fn of_line(bytes: &'t mut Vec<u8>, budget: &'t mut TableBudget) -> Self {
        Self { bytes, budget, part: TextPart::Line }
    }

    /// What else is charged while the text grows.
    pub(super) fn budget(&mut self) -> &mut TableBudget {
        self.budget
    }

    /// Appends bytes.
    pub(super) fn push_bytes(&mut self, bytes: &[u8]) -> Result<(), RowProblem> {
        self.room_for(bytes.len())?.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends a number. Its text has a few hundred bytes at most, so that it is charged once it is
    /// there.
    pub(super) fn push_number(&mut self, number: impl Display) -> Result<(), RowProblem> {
        let from = self.bytes.len();
        let _ = write!(self.bytes, "{number}");
        self.charge(self.bytes.len().saturating_sub(from))
    }

    /// The text as it is, to which so many bytes are then appended.
    pub(super) fn room_for(&mut self, bytes: usize) -> Result<&mut Vec<u8>, RowProblem> {
        self.charge(bytes)?;
        Ok(&mut *self.bytes)
    }

    fn charge(&mut self, bytes: usize) -> Result<(), RowProblem> {
        match self.part {
            TextPart::Dictionary => self.budget.charge_page(bytes),
            TextPart::Line => self.budget.charge_line(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_once_and_its_texts_have_limits() {
        let mut budget = TableBudget::new(DecompressionLimits::default(), 100, 1_000);
        assert_eq!(budget.charge_packed(100), Ok(()));
        assert_eq!((budget.charge_page(1_000), budget.charge_line(900)), (Ok(()), Ok(())));
        assert_eq!(budget.charge_packed(1), Err(RowProblem::OverFile(100)));

        let mut line = Vec::new();
        let mut text = ChargedText::of_line(&mut line, &mut budget);
        assert_eq!(text.push_number(443), Ok(()));
        assert_eq!(text.push_bytes(&[b'x'; 97]), Ok(()));
        assert!(text.push_bytes(b"y").is_err_and(|problem| problem.is_limit()));
        assert_eq!((line.len(), budget.spent()), (100, 1_000));
    }
}
