//! Sets and maps that hold so much and no more, the same whatever the order things came in.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The smallest `N` values seen, and whether there were more.
///
/// What is among the smallest in the end was so at every moment before, and so was never let go:
/// that makes the result independent of order. Where a caller chooses the values, only their number
/// may be asked for: he can also choose small ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Few<T: Ord, const N: usize>(pub(super) BTreeSet<T>);

impl<T: Ord, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: Ord, const N: usize> Few<T, N> {
    pub(super) fn add<Q>(&mut self, value: &Q)
    where
        T: Borrow<Q>,
        Q: Ord + ToOwned<Owned = T> + ?Sized,
    {
        if self.0.contains(value) {
            return;
        }
        self.0.insert(value.to_owned());
        while self.0.len() > N {
            self.0.pop_last();
        }
    }

    pub(super) fn merge(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
        while self.0.len() > N {
            self.0.pop_last();
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= N
    }
}

/// The entries of the smallest `N` keys seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct FewKeys<K: Ord, V, const N: usize>(pub(super) BTreeMap<K, V>);

impl<K: Ord, V, const N: usize> Default for FewKeys<K, V, N> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, V: Default, const N: usize> FewKeys<K, V, N> {
    /// Changes the entry of a key, unless the key is beyond the smallest `N`.
    pub(super) fn change<Q>(&mut self, key: &Q, change: impl FnOnce(&mut V))
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(value) = self.0.get_mut(key) {
            return change(value);
        }
        let is_beyond = self.0.len() >= N
            && self.0.last_key_value().is_some_and(|(last, _)| last.borrow() < key);
        if is_beyond {
            return;
        }
        change(self.0.entry(key.to_owned()).or_default());
        while self.0.len() > N {
            self.0.pop_last();
        }
    }
}

/// The first `N` and the last `N` stretches of time in which something was seen, by their number.
/// What is let go from the middle was in neither end at any later moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Ends<const N: usize>(pub(super) BTreeMap<i64, Span>);

impl<const N: usize> Ends<N> {
    pub(super) fn add(&mut self, slot: i64, span: Span) {
        if let Some(known) = self.0.get_mut(&slot) {
            return known.merge(span);
        }
        self.0.insert(slot, span);
        if self.0.len() > 2 * N {
            let middle = self.0.keys().nth(N).copied();
            middle.map(|slot| self.0.remove(&slot));
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(slot, span)| self.add(*slot, *span));
    }
}

/// From when to when something was seen, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) last: i64,
}

/// The empty span is wider than any: it begins at the end of time.
impl Default for Span {
    fn default() -> Self {
        Self { first: i64::MAX, last: i64::MIN }
    }
}

impl Span {
    /// The span of one moment.
    pub(super) fn at(time: i64) -> Self {
        Self { first: time, last: time }
    }

    pub(super) fn add(&mut self, time: i64) {
        self.merge(Self::at(time));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    pub(super) fn seconds(self) -> i64 {
        self.last.saturating_sub(self.first).max(0)
    }
}
