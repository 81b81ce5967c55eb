//! Why nothing is granted although it does not look like exploring: what a log cannot tell apart
//! from an intruder's detour around a denial.

use super::history::{PrincipalHistory, TARGETS};
use super::window::DenialWindow;
use super::{counts, signs};

/// From how many different targets on a call is no longer a workload's routine.
const MANY_TARGETS: usize = 10;

/// Why somebody must investigate first; `None` if nothing speaks against a grant.
pub(super) fn withhold_reason(history: &PrincipalHistory) -> Option<String> {
    history.denied_actions().next()?;
    let by_grant = history.possible_grants.first().map(|operation| {
        format!("it may have gained permissions through {operation}, which succeeded")
    });
    by_grant
        .or_else(|| many_targets(history))
        .or_else(|| sensitive_attempts(history))
        .or_else(|| data_attempts(history))
        .or_else(|| {
            let lists = counts::listed_by_console(history)?;
            Some(format!("it made {lists} different list calls with console credentials"))
        })
}

/// One call on many secrets, roles, keys or buckets, or destroying many things.
fn many_targets(history: &PrincipalHistory) -> Option<String> {
    let of_deeds = history.denied_by_action().filter_map(|(action, deed)| {
        let count = if signs::is_destroying(action) {
            deed.targets.len()
        } else if deed.is_opening || deed.is_sensitive {
            deed.places.len()
        } else {
            0
        };
        (count >= MANY_TARGETS).then_some((count, action))
    });
    let (count, action) = of_deeds.max()?;
    let more = if count >= TARGETS { " or more" } else { "" };
    Some(format!("it tried {action} on {count}{more} targets"))
}

/// Several attempts at actions that are never granted unasked.
fn sensitive_attempts(history: &PrincipalHistory) -> Option<String> {
    let actions = history.denied_by_action().filter(|(_, deed)| deed.is_sensitive);
    let mut actions: Vec<&str> = actions.map(|(action, _)| action).collect();
    actions.sort_unstable();
    actions.dedup();
    let [first, second, ..] = actions.as_slice() else { return None };
    Some(format!("it was also denied {first} and {second}"))
}

/// Data of several services.
fn data_attempts(history: &PrincipalHistory) -> Option<String> {
    let (reads, services) = counts::data_reads(&DenialWindow::whole_history(history));
    (reads >= 3 && services >= 2)
        .then(|| format!("it tried {reads} ways of reading data in {services} services"))
}
