//! Workloads that are refused the same for days.

use aware_core::case::CaseReading;
use aware_core::event::PrincipalKind;
use jiff::{SignedDuration, Timestamp};

use super::log::ActorLog;

/// How long the same must have been refused from the same networks.
const STEADY_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Each of the calls must have been refused within this time before the last one.
const STILL_WITHIN: SignedDuration = SignedDuration::from_hours(36);

/// Since when nothing has changed about what is refused, if that is long enough: neither the calls,
/// nor the networks, nor the kind of session. Only a workload can be steady: a person, a long-term
/// key and whatever looks hostile never are, however patient.
pub(super) fn steady_since(reading: CaseReading, logs: &[&ActorLog]) -> Option<Timestamp> {
    if reading != CaseReading::LacksPermission || !logs.iter().all(|log| is_workload(log)) {
        return None;
    }
    let last = logs.iter().map(|log| log.last).max()?;
    let denied = || logs.iter().flat_map(|log| log.denied.iter()).map(|(_, seen)| seen);
    let is_still_so = denied().all(|seen| last.duration_since(seen.last_time()) <= STILL_WITHIN);
    let networks = logs.iter().flat_map(|log| log.networks.values());
    let newest_network = networks.filter_map(|span| Timestamp::from_second(span.first).ok()).max();
    let newest = denied().map(|seen| seen.first_time()).max().max(newest_network)?;
    let is_long = last.duration_since(newest) >= STEADY_AFTER;
    (is_still_so && is_long && !logs.iter().any(|log| log.networks.is_full())).then_some(newest)
}

fn is_workload(log: &ActorLog) -> bool {
    let who = &log.principal;
    let is_role = matches!(
        who.event_kind(),
        Some(PrincipalKind::AssumedRole | PrincipalKind::Role | PrincipalKind::AwsAccount)
    );
    let has_long_term_key = log.keys.keys().any(|key| key.starts_with("AKIA"));
    is_role && who.arn.as_ref() == Some(&who.key) && !has_long_term_key
}
