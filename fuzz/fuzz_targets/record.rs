//! Any bytes as a record, to its message: no panic, and a glance agrees with decoding.
#![no_main]

use aware_cases::group::FindingGroup;
use aware_cases::message::group_message;
use aware_core::finding::{Finding, RuleSummary};
use aware_core::message::{HARD_LIMIT, MessageKind};
use aware_core::source::cloudtrail::{decode_record, glance::RecordGlance};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(event) = decode_record(bytes) else { return };
    if let Some((outcome, time)) =
        RecordGlance::read_record(bytes).and_then(|glance| glance.outcome_and_time())
    {
        assert_eq!((outcome, time), (event.outcome, event.time));
    }
    let finding = Finding::from_event(&RuleSummary::denied_call(), &event);
    let mut tally = FindingGroup::for_finding(&finding);
    tally.record(&finding);
    let message = group_message(&tally, MessageKind::Finding, None, tally.last_seen);
    assert!(message.to_json().len() <= HARD_LIMIT);
});
