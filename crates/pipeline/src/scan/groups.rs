//! The groups of a scan, within a limit of memory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use aware_cases::group::{FindingGroup, GroupClass};
use aware_core::finding::Finding;
use aware_core::fingerprint::Fingerprint;

/// Roughly how many bytes of memory the groups of a scan may take. Beyond that the mildest and
/// rarest half is dropped, and their findings count as [`ScanTotals::ungrouped`].
///
/// [`ScanTotals::ungrouped`]: super::ScanTotals::ungrouped
pub const MAX_HELD_BYTES: usize = 48 << 20;
/// Roughly how many bytes a group takes besides its first finding.
const GROUP_BYTES: usize = 3 << 10;

/// Groups by their fingerprints, and how much of memory they take.
#[derive(Default)]
pub(super) struct GroupTable {
    /// Boxed because they are large and the table moves them as it grows.
    groups: HashMap<Fingerprint, Box<FindingGroup>>,
    /// Roughly how many bytes of memory they take.
    held: usize,
}

impl GroupTable {
    /// The groups, in no order.
    pub(super) fn tallies(&self) -> impl Iterator<Item = &FindingGroup> {
        self.groups.values().map(|tally| &**tally)
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    /// The groups, in no order.
    pub(super) fn into_tallies(self) -> impl Iterator<Item = FindingGroup> {
        self.groups.into_values().map(|tally| *tally)
    }

    /// The group with this key, if there is one.
    pub(super) fn get_mut(&mut self, key: &Fingerprint) -> Option<&mut FindingGroup> {
        self.groups.get_mut(key).map(|tally| &mut **tally)
    }

    /// The group with this key, created if it is missing.
    pub(super) fn get_or_insert(
        &mut self,
        key: Fingerprint,
        new: impl FnOnce() -> FindingGroup,
    ) -> &mut FindingGroup {
        self.groups.entry(key).or_insert_with(|| Box::new(new()))
    }

    /// Makes room for a finding's group if it is new. Returns how many findings were given up for
    /// it.
    pub(super) fn make_room_for(&mut self, key: &Fingerprint, finding: &Finding) -> u64 {
        if self.groups.contains_key(key) {
            return 0;
        }
        self.held += GROUP_BYTES + finding.memory_bytes();
        self.make_room()
    }

    /// Adds another thread's groups. Returns how many findings were given up for them.
    pub(super) fn merge(&mut self, other: Self) -> u64 {
        for (key, tally) in other.groups {
            let weight = GROUP_BYTES + tally.first.memory_bytes();
            match self.groups.entry(key) {
                Entry::Occupied(mut mine) => mine.get_mut().merge_group(*tally),
                Entry::Vacant(free) => {
                    free.insert(tally);
                    self.held += weight;
                }
            }
        }
        self.make_room()
    }

    /// Drops the mildest and rarest half of the groups if they take too much memory.
    fn make_room(&mut self) -> u64 {
        if self.held <= MAX_HELD_BYTES {
            return 0;
        }
        let mut given_up = 0;
        let mut groups: Vec<_> = self.groups.drain().collect();
        groups.sort_unstable_by(|(_, a), (_, b)| by_severity(a, b));
        for (_, tally) in groups.drain(groups.len() / 2..) {
            if tally.class != GroupClass::Suppressed {
                given_up += tally.count;
            }
        }
        self.held = groups.iter().map(|(_, tally)| GROUP_BYTES + tally.first.memory_bytes()).sum();
        self.groups.extend(groups);
        given_up
    }
}

/// Most severe first, then most frequent.
pub(super) fn by_severity(a: &FindingGroup, b: &FindingGroup) -> std::cmp::Ordering {
    let order = b.effective_level().cmp(&a.effective_level()).then(b.count.cmp(&a.count));
    order.then(a.first.time.cmp(&b.first.time)).then_with(|| a.fingerprint.cmp(&b.fingerprint))
}
