//! Takes hits in, and decides what fires.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::arrival::{ArrivalSource, EventArrival};
use super::firing;
use super::tables::{CorrelationEngine, WaitingArrival};
use crate::correlate::group::{CorrelationGroup, PointOutcome, TrueWindow};
use crate::correlate::hit::{Firing, RuleMatch};
use crate::correlate::model::CorrelationKind;
use crate::correlate::plan::{CorrelationPlan, CorrelationSpec, ListenerRoute, Micros};
use crate::correlate::point::{EventPoint, ValueTuple};
use crate::correlate::settings::CorrelationCounts;

/// Old events are dropped this many times per horizon: visiting every group costs more than keeping
/// them a little longer.
const SWEEPS: Micros = 16;

impl CorrelationEngine {
    /// Takes a match and returns what fires because of it.
    pub fn offer_match(&mut self, hit: &RuleMatch) -> Vec<Firing> {
        let plan = Arc::clone(&self.plan);
        let mut fired = Vec::new();
        if !plan.listens_to(hit.rule) {
            return fired;
        }
        let arrival = EventArrival::from_match(hit);
        if arrival.time < self.horizon() {
            self.refuse_late(&arrival, &plan);
            return fired;
        }
        let mut waiting: Vec<WaitingArrival> = Vec::new();
        self.deliver_arrival(&plan, &arrival, &hit.fields, &mut fired, &mut waiting);
        self.pass_on_firings(&plan, &mut fired, waiting);
        self.enforce_limits();
        fired
    }

    /// Moves the watermark: all but the latest events have arrived. Returns the firings that had to
    /// wait for it. Moving it back has no effect.
    ///
    /// This visits every group, so calling it once per batch or once a minute is enough.
    pub fn advance_watermark(&mut self, watermark: Timestamp) -> Vec<Firing> {
        let plan = Arc::clone(&self.plan);
        self.watermark = self.watermark.max(watermark.as_microsecond());
        let mut fired = Vec::new();
        for (at, spec) in plan.specs.iter().enumerate().filter(|(_, spec)| !spec.growing) {
            let mut waiting = Vec::new();
            self.settle_table(&plan, at, spec, &mut fired, &mut waiting);
            self.pass_on_firings(&plan, &mut fired, waiting);
        }
        if self.watermark >= self.swept.saturating_add(self.max_delay() / SWEEPS) {
            self.swept = self.watermark;
            self.drop_expired(&plan);
        }
        fired
    }

    /// Declares that no more matches will come, and decides whatever is open.
    pub fn finish_all(&mut self) -> Vec<Firing> {
        self.advance_watermark(Timestamp::MAX)
    }

    /// The same for logs that end at a time: that something did not come after it is not known.
    pub fn finish_at(&mut self, logs_until: Timestamp) -> Vec<Firing> {
        self.logs_until = logs_until.as_microsecond();
        self.finish_all()
    }

    fn refuse_late(&mut self, arrival: &EventArrival, plan: &CorrelationPlan) {
        for route in arrival.listener_routes(plan) {
            if let Some(table) = self.tables.get_mut(route.to) {
                table.counts.hits += 1;
                table.counts.late += 1;
            }
        }
    }

    /// Passes firings on until no other correlation fires because of them.
    pub(super) fn pass_on_firings(
        &mut self,
        plan: &CorrelationPlan,
        fired: &mut Vec<Firing>,
        mut waiting: Vec<WaitingArrival>,
    ) {
        while let Some((arrival, fields)) = waiting.pop() {
            self.deliver_arrival(plan, &arrival, &fields, fired, &mut waiting);
        }
    }

    fn deliver_arrival(
        &mut self,
        plan: &CorrelationPlan,
        arrival: &EventArrival,
        fields: &[Vec<String>],
        fired: &mut Vec<Firing>,
        waiting: &mut Vec<WaitingArrival>,
    ) {
        for route in arrival.listener_routes(plan) {
            let Some(spec) = plan.specs.get(route.to) else { continue };
            let placed = self.place_arrival(arrival, route, spec, fields);
            let Some((mut groups, point)) = placed else { continue };
            let last = groups.pop();
            for key in groups {
                self.add_to_group(plan, (route.to, spec), key, point.clone(), (fired, waiting));
            }
            if let Some(key) = last {
                self.add_to_group(plan, (route.to, spec), key, point, (fired, waiting));
            }
        }
    }

    fn place_arrival(
        &mut self,
        arrival: &EventArrival,
        route: &ListenerRoute,
        spec: &CorrelationSpec,
        fields: &[Vec<String>],
    ) -> Option<(Vec<ValueTuple>, EventPoint)> {
        let table = self.tables.get_mut(route.to)?;
        table.counts.hits += 1;
        arrival.groups_and_point(route, spec, fields, self.settings.fan_out, &mut table.counts)
    }

