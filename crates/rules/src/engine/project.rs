//! Reads the fields that some rule reads out of a record's text, and skips everything else.
//!
//! It gives up rather than guess: anything unusual (an escape in a name, a repeated name, more than
//! a hundred levels) is [`NeedsParsing`], and parsing decides. What is skipped is not checked.

use super::row::{FieldRow, RawLeaf};
use super::scanner::{MAX_DEPTH, NeedsParsing, RecordScanner};
use super::tree::{FieldTree, NodeId, TreeNode, TreePlace};
use crate::ir::ListTrail;

/// How many members of an object are watched for repeated names.
const MAX_WATCHED: usize = 64;

/// Fills a row from a record.
pub(super) fn project_record(
    tree: &FieldTree,
    record: &str,
    row: &mut FieldRow,
) -> Result<(), NeedsParsing> {
    let mut scanner = RecordScanner {
        text: record,
        bytes: record.as_bytes(),
        at: 0,
        tree,
        row,
        sinks: Vec::new(),
        names: Vec::new(),
        trail: ListTrail::new(),
        lists: 0,
        depth: 0,
    };
    if scanner.peek_byte()? != b'{' {
        return Err(NeedsParsing);
    }
    scanner.read_value(tree.root_place(), true)?;
    scanner.skip_blanks();
    if scanner.at == scanner.bytes.len() { Ok(()) } else { Err(NeedsParsing) }
}

/// The names that an object had, among those that some rule reads.
#[derive(Default)]
struct MetNames {
    leaves: u64,
    members: u64,
    exact: u64,
}

impl RecordScanner<'_> {
    /// Reads a value. `fresh` is false for the members of a list, which represent the list: the
    /// fields that end there are already sinks.
    fn read_value(&mut self, place: TreePlace, fresh: bool) -> Result<(), NeedsParsing> {
        let first = self.peek_byte()?;
        if place.is_nowhere() && self.sinks.is_empty() {
            return self.skip_value(first);
        }
        let sinks = self.sinks.len();
        self.enter_place(place, fresh);
        match first {
            b'{' => self.read_nested(|this| this.read_object(place))?,
            b'[' => self.read_nested(|this| this.read_list(place))?,
            _ => {
                let leaf = self.read_leaf(first)?;
                self.add_leaf(leaf, place);
            }
        }
        self.sinks.truncate(sinks);
        Ok(())
    }

    fn read_nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<(), NeedsParsing>,
    ) -> Result<(), NeedsParsing> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(NeedsParsing);
        }
        self.at += 1;
        read(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn enter_place(&mut self, place: TreePlace, fresh: bool) {
        for (node, sinks) in [(place.leaves, fresh), (place.members, false), (place.exact, false)] {
            let Some(node) = self.tree.node_at(node) else { continue };
            for slot in &node.ends {
                self.row.mark_existing(*slot);
                if sinks {
                    self.sinks.push(*slot);
                }
            }
        }
    }

    fn add_leaf(&mut self, leaf: RawLeaf, place: TreePlace) {
        let nowhere = ListTrail::new();
        for slot in &self.sinks {
            self.row.add_leaf(*slot, leaf, &nowhere);
        }
        for slot in self.tree.node_at(place.members).map_or(&[][..], |node| &node.ends) {
            self.row.add_leaf(*slot, leaf, &self.trail);
        }
        for slot in self.tree.node_at(place.exact).map_or(&[][..], |node| &node.ends) {
            self.row.add_leaf(*slot, leaf, &nowhere);
        }
    }

    fn read_object(&mut self, place: TreePlace) -> Result<(), NeedsParsing> {
        let node = |id| self.tree.node_at(id);
        let (leaves, members, exact) = (node(place.leaves), node(place.members), node(place.exact));
        let watched =
            !self.sinks.is_empty() || exact.is_some_and(|node| node.each_member.is_some());
        let (mut met, first_name) = (MetNames::default(), self.names.len());
        if self.peek_byte()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let (start, end) = self.read_name()?;
            let name = self.bytes.get(start..end).ok_or(NeedsParsing)?;
            if watched {
                self.watch_name(first_name, start, end)?;
            }
            let next = TreePlace {
                leaves: child_met_once(leaves, name, &mut met.leaves)?,
                members: member_met_once(members, name, &mut met.members)?,
                exact: child_met_once(exact, name, &mut met.exact)?
                    .or_else(|| exact.and_then(|node| node.each_member)),
            };
            self.expect_byte(b':')?;
            self.read_value(next, true)?;
            match self.peek_byte()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return Err(NeedsParsing),
            }
        }
        self.at += 1;
        self.names.truncate(first_name);
        Ok(())
    }

    /// Reads a member's name; a name with an escape needs parsing.
    fn read_name(&mut self) -> Result<(usize, usize), NeedsParsing> {
        self.expect_byte(b'"')?;
        let start = self.at;
        let rest = self.bytes.get(start..).ok_or(NeedsParsing)?;
        let length =
            rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).ok_or(NeedsParsing)?;
        if rest.get(length) == Some(&b'\\') {
            return Err(NeedsParsing);
        }
        self.at = start + length + 1;
        Ok((start, start + length))
    }

    /// When a name is repeated the last one counts, which only parsing can sort out.
    fn watch_name(&mut self, first: usize, start: usize, end: usize) -> Result<(), NeedsParsing> {
        let name = self.bytes.get(start..end);
        let known = self.names.get(first..).unwrap_or_default();
        let twice = known.iter().any(|(from, to)| self.bytes.get(*from..*to) == name);
        if twice || known.len() >= MAX_WATCHED {
            return Err(NeedsParsing);
        }
        self.names.push((start, end));
        Ok(())
    }

    fn read_list(&mut self, place: TreePlace) -> Result<(), NeedsParsing> {
        if self.peek_byte()? == b']' {
            self.at += 1;
            return Ok(());
        }
        let exact = self.tree.node_at(place.exact).filter(|node| node.looks_into_lists());
        self.lists += 1;
        let number = self.lists;
        for index in 0.. {
            let next =
                TreePlace { exact: exact.and_then(|node| node.child_at_index(index)), ..place };
            // A leaf in a list belongs to no member: see `ir::ListTrail`.
            if matches!(self.peek_byte()?, b'{' | b'[') {
                self.trail.push((number, index));
                self.read_value(next, false)?;
                self.trail.pop();
            } else {
                self.read_value(next, false)?;
            }
            match self.peek_byte()? {
                b',' => self.at += 1,
                b']' => break,
                _ => return Err(NeedsParsing),
            }
        }
        self.at += 1;
        Ok(())
    }
}

/// The child with that name, which the object must not have had before.
fn child_met_once(
    node: Option<&TreeNode>,
    name: &[u8],
    met: &mut u64,
) -> Result<Option<NodeId>, NeedsParsing> {
    let Some((at, child)) = node.and_then(|node| node.child_named(name)) else { return Ok(None) };
    let bit = 1_u64.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).ok_or(NeedsParsing)?;
    if *met & bit != 0 {
        return Err(NeedsParsing);
    }
    *met |= bit;
    Ok(Some(child))
}

/// The same for EventBridge, where a name with dots is a path: that is left to parsing.
fn member_met_once(
    node: Option<&TreeNode>,
    name: &[u8],
    met: &mut u64,
) -> Result<Option<NodeId>, NeedsParsing> {
    match child_met_once(node, name, met)? {
        None if node.is_some() && name.contains(&b'.') => Err(NeedsParsing),
        found => Ok(found),
    }
}
