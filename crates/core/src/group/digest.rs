//! The day's line about AWS services that are denied for themselves.

use std::collections::BTreeMap;

use super::{Class, Tally};

/// How often the digest is told, in hours.
pub const DIGEST_INTERVAL_HOURS: i64 = 24;

/// What has been held back since the last digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Findings by principal and action, most frequent first.
    pub lines: Vec<(String, u64)>,
    /// All of them.
    pub total: u64,
    /// The accounts they are of.
    pub accounts: Vec<String>,
}

impl Digest {
    /// Sums what the tallies of services have not told. `None` when there is nothing.
    pub fn of<'a>(tallies: impl IntoIterator<Item = &'a Tally>) -> Option<Self> {
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        let mut accounts = std::collections::BTreeSet::new();
        for tally in tallies.into_iter().filter(|t| t.class == Class::Service && t.untold() > 0) {
            let line = format!("{} {}", tally.first.principal.name, tally.first.action);
            *sums.entry(line).or_default() += tally.untold();
            accounts.insert(tally.first.account.clone());
        }
        let total = sums.values().sum();
        let mut lines: Vec<_> = sums.into_iter().collect();
        lines.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        (total > 0).then(|| Self { lines, total, accounts: accounts.into_iter().collect() })
    }
}
