//! The bounded sum of what was seen of one principal.

use std::collections::{BTreeMap, BTreeSet};

use super::generated::Withheld;
use super::repeats::Repeats;
use super::sum::Sum;
use super::wish::Wish;
use crate::triage::Histories;
use aware_iam::catalogue::Catalogue;
use aware_iam::suggest::{Grant, Remedy};

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
#[derive(Clone, Debug)]
pub struct Collector<'c> {
    pub(super) catalogue: &'c Catalogue,
    pub(super) wish: Wish,
    pub(super) did: Sum,
    pub(super) lacked: BTreeSet<Remedy>,
    pub(super) withheld: BTreeSet<Withheld>,
    pub(super) open: BTreeSet<String>,
    pub(super) histories: Histories,
    pub(super) unmapped: BTreeMap<String, u64>,
    pub(super) notes: BTreeMap<String, BTreeSet<String>>,
    pub(super) repeats: Repeats,
    pub(super) has_data_events: bool,
    pub(super) is_cut: bool,
    pub(super) denied: u64,
    pub(super) succeeded: u64,
}

impl<'c> Collector<'c> {
    /// An empty collector.
    pub fn new(catalogue: &'c Catalogue, wish: Wish) -> Self {
        Self {
            catalogue,
            wish,
            did: Sum::new(),
            lacked: BTreeSet::new(),
            withheld: BTreeSet::new(),
            open: BTreeSet::new(),
            histories: Histories::new(),
            unmapped: BTreeMap::new(),
            notes: BTreeMap::new(),
            repeats: Repeats::default(),
            has_data_events: false,
            is_cut: false,
            denied: 0,
            succeeded: 0,
        }
    }

    pub(super) fn withhold(&mut self, action: String, why: String) {
        if self.withheld.len() < MAX_WITHHELD {
            self.withheld.insert(Withheld { action, why });
        }
    }

    pub(super) fn keep(&mut self, grant: Grant) {
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
