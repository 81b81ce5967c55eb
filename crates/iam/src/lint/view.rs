//! A policy as written in the text: what could be read, with places.

use super::policy_type::PolicyType;
use crate::policy::{Clause, Effect, Operator, Version};

/// A text of the policy and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) text: String,
    pub(super) path: String,
    pub(super) offset: usize,
}

/// `Action`, `NotAction`, `Resource`, `NotResource`.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) is_negated: bool,
    /// The place of the element itself; its text is the element's name.
    pub(super) name: Leaf,
    pub(super) items: Vec<Leaf>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, Default)]
pub(super) struct Principal {
    pub(super) is_negated: bool,
    /// The place of the element itself.
    pub(super) name: Leaf,
    /// Kind (`AWS`, `Service`, …) and name; a bare `*` is stored as `AWS` and `*`.
    pub(super) named: Vec<(String, Leaf)>,
}

impl Principal {
    /// Whether it names everybody.
    pub(super) fn is_everyone(&self) -> bool {
        self.named.iter().any(|(kind, name)| kind == "AWS" && name.text == "*")
    }

    pub(super) fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Leaf> {
        self.named.iter().filter(move |(one, _)| one == kind).map(|(_, name)| name)
    }
}

/// One key under one operator.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) operator: Operator,
    /// The operator as it is written.
    pub(super) operator_name: Leaf,
    pub(super) key: Leaf,
    pub(super) values: Vec<Leaf>,
}

/// One statement.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// The place of the statement.
    pub(super) place: Leaf,
    pub(super) sid: Option<Leaf>,
    pub(super) effect: Option<Effect>,
    pub(super) principal: Option<Principal>,
    pub(super) actions: Option<List>,
    pub(super) resources: Option<List>,
    pub(super) conditions: Vec<Line>,
}

impl View {
    /// The lines about a key, ignoring case.
    pub(super) fn lines_of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Line> {
        self.conditions.iter().filter(move |line| line.key.text.eq_ignore_ascii_case(key))
    }

    pub(super) fn has_key(&self, key: &str) -> bool {
        self.lines_of(key).next().is_some()
    }

    pub(super) fn has_any_key(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has_key(key))
    }
}

/// One policy.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) kind: PolicyType,
    /// The prefix of every path: empty, or `[2].` if the text contains several policies.
    pub(super) path: String,
    pub(super) offset: usize,
    /// The version, if it is given and valid.
    pub(super) version: Option<Version>,
    /// The place of `Version`.
    pub(super) version_at: Option<Leaf>,
    /// Size in characters, without the white space between values.
    pub(super) size: usize,
    pub(super) statements: Vec<View>,
}

/// Whether a pattern is `*`, `*:*` or similar.
pub(super) fn is_every_action(pattern: &str) -> bool {
    let mut parts = pattern.splitn(2, ':');
    !pattern.is_empty()
        && parts.all(|part| part.bytes().all(|byte| byte == b'*') && !part.is_empty())
}

/// Converts a list to a clause, for the evaluator's comparisons.
pub(super) fn clause(list: &List) -> Clause {
    let texts = list.items.iter().map(|leaf| leaf.text.clone()).collect();
    if list.is_negated { Clause::Not(texts) } else { Clause::Is(texts) }
}
