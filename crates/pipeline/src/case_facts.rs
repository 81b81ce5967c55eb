//! Which calls cases must see, whatever the rules are.

use aware_cases::case::CaseEvent;
use aware_cases::notable;

/// Whether an event says more than that it happened: its success is worth telling, takes something
/// back, or lets somebody act.
pub(super) fn has_facts(event: &CaseEvent) -> bool {
    event.notable.is_some() || !event.undoes.is_empty() || !event.links.is_empty()
}

/// Whether its request may say what the next one of its kind does not: the stack that
/// CloudFormation works on.
pub(super) fn may_name_stack(event: &CaseEvent) -> bool {
    event.principal.invoked_by.as_deref() == Some("cloudformation.amazonaws.com")
}

/// Successful calls that every engine lets through, by name.
pub(super) fn watched_names() -> impl Iterator<Item = &'static str> {
    notable::notable_calls().map(|(_, name)| name)
}
