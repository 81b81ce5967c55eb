//! Reads the fields that some rule reads out of a record's text, and skips everything else.
//!
//! It gives up rather than guess: anything unusual (an escape in a name, a repeated name, more than
//! a hundred levels) is [`Odd`], and parsing decides. What is skipped is not checked.

use memchr::memchr2;

use super::row::{Raw, Row, SlotId, Span};
use super::tree::{Node, NodeId, Place, Tree};
use crate::ir::Trail;

/// Something that only parsing can judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Odd;

/// Maximum depth followed; a parser stops at 128.
const MAX_DEPTH: usize = 100;
/// How many members of an object are watched for repeated names.
const MAX_WATCHED: usize = 64;

/// Fills a row from a record.
pub(super) fn project(tree: &Tree, record: &str, row: &mut Row) -> Result<(), Odd> {
    let mut scanner = Scanner {
        text: record,
        bytes: record.as_bytes(),
        at: 0,
        tree,
        row,
        sinks: Vec::new(),
        names: Vec::new(),
        trail: Trail::new(),
        lists: 0,
        depth: 0,
    };
    if scanner.peek()? != b'{' {
        return Err(Odd);
    }
    scanner.value(tree.start(), true)?;
    scanner.blanks();
    if scanner.at == scanner.bytes.len() { Ok(()) } else { Err(Odd) }
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    tree: &'a Tree,
    row: &'a mut Row,
    /// Fields that take every leaf below the current value.
    sinks: Vec<SlotId>,
    /// Names in the current objects in which every name is watched.
    names: Vec<(usize, usize)>,
    trail: Trail,
    lists: usize,
    depth: usize,
}

/// The names that an object had, among those that some rule reads.
#[derive(Default)]
struct Met {
    leaves: u64,
    members: u64,
    exact: u64,
}

