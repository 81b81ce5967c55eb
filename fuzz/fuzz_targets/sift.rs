//! Any bytes through the sieve: no denial is dismissed.
#![no_main]

use aware_core::event::Outcome;
use aware_core::source::{cloudtrail::decode, sift::Sieve};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The fuzzer writes records; the shape around them is given.
    let body = [&b"{\"Records\":["[..], bytes, b"]}"].concat();
    let Some(sifted) = Sieve::default().sift(&body, |record| record.windows(6).any(|bytes| bytes == b"\"error")) else { return };
    let denied = |record: &[u8]| decode(record).is_ok_and(|event| event.outcome == Outcome::Denied);
    if sifted.records == 1 && denied(bytes) {
        assert_eq!(sifted.kept.len(), 1);
    }
});
