//! Which findings a scan reports, and which events it has seen.

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;

use aware_core::event::Level;
use aware_core::finding::Finding;
use jiff::Timestamp;

use crate::stable_hash::stable_hash;

/// Which findings are reported; every record is read nevertheless.
#[derive(Clone, Debug, Default)]
pub struct FindingFilter {
    /// The earliest time.
    pub since: Option<Timestamp>,
    /// The time before which events must lie.
    pub until: Option<Timestamp>,
    /// Accounts; empty for all.
    pub accounts: Vec<String>,
    /// Parts of a principal's name or ARN; empty for all.
    pub principals: Vec<String>,
    /// Regions; empty for all.
    pub regions: Vec<String>,
    /// The lowest level that a group may have.
    pub min_level: Option<Level>,
    /// Ids of rules; `None` for all.
    pub rules: Option<BTreeSet<String>>,
}

impl FindingFilter {
    /// Whether the findings of every event are reported; levels and rules apply to groups.
    pub fn is_empty(&self) -> bool {
        let lists = [&self.accounts, &self.principals, &self.regions];
        self.since.is_none() && self.until.is_none() && lists.into_iter().all(Vec::is_empty)
    }

    /// Whether a finding is reported.
    pub fn matches_finding(&self, finding: &Finding) -> bool {
        let who = &finding.principal;
        let named = |part: &String| {
            let arn = who.arn.as_deref().unwrap_or_default();
            who.name.contains(part.as_str()) || arn.contains(part.as_str())
        };
        self.since.is_none_or(|since| finding.time >= since)
            && self.until.is_none_or(|until| finding.time < until)
            && (self.accounts.is_empty() || self.accounts.contains(&finding.account))
            && (self.regions.is_empty() || self.regions.contains(&finding.region))
            && (self.principals.is_empty() || self.principals.iter().any(named))
    }
}

/// The events seen, shared by the threads of a scan.
///
/// ```
/// use aware_pipeline::scan::SeenEvents;
///
/// let seen = SeenEvents::default();
/// assert!(seen.insert("111122223333", "EXAMPLE1"));
/// assert!(!seen.insert("111122223333", "EXAMPLE1"));
/// assert!(seen.insert("444455556666", "EXAMPLE1"));
/// ```
#[derive(Debug, Default)]
pub struct SeenEvents {
    shards: [Mutex<HashSet<u128>>; 16],
}

impl SeenEvents {
    /// Remembers an event; false if it was already there.
    pub fn insert(&self, account: &str, event_id: &str) -> bool {
        let hash = |salt: u8| stable_hash((salt, account, event_id));
        let key = u128::from(hash(0)) << 64 | u128::from(hash(1));
        let shard = self.shards.get(usize::from(key as u8 & 15));
        shard.is_none_or(|shard| shard.lock().is_ok_and(|mut set| set.insert(key)))
    }
}
