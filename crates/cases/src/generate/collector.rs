//! The bounded sum of one principal's events.

use std::collections::{BTreeMap, BTreeSet};

use aware_iam::catalogue::Catalogue;
use aware_iam::suggest::{CureStatement, Grant};

use super::generated::WithheldAction;
use super::repeats::SeenCalls;
use super::sum::GrantSum;
use super::wish::PolicyWish;
use crate::triage::PrincipalHistories;

/// How many different actions, and resources of each, to keep.
pub(super) const MAX_ACTIONS: usize = 500;
const MAX_RESOURCES: usize = 500;
/// How many withheld grants to list.
const MAX_WITHHELD: usize = 500;
/// How many statements that would cure denials to keep.
pub(super) const MAX_REMEDIES: usize = 5_000;
/// The longest resource to keep, in bytes.
const MAX_RESOURCE: usize = 1_600;

/// Takes the events of one principal, one by one, and keeps a bounded sum of them.
///
/// ```
/// use aware_cases::generate::{ActivityCollector, PolicyBasis, PolicyWish};
/// use aware_core::source::decode_record;
/// use aware_iam::catalogue::Catalogue;
///
/// let wish = PolicyWish { basis: PolicyBasis::Activity, force: false };
/// let mut collector = ActivityCollector::new(Catalogue::built_in(), wish);
/// collector.add_event(&decode_record(br#"{"eventTime": "2026-11-24T03:54:07Z",
///     "eventSource": "iam.amazonaws.com", "eventName": "ListUsers"}"#).unwrap());
/// let generated = collector.finish_policy(&[]);
/// assert_eq!(generated.policy.statements[0].actions.patterns(), ["iam:ListUsers"]);
/// ```
#[derive(Clone, Debug)]
pub struct ActivityCollector<'c> {
    pub(super) catalogue: &'c Catalogue,
    pub(super) wish: PolicyWish,
    pub(super) did: GrantSum,
    pub(super) lacked: BTreeSet<CureStatement>,
    pub(super) withheld: BTreeSet<WithheldAction>,
    pub(super) open: BTreeSet<String>,
    pub(super) histories: PrincipalHistories,
    pub(super) unmapped: BTreeMap<String, u64>,
    pub(super) notes: BTreeMap<String, BTreeSet<String>>,
    pub(super) repeats: SeenCalls,
    pub(super) has_data_events: bool,
    pub(super) is_cut: bool,
    pub(super) denied: u64,
    pub(super) succeeded: u64,
}

impl<'c> ActivityCollector<'c> {
    /// An empty collector.
    pub fn new(catalogue: &'c Catalogue, wish: PolicyWish) -> Self {
        Self {
            catalogue,
            wish,
            did: GrantSum::new(),
            lacked: BTreeSet::new(),
            withheld: BTreeSet::new(),
            open: BTreeSet::new(),
            histories: PrincipalHistories::new(),
            unmapped: BTreeMap::new(),
            notes: BTreeMap::new(),
            repeats: SeenCalls::default(),
            has_data_events: false,
            is_cut: false,
            denied: 0,
            succeeded: 0,
        }
    }

    pub(super) fn withhold_action(&mut self, action: String, why: String) {
        if self.withheld.len() < MAX_WITHHELD {
            self.withheld.insert(WithheldAction { action, why });
        }
    }

    pub(super) fn keep_grant(&mut self, grant: Grant) {
        let map = &mut self.did;
        for action in grant.actions {
            let set = map.entry((grant.conditions.clone(), action)).or_default();
            let fitting = grant.resources.iter().filter(|resource| resource.len() <= MAX_RESOURCE);
            set.extend(fitting.cloned());
            // Keeps the smallest, so that the result does not depend on the order of events.
            while set.len() > MAX_RESOURCES {
                set.pop_last();
                self.is_cut = true;
            }
        }
        while map.len() > MAX_ACTIONS {
            map.pop_last();
            self.is_cut = true;
        }
    }
}
