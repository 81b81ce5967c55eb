//! Writes the messages that rules produce into their pages, so that a change of wording need not be
//! copied by hand.

use super::case::{RuleTest, RuleTestPage};
use super::judge::RuleTestResult;

/// The text of a page in which every hit shows the message that the rule produces. `page` is the
/// parsed text, `outcomes` the results of its tests.
pub fn rewrite_page(text: &str, page: &RuleTestPage, outcomes: &[RuleTestResult]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // Backwards, so that earlier positions remain valid.
    for (case, outcome) in page.tests.iter().zip(outcomes).rev() {
        if let Some(message) = &outcome.message {
            insert_message(&mut lines, case, message);
        }
    }
    lines.join("\n") + "\n"
}

fn insert_message(lines: &mut Vec<String>, case: &RuleTest, message: &str) {
    let message = message.lines().map(str::to_owned);
    if let Some(range) = &case.places.message {
        let end = range.end.min(lines.len());
        lines.splice(range.start.min(end)..end, message);
    } else {
        let at = case.places.records_end.min(lines.len());
        let block = ["", "```text"].into_iter().map(str::to_owned);
        lines.splice(at..at, block.chain(message).chain(["```".to_owned()]));
    }
}
