//! Slides a window over a group's events.
//!
//! A window ends at an event and reaches back by the timespan: `(t - timespan, t]`. The walk
//! touches each event at most twice, and its results depend only on the events in the window: sums
//! are exact, so earlier windows leave no trace.

use std::collections::{BTreeMap, HashMap};

use super::model::CorrelationKind;
use super::plan::{CorrelationSpec, Micros};
use super::point::{EventPoint, SCALE, exact_sum, first_after, merge_sorted};

/// The events of one window, as positions in the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WindowSpan {
    /// The first event.
    pub(super) from: usize,
    /// One past the last event.
    pub(super) to: usize,
}

/// How windows are evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowMode<'a> {
    pub(super) spec: &'a CorrelationSpec,
    /// Whether an id may occur at several times in one window, and must still count only once.
    pub(super) repeats: bool,
}

/// Visits every window that ends at an event of `from..=to`, in order, with its value.
pub(super) fn walk_windows(
    points: &[EventPoint],
    how: WindowMode<'_>,
    (from, to): (Micros, Micros),
    mut visit: impl FnMut(WindowSpan, f64),
) {
    if points.last().is_none_or(|point| point.time < from) {
        return;
    }
    let timespan = how.spec.timespan;
    let mut low = first_after(points, from.saturating_sub(timespan));
    let end = first_after(points, to);
    let first = first_after(points, from.saturating_sub(1));
    if cannot_reach(how.spec, points.get(low..end).unwrap_or_default()) {
        return;
    }
    let mut tally = WindowTally::for_mode(how);
    let mut high = tally.enter_all(points, low, first);
    while let Some(rest) = points.get(high..end)
        && let Some(time) = rest.first().map(|point| point.time)
    {
        let ties = rest.iter().take_while(|point| point.time == time).count();
        tally.enter_simultaneous(rest.get(..ties).unwrap_or_default());
        high += ties;
        let since = time.saturating_sub(timespan);
        while let Some(gone) = points.get(low).filter(|point| point.time <= since) {
            tally.remove_point(gone);
            low += 1;
        }
        if time >= from
            && let Some(value) =
                tally.window_value(points.get(low..high).unwrap_or_default(), since)
        {
            visit(WindowSpan { from: low, to: high }, value);
        }
    }
}

/// Whether no window of these events can contain as many rules as the condition needs. In a flood
/// of one rule, this is all that a match costs.
fn cannot_reach(spec: &CorrelationSpec, points: &[EventPoint]) -> bool {
    let counts_rules =
        matches!(spec.kind, CorrelationKind::Temporal | CorrelationKind::TemporalOrdered);
    let met = || points.iter().fold(0, |all, point| all | point.rules).count_ones();
    counts_rules && spec.growing && usize::try_from(met()).is_ok_and(|met| met < spec.need)
}

/// What is tracked about the events in the window.
enum WindowTally<'a> {
    /// `event_count` where no id occurs at two times.
    Events(usize),
    /// `event_count` of distinct ids, `value_count` of distinct values.
    Distinct(HashMap<&'a str, usize>, CorrelationKind),
    /// `temporal`: how often each rule occurs.
    Rules(Vec<usize>),
    /// `temporal_ordered`.
    Chains(RuleChains),
    /// Any kind with numbers, if ids occur at several times.
    ById(CorrelationKind, f64),
    /// `value_sum`, `value_avg`.
    Sum { total: i128, count: usize, mean: bool },
    /// `value_percentile`, `value_median`: the numbers, sorted.
    Ranked(Vec<f64>, f64),
}

