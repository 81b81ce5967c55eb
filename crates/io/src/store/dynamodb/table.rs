//! The names in the table, and its limits.

use aware_cases::group::FindingGroup;
use aware_core::fingerprint::Fingerprint;
use aware_pipeline::port::StepCommit;
use jiff::SignedDuration;

/// The index of what waits.
pub(super) const STATE_INDEX: &str = "by-state";
/// The index of what is due: shards as partitions, times as sort keys, and keys only.
pub(super) const DUE_INDEX: &str = "by-due";
/// The attribute that names the shard.
pub(super) const DUE_SHARD: &str = "due_shard";
/// The attribute with the time, in milliseconds.
pub(super) const DUE_TIME: &str = "due";
/// The shards of one kind of item: in a storm of cases no partition of the index takes more than
/// its share of the writes, and a tick reads each of them once.
const DUE_SHARDS: u64 = 8;
/// The time of what is not due: the index lists it all the same.
pub(super) const NEVER_DUE: i64 = 253_402_300_799_000;
/// The kind of shards of cases.
pub(super) const CASE_SHARDS: &str = "case";
/// The kind of shards of groups.
pub(super) const TALLY_SHARDS: &str = "tally";

/// The shards of one kind.
pub(super) fn due_shards(kind: &str) -> impl Iterator<Item = String> {
    (0..DUE_SHARDS).map(move |shard| format!("{kind}-due#{shard}"))
}

/// The shard of an item, the same in every process and version.
pub(super) fn due_shard(kind: &str, id: &str) -> String {
    let hash = Fingerprint::from_parts(&[kind, id]);
    let sum: u64 = hash.as_str().bytes().map(u64::from).sum();
    format!("{kind}-due#{}", sum % DUE_SHARDS)
}

/// The state of a group with unreported findings.
pub(super) const UNTOLD_STATE: &str = "untold";
/// The state of a message that no topic has accepted.
pub(super) const OUTBOX_STATE: &str = "outbox";
/// The most items in one transaction.
pub(super) const TRANSACTION_ITEMS: usize = 100;
/// The most bytes in one transaction; DynamoDB allows 4 MB.
pub(super) const TRANSACTION_BYTES: usize = 3_000_000;
/// How long event ids, quiet groups and settled messages are kept.
pub(super) const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Roughly how many bytes a commit's items take.
pub(super) fn estimated_bytes(commit: &StepCommit) -> usize {
    let tally = |tally: &FindingGroup| serde_json::to_string(tally).map_or(0, |text| text.len());
    let tallies: usize = commit.tallies.iter().map(tally).sum();
    let cases: usize = commit.cases.iter().map(|case| case.body.len()).sum();
    let messages: usize = commit.outbox.iter().map(|message| message.to_json().len()).sum();
    let windows: usize = commit.windows.iter().map(|window| window.bytes.len()).sum();
    tallies + cases + messages + windows + 300 * commit.len()
}
