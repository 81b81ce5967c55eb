//! State that leaves the process and comes back.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use aware_core::group::Fingerprint;
use jiff::Timestamp;

use super::arrival::Arrival;
use super::firing::timestamp;
use super::{Engine, Table, Waiting};
use crate::correlate::group::Group;
use crate::correlate::hit::{Firing, Hit};
use crate::correlate::plan::{Micros, Plan, Spec};
use crate::correlate::point::Tuple;
use crate::correlate::settings::Counts;
use crate::correlate::state::{State, StateError};

/// One group's state, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Under which key. It is made of the correlation's definition and the group.
    pub key: String,
    /// What to keep; [`Engine::restore`] takes it back.
    pub bytes: Vec<u8>,
    /// When the watermark has to pass for [`Engine::advance`] to decide something about the
    /// group; never for conditions that are told at once.
    pub due: Option<Timestamp>,
    /// When the watermark passes this, the state can be deleted.
    pub expires: Timestamp,
}

/// What became of state that came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Restored {
    /// The engine has it. Where it met newer state of the same group, the two are now one, and
    /// this fires.
    Merged(Vec<Firing>),
    /// No correlation has this definition any more.
    Obsolete,
}

/// What became of the state when the rules changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Correlations that went on.
    pub kept: usize,
    /// Correlations that began anew.
    pub new: usize,
    /// Correlations that are no more, or changed, and whose state is gone.
    pub gone: usize,
}

impl Engine {
    /// The keys of the states that a hit will change, to be restored before it is offered. States
    /// of correlations that listen to correlations are not among them: those are found with
    /// [`Engine::take_touched`] and can be restored at any time before saving; what had been told
    /// of them already may then be told once more, with the same id.
    pub fn keys(&self, hit: &Hit) -> Vec<String> {
        let arrival = Arrival::of_hit(hit);
        let mut keys = BTreeSet::new();
        for route in arrival.routes(&self.plan) {
            let Some(spec) = self.plan.specs.get(route.to) else { continue };
            let mut counts = Counts::default();
            let placed =
                arrival.place(route, spec, &hit.fields, self.settings.fan_out, &mut counts);
            keys.extend(placed.iter().flat_map(|(groups, _)| groups).map(|key| name(spec, key)));
        }
        keys.into_iter().collect()
    }

    /// The keys of the groups that have changed since they were last saved.
    pub fn touched(&self) -> Vec<String> {
        let names = self
            .touched
            .iter()
            .filter_map(|(at, key)| self.plan.specs.get(*at).map(|spec| name(spec, key)));
        names.collect()
    }

    /// The state of every group that has changed since the last call.
    pub fn take_touched(&mut self) -> Vec<Saved> {
        let plan = Arc::clone(&self.plan);
        let horizon = self.settings.horizon_seconds.saturating_mul(1_000_000);
        let horizon = Micros::try_from(horizon).unwrap_or(Micros::MAX);
        let mut saved = Vec::new();
        for (at, key) in std::mem::take(&mut self.touched) {
            let group = self.tables.get_mut(at).and_then(|table| table.groups.get_mut(&key));
            let (Some(group), Some(spec)) = (group, plan.specs.get(at)) else { continue };
            group.dirty = false;
            saved.push(save(spec, &key, group, horizon));
        }
        saved
    }

    /// Takes back what was saved, by this engine or by another that shares the store.
    ///
    /// # Errors
    /// [`StateError`]; nothing has changed then.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<Restored, StateError> {
        let state = State::load(bytes)?;
        let plan = Arc::clone(&self.plan);
        let found = plan.specs.iter().position(|spec| spec.definition == state.definition);
        let Some((at, spec)) = found.and_then(|at| plan.specs.get(at).map(|spec| (at, spec)))
        else {
            return Ok(Restored::Obsolete);
        };
        let Some(table) = self.tables.get_mut(at) else { return Ok(Restored::Obsolete) };
        let (key, points) = (state.group.clone(), state.points(spec));
        let group = table.groups.entry(key.clone()).or_default();
        let is_new = group.points.is_empty() && group.fired.is_empty();
        for (period, forwarded) in &state.fired {
            let known = group.fired.entry(*period).or_default();
            *known = (*known).max(*forwarded);
        }
        let settled = group.settled.max(state.settled);
        // What was judged elsewhere belongs to the state all the same.
        group.settled = Micros::MIN;
        if is_new {
            group.adopt(points);
            group.settled = settled;
            self.is_crowded = true;
            self.weigh();
            self.keep_limits();
            return Ok(Restored::Merged(Vec::new()));
        }
        let (mut fired, mut waiting): (Vec<Firing>, Vec<Waiting>) = Default::default();
        for point in points {
            self.take(&plan, (at, spec), key.clone(), point, (&mut fired, &mut waiting));
        }
        let group = self.tables.get_mut(at).and_then(|table| table.groups.get_mut(&key));
        group.into_iter().for_each(|group| group.settled = settled);
        self.pass_on(&plan, &mut fired, waiting);
        self.is_crowded = true;
        self.weigh();
        self.keep_limits();
        Ok(Restored::Merged(fired))
    }

    /// Goes on with other rules. The state of every correlation whose definition is the same is
    /// kept; titles, levels and places are no part of the definition.
    pub fn reload(&mut self, plan: Arc<Plan>) -> Reloaded {
        let old = std::mem::replace(&mut self.plan, plan);
        let tables = std::mem::take(&mut self.tables);
        let touched = std::mem::take(&mut self.touched);
        let mut known: HashMap<&str, (usize, Table)> = HashMap::new();
        for ((at, spec), table) in old.specs.iter().enumerate().zip(tables) {
            known.insert(&spec.definition, (at, table));
        }
        let mut moved: HashMap<usize, usize> = HashMap::new();
        let mut outcome = Reloaded::default();
        for (to, spec) in self.plan.specs.iter().enumerate() {
            match known.remove(spec.definition.as_str()) {
                Some((from, table)) => {
                    moved.insert(from, to);
                    outcome.kept += 1;
                    self.tables.push(table);
                }
                None => {
                    outcome.new += 1;
                    self.tables.push(Table::default());
                }
            }
        }
        outcome.gone = known.len();
        let moved = |(at, key): (usize, Tuple)| moved.get(&at).map(|to| (*to, key));
        self.touched = touched.into_iter().filter_map(moved).collect();
        self.weigh();
        outcome
    }
}

/// The key of a group's state.
fn name(spec: &Spec, key: &Tuple) -> String {
    let mut parts = vec!["state-1", spec.definition.as_str()];
    parts.extend(key.iter().map(|value| &**value));
    Fingerprint::from_parts(&parts).as_str().replacen("fp1:", "correlation:", 1)
}

fn save(spec: &Spec, key: &Tuple, group: &Group, horizon: Micros) -> Saved {
    let wait = horizon.saturating_add(spec.lag);
    let latest = group
        .fired
        .last_key_value()
        .map_or(Micros::MIN, |(period, _)| period.saturating_add(1).saturating_mul(spec.timespan));
    let expires = group.last().max(latest).saturating_add(wait);
    Saved {
        key: name(spec, key),
        bytes: State::new(spec, key, group).save(),
        due: group.due(spec).map(|due| timestamp(due.saturating_add(wait))),
        expires: timestamp(expires.saturating_add(spec.timespan.saturating_mul(2))),
    }
}
