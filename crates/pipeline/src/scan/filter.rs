//! Which findings a scan reports, and which events it has seen.

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;

use aware_cases::case::{Case, CaseEvent};
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
    /// The lowest level that a case or a group may have.
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

    /// Whether a finding is reported, whatever its level.
    pub(super) fn reports_finding(&self, finding: &Finding) -> bool {
        self.allows_rule(&finding.rule.id) && self.matches_finding(finding)
    }

    /// Whether findings of this rule are reported.
    pub(super) fn allows_rule(&self, rule: &str) -> bool {
        self.rules.as_ref().is_none_or(|ids| ids.contains(rule))
    }

    /// Removes the rules whose findings are not reported.
    pub(super) fn retain_rules(&self, event: &mut CaseEvent) {
        let who = (event.principal.name.as_str(), event.principal.arn.as_deref());
        if self.matches_place(event.time, (&event.account, &event.region), who) {
            event.rules.retain(|rule| self.allows_rule(&rule.id));
        } else {
            event.rules.clear();
        }
    }

    /// Whether a finding is about the right time, account, region and principal.
    pub fn matches_finding(&self, finding: &Finding) -> bool {
        let who = (finding.principal.name.as_str(), finding.principal.arn.as_deref());
        self.matches_place(finding.time, (&finding.account, &finding.region), who)
    }

    fn matches_place(
        &self,
        time: Timestamp,
        (account, region): (&String, &String),
        (name, arn): (&str, Option<&str>),
    ) -> bool {
        let named = |part: &String| {
            name.contains(part.as_str()) || arn.unwrap_or_default().contains(part.as_str())
        };
        self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time < until)
            && (self.accounts.is_empty() || self.accounts.contains(account))
            && (self.regions.is_empty() || self.regions.contains(region))
            && (self.principals.is_empty() || self.principals.iter().any(named))
    }

    /// Whether a case is reported. Findings that the filter leaves out are in no case; a case
    /// without findings must match by itself.
    pub(super) fn matches_case(&self, case: &Case) -> bool {
        let any = |wanted: &[String], has: &[String]| {
            wanted.is_empty() || has.iter().any(|one| wanted.contains(one))
        };
        let named = |part: &String| {
            let has = |name: &str| name.contains(part.as_str());
            case.actors.iter().any(|one| has(&one.name) || one.arn.as_deref().is_some_and(has))
        };
        let is_about = || {
            self.rules.is_none()
                && self.since.is_none_or(|since| case.last >= since)
                && self.until.is_none_or(|until| case.first < until)
                && any(&self.accounts, &case.accounts)
                && any(&self.regions, &case.regions)
                && (self.principals.is_empty() || self.principals.iter().any(named))
        };
        self.min_level.is_none_or(|level| case.level >= level) && (case.findings > 0 || is_about())
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
        let key = event_key(account, event_id);
        self.with_shard(key, |set| set.insert(key))
    }

    /// Notes that an event that was seen is in no case, so that a second look may record it.
    pub(super) fn set_aside(&self, account: &str, event_id: &str) {
        let key = event_key(account, event_id);
        self.with_shard(key, |set| set.insert(key | ASIDE));
    }

    /// Whether a case has this event, or none may have it.
    pub(super) fn is_recorded(&self, account: &str, event_id: &str) -> bool {
        let key = event_key(account, event_id);
        self.with_shard(key, |set| set.contains(&key) && !set.contains(&(key | ASIDE)))
    }

    /// Remembers an event that a second look records; false if it is recorded already.
    pub(super) fn claim_for_case(&self, account: &str, event_id: &str) -> bool {
        let key = event_key(account, event_id);
        self.with_shard(key, |set| set.insert(key) || set.remove(&(key | ASIDE)))
    }

    fn with_shard(&self, key: u128, ask: impl FnOnce(&mut HashSet<u128>) -> bool) -> bool {
        let shard = self.shards.get(usize::from((key >> 4) as u8 & 15));
        shard.is_none_or(|shard| shard.lock().is_ok_and(|mut set| ask(&mut set)))
    }
}

/// The bit that marks an event as set aside; keys of events do not have it.
const ASIDE: u128 = 1;

fn event_key(account: &str, event_id: &str) -> u128 {
    let hash = |salt: u8| stable_hash((salt, account, event_id));
    (u128::from(hash(0)) << 64 | u128::from(hash(1))) & !ASIDE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_aside_may_be_recorded_once() {
        let seen = SeenEvents::default();
        assert!(seen.insert("111122223333", "e1") && !seen.claim_for_case("111122223333", "e1"));
        assert!(seen.is_recorded("111122223333", "e1"));
        seen.set_aside("111122223333", "e1");
        assert!(!seen.is_recorded("111122223333", "e1"));
        assert!(seen.claim_for_case("111122223333", "e1"));
        assert!(!seen.claim_for_case("111122223333", "e1"));
        assert!(seen.claim_for_case("111122223333", "e2") && !seen.insert("111122223333", "e2"));
    }
}
