//! Any members of a JSON object as a record of the Route 53 Resolver: no panic, the sums balance, and what
//! is decoded can be explained.
#![no_main]

use aware_core::envelope::{EnvelopeKind, open_body};
use aware_core::source::contract::RecordContext;
use aware_core::source::source_of;

/// Makes the object a record, whatever follows.
const FIRST: &[u8] = br#"{"version":"1.1","query_timestamp":"2026-11-29T09:01:00Z","query_name":"a.example.","query_type":"A","#;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let opened = open_body(EnvelopeKind::Any, &[FIRST, bytes, b"}"].concat());
    assert_eq!(opened.records_seen(), opened.records.len() as u64 + opened.rejects.record_count());
    for record in &opened.records {
        let source = source_of(record.source);
        if let Ok(event) = source.decode(&record.bytes, RecordContext::default()) {
            let _ = source.explain(&event);
        }
    }
});
