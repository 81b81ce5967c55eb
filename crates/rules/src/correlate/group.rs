//! The events of one group of one correlation, and what they amount to.
//!
//! # When a correlation fires
//!
//! Time is divided into periods as long as the timespan, and a group fires once in each period in
//! which a window ends for which the condition is true. The windows slide; only the *name* of a
//! firing is tied to a period. This makes the result independent of the order of delivery although
//! firings are reported at once: a reported firing can't be withdrawn, so the firings of some
//! events must be among the firings of more events. That holds when each window is judged on its
//! own, and fails for any rule like "not again in the same burst": late events join bursts.
//!
//! A condition that can only become truer with more events (`gt`, `gte` on a count or a sum) is
//! reported with the event that makes it true. Any other is evaluated on *full* windows, those that
//! no other event fits into, once the lateness horizon has passed them: that there were fewer than
//! three, or what the average was, is not known before.
//!
//! # What is kept
//!
//! For conditions that grow, an event is dropped once no window can need it any more: when its
//! period and the next have fired; when `value_count` or `temporal` has an earlier and a later
//! event of the same period with the same content; when `event_count` has as many later events as
//! it needs in a period that has fired. None of this changes what fires. So a flood of events is
//! cheap, and cannot push others out.

use std::collections::BTreeMap;

use super::model::CorrelationKind;
use super::plan::{CorrelationSpec, Micros};
use super::point::{EventPoint, first_after};
use super::window::{WindowMode, WindowSpan, walk_windows};

/// Maximum number of true windows of one period that are passed to other correlations.
const MAX_FORWARDS: u32 = 1000;

/// The state of a group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CorrelationGroup {
    /// Sorted by time and id.
    pub(super) points: Vec<EventPoint>,
    /// The periods that have fired, and how many windows of each were passed on.
    pub(super) fired: BTreeMap<i64, u32>,
    /// Full windows that ended before this have been judged.
    pub(super) settled: Micros,
    /// Whether an id occurs at two times.
    pub(super) repeats: bool,
    /// Whether it has changed since it was saved.
    pub(super) dirty: bool,
}

/// What happened to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PointOutcome {
    /// It is new, or something about it is.
    New,
    /// It was already known.
    Known,
    /// It can change nothing: the group has fired, or knows as much without it.
    Spare,
    /// Windows that it belongs to have already been judged.
    Late,
}

/// A window for which the condition is true.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrueWindow {
    pub(super) period: i64,
    pub(super) span: WindowSpan,
    pub(super) value: f64,
    /// Whether this is the period's first firing.
    pub(super) is_first: bool,
}

impl Default for CorrelationGroup {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            fired: BTreeMap::new(),
            settled: Micros::MIN,
            repeats: false,
            dirty: false,
        }
    }
}

impl CorrelationGroup {
    /// The cost of keeping it, in events.
    pub(super) fn kept_weight(&self) -> usize {
        1 + self.points.len() + self.fired.len()
    }

    /// The time of its last event.
    pub(super) fn last_event_time(&self) -> Micros {
        self.points.last().map_or(Micros::MIN, |point| point.time)
    }

    /// A group as stored elsewhere, whose events have been judged.
    pub(super) fn from_state(
        mut points: Vec<EventPoint>,
        fired: BTreeMap<i64, u32>,
        settled: Micros,
    ) -> Self {
        points.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        points.dedup_by(|later, first| first.sort_key() == later.sort_key());
        let mut ids: Vec<&str> = points.iter().map(|point| &*point.id).collect();
        ids.sort_unstable();
        let repeats = ids.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
        Self { points, fired, settled, repeats, dirty: false }
    }

    /// Learns what has been reported elsewhere; returns how many periods that adds.
    pub(super) fn merge_fired(&mut self, fired: &BTreeMap<i64, u32>) -> usize {
        let before = self.fired.len();
        for (period, forwarded) in fired {
            let known = self.fired.entry(*period).or_default();
            *known = (*known).max(*forwarded);
        }
        self.fired.len() - before
    }

