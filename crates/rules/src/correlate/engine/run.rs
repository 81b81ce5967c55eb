//! Takes hits in, and decides what fires.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::arrival::{Arrival, From};
use super::firing;
use super::tables::{Engine, Waiting};
use crate::correlate::group::{Group, Taken, Truth};
use crate::correlate::hit::{Firing, Hit};
use crate::correlate::plan::{Micros, Plan, Route, Spec};
use crate::correlate::point::{Point, Tuple};
use crate::correlate::settings::Counts;

/// Old events are dropped this many times per horizon: visiting every group costs more than keeping
/// them a little longer.
const SWEEPS: Micros = 16;

impl Engine {
    /// Takes a match and returns what fires because of it.
    pub fn offer(&mut self, hit: &Hit) -> Vec<Firing> {
        let plan = Arc::clone(&self.plan);
        let mut fired = Vec::new();
        if !plan.listens_to(hit.rule) {
            return fired;
        }
        let arrival = Arrival::of_hit(hit);
        if arrival.time < self.horizon() {
            self.refuse(&arrival, &plan);
            return fired;
        }
        let mut waiting: Vec<Waiting> = Vec::new();
        self.deliver(&plan, &arrival, &hit.fields, &mut fired, &mut waiting);
        self.pass_on(&plan, &mut fired, waiting);
        self.keep_limits();
        fired
    }

    /// Moves the watermark: all but the latest events have arrived. Returns the firings that had to
    /// wait for it. Moving it back has no effect.
    ///
    /// This visits every group, so calling it once per batch or once a minute is enough.
    pub fn advance(&mut self, watermark: Timestamp) -> Vec<Firing> {
        let plan = Arc::clone(&self.plan);
        self.watermark = self.watermark.max(watermark.as_microsecond());
        let mut fired = Vec::new();
        for (at, spec) in plan.specs.iter().enumerate().filter(|(_, spec)| !spec.growing) {
            let mut waiting = Vec::new();
            self.settle(&plan, at, spec, &mut fired, &mut waiting);
            self.pass_on(&plan, &mut fired, waiting);
        }
        if self.watermark >= self.swept.saturating_add(self.delay() / SWEEPS) {
            self.swept = self.watermark;
            self.forget(&plan);
        }
        fired
    }

    /// Declares that no more matches will come, and decides whatever is open.
    pub fn finish(&mut self) -> Vec<Firing> {
        self.advance(Timestamp::MAX)
    }

    fn refuse(&mut self, arrival: &Arrival, plan: &Plan) {
        for route in arrival.routes(plan) {
            if let Some(table) = self.tables.get_mut(route.to) {
                table.counts.hits += 1;
                table.counts.late += 1;
            }
        }
    }

    /// Passes firings on until no other correlation fires because of them.
    pub(super) fn pass_on(
        &mut self,
        plan: &Plan,
        fired: &mut Vec<Firing>,
        mut waiting: Vec<Waiting>,
    ) {
        while let Some((arrival, fields)) = waiting.pop() {
            self.deliver(plan, &arrival, &fields, fired, &mut waiting);
        }
    }

    fn deliver(
        &mut self,
        plan: &Plan,
        arrival: &Arrival,
        fields: &[Vec<String>],
        fired: &mut Vec<Firing>,
        waiting: &mut Vec<Waiting>,
    ) {
        for route in arrival.routes(plan) {
            let Some(spec) = plan.specs.get(route.to) else { continue };
            let placed = self.place(arrival, route, spec, fields);
            let Some((mut groups, point)) = placed else { continue };
            let last = groups.pop();
            for key in groups {
                self.take(plan, (route.to, spec), key, point.clone(), (fired, waiting));
            }
            if let Some(key) = last {
                self.take(plan, (route.to, spec), key, point, (fired, waiting));
            }
        }
    }

