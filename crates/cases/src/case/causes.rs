//! What refused one principal's calls, where AWS says so.

use aware_core::case::EventMark;
use aware_core::explanation::DenialLayer;
use serde::{Deserialize, Serialize};

use super::CaseEvent;
use super::actions::clip;
use super::ends::EndEvents;
use crate::triage::bounded::BoundedMap;

/// The causes of one principal's denials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct CauseMemory(BoundedMap<String, CauseSeen, 24>);

/// One cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CauseSeen {
    pub(super) count: u64,
    pub(super) ends: EndEvents<2>,
}

impl CauseMemory {
    pub(super) fn record_event(&mut self, event: &CaseEvent) {
        let Some(cause) = event.cause() else { return };
        self.0.update_entry(cause.as_str(), |seen| {
            seen.count += 1;
            seen.ends.insert(event.time, &event.event_id);
        });
    }

    pub(super) fn merge_with(&mut self, other: Self) {
        for (cause, seen) in other.0.iter() {
            self.0.update_entry(cause.as_str(), |mine| {
                mine.count += seen.count;
                mine.ends.merge_with(&seen.ends);
            });
        }
    }

    /// The cause of more than half of this many denials.
    pub(super) fn main_cause(&self, denials: u64) -> Option<(&str, &CauseSeen)> {
        let most = self.0.iter().max_by_key(|(name, seen)| (seen.count, std::cmp::Reverse(*name)));
        most.filter(|(_, seen)| 2 * seen.count > denials)
            .map(|(cause, seen)| (cause.as_str(), seen))
    }
}

impl CaseEvent {
    /// The policy or the resource that denied it; `None` if it was not denied.
    pub(super) fn cause(&self) -> Option<String> {
        let is_denied = self.mark == EventMark::Denied;
        cause_of(self).filter(|_| is_denied).map(|cause| clip(&cause).to_owned())
    }
}

/// What refuses a call: a policy that AWS names, a policy of the organization, or the resource,
/// whose policy may refuse others too.
fn cause_of(event: &CaseEvent) -> Option<String> {
    let why = event.denial.as_deref();
    if let Some(arn) = why.and_then(|why| why.policy_arn.clone()) {
        return Some(arn);
    }
    match why.and_then(|why| why.layer.known()) {
        Some(DenialLayer::Scp) => Some(format!("a service control policy of {}", event.account)),
        Some(DenialLayer::Rcp) => Some(format!("a resource control policy of {}", event.account)),
        Some(DenialLayer::Identity | DenialLayer::Boundary | DenialLayer::Session) => None,
        _ => event.resource.as_deref().map(container_of).map(str::to_owned),
    }
}

/// What holds a resource's policy: an object's bucket, otherwise the resource itself.
pub(super) fn container_of(resource: &str) -> &str {
    if resource.contains(":s3:::") {
        return resource.split('/').next().unwrap_or(resource);
    }
    resource.split(":log-stream:").next().unwrap_or(resource)
}
