//! Takes back state that left the process, and takes over another plan.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::arrival::EventArrival;
use super::saved::{ReloadOutcome, RestoreOutcome, SavedGroup, save_group, state_key};
use super::tables::{CorrelationEngine, GroupTable, WaitingArrival};
use crate::correlate::group::CorrelationGroup;
use crate::correlate::hit::{Firing, RuleMatch};
use crate::correlate::plan::{CorrelationPlan, CorrelationSpec, Micros};
use crate::correlate::point::{EventPoint, ValueTuple};
use crate::correlate::settings::CorrelationCounts;
use crate::correlate::state::{GroupState, StateError};

impl CorrelationEngine {
    /// The keys of the states that a match will change, to be restored before it is offered. States
    /// of correlations that listen to correlations are not among them:
    /// [`CorrelationEngine::take_touched`] finds those, and they can be restored at any time before
    /// saving; firings already reported for them may then be reported once more, with the same id.
    pub fn state_keys(&self, hit: &RuleMatch) -> Vec<String> {
        let arrival = EventArrival::from_match(hit);
        let mut keys = BTreeSet::new();
        for route in arrival.listener_routes(&self.plan) {
            let Some(spec) = self.plan.specs.get(route.to) else { continue };
            let mut counts = CorrelationCounts::default();
            let placed = arrival.groups_and_point(
                route,
                spec,
                &hit.fields,
                self.settings.fan_out,
                &mut counts,
            );
            keys.extend(
                placed.iter().flat_map(|(groups, _)| groups).map(|key| state_key(spec, key)),
            );
        }
        keys.into_iter().collect()
    }

    /// The keys of the groups that have changed since they were last saved.
    pub fn touched_keys(&self) -> Vec<String> {
        let names = self
            .touched
            .iter()
            .filter_map(|(at, key)| self.plan.specs.get(*at).map(|spec| state_key(spec, key)));
        names.collect()
    }

    /// The state of every group that has changed since the last call, to be stored in this order: a
    /// key may occur twice, and the later state counts. Empty unless
    /// [`CorrelationSettings::shared`](crate::correlate::CorrelationSettings::shared).
    pub fn take_touched(&mut self) -> Vec<SavedGroup> {
        let plan = Arc::clone(&self.plan);
        let delay = self.max_delay();
        let mut saved = std::mem::take(&mut self.leaving);
        for (at, key) in std::mem::take(&mut self.touched) {
            let group = self.tables.get_mut(at).and_then(|table| table.groups.get_mut(&key));
            let (Some(group), Some(spec)) = (group, plan.specs.get(at)) else { continue };
            group.dirty = false;
            saved.push(save_group(spec, &key, group, delay));
        }
        saved
    }

    /// Takes back saved state, from this engine or from another that shares the store.
    ///
    /// # Errors
    /// [`StateError`]; nothing has changed then.
    pub fn restore_state(&mut self, bytes: &[u8]) -> Result<RestoreOutcome, StateError> {
        let state = GroupState::from_bytes(bytes)?;
        let plan = Arc::clone(&self.plan);
        let mut specs = plan.specs.iter().enumerate();
        let Some(found) = specs.find(|(_, spec)| spec.definition == state.definition) else {
            return Ok(RestoreOutcome::Obsolete);
        };
        let points = state.restored_points(found.1);
        let fired = match self.adopt_group(found.0, &state, points) {
            Some(points) => self.merge_into_group(&plan, found, &state, points),
            None => Vec::new(),
        };
        self.is_crowded = true;
        self.enforce_limits();
        Ok(RestoreOutcome::Merged(fired))
    }

    /// Takes the state of a group that is not known here; returns its events when it is.
    fn adopt_group(
        &mut self,
        at: usize,
        state: &GroupState,
        points: Vec<EventPoint>,
    ) -> Option<Vec<EventPoint>> {
        let table = self.tables.get_mut(at)?;
        if table.groups.contains_key(&state.group) {
            return Some(points);
        }
        let group = CorrelationGroup::from_state(points, state.fired.clone(), state.settled);
        table.weight += group.kept_weight();
        self.weight += group.kept_weight();
        table.groups.insert(state.group.clone(), group);
        None
    }

    /// Merges state into that of the same group.
    fn merge_into_group(
        &mut self,
        plan: &CorrelationPlan,
        (at, spec): (usize, &CorrelationSpec),
        state: &GroupState,
        points: Vec<EventPoint>,
    ) -> Vec<Firing> {
        let mut settled = state.settled;
        if let Some(group) = self.group_mut(at, &state.group) {
            settled = settled.max(group.settled);
            let grown = group.merge_fired(&state.fired);
            self.add_weight(at, grown);
        }
        let (mut fired, mut waiting): (Vec<Firing>, Vec<WaitingArrival>) = Default::default();
        for point in points {
            // Events that were judged elsewhere still belong to the state.
            self.group_mut(at, &state.group).into_iter().for_each(|one| one.settled = Micros::MIN);
            let out = (&mut fired, &mut waiting);
            self.add_to_group(plan, (at, spec), state.group.clone(), point, out);
        }
        self.group_mut(at, &state.group).into_iter().for_each(|one| one.settled = settled);
        self.pass_on_firings(plan, &mut fired, waiting);
        fired
    }

    fn group_mut(&mut self, at: usize, key: &ValueTuple) -> Option<&mut CorrelationGroup> {
        self.tables.get_mut(at)?.groups.get_mut(key)
    }

    fn add_weight(&mut self, at: usize, grown: usize) {
        self.weight += grown;
        self.tables.get_mut(at).into_iter().for_each(|table| table.weight += grown);
    }

    /// Continues with other rules. The state of every correlation whose definition is unchanged is
    /// kept; titles, levels and positions are not part of the definition.
    pub fn reload_plan(&mut self, plan: Arc<CorrelationPlan>) -> ReloadOutcome {
        let old = std::mem::replace(&mut self.plan, plan);
        let tables = std::mem::take(&mut self.tables);
        let touched = std::mem::take(&mut self.touched);
        let mut known: HashMap<&str, (usize, GroupTable)> = HashMap::new();
        for ((at, spec), table) in old.specs.iter().enumerate().zip(tables) {
            known.insert(&spec.definition, (at, table));
        }
        let mut moved: HashMap<usize, usize> = HashMap::new();
        let mut outcome = ReloadOutcome::default();
        for (to, spec) in self.plan.specs.iter().enumerate() {
            match known.remove(spec.definition.as_str()) {
                Some((from, table)) => {
                    moved.insert(from, to);
                    outcome.kept += 1;
                    self.tables.push(table);
                }
                None => {
                    outcome.new += 1;
                    self.tables.push(GroupTable::default());
                }
            }
        }
        outcome.gone = known.len();
        let moved = |(at, key): (usize, ValueTuple)| moved.get(&at).map(|to| (*to, key));
        self.touched = touched.into_iter().filter_map(moved).collect();
        self.recount_weights();
        outcome
    }
}
