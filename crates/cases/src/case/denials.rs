//! What the explanations of one principal's denials come to.

use std::collections::BTreeSet;

use aware_core::explanation::{CureStatement, DenialSign, Explanation};
use serde::{Deserialize, Serialize};

use super::CaseEvent;

/// How many statements that would cure its denials are remembered.
const REMEDIES: usize = 96;
/// How many refusals and signs.
const REASONS: usize = 16;
/// How many different reasons of denials.
const WHYS: usize = 4;
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
    /// Whether AWS says that the key is leaked.
    pub(super) is_leaked: bool,
}

impl DenialMemory {
    pub(super) fn record_event(&mut self, event: &CaseEvent) {
        self.console += u64::from(event.from_console && event.is_reading);
        self.unserved += u64::from(event.is_unserved());
        self.elsewhere += if event.is_call || event.is_summary { 0 } else { event.times };
        if let Some(why) = &event.denial {
            self.record_explanation(why);
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
        self.elsewhere += other.elsewhere;
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
