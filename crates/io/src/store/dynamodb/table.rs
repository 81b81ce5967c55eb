//! The names in the table, and its limits.

use aware_cases::group::FindingGroup;
use aware_pipeline::port::StepCommit;
use jiff::SignedDuration;

/// The index of what waits.
pub(super) const STATE_INDEX: &str = "by-state";
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
    let messages: usize = commit.outbox.iter().map(|message| message.to_json().len()).sum();
    let windows: usize = commit.windows.iter().map(|window| window.bytes.len()).sum();
    tallies + messages + windows + 300 * commit.len()
}
