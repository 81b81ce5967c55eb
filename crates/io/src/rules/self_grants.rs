//! The one thing that is looked for whatever the rules are: calls by which somebody gives himself
//! permissions, or may. They make no findings; triage reads them beside the denials.

use std::sync::Arc;

use aware_core::event::Level;
use aware_core::finding;
use aware_iam::triage;
use aware_rules::cloudwatch;
use aware_rules::rule::{Language, Rule};

/// How many operations one pattern holds: CloudWatch's patterns have a greatest length.
const IN_A_PATTERN: usize = 12;

/// The rules that let them through; they are silent, and in no list.
pub(super) fn rules() -> Vec<Rule> {
    patterns().iter().filter_map(|pattern| rule(pattern)).collect()
}

fn rule(pattern: &str) -> Option<Rule> {
    let expr = cloudwatch::compile("self-grants", pattern).ok()?;
    let about = finding::Rule::new("aware-self-grants", "Gives itself permissions", Level::Low);
    Some(Rule {
        about: Arc::new(about),
        language: Language::CloudWatch,
        source: "cloudtrail".to_owned(),
        file: String::new(),
        line: 0,
        enabled: true,
        expr,
    })
}

/// Successes of the operations that triage asks for, of whatever service: triage looks again.
fn patterns() -> Vec<String> {
    let calls: Vec<String> =
        triage::self_grants().map(|(_, name)| format!("$.eventName = \"{name}\"")).collect();
    let patterns = calls.chunks(IN_A_PATTERN);
    patterns
        .map(|some| format!("{{ ({}) && $.errorCode NOT EXISTS }}", some.join(" || ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_are_understood() {
        assert_eq!(rules().len(), patterns().len(), "{:?}", patterns());
    }
}
