//! Any bytes as a record, to its message: no panic, and a glance agrees with decoding.
#![no_main]

use aware_core::finding::{Finding, RuleSummary};
use aware_cases::group::Tally;
use aware_cases::message::of_group;
use aware_core::message::{HARD_LIMIT, MessageKind};
use aware_core::source::cloudtrail::{decode, glance::Glance};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(event) = decode(bytes) else { return };
    if let Some((outcome, time)) = Glance::at(bytes).and_then(|glance| glance.outcome()) {
        assert_eq!((outcome, time), (event.outcome, event.time));
    }
    let finding = Finding::new(&RuleSummary::denied_call(), &event);
    let mut tally = Tally::new(&finding);
    tally.absorb(&finding);
    let message = of_group(&tally, MessageKind::Finding, None, tally.last_seen);
    assert!(message.to_json().len() <= HARD_LIMIT);
});