    /// The horizon at which [`CorrelationGroup::settle_full_windows`] has something to judge.
    pub(super) fn next_settle_time(&self, spec: &CorrelationSpec) -> Option<Micros> {
        if spec.growing {
            return None;
        }
        let begun = self.points.iter().map(|point| point.time.saturating_add(spec.timespan));
        begun.filter(|over| *over > self.settled).min()
    }

    pub(super) fn has_fired(&self, period: i64) -> bool {
        self.fired.contains_key(&period)
    }

    /// Adds an event.
    pub(super) fn add_point(&mut self, spec: &CorrelationSpec, point: EventPoint) -> PointOutcome {
        if !spec.growing && point.time < self.settled {
            return PointOutcome::Late;
        }
        let period = spec.period_of(point.time);
        if spec.drops_unneeded() {
            if self.has_fired(period) && self.has_fired(period.saturating_add(1)) {
                return PointOutcome::Spare;
            }
            if !self.make_room_for(spec, period, &point) {
                return PointOutcome::Spare;
            }
        }
        let at = match self.points.last() {
            Some(last) if last.sort_key() >= point.sort_key() => {
                self.points.binary_search_by(|known| known.sort_key().cmp(&point.sort_key()))
            }
            _ => Err(self.points.len()),
        };
        match at {
            Ok(at) => match self.points.get_mut(at).map(|known| known.merge_point(point)) {
                Some(true) => PointOutcome::New,
                _ => PointOutcome::Known,
            },
            Err(at) => {
                self.repeats |= self.repeats_id_at(spec, at, &point);
                self.points.insert(at, point);
                PointOutcome::New
            }
        }
    }

    /// Whether a window may contain this event's id at another time, if that matters.
    fn repeats_id_at(&self, spec: &CorrelationSpec, at: usize, point: &EventPoint) -> bool {
        let counts_ids = spec.kind == CorrelationKind::EventCount || spec.kind.is_numeric();
        if !counts_ids || spec.chained {
            return false;
        }
        let (before, after) = self.points.split_at_checked(at).unwrap_or_default();
        let is_near =
            |known: &&EventPoint| known.time.abs_diff(point.time) < spec.timespan.unsigned_abs();
        let near = before.iter().rev().take_while(is_near).chain(after.iter().take_while(is_near));
        near.into_iter().any(|known| known.has_same_id(point))
    }

    /// The positions of a period's events.
    pub(super) fn point_range(&self, spec: &CorrelationSpec, period: i64) -> (usize, usize) {
        let begin = period_start(spec, period);
        let end = begin.saturating_add(spec.timespan - 1);
        (first_after(&self.points, begin.saturating_sub(1)), first_after(&self.points, end))
    }

    /// For a condition that grows: the windows for which it is true and that contain an event of
    /// this time, as far as they are new.
    pub(super) fn judge_growing(
        &mut self,
        spec: &CorrelationSpec,
        time: Micros,
    ) -> Vec<TrueWindow> {
        let until = time.saturating_add(spec.timespan - 1);
        let (first, last) = (spec.period_of(time), spec.period_of(until));
        let from = if self.is_period_done(spec, first) { period_start(spec, last) } else { time };
        let until =
            if self.is_period_done(spec, last) { period_start(spec, last) - 1 } else { until };
        if from > until || self.points.len() < spec.need && spec.kind == CorrelationKind::EventCount
        {
            return Vec::new();
        }
        let mut truths: Vec<TrueWindow> = Vec::new();
        walk_windows(&self.points, self.window_mode(spec), (from, until), |span, value| {
            let period = self.period_of_window(spec, span);
            let told = truths.last().is_some_and(|truth| truth.period == period);
            if spec.condition_holds(value) && (spec.forwards || !told) {
                let is_first = !told && !self.has_fired(period);
                truths.push(TrueWindow { period, span, value, is_first });
            }
        });
        self.record_fired(spec, &mut truths);
        truths
    }