    fn place(
        &mut self,
        arrival: &Arrival,
        route: &Route,
        spec: &Spec,
        fields: &[Vec<String>],
    ) -> Option<(Vec<Tuple>, Point)> {
        let table = self.tables.get_mut(route.to)?;
        table.counts.hits += 1;
        arrival.place(route, spec, fields, self.settings.fan_out, &mut table.counts)
    }

    /// Adds an event to a group and reports what fires.
    pub(super) fn take(
        &mut self,
        plan: &Plan,
        (at, spec): (usize, &Spec),
        key: Tuple,
        point: Point,
        out: (&mut Vec<Firing>, &mut Vec<Waiting>),
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
        let before = group.weight();
        match group.take(spec, point) {
            Taken::New => counts.taken += 1,
            Taken::Known => return counts.known += 1,
            Taken::Spare => return counts.spare += 1,
            Taken::Late => return counts.late += 1,
        }
        let truths = if spec.growing { group.judge(spec, time) } else { Vec::new() };
        tell(plan, (at, spec), (&key, group), &truths, counts, self.settings.sample, out);
        group.tidy(spec, time, &truths);
        let dropped = group.limit(self.settings.per_group.max(spec.need.saturating_mul(4)));
        counts.dropped += u64::try_from(dropped).unwrap_or(u64::MAX);
        let after = group.weight();
        table.weight = (table.weight + after).saturating_sub(before);
        self.weight = (self.weight + after).saturating_sub(before);
        self.is_crowded |= table.weight > self.settings.per_correlation;
        if self.settings.shared && !std::mem::replace(&mut group.dirty, true) {
            self.touched.push((at, key));
        }
    }

    fn settle(
        &mut self,
        plan: &Plan,
        at: usize,
        spec: &Spec,
        fired: &mut Vec<Firing>,
        waiting: &mut Vec<Waiting>,
    ) {
        let until = self.horizon().saturating_sub(spec.lag);
        let Some(table) = self.tables.get_mut(at) else { return };
        let counts = &mut table.counts;
        let mut told = Vec::new();
        for (key, group) in &mut table.groups {
            let before = group.weight();
            let truths = group.settle(spec, until);
            if truths.is_empty() {
                continue;
            }
            let out = (&mut told, &mut *waiting);
            tell(plan, (at, spec), (key, group), &truths, counts, self.settings.sample, out);
            table.weight = (table.weight + group.weight()).saturating_sub(before);
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
fn tell(
    plan: &Plan,
    (at, spec): (usize, &Spec),
    (key, group): (&Tuple, &Group),
    truths: &[Truth],
    counts: &mut Counts,
    sample: usize,
    (fired, waiting): (&mut Vec<Firing>, &mut Vec<Waiting>),
) {
    let Some(correlation) = plan.correlations.get(at) else { return };
    for truth in truths {
        if spec.forwards {
            waiting.extend(forwarded(at, spec, (key, group), truth));
        }
        if truth.is_first {
            counts.fired += 1;
            if !spec.silent {
                fired.extend(firing::firing(at, correlation, spec, (key, group), truth, sample));
            }
        }
    }
}

/// A firing as listeners see it: at the time of the window's last event, once per distinct set of
/// fields in the window.
fn forwarded(
    at: usize,
    spec: &Spec,
    (key, group): (&Tuple, &Group),
    truth: &Truth,
) -> Vec<Waiting> {
    let window = group.points.get(truth.span.from..truth.span.to).unwrap_or_default();
    let Some(time) = window.last().map(|point| point.time) else { return Vec::new() };
    let nothing = Tuple::default();
    let mut tuples: BTreeSet<&Tuple> = window.iter().flat_map(|point| &point.carry).collect();
    if tuples.is_empty() {
        tuples.insert(&nothing);
    }
    let id: Box<str> = firing::id(spec, key, truth.period).into();
    let arrive = |tuple: &Tuple| {
        let values = tuple.iter().map(|value| value.to_string());
        let fields = values.map(|value| if value.is_empty() { vec![] } else { vec![value] });
        (Arrival { from: From::Correlation(at), time, id: id.clone() }, fields.collect())
    };
    tuples.into_iter().map(arrive).collect()
}
