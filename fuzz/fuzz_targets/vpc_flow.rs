//! Any text is read as a flow log, or not, and the sums balance.

#![no_main]

use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::{EnvelopeKind, open_each_record};
use aware_core::source::contract::LineSettings;
use aware_core::source::{source_of, vpc_flow};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let header = b"srcaddr dstaddr srcport dstport protocol packets bytes end action log-status tcp-flags\n";
    let headed = [&header[..], data].concat();
    for body in [data, &headed] {
        for wanted in [&[][..], &[vpc_flow::FLOW]] {
            let lines = LineSettings { wanted, ..LineSettings::nothing() };
            let mut handed_on = 0;
            let limits = DecompressionLimits::default();
            let opened = open_each_record(EnvelopeKind::Any, body, limits, lines, &mut |record| {
                handed_on += u64::from(!record.is_sum);
                let event = source_of(record.source).decode(record.bytes, record.context);
                assert!(event.is_ok() || !record.is_sum, "a sum is an event");
            });
            let rejected = opened.rejects.total_count();
            assert!(handed_on + opened.counted <= opened.records_seen());
            assert!(opened.records_seen() <= handed_on + opened.counted + rejected);
        }
    }
});
