//! What is looked for whatever the rules are: calls by which somebody gives himself permissions, or
//! may, and the canary that comes back. They make no findings; triage reads the first beside the denials, and
//! the second is a sign of life.

use std::sync::Arc;

use aware_cases::triage;
use aware_core::event::Level;
use aware_core::finding;
use aware_core::source::cloudtrail;
use aware_rules::cloudwatch;
use aware_rules::rule::{Language, Rule};

use crate::canary_call;

/// How many operations one pattern holds: CloudWatch's patterns have a greatest length.
const IN_A_PATTERN: usize = 12;

/// The rules that let them through; they are silent, and in no list.
pub(super) fn rules() -> impl Iterator<Item = Rule> {
    let self_grants = self_grants()
        .into_iter()
        .map(|pattern| ("aware-self-grants", "Gives itself permissions", pattern));
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

/// Successes of the operations that triage asks for, of whatever service: triage looks again.
fn self_grants() -> Vec<String> {
    let calls: Vec<String> =
        triage::self_grants().map(|(_, name)| format!("$.eventName = \"{name}\"")).collect();
    let patterns = calls.chunks(IN_A_PATTERN);
    patterns
        .map(|some| format!("{{ ({}) && $.errorCode NOT EXISTS }}", some.join(" || ")))
        .collect()
}

/// Denials of the canary's call, by whomever: the source looks for its own by request id.
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