impl<'a> WindowTally<'a> {
    fn for_mode(WindowMode { spec, repeats }: WindowMode<'_>) -> Self {
        match spec.kind {
            kind if repeats && kind.is_numeric() => Self::ById(kind, spec.percentile),
            CorrelationKind::EventCount if repeats => Self::Distinct(HashMap::new(), spec.kind),
            CorrelationKind::EventCount => Self::Events(0),
            CorrelationKind::ValueCount => Self::Distinct(HashMap::new(), spec.kind),
            CorrelationKind::Temporal | CorrelationKind::NotFollowedBy => {
                Self::Rules(vec![0; spec.rules])
            }
            CorrelationKind::TemporalOrdered => Self::Chains(RuleChains::new(spec.rules)),
            CorrelationKind::ValueSum => Self::Sum { total: 0, count: 0, mean: false },
            CorrelationKind::ValueAvg => Self::Sum { total: 0, count: 0, mean: true },
            CorrelationKind::ValuePercentile | CorrelationKind::ValueMedian => {
                Self::Ranked(Vec::new(), spec.percentile)
            }
        }
    }

    /// Enters the events before the first window, if their times make no difference; returns where
    /// to continue.
    fn enter_all(&mut self, points: &'a [EventPoint], from: usize, to: usize) -> usize {
        if matches!(self, Self::Chains(_)) {
            return from;
        }
        if let Self::Events(count) = self {
            *count += to.saturating_sub(from);
        } else {
            self.enter_simultaneous(points.get(from..to).unwrap_or_default());
        }
        to.max(from)
    }

    /// Enters events of one time.
    fn enter_simultaneous(&mut self, points: &'a [EventPoint]) {
        if let Self::Chains(chains) = self {
            return chains.enter_simultaneous(points);
        }
        points.iter().for_each(|point| self.add_point(point));
    }

    fn add_point(&mut self, point: &'a EventPoint) {
        match self {
            Self::Events(count) => *count += 1,
            Self::Distinct(known, kind) => distinct_keys(point, *kind).for_each(|key| {
                *known.entry(key).or_default() += 1;
            }),
            Self::Rules(counts) => {
                counts_of_rules(point.rules, counts).for_each(|count| *count += 1)
            }
            Self::Chains(_) | Self::ById(..) => {}
            Self::Sum { total, count, .. } => {
                *total += point.sum;
                *count += point.numbers.len();
            }
            Self::Ranked(numbers, _) => {
                for number in &point.numbers {
                    let at = numbers.partition_point(|known| known.total_cmp(number).is_lt());
                    numbers.insert(at, *number);
                }
            }
        }
    }

    fn remove_point(&mut self, point: &'a EventPoint) {
        match self {
            Self::Events(count) => *count -= 1,
            Self::Distinct(known, kind) => distinct_keys(point, *kind).for_each(|key| {
                if let Some(count) = known.get_mut(key) {
                    *count -= 1;
                    if *count == 0 {
                        known.remove(key);
                    }
                }
            }),
            Self::Rules(counts) => {
                counts_of_rules(point.rules, counts).for_each(|count| *count -= 1)
            }
            Self::Chains(_) | Self::ById(..) => {}
            Self::Sum { total, count, .. } => {
                *total -= point.sum;
                *count -= point.numbers.len();
            }
            Self::Ranked(numbers, _) => {
                for number in &point.numbers {
                    let at = numbers.partition_point(|known| known.total_cmp(number).is_lt());
                    if at < numbers.len() {
                        numbers.remove(at);
                    }
                }
            }
        }
    }

    /// The value of the window that begins after `since`; `None` without numbers.
    #[allow(clippy::cast_precision_loss)]
    fn window_value(&self, window: &[EventPoint], since: Micros) -> Option<f64> {
        Some(match self {
            Self::Events(count) => *count as f64,
            Self::Distinct(known, _) => known.len() as f64,
            Self::Rules(counts) => counts.iter().filter(|count| **count > 0).count() as f64,
            Self::Chains(chains) => chains.longest_chain(since) as f64,
            Self::Sum { total, count, mean } => return sum_or_mean(*total, *count, *mean),
            Self::ById(kind @ (CorrelationKind::ValueSum | CorrelationKind::ValueAvg), _) => {
                let numbers = numbers_by_id(window);
                return sum_or_mean(
                    exact_sum(&numbers),
                    numbers.len(),
                    *kind == CorrelationKind::ValueAvg,
                );
            }
            Self::ById(_, at) => return percentile_of(&numbers_by_id(window), *at),
            Self::Ranked(numbers, percentile) => return percentile_of(numbers, *percentile),
        })
    }
}

