//! What is looked for whatever the rules are: calls by which somebody gives himself permissions, and
//! the canary that comes back. They make no findings; triage reads the first beside the denials, and
//! the second is a sign of life.

use std::sync::Arc;

use aware_core::event::Level;
use aware_core::finding;
use aware_iam::triage;
use aware_rules::cloudwatch;
use aware_rules::rule::{Language, Rule};

use crate::pipeline::source::canary;

/// The rules that let them through; they are silent, and in no list.
pub(super) fn rules() -> impl Iterator<Item = Rule> {
    let self_grants = ("aware-self-grants", "Gives itself permissions", self_grants());
    let canary = ("aware-canary", "The canary comes back", canary());
    [self_grants, canary].into_iter().filter_map(|(id, name, pattern)| rule(id, name, &pattern))
}

fn rule(id: &str, name: &str, pattern: &str) -> Option<Rule> {
    Some(Rule {
        about: Arc::new(finding::Rule::new(id, name, Level::Low)),
        language: Language::CloudWatch,
        source: "cloudtrail".to_owned(),
        file: String::new(),
        line: 0,
        enabled: true,
        expr: cloudwatch::compile(id, pattern).ok()?,
    })
}

/// Successes of the operations that triage asks for, of whatever service: triage looks again.
fn self_grants() -> String {
    let calls: Vec<String> =
        triage::self_grants().map(|(_, name)| format!("$.eventName = \"{name}\"")).collect();
    format!("{{ ({}) && $.errorCode NOT EXISTS }}", calls.join(" || "))
}

/// Denials of the canary's call, by whomever: the source looks for its own by request id.
fn canary() -> String {
    let (service, call) = canary::CALL;
    format!(
        "{{ $.eventSource = \"{service}\" && $.eventName = \"{call}\" && $.errorCode = \"AccessDenied*\" }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_are_understood() {
        assert_eq!(rules().count(), 2, "{}\n{}", self_grants(), super::canary());
    }
}
