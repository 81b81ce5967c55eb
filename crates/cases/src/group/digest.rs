//! The daily digest of AWS services that were denied on their own behalf, and of hidden findings.

use std::collections::BTreeMap;

use aware_core::case::CaseReading;

use super::{FindingGroup, GroupClass};
use crate::case::Case;

/// Interval between digests, in hours.
pub const DIGEST_INTERVAL_HOURS: i64 = 24;

/// What was held back since the last digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DailyDigest {
    /// Findings by principal and action, most frequent first.
    pub lines: Vec<(String, u64)>,
    /// Their sum.
    pub total: u64,
    /// Hidden findings, by suppression, rule and principal, most frequent first.
    pub hidden: Vec<(String, u64)>,
    /// The sum of the hidden findings.
    pub hidden_total: u64,
    /// Findings that cases left to the digest, by case.
    pub held: Vec<(String, u64)>,
    /// The sum of these.
    pub held_total: u64,
    /// The accounts concerned.
    pub accounts: Vec<String>,
    /// Workloads by the number of permissions that they still lack, most first.
    pub lacking: Vec<(String, u64)>,
    /// Rules by the number of open cases that they are in, most first.
    pub rules: Vec<(String, u64)>,
}

/// What open cases have in common, summed case by case: there may be many thousands.
#[derive(Clone, Debug, Default)]
pub struct OpenCaseSums {
    lacking: BTreeMap<String, u64>,
    rules: BTreeMap<String, u64>,
}

impl OpenCaseSums {
    /// Adds a case. What one cause denies to many is no workload's lack.
    pub fn add_case(&mut self, case: &Case) {
        let missing = case.cured.1.saturating_sub(case.cured.0);
        let is_lack = case.reading == CaseReading::LacksPermission && case.cause.is_none();
        if let Some(who) = case.actors.first().filter(|_| is_lack && missing > 0) {
            let account = who.account.as_ref().map(|account| format!(" in {account}"));
            let name = format!("{}{}", who.name, account.unwrap_or_default());
            *self.lacking.entry(name).or_default() += missing;
        }
        for (_, name) in &case.rules {
            *self.rules.entry(name.clone()).or_default() += 1;
        }
    }
}

/// How many workloads and rules a digest names.
const NAMED: usize = 5;

impl DailyDigest {
    /// Sums what the groups of services and suppressions have not reported yet. `None` when there
    /// is nothing.
    pub fn from_groups<'a>(tallies: impl IntoIterator<Item = &'a FindingGroup>) -> Option<Self> {
        let (mut sums, mut hidden) = (BTreeMap::new(), BTreeMap::new());
        let mut accounts = std::collections::BTreeSet::new();
        for tally in tallies.into_iter().filter(|tally| tally.unreported_count() > 0) {
            let first = &tally.first;
            let line = match tally.class {
                GroupClass::Finding => continue,
                GroupClass::Service => &mut sums,
                GroupClass::Suppressed => &mut hidden,
            };
            let by = tally.hidden_by.as_deref();
            let by = by.map(|by| format!("{by}: {}: ", first.rule.id)).unwrap_or_default();
            let key = format!("{by}{} {}", first.principal.name, first.action);
            *line.entry(key).or_insert(0) += tally.unreported_count();
            accounts.insert(first.account.clone());
        }
        let (lines, total) = sort_by_count(sums);
        let (hidden, hidden_total) = sort_by_count(hidden);
        let accounts = accounts.into_iter().collect();
        let sums = Self { lines, total, hidden, hidden_total, accounts, ..Self::default() };
        (!sums.is_empty()).then_some(sums)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.total + self.hidden_total + self.held_total == 0
    }

    /// Names what the open cases have in common: the workloads that lack most, and the rules that are
    /// in most of them.
    pub fn name_open_cases(&mut self, open: OpenCaseSums) {
        for (named, sums) in [(&mut self.lacking, open.lacking), (&mut self.rules, open.rules)] {
            *named = sort_by_count(sums).0;
            named.truncate(NAMED);
        }
    }

    /// Adds what a case left to the digest.
    pub fn add_held(&mut self, headline: String, findings: u64) {
        self.held.push((headline, findings));
        self.held_total += findings;
    }
}

fn sort_by_count(sums: BTreeMap<String, u64>) -> (Vec<(String, u64)>, u64) {
    let total = sums.values().sum();
    let mut lines: Vec<_> = sums.into_iter().collect();
    lines.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    (lines, total)
}
