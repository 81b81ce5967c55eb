//! Sets and maps of bounded size, whose result does not depend on the order of insertion.
//!
//! They are sorted vectors: most contain one or two values, and there may be a hundred thousand of
//! them.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The approximate overhead of an allocation, in bytes.
const ALLOCATION_BYTES: usize = 16;

/// The memory that a value owns outside itself, in bytes.
pub(crate) trait HeapSize {
    /// Approximately how many bytes its allocations take.
    fn heap_bytes(&self) -> usize;
}

impl HeapSize for String {
    fn heap_bytes(&self) -> usize {
        self.capacity() + ALLOCATION_BYTES
    }
}

impl HeapSize for u64 {
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl HeapSize for i64 {
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl HeapSize for SeenSpan {
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl<A: HeapSize, B: HeapSize> HeapSize for (A, B) {
    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes() + self.1.heap_bytes()
    }
}

impl<T: HeapSize> HeapSize for Vec<T> {
    fn heap_bytes(&self) -> usize {
        let own = if self.capacity() == 0 { 0 } else { ALLOCATION_BYTES };
        own + self.capacity() * size_of::<T>()
            + self.iter().map(HeapSize::heap_bytes).sum::<usize>()
    }
}

/// Inserts a value at its place; reserves room for more only if there are some already.
fn insert_at<T>(sorted: &mut Vec<T>, at: usize, value: T) {
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
pub(crate) struct BoundedSet<T: Ord, const N: usize>(Vec<T>);

impl<T: Ord, const N: usize> Default for BoundedSet<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord, const N: usize> From<BTreeSet<T>> for BoundedSet<T, N> {
    fn from(all: BTreeSet<T>) -> Self {
        Self(all.into_iter().take(N).collect())
    }
}

impl<T: Ord, const N: usize> BoundedSet<T, N> {
    pub(crate) fn insert<Q>(&mut self, value: &Q)
    where
        T: Borrow<Q>,
        Q: Ord + ToOwned<Owned = T> + ?Sized,
    {
        let Err(at) = self.0.binary_search_by(|known| known.borrow().cmp(value)) else { return };
        if at < N {
            self.0.truncate(N - 1);
            insert_at(&mut self.0, at, value.to_owned());
        }
    }

    pub(crate) fn merge_with(&mut self, other: Self) {
        for value in other.0 {
            if let Err(at) = self.0.binary_search(&value) {
                insert_at(&mut self.0, at, value);
            }
        }
        self.0.truncate(N);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= N
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn first(&self) -> Option<&T> {
        self.0.first()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T: Ord + HeapSize, const N: usize> HeapSize for BoundedSet<T, N> {
    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

/// The entries of the smallest `N` keys seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BoundedMap<K: Ord, V, const N: usize>(Vec<(K, V)>);

impl<K: Ord, V, const N: usize> Default for BoundedMap<K, V, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V: Default, const N: usize> BoundedMap<K, V, N> {
    /// Updates the entry of a key, unless the key is beyond the smallest `N`.
    pub(crate) fn update_entry<Q>(&mut self, key: &Q, change: impl FnOnce(&mut V))
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
                insert_at(&mut self.0, at, (key.to_owned(), value));
            }
            Err(_) => {}
        }
    }
}

impl<K: Ord, V, const N: usize> BoundedMap<K, V, N> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= N
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<K: Ord + HeapSize, V: HeapSize, const N: usize> HeapSize for BoundedMap<K, V, N> {
    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

impl<K: Ord + Serialize, V: Serialize, const N: usize> Serialize for BoundedMap<K, V, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, K, V, const N: usize> Deserialize<'de> for BoundedMap<K, V, N>
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
pub(crate) struct FirstAndLast<const N: usize>(Vec<(i64, SeenSpan)>);

impl<const N: usize> FirstAndLast<N> {
    pub(crate) fn add_span(&mut self, slot: i64, span: SeenSpan) {
        match self.0.binary_search_by_key(&slot, |(known, _)| *known) {
            Ok(at) => self.0.get_mut(at).into_iter().for_each(|(_, known)| known.merge_with(span)),
            Err(at) => {
                insert_at(&mut self.0, at, (slot, span));
                if self.0.len() > 2 * N {
                    self.0.remove(N);
                }
            }
        }
    }

    pub(crate) fn merge_with(&mut self, other: &Self) {
        other.0.iter().for_each(|(slot, span)| self.add_span(*slot, *span));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, SeenSpan)> {
        self.0.iter().copied()
    }
}

impl<const N: usize> HeapSize for FirstAndLast<N> {
    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

impl<const N: usize> Serialize for FirstAndLast<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, const N: usize> Deserialize<'de> for FirstAndLast<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<i64, SeenSpan>::deserialize(deserializer)?;
        let mut ends = Self::default();
        all.into_iter().for_each(|(slot, span)| ends.add_span(slot, span));
        Ok(ends)
    }
}

/// The first and last time something was seen, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenSpan {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// An empty span begins at the end of time and ends at its beginning.
impl Default for SeenSpan {
    fn default() -> Self {
        Self { first: i64::MAX, last: i64::MIN }
    }
}

impl SeenSpan {
    /// The span of a single moment.
    pub(crate) fn at_time(time: i64) -> Self {
        Self { first: time, last: time }
    }

    pub(crate) fn add_time(&mut self, time: i64) {
        self.merge_with(Self::at_time(time));
    }

    pub(crate) fn merge_with(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    pub(crate) fn duration_seconds(self) -> i64 {
        self.last.saturating_sub(self.first).max(0)
    }
}
impl<const N: usize> BoundedMap<String, SeenSpan, N> {
    /// Adds what another map has.
    pub(crate) fn merge_spans(&mut self, theirs: &Self) {
        for (name, span) in theirs.iter() {
            self.update_entry(name.as_str(), |known| known.merge_with(*span));
        }
    }
}
