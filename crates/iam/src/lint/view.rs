//! A policy as written in the text: what could be read, with places.

use super::policy_type::PolicyType;
use crate::policy::{ConditionOperator, LanguageVersion, PatternClause, StatementEffect};

/// A text of the policy and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PlacedText {
    pub(super) text: String,
    pub(super) path: String,
    pub(super) offset: usize,
}

/// `Action`, `NotAction`, `Resource`, `NotResource`.
#[derive(Clone, Debug, Default)]
pub(super) struct ElementList {
    pub(super) is_negated: bool,
    /// The place of the element itself; its text is the element's name.
    pub(super) name: PlacedText,
    pub(super) items: Vec<PlacedText>,
}

/// `PrincipalView` or `NotPrincipal`.
#[derive(Clone, Debug, Default)]
pub(super) struct PrincipalView {
    pub(super) is_negated: bool,
    /// The place of the element itself.
    pub(super) name: PlacedText,
    /// Kind (`AWS`, `Service`, …) and name; a bare `*` is stored as `AWS` and `*`.
    pub(super) named: Vec<(String, PlacedText)>,
}

impl PrincipalView {
    /// Whether it names everybody.
    pub(super) fn is_everyone(&self) -> bool {
        self.named.iter().any(|(kind, name)| kind == "AWS" && name.text == "*")
    }

    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a PlacedText> {
        self.named.iter().filter(move |(one, _)| one == kind).map(|(_, name)| name)
    }
}

/// One key under one operator.
#[derive(Clone, Debug)]
pub(super) struct ConditionLine {
    pub(super) operator: ConditionOperator,
    /// The operator as it is written.
    pub(super) operator_name: PlacedText,
    pub(super) key: PlacedText,
    pub(super) values: Vec<PlacedText>,
}

/// One statement.
#[derive(Clone, Debug, Default)]
pub(super) struct StatementView {
    /// The place of the statement.
    pub(super) place: PlacedText,
    pub(super) sid: Option<PlacedText>,
    pub(super) effect: Option<StatementEffect>,
    pub(super) principal: Option<PrincipalView>,
    pub(super) actions: Option<ElementList>,
    pub(super) resources: Option<ElementList>,
    pub(super) conditions: Vec<ConditionLine>,
}

impl StatementView {
    /// The lines about a key, ignoring case.
    pub(super) fn lines_of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a ConditionLine> {
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
pub(super) struct DocumentView {
    pub(super) kind: PolicyType,
    /// The prefix of every path: empty, or `[2].` if the text contains several policies.
    pub(super) path: String,
    pub(super) offset: usize,
    /// The version, if it is given and valid.
    pub(super) version: Option<LanguageVersion>,
    /// The place of `LanguageVersion`.
    pub(super) version_at: Option<PlacedText>,
    /// Size in characters, without the white space between values.
    pub(super) size: usize,
    pub(super) statements: Vec<StatementView>,
}

/// Whether a pattern is `*`, `*:*` or similar.
pub(super) fn is_every_action(pattern: &str) -> bool {
    let mut parts = pattern.splitn(2, ':');
    !pattern.is_empty()
        && parts.all(|part| part.bytes().all(|byte| byte == b'*') && !part.is_empty())
}

/// Converts a list to a clause, for the evaluator's comparisons.
pub(super) fn to_clause(list: &ElementList) -> PatternClause {
    let texts = list.items.iter().map(|leaf| leaf.text.clone()).collect();
    if list.is_negated { PatternClause::Not(texts) } else { PatternClause::Is(texts) }
}
