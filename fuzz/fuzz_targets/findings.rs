//! Any JSON is a finding of a service, or a problem; never a panic.

#![no_main]

use aware_core::source::contract::{EventCarrier, LogSource, RecordContext};
use aware_core::source::findings;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let carrier = EventCarrier { time: "2026-11-29T10:00:00Z", ..EventCarrier::default() };
    let context = RecordContext { carrier: Some(carrier), ..RecordContext::default() };
    for source in [
        &findings::GUARDDUTY,
        &findings::SECURITY_HUB,
        &findings::ACCESS_ANALYZER,
        &findings::INSPECTOR,
        &findings::MACIE,
        &findings::CONFIG,
        &findings::HEALTH,
    ] {
        if let Ok(event) = source.decode(data, context) {
            assert!(event.foreign_finding().is_some());
            let _ = source.parties(&event.record);
        }
    }
});
