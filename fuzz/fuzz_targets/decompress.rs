//! Any bytes through the decompressor: no panic, and never more than the limit.
#![no_main]

use aware_core::envelope::decompress::{BodyInflater, DecompressionLimits};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut inflater = BodyInflater::new(DecompressionLimits {
        max_bytes: 1 << 20,
        ..DecompressionLimits::default()
    });
    if let Ok(inflated) = inflater.inflate(bytes) {
        assert!(inflated.bytes.len() <= (1 << 20).max(bytes.len()));
    }
});
