//! Puts the messages that rules make into their pages, so that a change of wording need not be
//! copied by hand.

use super::case::{Case, Page};
use super::judge::Outcome;

/// The text of a page in which every hit shows the message that the rule makes. `page` is what
/// the text was read as, `outcomes` what came of its cases.
pub fn rewrite(text: &str, page: &Page, outcomes: &[Outcome]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // From the end, so that the places before stay what they are.
    for (case, outcome) in page.cases.iter().zip(outcomes).rev() {
        if let Some(message) = &outcome.message {
            put(&mut lines, case, message);
        }
    }
    lines.join("\n") + "\n"
}

fn put(lines: &mut Vec<String>, case: &Case, message: &str) {
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
