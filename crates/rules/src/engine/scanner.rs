//! Reads the leaves of a record's text, and skips what nobody reads.

use memchr::memchr2;

use super::row::{FieldRow, RawLeaf, SlotId, TextSpan};
use super::tree::FieldTree;
use crate::ir::ListTrail;

/// Something that only parsing can judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NeedsParsing;

/// Maximum depth followed; a parser stops at 128.
pub(super) const MAX_DEPTH: usize = 100;
/// A place in a record, and what was met on the way there.
pub(super) struct RecordScanner<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) tree: &'a FieldTree,
    pub(super) row: &'a mut FieldRow,
    /// Fields that take every leaf below the current value.
    pub(super) sinks: Vec<SlotId>,
    /// Names in the current objects in which every name is watched.
    pub(super) names: Vec<(usize, usize)>,
    pub(super) trail: ListTrail,
    pub(super) lists: usize,
    pub(super) depth: usize,
}

impl RecordScanner<'_> {
    pub(super) fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// The next byte that is not blank.
    pub(super) fn peek_byte(&mut self) -> Result<u8, NeedsParsing> {
        self.skip_blanks();
        self.bytes.get(self.at).copied().ok_or(NeedsParsing)
    }

    pub(super) fn expect_byte(&mut self, byte: u8) -> Result<(), NeedsParsing> {
        if self.peek_byte()? != byte {
            return Err(NeedsParsing);
        }
        self.at += 1;
        Ok(())
    }

    pub(super) fn read_leaf(&mut self, first: u8) -> Result<RawLeaf, NeedsParsing> {
        match first {
            b'"' => self.read_string().map(RawLeaf::Text),
            b't' => self.expect_word("true").map(|()| RawLeaf::Bool(true)),
            b'f' => self.expect_word("false").map(|()| RawLeaf::Bool(false)),
            b'n' => self.expect_word("null").map(|()| RawLeaf::Null),
            b'-' | b'0'..=b'9' => self.read_number().map(RawLeaf::Number),
            _ => Err(NeedsParsing),
        }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), NeedsParsing> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(NeedsParsing);
        }
        self.at += word.len();
        Ok(())
    }

    pub(super) fn read_string(&mut self) -> Result<TextSpan, NeedsParsing> {
        let start = self.at;
        let has_escapes = self.skip_string()?;
        if !has_escapes {
            return Ok(TextSpan::in_record(start + 1, self.at - 1));
        }
        let quoted = self.text.get(start..self.at).ok_or(NeedsParsing)?;
        let text: String = serde_json::from_str(quoted).map_err(|_| NeedsParsing)?;
        Ok(self.row.store_text(&text))
    }

    /// Skips a string; returns whether it contains an escape.
    pub(super) fn skip_string(&mut self) -> Result<bool, NeedsParsing> {
        let mut has_escapes = false;
        let mut at = self.at + 1;
        loop {
            let rest = self.bytes.get(at..).ok_or(NeedsParsing)?;
            let end = memchr2(b'"', b'\\', rest).ok_or(NeedsParsing)?;
            at += end;
            if self.bytes.get(at) == Some(&b'"') {
                self.at = at + 1;
                return Ok(has_escapes);
            }
            has_escapes = true;
            at += 2;
        }
    }

    /// Reads a number: short ones as written, others as a parser writes them.
    pub(super) fn read_number(&mut self) -> Result<TextSpan, NeedsParsing> {
        let start = self.at;
        let rest = self.bytes.get(start..).ok_or(NeedsParsing)?;
        let is_part = |b: &u8| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        self.at = start + length;
        let text = self.text.get(start..self.at).ok_or(NeedsParsing)?;
        let is_plain = text.len() < 16 && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_plain && (text == "0" || !text.starts_with('0')) {
            return Ok(TextSpan::in_record(start, self.at));
        }
        let number: serde_json::Number = serde_json::from_str(text).map_err(|_| NeedsParsing)?;
        Ok(self.row.store_text(&number.to_string()))
    }

    /// Skips a value that nobody reads.
    pub(super) fn skip_value(&mut self, first: u8) -> Result<(), NeedsParsing> {
        match first {
            b'"' => self.skip_string().map(|_| ()),
            b'{' | b'[' => self.skip_nested(),
            _ => self.read_leaf(first).map(|_| ()),
        }
    }

    pub(super) fn skip_nested(&mut self) -> Result<(), NeedsParsing> {
        let mut depth = 0;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
            if self.depth + depth > MAX_DEPTH {
                return Err(NeedsParsing);
            }
        }
        Err(NeedsParsing)
    }
}