    /// For any other condition: the full windows for which it is true, among those that ended
    /// before `until` and have not been judged.
    pub(super) fn settle_full_windows(
        &mut self,
        spec: &CorrelationSpec,
        until: Micros,
    ) -> Vec<TrueWindow> {
        let since = self.settled;
        if until <= since {
            return Vec::new();
        }
        if spec.kind == CorrelationKind::NotFollowedBy {
            let mut truths = self.unanswered(spec, (since, until));
            self.record_fired(spec, &mut truths);
            self.settled = until;
            return truths;
        }
        let mut truths: Vec<TrueWindow> = Vec::new();
        let from = since.saturating_sub(spec.timespan).saturating_add(1);
        walk_windows(
            &self.points,
            self.window_mode(spec),
            (from, until.saturating_sub(1)),
            |span, value| {
                let Some(begun) = self.points.get(span.from).map(|point| point.time) else {
                    return;
                };
                let over = begun.saturating_add(spec.timespan);
                let next = self.points.get(span.to).map(|point| point.time);
                let is_full = next.is_none_or(|next| next >= over);
                if is_full && over > since && over <= until && spec.condition_holds(value) {
                    let period = self.period_of_window(spec, span);
                    let told = truths.last().is_some_and(|truth| truth.period == period);
                    let is_first = !told && !self.has_fired(period);
                    truths.push(TrueWindow { period, span, value, is_first });
                }
            },
        );
        truths.retain(|truth| truth.is_first);
        self.record_fired(spec, &mut truths);
        self.settled = until;
        truths
    }

    /// For `not_followed_by`: the events of the first rule after which nothing came, and whose time
    /// has run out within `since..=until`.
    fn unanswered(
        &self,
        spec: &CorrelationSpec,
        (since, until): (Micros, Micros),
    ) -> Vec<TrueWindow> {
        // One rule alone waits for itself.
        let answers = if spec.rules == 1 { 1 } else { !1 };
        let mut truths: Vec<TrueWindow> = Vec::new();
        for (at, point) in self.points.iter().enumerate().filter(|(_, point)| point.rules & 1 != 0)
        {
            let over = point.time.saturating_add(spec.timespan);
            if over <= since || over > until {
                continue;
            }
            // Of events of one time, any order counts.
            let from = first_after(&self.points, point.time.saturating_sub(1));
            let to = first_after(&self.points, over - 1);
            let mut later = self.points.get(from..to).unwrap_or_default().iter();
            if later.any(|other| other.rules & answers != 0 && !other.has_same_id(point)) {
                continue;
            }
            let period = spec.period_of(point.time);
            let told = truths.last().is_some_and(|truth| truth.period == period);
            let is_first = !told && !self.has_fired(period);
            let span = WindowSpan { from: at, to: at + 1 };
            truths.push(TrueWindow { period, span, value: 1.0, is_first });
        }
        truths.retain(|truth| truth.is_first);
        truths
    }

    fn window_mode<'a>(&self, spec: &'a CorrelationSpec) -> WindowMode<'a> {
        WindowMode { spec, repeats: self.repeats || spec.chained }
    }

    fn period_of_window(&self, spec: &CorrelationSpec, span: WindowSpan) -> i64 {
        let last = span.to.checked_sub(1).and_then(|at| self.points.get(at));
        spec.period_of(last.map_or(0, |point| point.time))
    }

    /// Whether windows that end in a period have nothing more to report.
    fn is_period_done(&self, spec: &CorrelationSpec, period: i64) -> bool {
        let forwarded = self.fired.get(&period);
        forwarded.is_some_and(|count| !spec.forwards || *count >= MAX_FORWARDS)
    }

    fn record_fired(&mut self, spec: &CorrelationSpec, truths: &mut Vec<TrueWindow>) {
        truths.retain(|truth| {
            let forwarded = self.fired.entry(truth.period).or_default();
            let goes_on = truth.is_first || (spec.forwards && *forwarded < MAX_FORWARDS);
            *forwarded = forwarded.saturating_add(u32::from(goes_on));
            goes_on
        });
    }
}

fn period_start(spec: &CorrelationSpec, period: i64) -> Micros {
    period.saturating_mul(spec.timespan)
}
