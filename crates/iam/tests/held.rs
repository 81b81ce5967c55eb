//! Histories that an earlier version kept are read, and written again byte for byte.

#![allow(clippy::unwrap_used)]

use aware_iam::triage::History;

#[test]
fn histories_are_read_and_written_again() {
    let held = include_str!("held/histories.jsonl");
    assert!(held.lines().count() > 30);
    for row in held.lines() {
        let history: History = serde_json::from_str(row).unwrap();
        assert_eq!(serde_json::to_string(&history).unwrap(), row);
    }
}
