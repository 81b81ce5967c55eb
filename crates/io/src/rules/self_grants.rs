//! The one thing that is looked for whatever the rules are: calls by which somebody gives himself
//! permissions. They make no findings; triage reads them beside the denials.

use std::sync::Arc;

use aware_core::event::Level;
use aware_core::finding;
use aware_iam::triage;
use aware_rules::cloudwatch;
use aware_rules::rule::{Language, Rule};

/// The rule that lets them through; it is silent, and in no list.
pub(super) fn rule() -> Option<Rule> {
    let expr = cloudwatch::compile("self-grants", &pattern()).ok()?;
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
fn pattern() -> String {
    let calls: Vec<String> =
        triage::self_grants().map(|(_, name)| format!("$.eventName = \"{name}\"")).collect();
    format!("{{ ({}) && $.errorCode NOT EXISTS }}", calls.join(" || "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_is_understood() {
        assert!(rule().is_some(), "{}", pattern());
    }
}
