//! Any bytes as a file: archives within the limits, every form opened, and the sums balance.
#![no_main]

use aware_core::envelope::decompress::Limits;
use aware_core::envelope::unpack::{Unpacked, Unpacker};
use aware_core::envelope::{Kind, open};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { max_bytes: 1 << 18, max_nested: 1 << 18, ..Limits::default() };
    let mut sum = 0;
    Unpacker::new(limits).unpack(bytes, &mut |unpacked| {
        let Unpacked::Body { bytes, .. } = unpacked else { return };
        sum += bytes.len();
        let opened = open(Kind::Any, bytes);
        assert_eq!(opened.seen(), opened.records.len() as u64 + opened.rejects.of_records());
    });
    assert!(sum <= 3 * bytes.len().max(64 << 18));
});
