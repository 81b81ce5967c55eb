//! Drops the events of a group that no window can need any more.

use super::group::{CorrelationGroup, TrueWindow};
use super::model::CorrelationKind;
use super::plan::{CorrelationSpec, Micros};
use super::point::EventPoint;

impl CorrelationGroup {
    /// Drops what the new event makes superfluous; false when the new event itself is superfluous.
    pub(super) fn make_room_for(
        &mut self,
        spec: &CorrelationSpec,
        period: i64,
        point: &EventPoint,
    ) -> bool {
        let only_ends = match spec.kind {
            CorrelationKind::ValueCount | CorrelationKind::Temporal => true,
            CorrelationKind::EventCount => spec.chained,
            _ => false,
        };
        if !only_ends {
            return true;
        }
        let same = |known: &EventPoint| {
            known.has_same_content(point, spec) && known.sort_key() != point.sort_key()
        };
        let (from, to) = self.point_range(spec, period);
        let within = self.points.get(from..to).unwrap_or_default();
        let first = within.iter().position(same).map(|at| from + at);
        let last = within.iter().rposition(same).map(|at| from + at);
        let (Some(first), Some(last)) = (first, last) else { return true };
        let is_before =
            |at: usize| self.points.get(at).is_some_and(|p| p.sort_key() < point.sort_key());
        match (is_before(first), is_before(last)) {
            (true, false) => return false,
            (true, true) if first != last => drop(self.points.remove(last)),
            (false, false) if first != last => drop(self.points.remove(first)),
            _ => {}
        }
        true
    }

    /// Drops what the firing of these periods, or an event of this time, made superfluous.
    pub(super) fn drop_superfluous(
        &mut self,
        spec: &CorrelationSpec,
        time: Micros,
        truths: &[TrueWindow],
    ) {
        if !spec.drops_unneeded() {
            return;
        }
        for truth in truths.iter().filter(|truth| truth.is_first) {
            self.drop_fired_period(spec, truth.period.saturating_sub(1));
            self.drop_fired_period(spec, truth.period);
        }
        let period = spec.period_of(time);
        if spec.kind == CorrelationKind::EventCount
            && !spec.chained
            && !self.repeats
            && self.has_fired(period)
        {
            let (from, to) = self.point_range(spec, period);
            self.points.drain(from..to.saturating_sub(spec.need).max(from));
        }
    }

    fn drop_fired_period(&mut self, spec: &CorrelationSpec, period: i64) {
        if self.has_fired(period) && self.has_fired(period.saturating_add(1)) {
            let (from, to) = self.point_range(spec, period);
            self.points.drain(from..to);
        }
    }

    /// Keeps approximately the newest `most` events; returns how many were dropped.
    pub(super) fn limit_points(&mut self, most: usize) -> usize {
        if self.points.len() <= most + most / 8 {
            return 0;
        }
        let over = self.points.len() - most;
        self.points.drain(..over);
        over
    }

    /// Drops what is too old to matter to any event at or after `horizon`; returns whether nothing
    /// is left.
    pub(super) fn drop_before_horizon(&mut self, spec: &CorrelationSpec, horizon: Micros) -> bool {
        let spans = if spec.growing { 1 } else { 2 };
        let before = horizon.saturating_sub(spec.timespan.saturating_mul(spans));
        let old = self.points.partition_point(|point| point.time <= before);
        self.points.drain(..old);
        let period = spec.period_of(horizon).saturating_sub(spans);
        if self.fired.first_key_value().is_some_and(|(first, _)| *first < period) {
            self.fired = self.fired.split_off(&period);
        }
        self.points.is_empty() && self.fired.is_empty()
    }
}
