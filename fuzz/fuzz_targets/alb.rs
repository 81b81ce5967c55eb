//! Any bytes as lines of a load balancer's access log: no panic, the sums balance, and every record is
//! an event.
#![no_main]

use aware_core::envelope::{EnvelopeKind, open_body};
use aware_core::source::contract::RecordContext;
use aware_core::source::source_of;

/// Makes the body an access log, whatever follows.
const FIRST: &[u8] = b"http 2026-11-29T09:01:00.1Z app/a/5 192.0.2.1:1 - -1 -1 -1 403 - 1 1 \
    \"GET http://a:80/ HTTP/1.1\" \"-\" - - - \"Root=1\"\n";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let opened = open_body(EnvelopeKind::Any, &[FIRST, bytes].concat());
    assert_eq!(opened.records_seen(), opened.records.len() as u64 + opened.rejects.record_count());
    for record in &opened.records {
        let event = source_of(record.source).decode(&record.bytes, RecordContext::default());
        assert!(event.is_ok(), "{event:?}");
    }
});
