//! Silent rules that are always included: calls by which somebody grants themselves permissions, or
//! may, and the canary that comes back. They do not become findings; triage reads the former
//! alongside the denials, and the latter is a sign of life.

use std::sync::Arc;

use aware_cases::triage;
use aware_core::event::Level;
use aware_core::finding;
use aware_core::source::cloudtrail;
use aware_rules::cloudwatch;
use aware_rules::rule::{Language, Rule};

use crate::canary_call;

/// How many operations one pattern holds: CloudWatch limits a pattern's length.
const IN_A_PATTERN: usize = 12;

/// The rules that let these events through; they are silent and not listed.
pub(super) fn rules() -> impl Iterator<Item = Rule> {
    let self_grants = self_grants()
        .into_iter()
        .map(|pattern| ("aware-self-grants", "Grants itself permissions", pattern));
    let canary = ("aware-canary", "The canary comes back", canary());
    self_grants.chain([canary]).filter_map(|(id, name, pattern)| rule(id, name, &pattern))
}

fn rule(id: &str, name: &str, pattern: &str) -> Option<Rule> {
    Some(Rule {
        about: Arc::new(finding::RuleSummary::new(id, name, Level::Low)),
        language: Language::CloudWatch,
        source: Some(cloudtrail::ID),
        file: String::new(),
        line: 0,
        enabled: true,
        expr: cloudwatch::compile(id, pattern).ok()?,
    })
}

/// Successful calls of the operations that triage asks for, of any service: triage checks them
/// again.
fn self_grants() -> Vec<String> {
    let calls: Vec<String> =
        triage::self_grants().map(|(_, name)| format!("$.eventName = \"{name}\"")).collect();
    let patterns = calls.chunks(IN_A_PATTERN);
    patterns
        .map(|some| format!("{{ ({}) && $.errorCode NOT EXISTS }}", some.join(" || ")))
        .collect()
}

/// Denials of the canary's call, by any caller: the source recognizes its own by request id.
fn canary() -> String {
    let (service, call) = canary_call::CALL;
    format!(
        "{{ $.eventSource = \"{service}\" && $.eventName = \"{call}\" && $.errorCode = \"AccessDenied*\" }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_are_understood() {
        let patterns = self_grants();
        assert_eq!(rules().count(), patterns.len() + 1, "{patterns:?}\n{}", super::canary());
    }
}
