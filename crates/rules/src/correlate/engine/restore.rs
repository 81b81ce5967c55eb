//! Takes back state that left the process, and takes over another plan.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::arrival::Arrival;
use super::saved::{Reloaded, Restored, Saved, name, save};
use super::tables::{Engine, Table, Waiting};
use crate::correlate::group::Group;
use crate::correlate::hit::{Firing, Hit};
use crate::correlate::plan::{Micros, Plan, Spec};
use crate::correlate::point::{Point, Tuple};
use crate::correlate::settings::Counts;
use crate::correlate::state::{State, StateError};

impl Engine {
    /// The keys of the states that a match will change, to be restored before it is offered. States
    /// of correlations that listen to correlations are not among them: [`Engine::take_touched`]
    /// finds those, and they can be restored at any time before saving; firings already reported
    /// for them may then be reported once more, with the same id.
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

    /// The state of every group that has changed since the last call, to be stored in this order: a
    /// key may occur twice, and the later state counts. Empty unless [`super::Settings::shared`].
    pub fn take_touched(&mut self) -> Vec<Saved> {
        let plan = Arc::clone(&self.plan);
        let delay = self.delay();
        let mut saved = std::mem::take(&mut self.leaving);
        for (at, key) in std::mem::take(&mut self.touched) {
            let group = self.tables.get_mut(at).and_then(|table| table.groups.get_mut(&key));
            let (Some(group), Some(spec)) = (group, plan.specs.get(at)) else { continue };
            group.dirty = false;
            saved.push(save(spec, &key, group, delay));
        }
        saved
    }

    /// Takes back saved state, from this engine or from another that shares the store.
    ///
    /// # Errors
    /// [`StateError`]; nothing has changed then.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<Restored, StateError> {
        let state = State::load(bytes)?;
        let plan = Arc::clone(&self.plan);
        let mut specs = plan.specs.iter().enumerate();
        let Some(found) = specs.find(|(_, spec)| spec.definition == state.definition) else {
            return Ok(Restored::Obsolete);
        };
        let points = state.points(found.1);
        let fired = match self.adopt(found.0, &state, points) {
            Some(points) => self.unite(&plan, found, &state, points),
            None => Vec::new(),
        };
        self.is_crowded = true;
        self.keep_limits();
        Ok(Restored::Merged(fired))
    }

    /// Takes the state of a group that is not known here; returns its events when it is.
    fn adopt(&mut self, at: usize, state: &State, points: Vec<Point>) -> Option<Vec<Point>> {
        let table = self.tables.get_mut(at)?;
        if table.groups.contains_key(&state.group) {
            return Some(points);
        }
        let group = Group::restored(points, state.fired.clone(), state.settled);
        table.weight += group.weight();
        self.weight += group.weight();
        table.groups.insert(state.group.clone(), group);
        None
    }

    /// Merges state into that of the same group.
    fn unite(
        &mut self,
        plan: &Plan,
        (at, spec): (usize, &Spec),
        state: &State,
        points: Vec<Point>,
    ) -> Vec<Firing> {
        let mut settled = state.settled;
        if let Some(group) = self.group(at, &state.group) {
            settled = settled.max(group.settled);
            let grown = group.note_fired(&state.fired);
            self.reweigh(at, grown);
        }
        let (mut fired, mut waiting): (Vec<Firing>, Vec<Waiting>) = Default::default();
        for point in points {
            // Events that were judged elsewhere still belong to the state.
            self.group(at, &state.group).into_iter().for_each(|one| one.settled = Micros::MIN);
            let out = (&mut fired, &mut waiting);
            self.take(plan, (at, spec), state.group.clone(), point, out);
        }
        self.group(at, &state.group).into_iter().for_each(|one| one.settled = settled);
        self.pass_on(plan, &mut fired, waiting);
        fired
    }

    fn group(&mut self, at: usize, key: &Tuple) -> Option<&mut Group> {
        self.tables.get_mut(at)?.groups.get_mut(key)
    }

    fn reweigh(&mut self, at: usize, grown: usize) {
        self.weight += grown;
        self.tables.get_mut(at).into_iter().for_each(|table| table.weight += grown);
    }

    /// Continues with other rules. The state of every correlation whose definition is unchanged is
    /// kept; titles, levels and positions are not part of the definition.
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
