//! The fields that some rule reads, as trees of names: one per way of following a path.

use std::collections::HashMap;

use super::row::SlotId;
use crate::ir::{EventField, PathReach, PathStep};

/// A node of a tree.
pub(super) type NodeId = u32;

/// The position of one value in the three trees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TreePlace {
    pub(super) leaves: Option<NodeId>,
    pub(super) members: Option<NodeId>,
    pub(super) exact: Option<NodeId>,
}

impl TreePlace {
    /// Whether no rule reads anything here.
    pub(super) fn is_nowhere(self) -> bool {
        self == Self::default()
    }
}

/// One name, and what follows it.
#[derive(Clone, Debug, Default)]
pub(super) struct TreeNode {
    children: Vec<(Box<[u8]>, NodeId)>,
    indices: Vec<(usize, NodeId)>,
    pub(super) each_item: Option<NodeId>,
    pub(super) each_member: Option<NodeId>,
    /// The fields that end here.
    pub(super) ends: Vec<SlotId>,
}

/// All fields.
#[derive(Debug, Default)]
pub(super) struct FieldTree {
    nodes: Vec<TreeNode>,
    slots: HashMap<EventField, SlotId>,
    roots: TreePlace,
}

impl FieldTree {
    /// The slot of a field; equal fields share one.
    pub(super) fn slot_for(&mut self, field: &EventField) -> SlotId {
        if let Some(slot) = self.slots.get(field) {
            return *slot;
        }
        let slot = SlotId::try_from(self.slots.len()).unwrap_or(SlotId::MAX);
        self.slots.insert(field.clone(), slot);
        if crate::ir::DerivedField::from_field(field).is_none() {
            let root = self.root_for(field.reach);
            let end = field.path.iter().fold(root, |node, step| self.child_or_new(node, step));
            if let Some(node) = self.nodes.get_mut(end as usize) {
                node.ends.push(slot);
            }
        }
        slot
    }

    /// The number of fields.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Every field and its slot.
    pub(super) fn fields_with_slots(&self) -> impl Iterator<Item = (&EventField, SlotId)> {
        self.slots.iter().map(|(field, slot)| (field, *slot))
    }

    /// The place of the whole event.
    pub(super) fn root_place(&self) -> TreePlace {
        self.roots
    }

    /// A node.
    pub(super) fn node_at(&self, id: Option<NodeId>) -> Option<&TreeNode> {
        self.nodes.get(id? as usize)
    }

    fn root_for(&mut self, reach: PathReach) -> NodeId {
        let known = match reach {
            PathReach::Leaves => self.roots.leaves,
            PathReach::Members => self.roots.members,
            PathReach::Exact => self.roots.exact,
        };
        known.unwrap_or_else(|| {
            let new = self.new_node();
            match reach {
                PathReach::Leaves => self.roots.leaves = Some(new),
                PathReach::Members => self.roots.members = Some(new),
                PathReach::Exact => self.roots.exact = Some(new),
            }
            new
        })
    }

    fn new_node(&mut self) -> NodeId {
        self.nodes.push(TreeNode::default());
        NodeId::try_from(self.nodes.len() - 1).unwrap_or(NodeId::MAX)
    }

    fn child_or_new(&mut self, node: NodeId, step: &PathStep) -> NodeId {
        let known = self.node_at(Some(node)).and_then(|node| match step {
            PathStep::Key(name) => node.child_named(name.as_bytes()).map(|(_, child)| child),
            PathStep::Index(at) => node.exact_index(*at),
            PathStep::EachItem => node.each_item,
            PathStep::EachMember => node.each_member,
        });
        known.unwrap_or_else(|| {
            let new = self.new_node();
            if let Some(node) = self.nodes.get_mut(node as usize) {
                match step {
                    PathStep::Key(name) => node.children.push((name.as_bytes().into(), new)),
                    PathStep::Index(at) => node.indices.push((*at, new)),
                    PathStep::EachItem => node.each_item = Some(new),
                    PathStep::EachMember => node.each_member = Some(new),
                }
            }
            new
        })
    }

    /// Makes every name lead to everything that its object's `.*` leads to, and every index to
    /// everything that `[*]` does, so that a single node suffices. Called once, after all fields
    /// have been added.
    pub(super) fn close_wildcards(&mut self) {
        let mut at = 0;
        while let Some(node) = self.nodes.get(at).cloned() {
            if let Some(each) = node.each_member {
                node.children.iter().for_each(|(_, child)| self.merge_nodes(each, *child));
            }
            if let Some(each) = node.each_item {
                node.indices.iter().for_each(|(_, child)| self.merge_nodes(each, *child));
            }
            at += 1;
        }
    }

    /// Adds everything of one node to another. Paths are short, and so is this recursion.
    fn merge_nodes(&mut self, from: NodeId, into: NodeId) {
        let Some(node) = self.nodes.get(from as usize).cloned() else { return };
        if let Some(into) = self.nodes.get_mut(into as usize) {
            into.ends.extend(node.ends);
        }
        for (name, child) in node.children {
            let Ok(name) = String::from_utf8(name.into()) else { continue };
            let to = self.child_or_new(into, &PathStep::Key(name));
            self.merge_nodes(child, to);
        }
        for (index, child) in node.indices {
            let to = self.child_or_new(into, &PathStep::Index(index));
            self.merge_nodes(child, to);
        }
        for (step, child) in
            [(PathStep::EachItem, node.each_item), (PathStep::EachMember, node.each_member)]
        {
            if let Some(child) = child {
                let to = self.child_or_new(into, &step);
                self.merge_nodes(child, to);
            }
        }
    }
}

impl TreeNode {
    /// The child with that name, and its position among the children.
    pub(super) fn child_named(&self, name: &[u8]) -> Option<(usize, NodeId)> {
        let mut children = self.children.iter().enumerate();
        children.find(|(_, (key, _))| **key == *name).map(|(at, (_, child))| (at, *child))
    }

    /// The node for a member of a list.
    pub(super) fn child_at_index(&self, index: usize) -> Option<NodeId> {
        self.exact_index(index).or(self.each_item)
    }

    fn exact_index(&self, index: usize) -> Option<NodeId> {
        self.indices.iter().find(|(at, _)| *at == index).map(|(_, child)| *child)
    }

    /// Whether anything follows in a list.
    pub(super) fn looks_into_lists(&self) -> bool {
        self.each_item.is_some() || !self.indices.is_empty()
    }
}
