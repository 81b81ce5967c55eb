//! Any bytes through every envelope: no panic, and the sums balance.
#![no_main]

use aware_core::envelope::{Kind, open};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let opened = open(Kind::Any, bytes);
    let rejected = opened.rejects.iter().filter(|reject| reject.record.is_some()).count();
    assert_eq!(opened.seen(), (opened.records.len() + rejected) as u64);
});
