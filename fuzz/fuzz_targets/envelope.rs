//! Any bytes through every envelope: no panic, and the sums balance.
#![no_main]

use aware_core::envelope::{EnvelopeKind, open_body};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let opened = open_body(EnvelopeKind::Any, bytes);
    assert_eq!(opened.records_seen(), opened.records.len() as u64 + opened.rejects.record_count());
});
