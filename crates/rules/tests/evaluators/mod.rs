//! The oracle and the engine, asked the same.

use std::sync::Arc;

use aware_core::finding;
use aware_core::source::cloudtrail;
use aware_rules::engine::RuleEngine;
use aware_rules::ir::RuleExpr;
use aware_rules::oracle;
use aware_rules::rule::{CompiledRule, RuleLanguage};
use serde_json::Value;

/// Whether a line matches: JSON, or any text. Of JSON objects the engine must say the same.
pub(crate) fn matches(expr: &RuleExpr, line: &str) -> bool {
    let event: Value = serde_json::from_str(line).unwrap_or(Value::Null);
    let expected = oracle::event_matches(expr, cloudtrail::ID, &event, line);
    if event.is_object() {
        let rule = CompiledRule {
            about: finding::RuleSummary::denied_call(),
            language: RuleLanguage::CloudWatch,
            source: Some(cloudtrail::ID),
            file: "test".to_owned(),
            line: 1,
            enabled: true,
            expr: expr.clone(),
            baseline: None,
        };
        let mut engine = RuleEngine::compile_rules(Arc::from([rule]), cloudtrail::ID);
        assert!(!expected || engine.gate().lets_through(line.as_bytes()), "the gate: {line}");
        let found = !engine.scan_record(line).unwrap().matches.is_empty();
        assert_eq!(found, expected, "the engine differs on {line}: {expr:?}");
    }
    expected
}
