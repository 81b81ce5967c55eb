//! What a rule's page lacks.

use aware_rules::problem::RuleMistake;
use aware_rules::shipped::page_name_for;

use super::case::{RuleTestPage, TestKind};

/// What a rule's page lacks: the page itself, a hit, a near miss, or the message of a hit.
pub fn missing_parts(rule_file: &str, page: Option<&RuleTestPage>) -> Vec<RuleMistake> {
    let Some(page) = page else {
        let hint = format!("write its cases into `{}`", page_name_for(rule_file));
        return vec![RuleMistake::new(rule_file, (0, 0), "rule has no cases").with_hint(hint)];
    };
    let mut gaps = Vec::new();
    for kind in [TestKind::Hit, TestKind::NearMiss] {
        if page.tests.iter().all(|case| case.kind != kind) {
            let what = format!("no case is a {}", kind.as_str().to_lowercase());
            let hint = format!("add a section `## {kind}: …`");
            gaps.push(RuleMistake::new(&page.file, (0, 0), what).with_hint(hint));
        }
    }
    let silent =
        page.tests.iter().filter(|case| case.kind == TestKind::Hit && case.message.is_none());
    gaps.extend(silent.map(|case| {
        let hint = "add a fenced block `text`";
        RuleMistake::new(&page.file, (case.line, 1), "hit without the message it makes")
            .with_hint(hint)
    }));
    gaps
}
