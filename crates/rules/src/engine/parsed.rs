//! Fills a row from a parsed record: the path for anything unusual.

use serde_json::Value;

use super::row::{FieldRow, RawLeaf, SlotId};
use super::tree::{FieldTree, NodeId, TreePlace};
use crate::ir::ListTrail;

/// Fills a row from a record.
pub(super) fn fill_row(tree: &FieldTree, record: &Value, row: &mut FieldRow) {
    RowFiller { tree, row, sinks: Vec::new(), trail: ListTrail::new(), lists: 0 }.fill_value(
        record,
        tree.root_place(),
        true,
    );
}

struct RowFiller<'a> {
    tree: &'a FieldTree,
    row: &'a mut FieldRow,
    sinks: Vec<SlotId>,
    trail: ListTrail,
    lists: usize,
}

impl RowFiller<'_> {
    fn fill_value(&mut self, value: &Value, place: TreePlace, fresh: bool) {
        if place.is_nowhere() && self.sinks.is_empty() {
            return;
        }
        let sinks = self.sinks.len();
        for (node, is_sink) in [(place.leaves, fresh), (place.members, false), (place.exact, false)]
        {
            for slot in self.slots_ending_at(node) {
                self.row.mark_existing(slot);
                if is_sink {
                    self.sinks.push(slot);
                }
            }
        }
        match value {
            Value::Object(object) => {
                object.iter().for_each(|(name, value)| self.fill_member(name, value, place));
            }
            Value::Array(list) => self.fill_list(list, place),
            leaf => self.add_leaf(leaf, place),
        }
        self.sinks.truncate(sinks);
    }

    fn slots_ending_at(&self, node: Option<NodeId>) -> Vec<SlotId> {
        self.tree.node_at(node).map(|node| node.ends.clone()).unwrap_or_default()
    }

    fn fill_member(&mut self, name: &str, value: &Value, place: TreePlace) {
        let child = |node| {
            self.tree
                .node_at(node)
                .and_then(|node| node.child_named(name.as_bytes()))
                .map(|(_, id)| id)
        };
        let each = self.tree.node_at(place.exact).and_then(|node| node.each_member);
        let next = TreePlace {
            leaves: child(place.leaves),
            members: child(place.members).or_else(|| self.dotted_node(place.members, name)),
            exact: child(place.exact).or(each),
        };
        self.fill_value(value, next, true);
    }

    fn dotted_node(&self, node: Option<NodeId>, name: &str) -> Option<NodeId> {
        let step = |node: NodeId, part: &str| {
            self.tree.node_at(Some(node))?.child_named(part.as_bytes()).map(|(_, child)| child)
        };
        name.split('.').try_fold(node?, step)
    }

    fn fill_list(&mut self, list: &[Value], place: TreePlace) {
        self.lists += 1;
        let number = self.lists;
        for (index, member) in list.iter().enumerate() {
            let exact = self.tree.node_at(place.exact).and_then(|node| node.child_at_index(index));
            let place = TreePlace { exact, ..place };
            // A leaf in a list belongs to no member: see `ir::ListTrail`.
            if member.is_object() || member.is_array() {
                self.trail.push((number, index));
                self.fill_value(member, place, false);
                self.trail.pop();
            } else {
                self.fill_value(member, place, false);
            }
        }
    }

    fn add_leaf(&mut self, value: &Value, place: TreePlace) {
        let leaf = match value {
            Value::Bool(value) => RawLeaf::Bool(*value),
            Value::Number(number) => RawLeaf::Number(self.row.store_text(&number.to_string())),
            Value::String(text) => RawLeaf::Text(self.row.store_text(text)),
            Value::Null | Value::Array(_) | Value::Object(_) => RawLeaf::Null,
        };
        for slot in &self.sinks {
            self.row.add_leaf(*slot, leaf, &ListTrail::new());
        }
        for slot in self.slots_ending_at(place.members) {
            self.row.add_leaf(slot, leaf, &self.trail);
        }
        for slot in self.slots_ending_at(place.exact) {
            self.row.add_leaf(slot, leaf, &ListTrail::new());
        }
    }
}
