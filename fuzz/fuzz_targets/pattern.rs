//! Any text as a filter pattern, an event pattern or a file of rules: refused, or compiled into
//! what runs.
#![no_main]

use aware_core::source::cloudtrail;
use aware_rules::{cloudwatch, eventbridge, oracle, sigma};

const RECORD: &str = r#"{"eventName":"RunInstances","userIdentity":{"type":"Root"},"n":[1,"a",null]}"#;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let event = serde_json::from_str(RECORD).expect("it is JSON");
    for expr in [cloudwatch::compile("fuzz", text), eventbridge::compile("fuzz", text)].into_iter().flatten() {
        oracle::matches(&expr, cloudtrail::ID, &event, RECORD);
    }
    for rule in sigma::load([("fuzz.yml", text)], &Default::default()).rules {
        oracle::matches(&rule.expr, cloudtrail::ID, &event, RECORD);
    }
});
