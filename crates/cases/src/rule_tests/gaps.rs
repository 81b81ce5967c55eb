//! What a rule's page lacks.

use aware_rules::problem::Problem;
use aware_rules::shipped::page_of;

use super::case::{Kind, Page};

/// What a rule's page lacks: the page itself, a hit, a near miss, or the message of a hit.
pub fn gaps(rule_file: &str, page: Option<&Page>) -> Vec<Problem> {
    let Some(page) = page else {
        let hint = format!("write its cases into `{}`", page_of(rule_file));
        return vec![Problem::new(rule_file, (0, 0), "rule has no cases").hint(hint)];
    };
    let mut gaps = Vec::new();
    for kind in [Kind::Hit, Kind::NearMiss] {
        if page.cases.iter().all(|case| case.kind != kind) {
            let what = format!("no case is a {}", kind.as_str().to_lowercase());
            let hint = format!("add a section `## {kind}: …`");
            gaps.push(Problem::new(&page.file, (0, 0), what).hint(hint));
        }
    }
    let silent = page.cases.iter().filter(|case| case.kind == Kind::Hit && case.message.is_none());
    gaps.extend(silent.map(|case| {
        let hint = "add a fenced block `text`";
        Problem::new(&page.file, (case.line, 1), "hit without the message it makes").hint(hint)
    }));
    gaps
}
