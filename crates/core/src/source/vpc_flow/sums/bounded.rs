//! Sums by key, up to a limit. Beyond it the lighter half is dropped, and counted.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A sum that may have to give way.
pub(super) trait WeighedSum {
    /// How much it matters.
    fn weight(&self) -> u64;

    /// How many flows it sums up.
    fn flows(&self) -> u64;
}

/// Sums by key.
#[derive(Debug)]
pub(super) struct BoundedSums<K, V> {
    rows: HashMap<K, V>,
    limit: usize,
    dropped: u64,
}

impl<K: Eq + Hash + Ord, V: WeighedSum> BoundedSums<K, V> {
    /// No sums, and room for this many.
    pub(super) fn with_limit(limit: usize) -> Self {
        Self { rows: HashMap::new(), limit, dropped: 0 }
    }

    /// The sum of a key. If there is no room for another one, those that matter least give way.
    pub(super) fn sum_mut(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        if self.rows.len() >= self.limit && !self.rows.contains_key(&key) {
            self.drop_lighter_half();
        }
        self.rows.entry(key).or_insert_with(new)
    }

    fn drop_lighter_half(&mut self) {
        let mut weights: Vec<u64> = self.rows.values().map(V::weight).collect();
        let middle = weights.len() / 2;
        let (_, median, _) = weights.select_nth_unstable(middle);
        let (median, dropped) = (*median, &mut self.dropped);
        self.rows.retain(|_, sum| {
            let stays = sum.weight() > median;
            if !stays {
                *dropped = dropped.saturating_add(sum.flows());
            }
            stays
        });
    }

    /// The sum of a key, if there is one.
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    /// The sums in order.
    pub(super) fn sorted(&self) -> BTreeMap<&K, &V> {
        self.rows.iter().collect()
    }

    /// Of how many flows the sums were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::super::span::FlowSpan;
    use super::*;

    #[test]
    fn the_lighter_half_gives_way_and_is_counted() {
        let mut sums = BoundedSums::with_limit(4);
        for key in [1, 1, 1, 2, 2, 3, 4, 5, 5] {
            sums.sum_mut(key, || FlowSpan::at(0)).add(0);
        }
        let left: Vec<(i32, u64)> =
            sums.sorted().into_iter().map(|(key, span)| (*key, span.flows)).collect();
        assert_eq!(left, [(1, 3), (5, 2)]);
        assert_eq!(sums.dropped(), 4);
    }
}
