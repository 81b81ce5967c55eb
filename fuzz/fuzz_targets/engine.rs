//! Any bytes as a record, through the rules that ship: the engine says what the oracle says, and
//! its gate dismisses nothing that matches.
#![no_main]

use aware_core::source::cloudtrail;
use std::cell::RefCell;

use aware_rules::engine::RuleEngine;
use aware_rules::{oracle, shipped};

thread_local! {
    static ENGINE: RefCell<RuleEngine> = RefCell::new(RuleEngine::compile_rules(shipped::load_shipped().rules, cloudtrail::ID));
}

libfuzzer_sys::fuzz_target!(|record: &str| {
    let Ok(event) = serde_json::from_str(record) else { return };
    ENGINE.with_borrow_mut(|engine| {
        let rules = engine.rules().clone();
        let wanted: Vec<u32> = (0..)
            .zip(rules.iter())
            .filter(|(_, rule)| oracle::event_matches(&rule.expr, cloudtrail::ID, &event, record))
            .map(|(number, _)| number)
            .collect();
        let passes = record.contains("\\u") || engine.gate().lets_through(record.as_bytes());
        assert!(passes || wanted.is_empty());
        assert_eq!(engine.scan_record(record).expect("it is JSON").matches, wanted);
    });
});
