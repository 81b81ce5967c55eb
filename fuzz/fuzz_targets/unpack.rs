//! Any bytes as a file: archives within the limits, every form opened, and the sums balance.
#![no_main]

use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::unpack::{FileUnpacker, UnpackedItem};
use aware_core::envelope::{EnvelopeKind, open_body};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = DecompressionLimits {
        max_bytes: 1 << 18,
        max_nested: 1 << 18,
        ..DecompressionLimits::default()
    };
    let mut sum = 0;
    FileUnpacker::new(limits).unpack(bytes, &mut |unpacked| {
        let UnpackedItem::Body { bytes, .. } = unpacked else { return };
        sum += bytes.len();
        let opened = open_body(EnvelopeKind::Any, bytes);
        assert_eq!(
            opened.records_seen(),
            opened.records.len() as u64 + opened.rejects.record_count()
        );
    });
    assert!(sum <= 3 * bytes.len().max(64 << 18));
});
