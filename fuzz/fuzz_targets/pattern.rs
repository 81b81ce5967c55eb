//! Any text as a filter pattern, an event pattern or a file of rules: refused, or compiled into
//! what runs.
#![no_main]

use aware_core::source::cloudtrail;
use aware_rules::{cloudwatch, eventbridge, oracle, sigma};

const RECORD: &str =
    r#"{"eventName":"RunInstances","userIdentity":{"type":"Root"},"n":[1,"a",null]}"#;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let event = serde_json::from_str(RECORD).expect("it is JSON");
    for expr in
        [cloudwatch::compile_pattern("fuzz", text), eventbridge::compile_pattern("fuzz", text)]
            .into_iter()
            .flatten()
    {
        oracle::event_matches(&expr, cloudtrail::ID, &event, RECORD);
    }
    for rule in sigma::load_rules([("fuzz.yml", text)], &Default::default()).rules {
        oracle::event_matches(&rule.expr, cloudtrail::ID, &event, RECORD);
    }
});
