//! What would cure a case: whose policy, which statements, and how far it is.

use aware_core::case::CaseKind;
use aware_core::explanation::{PolicyChange, StatementStyle, write_statements};

use super::shown_names::shown_text;
use super::words::short_list;
use crate::case::Case;

/// The most characters of a note.
const MAX_NOTE: usize = 400;
/// The most actions that are likely to be denied next.
const MAX_NEXT: usize = 10;

/// What would cure a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CureText {
    /// The policies and other things to change, with what to add.
    pub policies: Vec<PolicyText>,
    /// What to know before anything is added.
    pub take_care: Vec<String>,
    /// Why nothing is offered.
    pub withheld: Option<String>,
    /// How much of it works: `3 of 9 now work`.
    pub progress: Option<String>,
    /// What will probably be denied next.
    pub likely_next: Option<String>,
}

/// What to add to a policy, or to whatever else refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyText {
    /// The policy.
    pub policy: String,
    /// The statements, each as JSON on one line; or the lines of another change.
    pub statements: Vec<String>,
}

impl CureText {
    pub(super) fn of_case(case: &Case) -> Self {
        let cure = case.cure.as_ref();
        let changes = cure.map(|cure| cure.changes.as_slice()).unwrap_or_default();
        let policies = changes.iter().filter(|change| !change.is_empty());
        let policies: Vec<PolicyText> = policies
            .map(|change| PolicyText {
                policy: shown_text(&change.attach_to, MAX_NOTE),
                statements: lines_of(change),
            })
            .collect();
        let take_care = cure.map(|cure| cure.take_care.as_slice()).unwrap_or_default();
        let withheld = cure.and_then(|cure| cure.withheld.as_deref());
        let is_offered = !policies.is_empty() && case.kind != CaseKind::Intruder;
        Self {
            take_care: take_care.iter().map(|text| shown_text(text, MAX_NOTE)).collect(),
            withheld: withheld.map(|text| shown_text(text, MAX_NOTE)),
            progress: progress_of(case),
            likely_next: if is_offered { likely_next(case) } else { None },
            policies,
        }
    }
}

/// The lines to copy: the statements, or the first form of another change.
fn lines_of(change: &PolicyChange) -> Vec<String> {
    let clean = |line: &str| aware_core::text::clean_line(line).into_owned();
    match change.forms.first() {
        Some(form) => form.text.lines().map(clean).collect(),
        None => change.statements.iter().map(write_one).collect(),
    }
}

fn write_one(statement: &aware_core::explanation::Grant) -> String {
    let text = write_statements(std::slice::from_ref(statement), StatementStyle::Compact);
    aware_core::text::clean_line(&text).into_owned()
}

fn progress_of(case: &Case) -> Option<String> {
    match case.cured {
        (_, 0) | (0, _) => None,
        (1, 1) => Some("it now works".to_owned()),
        (worked, all) if worked >= all => Some(format!("all {all} now work")),
        (1, all) => Some(format!("1 of {all} now works")),
        (worked, all) => Some(format!("{worked} of {all} now work")),
    }
}

fn likely_next(case: &Case) -> Option<String> {
    let actions: Vec<String> = case.likely_next.iter().map(|text| shown_text(text, 100)).collect();
    (!actions.is_empty()).then(|| short_list(&actions, MAX_NEXT))
}
