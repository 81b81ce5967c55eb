//! Any bytes through the sieve: no denial is dismissed.
#![no_main]

use aware_core::event::Outcome;
use aware_core::source::cloudtrail::decode;
use aware_core::source::sift::{Holds, Sieve};

/// What the rule about denied calls asks of a record's bytes.
const ERROR: Holds = Holds(b"\"error");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The fuzzer writes records; the shape around them is given.
    let body = [&b"{\"Records\":["[..], bytes, b"]}"].concat();
    let Some(sifted) = Sieve::new(&ERROR).sift(&body, &ERROR) else { return };
    let denied = |record: &[u8]| decode(record).is_ok_and(|event| event.outcome == Outcome::Denied);
    if sifted.records == 1 && denied(bytes) {
        assert_eq!(sifted.kept.len(), 1);
    }
});
