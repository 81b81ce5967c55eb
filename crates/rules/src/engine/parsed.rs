//! Fills a row from a parsed record: the path for anything unusual.

use serde_json::Value;

use super::row::{Raw, Row, SlotId};
use super::tree::{NodeId, Place, Tree};
use crate::ir::Trail;

/// Fills a row from a record.
pub(super) fn fill(tree: &Tree, record: &Value, row: &mut Row) {
    Filler { tree, row, sinks: Vec::new(), trail: Trail::new(), lists: 0 }.value(
        record,
        tree.start(),
        true,
    );
}

struct Filler<'a> {
    tree: &'a Tree,
    row: &'a mut Row,
    sinks: Vec<SlotId>,
    trail: Trail,
    lists: usize,
}

impl Filler<'_> {
    fn value(&mut self, value: &Value, place: Place, fresh: bool) {
        if place.is_nowhere() && self.sinks.is_empty() {
            return;
        }
        let sinks = self.sinks.len();
        for (node, is_sink) in [(place.leaves, fresh), (place.members, false), (place.exact, false)]
        {
            for slot in self.ends(node) {
                self.row.mark(slot);
                if is_sink {
                    self.sinks.push(slot);
                }
            }
        }
        match value {
            Value::Object(object) => {
                object.iter().for_each(|(name, value)| self.member(name, value, place));
            }
            Value::Array(list) => self.list(list, place),
            leaf => self.keep(leaf, place),
        }
        self.sinks.truncate(sinks);
    }

    fn ends(&self, node: Option<NodeId>) -> Vec<SlotId> {
        self.tree.node(node).map(|node| node.ends.clone()).unwrap_or_default()
    }

    fn member(&mut self, name: &str, value: &Value, place: Place) {
        let child = |node| {
            self.tree.node(node).and_then(|node| node.child(name.as_bytes())).map(|(_, id)| id)
        };
        let each = self.tree.node(place.exact).and_then(|node| node.each_member);
        let next = Place {
            leaves: child(place.leaves),
            members: child(place.members).or_else(|| self.dotted(place.members, name)),
            exact: child(place.exact).or(each),
        };
        self.value(value, next, true);
    }

    fn dotted(&self, node: Option<NodeId>, name: &str) -> Option<NodeId> {
        let step = |node: NodeId, part: &str| {
            self.tree.node(Some(node))?.child(part.as_bytes()).map(|(_, child)| child)
        };
        name.split('.').try_fold(node?, step)
    }

    fn list(&mut self, list: &[Value], place: Place) {
        self.lists += 1;
        let number = self.lists;
        for (index, member) in list.iter().enumerate() {
            let exact = self.tree.node(place.exact).and_then(|node| node.at_index(index));
            let place = Place { exact, ..place };
            // A leaf in a list belongs to no member: see `ir::Trail`.
            if member.is_object() || member.is_array() {
                self.trail.push((number, index));
                self.value(member, place, false);
                self.trail.pop();
            } else {
                self.value(member, place, false);
            }
        }
    }

    fn keep(&mut self, value: &Value, place: Place) {
        let leaf = match value {
            Value::Bool(value) => Raw::Bool(*value),
            Value::Number(number) => Raw::Number(self.row.own(&number.to_string())),
            Value::String(text) => Raw::Text(self.row.own(text)),
            Value::Null | Value::Array(_) | Value::Object(_) => Raw::Null,
        };
        for slot in &self.sinks {
            self.row.add(*slot, leaf, &Trail::new());
        }
        for slot in self.ends(place.members) {
            self.row.add(slot, leaf, &self.trail);
        }
        for slot in self.ends(place.exact) {
            self.row.add(slot, leaf, &Trail::new());
        }
    }
}
