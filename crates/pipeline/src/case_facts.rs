//! What cases need of an event beyond its findings: what its success means.

use std::sync::Arc;

use aware_cases::case::CaseEvent;
use aware_core::event::{Event, Outcome};
use aware_core::explanation::Explanation;
use aware_core::finding::RuleSummary;

/// Reads an event with everything that a case keeps of it. See [`CaseEvent::from_event`].
pub(super) fn read_case_event(
    event: &Event,
    rules: Vec<Arc<RuleSummary>>,
    why: Option<Explanation>,
) -> Option<CaseEvent> {
    let read = CaseEvent::from_event(event, rules, why.map(Box::new))?;
    if event.outcome != Outcome::Success {
        return Some(read);
    }
    Some(CaseEvent { notable: None, undoes: Vec::new(), links: Vec::new(), ..read })
}

/// Whether an event says more than that it happened.
pub(super) fn has_facts(event: &CaseEvent) -> bool {
    event.notable.is_some() || !event.undoes.is_empty() || !event.links.is_empty()
}

/// Successful calls that every engine lets through, by name.
pub(super) fn followed_names() -> impl Iterator<Item = &'static str> {
    std::iter::empty()
}

/// Whether what a success of this call means can only be read from the whole record.
pub(super) fn needs_whole_record(_call: &str) -> bool {
    false
}
