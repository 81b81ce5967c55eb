//! The table of everything that cases are built from.

use std::collections::{BTreeSet, HashMap};

use aware_core::case::EventMark;
use jiff::Timestamp;

use super::CaseEvent;
use super::causes::container_of;
use super::chain::ChainTable;
use super::log::ActorLog;
use super::undone::UndoTable;

/// Calls that change the policy of a resource, which may be why others are refused.
const POLICY_CHANGES: [&str; 10] = [
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "kms:PutKeyPolicy",
    "kms:DisableKey",
    "sns:SetTopicAttributes",
    "sqs:SetQueueAttributes",
    "logs:PutResourcePolicy",
    "logs:DeleteResourcePolicy",
];

/// Everything that cases are built from, by principal. Recording the same events in any order and
/// any split gives the same cases; each event is recorded once.
#[derive(Clone, Debug, Default)]
pub struct CaseBook {
    /// Boxed because they are large and the table moves them as it grows.
    pub(super) actors: HashMap<String, Box<ActorLog>>,
    pub(super) chains: ChainTable,
    pub(super) undone: UndoTable,
    /// Changes of resources' policies, by resource.
    pub(super) changes: UndoTable,
    /// Whether a second look has recorded what else principals did.
    pub(super) is_followed: bool,
    /// Whose other events a second look has recorded.
    pub(super) followed: BTreeSet<String>,
    /// Roughly how many bytes the principals take.
    bytes: usize,
    /// Findings of principals that were dropped.
    dropped: u64,
}

/// Roughly how many bytes of memory the principals may take. Beyond that the quiet and harmless are
/// dropped first, and their findings are counted.
const MAX_BYTES: usize = 32 << 20;

impl CaseBook {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records an event: one with findings, a denial, a notable success, or, in a second look,
    /// whatever else a followed principal did.
    pub fn record_event(&mut self, event: &CaseEvent) {
        self.undone.record_event(event);
        if is_policy_change(event)
            && let Some(resource) = &event.resource
        {
            self.changes.insert(container_of(resource), event);
        }
        if event.principal.is_service {
            if event.mark == EventMark::Denied {
                self.chains.record_event(event);
            }
            return;
        }
        let key = ActorLog::key_for(&event.principal, &event.account);
        let new = !self.actors.contains_key(&key);
        let log = self.actors.entry(key).or_insert_with(|| Box::new(ActorLog::for_event(event)));
        let before = if new { 0 } else { log.memory_bytes() };
        log.record_event(event);
        self.bytes = (self.bytes + log.memory_bytes()).saturating_sub(before);
        self.make_room();
    }

    /// How many findings were dropped to save memory: they are in no case.
    pub fn dropped_findings(&self) -> u64 {
        self.dropped
    }

    /// When the table is full, drops the least important quarter of it.
    fn make_room(&mut self) {
        if self.bytes <= MAX_BYTES {
            return;
        }
        let mut order: Vec<(usize, Timestamp, String, usize)> = self
            .actors
            .iter()
            .map(|(key, log)| (log.retention_weight(), log.last, key.clone(), log.memory_bytes()))
            .collect();
        order.sort_unstable();
        for (.., key, bytes) in order {
            if self.bytes <= MAX_BYTES / 4 * 3 {
                break;
            }
            self.bytes = self.bytes.saturating_sub(bytes);
            self.dropped += self.actors.remove(&key).map_or(0, |log| log.findings);
        }
    }

    /// What is remembered of one principal.
    pub(super) fn actor(&self, key: &str) -> Option<&ActorLog> {
        self.actors.get(key).map(Box::as_ref)
    }

    /// What is remembered of every principal.
    pub(super) fn actor_logs(&self) -> impl Iterator<Item = (&str, &ActorLog)> {
        self.actors.iter().map(|(key, log)| (key.as_str(), log.as_ref()))
    }

    /// Restores what was remembered of a principal.
    pub(super) fn restore_actor(&mut self, key: &str, log: ActorLog) {
        self.actors.insert(key.to_owned(), Box::new(log));
    }

    /// Notes that everything a second look had to find is recorded.
    pub fn mark_followed(&mut self) {
        self.is_followed = true;
    }

    /// Notes that everything that these principals did besides is recorded.
    pub fn mark_actors_followed(&mut self, keys: impl IntoIterator<Item = String>) {
        self.followed.extend(keys);
    }

    /// Adds another table's knowledge.
    pub fn merge_with(&mut self, other: Self) {
        self.dropped += other.dropped;
        for (key, log) in other.actors {
            match self.actors.get_mut(&key) {
                Some(mine) => mine.merge_with(*log),
                None => {
                    self.actors.insert(key, log);
                }
            }
        }
        self.bytes = self.actors.values().map(|log| log.memory_bytes()).sum();
        self.make_room();
        self.chains.merge_with(other.chains);
        self.undone.merge_with(other.undone);
        self.changes.merge_with(other.changes);
        self.is_followed |= other.is_followed;
        self.followed.extend(other.followed);
    }
}

/// Whether an event changes a policy that may refuse others.
pub(super) fn is_policy_change(event: &CaseEvent) -> bool {
    event.mark == EventMark::Changed && POLICY_CHANGES.contains(&event.operation.as_str())
}
