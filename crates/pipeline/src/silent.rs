//! Silent rules that are always included: calls by which somebody grants themselves permissions, or
//! may; other calls whose success cases tell; and the canary that comes back. They do not become
//! findings: triage and cases read the former alongside the denials, and the latter is a sign of
//! life.

use std::collections::BTreeSet;
use std::sync::Arc;

use aware_cases::triage;
use aware_core::event::Level;
use aware_core::finding;
use aware_core::source::cloudtrail;
use aware_rules::cloudwatch;
use aware_rules::rule::{CompiledRule, RuleLanguage};

use crate::canary_call;
use crate::case_facts;

/// How many operations one pattern holds: CloudWatch limits a pattern's length.
const CALLS_PER_PATTERN: usize = 12;

/// The rules that let these events through; they are silent and not listed.
pub(super) fn silent_rules() -> impl Iterator<Item = CompiledRule> {
    let notable = notable_patterns()
        .into_iter()
        .map(|pattern| ("aware-notable", "A success that cases tell", pattern));
    let canary = ("aware-canary", "The canary comes back", canary_pattern());
    notable.chain([canary]).filter_map(|(id, name, pattern)| silent_rule(id, name, &pattern))
}

fn silent_rule(id: &str, name: &str, pattern: &str) -> Option<CompiledRule> {
    Some(CompiledRule {
        about: Arc::new(finding::RuleSummary::with_defaults(id, name, Level::Low)),
        language: RuleLanguage::CloudWatch,
        source: Some(cloudtrail::ID),
        file: String::new(),
        line: 0,
        enabled: true,
        expr: cloudwatch::compile_pattern(id, pattern).ok()?,
        baseline: None,
    })
}

/// Successful calls of the operations that triage and cases ask for, of any service: both check them
/// again.
fn notable_patterns() -> Vec<String> {
    let names = triage::self_grants().map(|(_, name)| name).chain(case_facts::watched_names());
    let names: BTreeSet<&str> = names.collect();
    let calls: Vec<String> = names.iter().map(|name| format!("$.eventName = \"{name}\"")).collect();
    let patterns = calls.chunks(CALLS_PER_PATTERN);
    patterns
        .map(|some| format!("{{ ({}) && $.errorCode NOT EXISTS }}", some.join(" || ")))
        .collect()
}

/// Denials of the canary's call, by any caller: the source recognizes its own by request id.
fn canary_pattern() -> String {
    let (service, call) = canary_call::CANARY_ACTION;
    format!(
        "{{ $.eventSource = \"{service}\" && $.eventName = \"{call}\" && $.errorCode = \"AccessDenied*\" }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_are_understood() {
        let patterns = notable_patterns();
        assert_eq!(
            silent_rules().count(),
            patterns.len() + 1,
            "{patterns:?}\n{}",
            super::canary_pattern()
        );
    }
}
