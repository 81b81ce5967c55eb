//! What is dropped: old events when they cannot matter, the oldest when there are too many.

use super::saved::save_group;
use super::tables::{CorrelationEngine, GroupTable};
use crate::correlate::group::CorrelationGroup;
use crate::correlate::plan::{CorrelationPlan, Micros};
use crate::correlate::point::ValueTuple;

impl CorrelationEngine {
    /// Drops what cannot matter to events that are still in time.
    pub(super) fn drop_expired(&mut self, plan: &CorrelationPlan) {
        let (horizon, delay) = (self.horizon(), self.max_delay());
        let leaving = &mut self.leaving;
        for (table, spec) in self.tables.iter_mut().zip(&plan.specs) {
            let horizon = horizon.saturating_sub(spec.lag);
            table.groups.retain(|key, group| {
                let is_over = group.drop_before_horizon(spec, horizon);
                // The copy kept outside is older, and would be taken for the truth.
                if is_over && group.dirty {
                    leaving.push(save_group(spec, key, group, delay));
                }
                !is_over
            });
            table.groups.shrink_to(table.groups.len() * 2);
        }
        self.recount_weights();
    }

    /// Recounts what is kept.
    pub(super) fn recount_weights(&mut self) {
        self.tables.iter_mut().for_each(GroupTable::recount_weight);
        self.weight = self.tables.iter().map(|table| table.weight).sum();
    }

    /// Drops the groups with the oldest events where there are too many.
    pub(super) fn enforce_limits(&mut self) {
        let most = self.settings.per_correlation;
        let tables = if std::mem::take(&mut self.is_crowded) { self.tables.len() } else { 0 };
        for at in 0..tables {
            if self.tables.get(at).is_some_and(|table| table.weight > most) {
                self.evict_oldest(Some(at), most - most / 10);
            }
        }
        if self.weight > self.settings.total {
            self.evict_oldest(None, self.settings.total - self.settings.total / 10);
        }
    }

    fn evict_oldest(&mut self, only: Option<usize>, most: usize) {
        let tables = self.tables.iter().enumerate();
        let chosen = tables.filter(|(at, _)| only.is_none_or(|only| only == *at));
        let mut groups: Vec<(Micros, usize, ValueTuple, usize)> = chosen
            .flat_map(|(at, table)| {
                let groups = table.groups.iter();
                groups.map(move |(key, group)| {
                    (group.last_event_time(), at, key.clone(), group.kept_weight())
                })
            })
            .collect();
        groups.sort_unstable();
        let mut weight: usize = groups.iter().map(|(.., weight)| weight).sum();
        for (_, at, key, less) in groups {
            if weight <= most {
                return;
            }
            weight -= less;
            self.weight = self.weight.saturating_sub(less);
            self.drop_group(at, &key);
        }
    }

    /// Drops a group; if it is kept outside, nothing is lost.
    fn drop_group(&mut self, at: usize, key: &ValueTuple) {
        let delay = self.max_delay();
        let (Some(table), Some(spec)) = (self.tables.get_mut(at), self.plan.specs.get(at)) else {
            return;
        };
        let Some(group) = table.groups.remove(key) else { return };
        table.weight = table.weight.saturating_sub(group.kept_weight());
        if group.dirty {
            self.leaving.push(save_group(spec, key, &group, delay));
        } else if !self.settings.shared {
            table.counts.dropped += u64::try_from(group.points.len()).unwrap_or(u64::MAX);
        }
    }
}

impl GroupTable {
    pub(super) fn recount_weight(&mut self) {
        self.weight = self.groups.values().map(CorrelationGroup::kept_weight).sum();
    }
}
