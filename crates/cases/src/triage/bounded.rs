//! Sets and maps of bounded size, whose result does not depend on the order of insertion.
//!
//! They are sorted vectors: most contain one or two values, and there may be a hundred thousand of
//! them.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The approximate overhead of an allocation, in bytes.
const ALLOCATION: usize = 16;

/// The memory that a value owns outside itself, in bytes.
pub(super) trait Heap {
    /// Approximately how many bytes its allocations take.
    fn heap(&self) -> usize;
}

impl Heap for String {
    fn heap(&self) -> usize {
        self.capacity() + ALLOCATION
    }
}

impl Heap for u64 {
    fn heap(&self) -> usize {
        0
    }
}

impl Heap for i64 {
    fn heap(&self) -> usize {
        0
    }
}

impl Heap for Span {
    fn heap(&self) -> usize {
        0
    }
}

impl<A: Heap, B: Heap> Heap for (A, B) {
    fn heap(&self) -> usize {
        self.0.heap() + self.1.heap()
    }
}

impl<T: Heap> Heap for Vec<T> {
    fn heap(&self) -> usize {
        let own = if self.capacity() == 0 { 0 } else { ALLOCATION };
        own + self.capacity() * size_of::<T>() + self.iter().map(Heap::heap).sum::<usize>()
    }
}

/// Inserts a value at its place; reserves room for more only if there are some already.
fn put<T>(sorted: &mut Vec<T>, at: usize, value: T) {
    if sorted.len() == sorted.capacity() {
        sorted.reserve_exact(1 + sorted.len() / 2);
    }
    sorted.insert(at, value);
}

/// The smallest `N` values seen, and whether there were more.
///
/// A value that is among the smallest in the end was among them at every moment before, and so was
/// never dropped: that makes the result independent of order. If a caller chooses the values, only
/// their number may be used, since a caller can also choose small ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeSet<T>", bound(deserialize = "T: Ord + Deserialize<'de>"))]
pub(super) struct Few<T: Ord, const N: usize>(Vec<T>);

impl<T: Ord, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord, const N: usize> From<BTreeSet<T>> for Few<T, N> {
    fn from(all: BTreeSet<T>) -> Self {
        Self(all.into_iter().take(N).collect())
    }
}

impl<T: Ord, const N: usize> Few<T, N> {
    pub(super) fn add<Q>(&mut self, value: &Q)
    where
        T: Borrow<Q>,
        Q: Ord + ToOwned<Owned = T> + ?Sized,
    {
        let Err(at) = self.0.binary_search_by(|known| known.borrow().cmp(value)) else { return };
        if at < N {
            self.0.truncate(N - 1);
            put(&mut self.0, at, value.to_owned());
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for value in other.0 {
            if let Err(at) = self.0.binary_search(&value) {
                put(&mut self.0, at, value);
            }
        }
        self.0.truncate(N);
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= N
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn first(&self) -> Option<&T> {
        self.0.first()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T: Ord + Heap, const N: usize> Heap for Few<T, N> {
    fn heap(&self) -> usize {
        self.0.heap()
    }
}

/// The entries of the smallest `N` keys seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FewKeys<K: Ord, V, const N: usize>(Vec<(K, V)>);

impl<K: Ord, V, const N: usize> Default for FewKeys<K, V, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V: Default, const N: usize> FewKeys<K, V, N> {
    /// Updates the entry of a key, unless the key is beyond the smallest `N`.
    pub(super) fn change<Q>(&mut self, key: &Q, change: impl FnOnce(&mut V))
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        match self.0.binary_search_by(|(known, _)| known.borrow().cmp(key)) {
            Ok(at) => {
                if let Some((_, value)) = self.0.get_mut(at) {
                    change(value);
                }
            }
            Err(at) if at < N => {
                let mut value = V::default();
                change(&mut value);
                self.0.truncate(N - 1);
                put(&mut self.0, at, (key.to_owned(), value));
            }
            Err(_) => {}
        }
    }
}

impl<K: Ord, V, const N: usize> FewKeys<K, V, N> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<K: Ord + Heap, V: Heap, const N: usize> Heap for FewKeys<K, V, N> {
    fn heap(&self) -> usize {
        self.0.heap()
    }
}

impl<K: Ord + Serialize, V: Serialize, const N: usize> Serialize for FewKeys<K, V, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, K, V, const N: usize> Deserialize<'de> for FewKeys<K, V, N>
where
    K: Ord + Deserialize<'de>,
    V: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<K, V>::deserialize(deserializer)?;
        Ok(Self(all.into_iter().take(N).collect()))
    }
}

/// The first `N` and the last `N` spans of time in which something was seen, by slot number. What
/// is dropped from the middle would not be at either end at any later moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends<const N: usize>(Vec<(i64, Span)>);

impl<const N: usize> Ends<N> {
    pub(super) fn add(&mut self, slot: i64, span: Span) {
        match self.0.binary_search_by_key(&slot, |(known, _)| *known) {
            Ok(at) => self.0.get_mut(at).into_iter().for_each(|(_, known)| known.merge(span)),
            Err(at) => {
                put(&mut self.0, at, (slot, span));
                if self.0.len() > 2 * N {
                    self.0.remove(N);
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(slot, span)| self.add(*slot, *span));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, Span)> {
        self.0.iter().copied()
    }
}

impl<const N: usize> Heap for Ends<N> {
    fn heap(&self) -> usize {
        self.0.heap()
    }
}

impl<const N: usize> Serialize for Ends<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Ends<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<i64, Span>::deserialize(deserializer)?;
        let mut ends = Self::default();
        all.into_iter().for_each(|(slot, span)| ends.add(slot, span));
        Ok(ends)
    }
}

/// The first and last time something was seen, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) last: i64,
}

/// An empty span begins at the end of time and ends at its beginning.
impl Default for Span {
    fn default() -> Self {
        Self { first: i64::MAX, last: i64::MIN }
    }
}

impl Span {
    /// The span of a single moment.
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
