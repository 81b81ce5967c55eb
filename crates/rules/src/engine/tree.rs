//! The fields that some rule reads, as trees of names: one per way of following a path.

use std::collections::HashMap;

use super::row::SlotId;
use crate::ir::{Field, Reach, Step};

/// A node of a tree.
pub(super) type NodeId = u32;

/// The position of one value in the three trees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) leaves: Option<NodeId>,
    pub(super) members: Option<NodeId>,
    pub(super) exact: Option<NodeId>,
}

impl Place {
    /// Whether no rule reads anything here.
    pub(super) fn is_nowhere(self) -> bool {
        self == Self::default()
    }
}

/// One name, and what follows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    children: Vec<(Box<[u8]>, NodeId)>,
    indices: Vec<(usize, NodeId)>,
    pub(super) each_item: Option<NodeId>,
    pub(super) each_member: Option<NodeId>,
    /// The fields that end here.
    pub(super) ends: Vec<SlotId>,
}

/// All fields.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    slots: HashMap<Field, SlotId>,
    roots: Place,
}

impl Tree {
    /// The slot of a field; equal fields share one.
    pub(super) fn slot(&mut self, field: &Field) -> SlotId {
        if let Some(slot) = self.slots.get(field) {
            return *slot;
        }
        let slot = SlotId::try_from(self.slots.len()).unwrap_or(SlotId::MAX);
        self.slots.insert(field.clone(), slot);
        if crate::ir::Derived::of(field).is_none() {
            let root = self.root(field.reach);
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
    pub(super) fn fields(&self) -> impl Iterator<Item = (&Field, SlotId)> {
        self.slots.iter().map(|(field, slot)| (field, *slot))
    }

    /// The place of the whole event.
    pub(super) fn start(&self) -> Place {
        self.roots
    }

    /// A node.
    pub(super) fn node(&self, id: Option<NodeId>) -> Option<&Node> {
        self.nodes.get(id? as usize)
    }

    fn root(&mut self, reach: Reach) -> NodeId {
        let known = match reach {
            Reach::Leaves => self.roots.leaves,
            Reach::Members => self.roots.members,
            Reach::Exact => self.roots.exact,
        };
        known.unwrap_or_else(|| {
            let new = self.new_node();
            match reach {
                Reach::Leaves => self.roots.leaves = Some(new),
                Reach::Members => self.roots.members = Some(new),
                Reach::Exact => self.roots.exact = Some(new),
            }
            new
        })
    }

    fn new_node(&mut self) -> NodeId {
        self.nodes.push(Node::default());
        NodeId::try_from(self.nodes.len() - 1).unwrap_or(NodeId::MAX)
    }

    fn child_or_new(&mut self, node: NodeId, step: &Step) -> NodeId {
        let known = self.node(Some(node)).and_then(|node| match step {
            Step::Key(name) => node.child(name.as_bytes()).map(|(_, child)| child),
            Step::Index(at) => node.known_index(*at),
            Step::EachItem => node.each_item,
            Step::EachMember => node.each_member,
        });
        known.unwrap_or_else(|| {
            let new = self.new_node();
            if let Some(node) = self.nodes.get_mut(node as usize) {
                match step {
                    Step::Key(name) => node.children.push((name.as_bytes().into(), new)),
                    Step::Index(at) => node.indices.push((*at, new)),
                    Step::EachItem => node.each_item = Some(new),
                    Step::EachMember => node.each_member = Some(new),
                }
            }
            new
        })
    }

    /// Makes every name lead to everything that its object's `.*` leads to, and every index to
    /// everything that `[*]` does, so that a single node suffices. Called once, after all fields
    /// have been added.
    pub(super) fn close(&mut self) {
        let mut at = 0;
        while let Some(node) = self.nodes.get(at).cloned() {
            if let Some(each) = node.each_member {
                node.children.iter().for_each(|(_, child)| self.merge(each, *child));
            }
            if let Some(each) = node.each_item {
                node.indices.iter().for_each(|(_, child)| self.merge(each, *child));
            }
            at += 1;
        }
    }

    /// Adds everything of one node to another. Paths are short, and so is this recursion.
    fn merge(&mut self, from: NodeId, into: NodeId) {
        let Some(node) = self.nodes.get(from as usize).cloned() else { return };
        if let Some(into) = self.nodes.get_mut(into as usize) {
            into.ends.extend(node.ends);
        }
        for (name, child) in node.children {
            let Ok(name) = String::from_utf8(name.into()) else { continue };
            let to = self.child_or_new(into, &Step::Key(name));
            self.merge(child, to);
        }
        for (index, child) in node.indices {
            let to = self.child_or_new(into, &Step::Index(index));
            self.merge(child, to);
        }
        for (step, child) in
            [(Step::EachItem, node.each_item), (Step::EachMember, node.each_member)]
        {
            if let Some(child) = child {
                let to = self.child_or_new(into, &step);
                self.merge(child, to);
            }
        }
    }
}

impl Node {
    /// The child with that name, and its position among the children.
    pub(super) fn child(&self, name: &[u8]) -> Option<(usize, NodeId)> {
        let mut children = self.children.iter().enumerate();
        children.find(|(_, (key, _))| **key == *name).map(|(at, (_, child))| (at, *child))
    }

    /// The node for a member of a list.
    pub(super) fn at_index(&self, index: usize) -> Option<NodeId> {
        self.known_index(index).or(self.each_item)
    }

    fn known_index(&self, index: usize) -> Option<NodeId> {
        self.indices.iter().find(|(at, _)| *at == index).map(|(_, child)| *child)
    }

    /// Whether anything follows in a list.
    pub(super) fn looks_into_lists(&self) -> bool {
        self.each_item.is_some() || !self.indices.is_empty()
    }
}
