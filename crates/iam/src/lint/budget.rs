//! Limits how much of a text is looked up: a hostile text has more patterns than any real policy.

use super::view::{PlacedText, StatementView, is_every_action};
use crate::catalogue::{ActionEntry, Catalogue};
use crate::unused::expand_pattern;

/// How many names the action patterns of one text may be compared with: a pattern costs as many as
/// its service has, at least one. AWS's largest policy has some two thousand patterns.
const MAX_NAMES: usize = 1_000_000;
/// How many actions all patterns together may match.
pub(super) const MAX_EXPANDED: usize = 40_000;
/// How many pairs of an action and a resource to compare.
const MAX_PAIRS: usize = 100_000;

/// How much may still be looked up.
pub(super) struct LookupBudget {
    names: usize,
    entries: usize,
    pairs: usize,
}

impl LookupBudget {
    pub(super) fn new() -> Self {
        Self { names: MAX_NAMES, entries: MAX_EXPANDED, pairs: MAX_PAIRS }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.names == 0 || self.entries == 0 || self.pairs == 0
    }

    /// The actions that each pattern of a statement matches. `*` is not expanded, and nothing is
    /// looked up once the budget is spent.
    pub(super) fn expand_actions(
        &mut self,
        catalogue: &Catalogue,
        statement: &StatementView,
    ) -> Vec<ExpandedPattern> {
        let patterns = statement.actions.as_ref().map(|list| list.items.as_slice());
        let one = |leaf: &PlacedText| {
            if is_every_action(&leaf.text) || self.is_spent() {
                return ExpandedPattern { entries: Vec::new(), is_looked_up: false };
            }
            let service = leaf.text.split(':').next().unwrap_or_default();
            let names = match (leaf.text.contains(['*', '?']), service.contains(['*', '?'])) {
                (false, _) => 1,
                (true, false) => 100,
                (true, true) => 20_000,
            };
            self.names = self.names.saturating_sub(names);
            let entries = expand_pattern(catalogue, &leaf.text);
            self.entries = self.entries.saturating_sub(entries.len());
            ExpandedPattern { entries, is_looked_up: true }
        };
        patterns.unwrap_or_default().iter().map(one).collect()
    }

    /// Takes this many pairs, if that many are left.
    pub(super) fn take_pairs(&mut self, count: usize) -> bool {
        let is_enough = count < self.pairs;
        self.pairs = self.pairs.saturating_sub(count);
        is_enough
    }
}

/// The actions that a pattern matches.
#[derive(Clone, Debug, Default)]
pub(super) struct ExpandedPattern {
    pub(super) entries: Vec<ActionEntry>,
    pub(super) is_looked_up: bool,
}
