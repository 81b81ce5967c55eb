//! Any bytes as lines and records of mapped sources: no panic, and the sums balance.
#![no_main]

use std::sync::Once;

use aware_core::envelope::{EnvelopeKind, open_body};
use aware_core::source::contract::RecordContext;
use aware_core::source::source_of;
use aware_rules::mapped::{SourceMap, define_maps};

static DEFINED: Once = Once::new();

/// A log of JSON and a log of lines.
fn maps() -> [SourceMap; 2] {
    let places = |text: &str| vec![text.to_owned()];
    let orders = SourceMap {
        name: "orders".to_owned(),
        records: Some("{ $.log = \"audit\" }".to_owned()),
        time: places("$.ts"),
        action: places("orders:{$.event}"),
        principal: places("$.user"),
        resources: places("$.items[*].sku"),
        denied: Some("{ $.code = 403 }".to_owned()),
        ..SourceMap::default()
    };
    let lines = SourceMap {
        name: "db".to_owned(),
        line: Some(r"^(?<time>\S+) (?<user>\S+) (?<what>denied)?(?<rest>.*)$".to_owned()),
        time: places("$.time"),
        action: places("log"),
        principal: places("$.user"),
        denied: Some("{ $.what = denied }".to_owned()),
        ..SourceMap::default()
    };
    [orders, lines]
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    DEFINED.call_once(|| define_maps(&maps()).expect("maps are right"));
    let record = [b"{\"log\": \"audit\", ", bytes, b"}"].concat();
    for body in [[b"2026-11-29T09:01:00Z a denied\n", bytes].concat(), record] {
        let opened = open_body(EnvelopeKind::Any, &body);
        let seen = opened.records.len() as u64 + opened.rejects.record_count();
        assert_eq!(opened.records_seen(), seen);
        for record in &opened.records {
            let source = source_of(record.source);
            if let Ok(event) = source.decode(&record.bytes, RecordContext::default()) {
                let _ = source.explain(&event);
            }
        }
    }
});