impl Scanner<'_> {
    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// The next byte that is not blank.
    fn peek(&mut self) -> Result<u8, Odd> {
        self.blanks();
        self.bytes.get(self.at).copied().ok_or(Odd)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Odd> {
        if self.peek()? != byte {
            return Err(Odd);
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a value. `fresh` is false for the members of a list, which represent the list: the
    /// fields that end there are already sinks.
    fn value(&mut self, place: Place, fresh: bool) -> Result<(), Odd> {
        let first = self.peek()?;
        if place.is_nowhere() && self.sinks.is_empty() {
            return self.skip(first);
        }
        let sinks = self.sinks.len();
        self.arrive(place, fresh);
        match first {
            b'{' => self.nested(|this| this.object(place))?,
            b'[' => self.nested(|this| this.list(place))?,
            _ => {
                let leaf = self.leaf(first)?;
                self.keep(leaf, place);
            }
        }
        self.sinks.truncate(sinks);
        Ok(())
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Odd>) -> Result<(), Odd> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Odd);
        }
        self.at += 1;
        read(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn arrive(&mut self, place: Place, fresh: bool) {
        for (node, sinks) in [(place.leaves, fresh), (place.members, false), (place.exact, false)] {
            let Some(node) = self.tree.node(node) else { continue };
            for slot in &node.ends {
                self.row.mark(*slot);
                if sinks {
                    self.sinks.push(*slot);
                }
            }
        }
    }

    fn keep(&mut self, leaf: Raw, place: Place) {
        let nowhere = Trail::new();
        for slot in &self.sinks {
            self.row.add(*slot, leaf, &nowhere);
        }
        for slot in self.tree.node(place.members).map_or(&[][..], |node| &node.ends) {
            self.row.add(*slot, leaf, &self.trail);
        }
        for slot in self.tree.node(place.exact).map_or(&[][..], |node| &node.ends) {
            self.row.add(*slot, leaf, &nowhere);
        }
    }

    fn object(&mut self, place: Place) -> Result<(), Odd> {
        let node = |id| self.tree.node(id);
        let (leaves, members, exact) = (node(place.leaves), node(place.members), node(place.exact));
        let watched =
            !self.sinks.is_empty() || exact.is_some_and(|node| node.each_member.is_some());
        let (mut met, first_name) = (Met::default(), self.names.len());
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let (start, end) = self.name()?;
            let name = self.bytes.get(start..end).ok_or(Odd)?;
            if watched {
                self.watch(first_name, start, end)?;
            }
            let next = Place {
                leaves: once(leaves, name, &mut met.leaves)?,
                members: member(members, name, &mut met.members)?,
                exact: once(exact, name, &mut met.exact)?
                    .or_else(|| exact.and_then(|node| node.each_member)),
            };
            self.expect(b':')?;
            self.value(next, true)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return Err(Odd),
            }
        }
        self.at += 1;
        self.names.truncate(first_name);
        Ok(())
    }

    /// Reads a member's name; a name with an escape needs parsing.
    fn name(&mut self) -> Result<(usize, usize), Odd> {
        self.expect(b'"')?;
        let start = self.at;
        let rest = self.bytes.get(start..).ok_or(Odd)?;
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).ok_or(Odd)?;
        if rest.get(length) == Some(&b'\\') {
            return Err(Odd);
        }
        self.at = start + length + 1;
        Ok((start, start + length))
    }

    /// When a name is repeated the last one counts, which only parsing can sort out.
    fn watch(&mut self, first: usize, start: usize, end: usize) -> Result<(), Odd> {
        let name = self.bytes.get(start..end);
        let known = self.names.get(first..).unwrap_or_default();
        let twice = known.iter().any(|(from, to)| self.bytes.get(*from..*to) == name);
        if twice || known.len() >= MAX_WATCHED {
            return Err(Odd);
        }
        self.names.push((start, end));
        Ok(())
    }

    fn list(&mut self, place: Place) -> Result<(), Odd> {
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(());
        }
        let exact = self.tree.node(place.exact).filter(|node| node.looks_into_lists());
        self.lists += 1;
        let number = self.lists;
        for index in 0.. {
            let next = Place { exact: exact.and_then(|node| node.at_index(index)), ..place };
            // A leaf in a list belongs to no member: see `ir::Trail`.
            if matches!(self.peek()?, b'{' | b'[') {
                self.trail.push((number, index));
                self.value(next, false)?;
                self.trail.pop();
            } else {
                self.value(next, false)?;
            }
            match self.peek()? {
                b',' => self.at += 1,
                b']' => break,
                _ => return Err(Odd),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn leaf(&mut self, first: u8) -> Result<Raw, Odd> {
        match first {
            b'"' => self.string().map(Raw::Text),
            b't' => self.word("true").map(|()| Raw::Bool(true)),
            b'f' => self.word("false").map(|()| Raw::Bool(false)),
            b'n' => self.word("null").map(|()| Raw::Null),
            b'-' | b'0'..=b'9' => self.number().map(Raw::Number),
            _ => Err(Odd),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Odd> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(Odd);
        }
        self.at += word.len();
        Ok(())
    }

    fn string(&mut self) -> Result<Span, Odd> {
        let start = self.at;
        let has_escapes = self.skip_string()?;
        if !has_escapes {
            return Ok(Span::of_record(start + 1, self.at - 1));
        }
        let quoted = self.text.get(start..self.at).ok_or(Odd)?;
        let text: String = serde_json::from_str(quoted).map_err(|_| Odd)?;
        Ok(self.row.own(&text))
    }

    /// Skips a string; returns whether it contains an escape.
    fn skip_string(&mut self) -> Result<bool, Odd> {
        let mut has_escapes = false;
        let mut at = self.at + 1;
        loop {
            let rest = self.bytes.get(at..).ok_or(Odd)?;
            let end = memchr2(b'"', b'\\', rest).ok_or(Odd)?;
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
    fn number(&mut self) -> Result<Span, Odd> {
        let start = self.at;
        let rest = self.bytes.get(start..).ok_or(Odd)?;
        let is_part = |b: &u8| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        self.at = start + length;
        let text = self.text.get(start..self.at).ok_or(Odd)?;
        let is_plain = text.len() < 16 && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_plain && (text == "0" || !text.starts_with('0')) {
            return Ok(Span::of_record(start, self.at));
        }
        let number: serde_json::Number = serde_json::from_str(text).map_err(|_| Odd)?;
        Ok(self.row.own(&number.to_string()))
    }

    /// Skips a value that nobody reads.
    fn skip(&mut self, first: u8) -> Result<(), Odd> {
        match first {
            b'"' => self.skip_string().map(|_| ()),
            b'{' | b'[' => self.skip_nested(),
            _ => self.leaf(first).map(|_| ()),
        }
    }

    fn skip_nested(&mut self) -> Result<(), Odd> {
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
                return Err(Odd);
            }
        }
        Err(Odd)
    }
}

/// The child with that name, which the object must not have had before.
fn once(node: Option<&Node>, name: &[u8], met: &mut u64) -> Result<Option<NodeId>, Odd> {
    let Some((at, child)) = node.and_then(|node| node.child(name)) else { return Ok(None) };
    let bit = 1_u64.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).ok_or(Odd)?;
    if *met & bit != 0 {
        return Err(Odd);
    }
    *met |= bit;
    Ok(Some(child))
}

/// The same for EventBridge, where a name with dots is a path: that is left to parsing.
fn member(node: Option<&Node>, name: &[u8], met: &mut u64) -> Result<Option<NodeId>, Odd> {
    match once(node, name, met)? {
        None if node.is_some() && name.contains(&b'.') => Err(Odd),
        found => Ok(found),
    }
}