    /// Adds an event to a group and reports what fires.
    pub(super) fn add_to_group(
        &mut self,
        plan: &CorrelationPlan,
        (at, spec): (usize, &CorrelationSpec),
        key: ValueTuple,
        point: EventPoint,
        out: (&mut Vec<Firing>, &mut Vec<WaitingArrival>),
    ) {
        let Some(table) = self.tables.get_mut(at) else { return };
        let (counts, time) = (&mut table.counts, point.time);
        let group = match table.groups.get_mut(&key) {
            Some(group) => group,
            None => {
                table.weight += 1;
                self.weight += 1;
                table.groups.entry(key.clone()).or_default()
            }
        };
        let before = group.kept_weight();
        match group.add_point(spec, point) {
            PointOutcome::New => counts.taken += 1,
            PointOutcome::Known => return counts.known += 1,
            PointOutcome::Spare => return counts.spare += 1,
            PointOutcome::Late => return counts.late += 1,
        }
        let truths = if spec.growing { group.judge_growing(spec, time) } else { Vec::new() };
        report_windows(plan, (at, spec), (&key, group), &truths, counts, self.settings.sample, out);
        group.drop_superfluous(spec, time, &truths);
        let dropped = group.limit_points(self.settings.per_group.max(spec.need.saturating_mul(4)));
        counts.dropped += u64::try_from(dropped).unwrap_or(u64::MAX);
        let after = group.kept_weight();
        table.weight = (table.weight + after).saturating_sub(before);
        self.weight = (self.weight + after).saturating_sub(before);
        self.is_crowded |= table.weight > self.settings.per_correlation;
        if self.settings.shared && !std::mem::replace(&mut group.dirty, true) {
            self.touched.push((at, key));
        }
    }

    fn settle_table(
        &mut self,
        plan: &CorrelationPlan,
        at: usize,
        spec: &CorrelationSpec,
        fired: &mut Vec<Firing>,
        waiting: &mut Vec<WaitingArrival>,
    ) {
        let mut until = self.horizon().saturating_sub(spec.lag);
        if spec.kind == CorrelationKind::NotFollowedBy {
            until = until.min(self.logs_until);
        }
        let Some(table) = self.tables.get_mut(at) else { return };
        let counts = &mut table.counts;
        let mut told = Vec::new();
        for (key, group) in &mut table.groups {
            let before = group.kept_weight();
            let truths = group.settle_full_windows(spec, until);
            if truths.is_empty() {
                continue;
            }
            let out = (&mut told, &mut *waiting);
            report_windows(
                plan,
                (at, spec),
                (key, group),
                &truths,
                counts,
                self.settings.sample,
                out,
            );
            table.weight = (table.weight + group.kept_weight()).saturating_sub(before);
            if self.settings.shared && !std::mem::replace(&mut group.dirty, true) {
                self.touched.push((at, key.clone()));
            }
        }
        // Groups have no order, and the report must not depend on it.
        told.sort_by(|a, b| (a.last, &a.group).cmp(&(b.last, &b.group)));
        waiting.sort_by(|(a, x), (b, y)| (b.time, &b.id, y).cmp(&(a.time, &a.id, x)));
        fired.append(&mut told);
    }
}

/// Turns true windows into firings, for people and for listeners.
fn report_windows(
    plan: &CorrelationPlan,
    (at, spec): (usize, &CorrelationSpec),
    (key, group): (&ValueTuple, &CorrelationGroup),
    truths: &[TrueWindow],
    counts: &mut CorrelationCounts,
    sample: usize,
    (fired, waiting): (&mut Vec<Firing>, &mut Vec<WaitingArrival>),
) {
    let Some(correlation) = plan.correlations.get(at) else { return };
    for truth in truths {
        if spec.forwards {
            waiting.extend(forwarded_arrivals(at, spec, (key, group), truth));
        }
        if truth.is_first {
            counts.fired += 1;
            if !spec.silent {
                fired.extend(firing::build_firing(
                    at,
                    correlation,
                    spec,
                    (key, group),
                    truth,
                    sample,
                ));
            }
        }
    }
}

/// A firing as listeners see it: at the time of the window's last event, once per distinct set of
/// fields in the window.
fn forwarded_arrivals(
    at: usize,
    spec: &CorrelationSpec,
    (key, group): (&ValueTuple, &CorrelationGroup),
    truth: &TrueWindow,
) -> Vec<WaitingArrival> {
    let window = group.points.get(truth.span.from..truth.span.to).unwrap_or_default();
    let Some(time) = window.last().map(|point| point.time) else { return Vec::new() };
    let nothing = ValueTuple::default();
    let mut tuples: BTreeSet<&ValueTuple> = window.iter().flat_map(|point| &point.carry).collect();
    if tuples.is_empty() {
        tuples.insert(&nothing);
    }
    let id: Box<str> = firing::firing_id(spec, key, truth.period).into();
    let arrive = |tuple: &ValueTuple| {
        let values = tuple.iter().map(|value| value.to_string());
        let fields = values.map(|value| if value.is_empty() { vec![] } else { vec![value] });
        (
            EventArrival { from: ArrivalSource::Correlation(at), time, id: id.clone() },
            fields.collect(),
        )
    };
    tuples.into_iter().map(arrive).collect()
}
