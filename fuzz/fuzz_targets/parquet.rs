//! Any bytes as a Parquet file, whole and with an end of its own: no panic, within the limits, and the
//! sums balance.
#![no_main]

use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::{EnvelopeKind, open_each_record, other_logs};
use aware_core::source::contract::LineSettings;
use aware_core::source::{source_of, vpc_flow};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (pages, footer) =
        bytes.split_at(bytes.first().map_or(0, |at| usize::from(*at)).min(bytes.len()));
    let length = u32::try_from(footer.len()).unwrap_or_default().to_le_bytes();
    let whole = [b"PAR1", pages, footer, &length, b"PAR1"].concat();
    let limits = DecompressionLimits { max_nested: 1 << 18, ..DecompressionLimits::default() };
    for body in [bytes, &whole] {
        let _ = other_logs::log_of_body(body);
        for wanted in [&[][..], &[vpc_flow::FLOW]] {
            let lines = LineSettings { wanted, ..LineSettings::nothing() };
            let mut handed_on = 0;
            let opened = open_each_record(EnvelopeKind::Any, body, limits, lines, &mut |record| {
                handed_on += u64::from(!record.is_sum);
                let event = source_of(record.source).decode(record.bytes, record.context);
                assert!(event.is_ok() || !record.is_sum, "a sum is an event");
            });
            let rejected = opened.rejects.record_count();
            assert!(handed_on + opened.counted <= opened.records_seen());
            assert!(opened.records_seen() <= handed_on + opened.counted + rejected);
            assert!(opened.nested <= limits.max_nested);
        }
    }
});
