//! Any bytes through every envelope: no panic, and the sums balance.
#![no_main]

use aware_core::envelope::{Kind, open};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let opened = open(Kind::Any, bytes);
    assert_eq!(opened.seen(), opened.records.len() as u64 + opened.rejects.of_records());
});