/// The numbers of a window in which ids occur at several times: each number of an id as often as at
/// the time that has it most often.
fn numbers_by_id(window: &[EventPoint]) -> Vec<f64> {
    let mut known: BTreeMap<&str, Box<[f64]>> = BTreeMap::new();
    for point in window {
        merge_sorted(known.entry(&point.id).or_default(), point.numbers.clone(), f64::total_cmp);
    }
    let mut numbers: Vec<f64> = known.into_values().flatten().collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn distinct_keys(point: &EventPoint, kind: CorrelationKind) -> impl Iterator<Item = &str> {
    let id = (kind == CorrelationKind::EventCount).then_some(&*point.id);
    let texts = if id.is_some() { &[][..] } else { &*point.texts };
    id.into_iter().chain(texts.iter().map(|text| &**text))
}

fn counts_of_rules(rules: u64, counts: &mut [usize]) -> impl Iterator<Item = &mut usize> {
    counts.iter_mut().enumerate().filter(move |(at, _)| rules & (1 << at) != 0).map(|(_, c)| c)
}

#[allow(clippy::cast_precision_loss)]
fn sum_or_mean(total: i128, count: usize, mean: bool) -> Option<f64> {
    let divisor = if mean { count as f64 } else { 1.0 };
    (count > 0).then(|| total as f64 / divisor / SCALE)
}

/// A percentile, interpolated between neighbours: SQL's `percentile_cont`.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn percentile_of(numbers: &[f64], percentile: f64) -> Option<f64> {
    let place = percentile / 100.0 * (numbers.len().checked_sub(1)? as f64);
    let below = numbers.get(place.floor() as usize)?;
    let above = numbers.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

/// Chains of rules that occur one after another in the order listed, represented by the latest time
/// at which a chain of that length, ending with that rule, can have begun: a window contains the
/// chain if it reaches back that far, so nothing has to be undone as it slides.
struct RuleChains {
    rules: usize,
    /// By length, then by rule.
    begun: Vec<Vec<Micros>>,
}

impl RuleChains {
    fn new(rules: usize) -> Self {
        Self { rules, begun: vec![vec![Micros::MIN; rules]; rules] }
    }

    /// Enters events of one time: their order is not known, so any order counts.
    fn enter_simultaneous(&mut self, points: &[EventPoint]) {
        let rules = points.iter().fold(0, |all, point| all | point.rules);
        let Some(time) = points.first().map(|point| point.time) else { return };
        for rule in (0..self.rules).filter(|rule| rules & (1 << rule) != 0) {
            let mut shorter = time;
            for begun in &mut self.begun {
                let before = begun.iter().take(rule).copied().max().unwrap_or(Micros::MIN);
                if let Some(known) = begun.get_mut(rule) {
                    *known = (*known).max(shorter);
                }
                shorter = before;
            }
        }
    }

    fn longest_chain(&self, since: Micros) -> usize {
        let holds = |begun: &Vec<Micros>| begun.iter().any(|time| *time > since);
        self.begun.iter().take_while(|begun| holds(begun)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_between_neighbours() {
        let numbers = [1.0, 2.0, 3.0, 4.0];
        for (percentile, expected) in [(0.0, 1.0), (50.0, 2.5), (75.0, 3.25), (100.0, 4.0)] {
            assert_eq!(percentile_of(&numbers, percentile), Some(expected), "{percentile}");
        }
        assert_eq!(percentile_of(&[], 50.0), None);
    }
}
