//! What the explanations of one principal's denials come to.

use std::collections::BTreeSet;

use aware_core::explanation::{CureStatement, DenialLayer, DenialSign, Explanation};
use serde::{Deserialize, Serialize};

use super::actions::{clip, clip_name};
use super::{CaseEvent, Refuser};
use crate::triage::bounded::BoundedSet;

/// How many statements that would cure its denials are remembered.
const REMEDIES: usize = 96;
/// How many refusals and signs.
const REASONS: usize = 16;
/// How many different reasons of denials.
const WHYS: usize = 4;
/// How many endpoints.
const ENDPOINTS: usize = 8;
/// How many actions that will probably be denied next.
const NEXT: usize = 32;

/// What would cure one principal's denials, or why nothing would. The first values in sort order
/// are kept, whatever the order of arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct DenialMemory {
    pub(super) remedies: BTreeSet<CureStatement>,
    pub(super) refusals: BTreeSet<String>,
    pub(super) signs: BTreeSet<DenialSign>,
    pub(super) decided_by: BTreeSet<String>,
    pub(super) likely_next: BTreeSet<String>,
    /// Why, each in a sentence.
    pub(super) whys: BTreeSet<String>,
    /// How many were lists and reads by pages of the console.
    pub(super) console: u64,
    /// How many mean that AWS does not offer the call there.
    pub(super) unserved: u64,
    /// How many were of things that IAM does not decide about.
    pub(super) elsewhere: u64,
    /// Of these, what was refused and where, as far as it is counted.
    pub(super) places: BoundedSet<String, { PLACES }>,
    /// What refused it.
    pub(super) refused_by: BTreeSet<Refuser>,
    /// Endpoints of VPCs whose policies refused it.
    pub(super) endpoints: BoundedSet<String, ENDPOINTS>,
    /// Whether AWS says that the key is leaked.
    pub(super) is_leaked: bool,
}

/// From how many places on whoever is refused in another log than CloudTrail may be looking around.
pub(super) const PLACES: usize = 5;

impl DenialMemory {
    /// Whether it was refused at many places in other logs than CloudTrail.
    pub(super) fn is_wide(&self) -> bool {
        self.places.len() >= PLACES
    }

    pub(super) fn record_event(&mut self, event: &CaseEvent) {
        self.console += u64::from(event.from_console && event.is_reading);
        self.unserved += u64::from(event.is_unserved());
        if !event.is_call && !event.is_summary {
            self.elsewhere = self.elsewhere.saturating_add(event.counted());
            let place = event.resource.as_deref().unwrap_or_default();
            self.places.insert(&*clip_name(&format!("{} {place}", event.operation)));
        }
        if !event.is_summary {
            self.refused_by.insert(Refuser::of_event(event));
        }
        if let Some(why) = &event.denial {
            self.record_explanation(why);
            let endpoint = event.endpoint.iter().filter(|_| why.layer == DenialLayer::VpcEndpoint);
            endpoint.for_each(|id| self.endpoints.insert(clip(id)));
        }
    }

    fn record_explanation(&mut self, why: &Explanation) {
        self.is_leaked |= why.incident;
        insert_all(&mut self.remedies, &why.remedies, REMEDIES);
        insert_all(&mut self.refusals, &why.no_grant, REASONS);
        insert_all(&mut self.signs, &why.sign, REASONS);
        insert_all(&mut self.decided_by, &why.decided_by, 1);
        insert_all(&mut self.likely_next, &why.next, NEXT);
        let reason = Some(&why.why).filter(|reason| !reason.is_empty());
        insert_all(&mut self.whys, reason, WHYS);
    }

    pub(super) fn merge_with(&mut self, other: Self) {
        self.is_leaked |= other.is_leaked;
        insert_all(&mut self.remedies, &other.remedies, REMEDIES);
        insert_all(&mut self.refusals, &other.refusals, REASONS);
        insert_all(&mut self.signs, &other.signs, REASONS);
        insert_all(&mut self.decided_by, &other.decided_by, 1);
        insert_all(&mut self.likely_next, &other.likely_next, NEXT);
        insert_all(&mut self.whys, &other.whys, WHYS);
        self.console += other.console;
        self.unserved += other.unserved;
        self.elsewhere = self.elsewhere.saturating_add(other.elsewhere);
        self.places.merge_with(other.places);
        self.refused_by.extend(other.refused_by);
        self.endpoints.merge_with(other.endpoints);
    }
}

/// Inserts values, and keeps this many, the first ones in sort order. A value that would be dropped
/// at once, or is known, is not copied.
fn insert_all<'v, T: Ord + Clone + 'v>(
    known: &mut BTreeSet<T>,
    values: impl IntoIterator<Item = &'v T>,
    most: usize,
) {
    for value in values {
        let is_beyond = known.len() >= most && known.last().is_some_and(|last| last <= value);
        if !is_beyond && !known.contains(value) {
            known.insert(value.clone());
        }
        while known.len() > most {
            known.pop_last();
        }
    }
}
