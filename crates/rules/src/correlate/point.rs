//! One event in a group, with everything that its correlation may need to know about it.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::model::CorrelationKind;
use super::plan::{CorrelationSpec, Micros};

/// The values of several fields of one event, one each; empty where a field has none.
pub(super) type ValueTuple = Box<[Box<str>]>;

/// An event in a group. Points are equal when time and id are; merging equal ones in any order and
/// number gives the same point.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EventPoint {
    pub(super) time: Micros,
    /// `account/event id`, or a firing's id.
    pub(super) id: Box<str>,
    /// A hash of the id, to distinguish ids quickly.
    pub(super) tag: u64,
    /// The rules that it matched, one bit each.
    pub(super) rules: u64,
    /// The values to count, sorted.
    pub(super) texts: Box<[Box<str>]>,
    /// The numbers to compute with, sorted.
    pub(super) numbers: Box<[f64]>,
    /// Their sum; see [`to_billionths`].
    pub(super) sum: i128,
    /// The values that the correlation's listeners need.
    pub(super) carry: Box<[ValueTuple]>,
}

impl EventPoint {
    /// The key by which points are sorted.
    pub(super) fn sort_key(&self) -> (Micros, &str) {
        (self.time, &self.id)
    }

    /// Merges what another delivery of the same event knew; returns whether anything was new.
    pub(super) fn merge_point(&mut self, other: Self) -> bool {
        let before = self.rules;
        self.rules |= other.rules;
        let texts = merge_sorted(&mut self.texts, other.texts, Ord::cmp);
        let numbers = merge_sorted(&mut self.numbers, other.numbers, f64::total_cmp);
        let carry = merge_sorted(&mut self.carry, other.carry, Ord::cmp);
        self.sum = exact_sum(&self.numbers);
        before != self.rules || texts || numbers || carry
    }

    pub(super) fn has_same_id(&self, other: &Self) -> bool {
        self.tag == other.tag && self.id == other.id
    }

    /// Whether this point has the same content as another one, apart from its time.
    pub(super) fn has_same_content(&self, other: &Self, spec: &CorrelationSpec) -> bool {
        match spec.kind {
            CorrelationKind::ValueCount => self.texts == other.texts,
            CorrelationKind::Temporal => self.rules == other.rules,
            _ => self.has_same_id(other),
        }
    }
}

/// The hash for [`EventPoint::tag`].
pub(super) fn id_tag(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// The position of the first event after a time. Most events arrive when they happen, so the end is
/// searched first.
pub(super) fn first_after(points: &[EventPoint], time: Micros) -> usize {
    const NEAR: usize = 8;
    let near = points.len().saturating_sub(NEAR);
    let (early, late) = points.split_at_checked(near).unwrap_or_default();
    if late.first().is_some_and(|first| first.time <= time) {
        return near + late.partition_point(|point| point.time <= time);
    }
    early.partition_point(|point| point.time <= time)
}

/// Numbers are summed in billionths, without intermediate rounding.
pub(super) const SCALE: f64 = 1e9;
/// The largest number that can be summed.
pub(super) const MAX_NUMBER: f64 = 1e24;

#[allow(clippy::cast_possible_truncation)]
pub(super) fn to_billionths(number: f64) -> i128 {
    (number * SCALE).round() as i128
}

/// The sum of numbers, the same in any order.
pub(super) fn exact_sum(numbers: &[f64]) -> i128 {
    numbers.iter().copied().map(to_billionths).sum()
}

/// Sorts values as [`EventPoint::merge_point`] expects them.
pub(super) fn sorted_box<T>(
    mut values: Vec<T>,
    cmp: impl Fn(&T, &T) -> std::cmp::Ordering,
) -> Box<[T]> {
    values.sort_by(cmp);
    values.into()
}

/// The union of two sorted lists in which a value may occur several times: it occurs as often as in
/// the list that has more of it. Returns whether the first list grew.
pub(super) fn merge_sorted<T>(
    into: &mut Box<[T]>,
    other: Box<[T]>,
    cmp: impl Fn(&T, &T) -> std::cmp::Ordering,
) -> bool {
    let mut has = into.iter().peekable();
    let missing: Vec<T> = other
        .into_iter()
        .filter(|value| {
            while has.next_if(|known| cmp(known, value).is_lt()).is_some() {}
            has.next_if(|known| cmp(known, value).is_eq()).is_none()
        })
        .collect();
    if missing.is_empty() {
        return false;
    }
    let mut all = std::mem::take(into).into_vec();
    all.extend(missing);
    *into = sorted_box(all, cmp);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_sums_are_exact() {
        assert_eq!(exact_sum(&[0.1, 0.2]), to_billionths(0.3));
    }

    #[test]
    fn unions_keep_the_most_of_each() {
        let check = |a: &[i32], b: &[i32], expected: &[i32]| {
            let mut into: Box<[i32]> = a.into();
            let grew = merge_sorted(&mut into, b.into(), Ord::cmp);
            assert_eq!((&*into, grew), (expected, a != expected), "{a:?} {b:?}");
        };
        check(&[], &[], &[]);
        check(&[1, 1], &[1], &[1, 1]);
        check(&[1], &[1, 1, 2], &[1, 1, 2]);
        check(&[2, 3], &[1, 3, 4], &[1, 2, 3, 4]);
    }
}
