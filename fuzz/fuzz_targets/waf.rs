//! Any members of a JSON object as a record of AWS WAF: no panic, the sums balance, and what
//! is decoded can be explained.
#![no_main]

use aware_core::envelope::{EnvelopeKind, open_body};
use aware_core::source::contract::RecordContext;
use aware_core::source::source_of;

/// Makes the object a record, whatever follows.
const FIRST: &[u8] = br#"{"timestamp":1795942860000,"webaclId":"arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/1","action":"BLOCK","#;

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
