//! Any bytes through the sieve: no denial is dismissed.
#![no_main]

use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::{EnvelopeKind, open_each_record};
use aware_core::event::Outcome;
use aware_core::source::cloudtrail::decode_record;
use aware_core::source::cloudtrail::split::{ContainsText, RecordSieve};
use aware_core::source::contract::LineSettings;

/// What the rule about denied calls asks of a record's bytes.
const ERROR: ContainsText = ContainsText(b"\"error");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // A line break within a string is no JSON, which the slow way notices and the sieve need not.
    if bytes.contains(&b'\n') {
        return;
    }
    // The fuzzer writes records; the shape around them is given.
    let body = [&b"{\"Records\":["[..], bytes, b"]}"].concat();
    let Some(sifted) = RecordSieve::for_filter(&ERROR).sift_body(&body, &ERROR) else { return };
    // What the slow way makes of the same body: the same records, and no denial is dismissed.
    let (mut records, mut denied) = (0, 0);
    open_each_record(
        EnvelopeKind::Any,
        &body,
        DecompressionLimits::default(),
        LineSettings::nothing(),
        &mut |raw| {
            records += 1;
            let event = decode_record(raw.bytes);
            denied += u64::from(event.is_ok_and(|event| event.outcome == Outcome::Denied));
        },
    );
    assert_eq!(records, sifted.records);
    assert!(sifted.kept.len() as u64 >= denied);
});
