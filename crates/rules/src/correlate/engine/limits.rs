//! What is dropped: the old when it cannot matter, the oldest when there is too much.

use super::{Engine, Table};
use crate::correlate::plan::{Micros, Plan};
use crate::correlate::point::Tuple;

impl Engine {
    /// Drops what cannot matter to events that are still in time.
    pub(super) fn forget(&mut self, plan: &Plan) {
        let horizon = self.horizon();
        for (table, spec) in self.tables.iter_mut().zip(&plan.specs) {
            let horizon = horizon.saturating_sub(spec.lag);
            table.groups.retain(|_, group| !group.forget(spec, horizon));
            table.groups.shrink_to(table.groups.len() * 2);
        }
        self.weigh();
    }

    /// Counts again what is kept.
    pub(super) fn weigh(&mut self) {
        self.tables.iter_mut().for_each(Table::weigh);
        self.weight = self.tables.iter().map(|table| table.weight).sum();
    }

    /// Drops the groups with the oldest events where there are too many.
    pub(super) fn keep_limits(&mut self) {
        let most = self.settings.per_correlation;
        let tables = if std::mem::take(&mut self.is_crowded) { self.tables.len() } else { 0 };
        for at in 0..tables {
            if self.tables.get(at).is_some_and(|table| table.weight > most) {
                self.evict(Some(at), most - most / 10);
            }
        }
        if self.weight > self.settings.total {
            self.evict(None, self.settings.total - self.settings.total / 10);
        }
    }

    fn evict(&mut self, only: Option<usize>, most: usize) {
        let tables = self.tables.iter().enumerate();
        let chosen = tables.filter(|(at, _)| only.is_none_or(|only| only == *at));
        let mut groups: Vec<(Micros, usize, Tuple, usize)> = chosen
            .flat_map(|(at, table)| {
                let groups = table.groups.iter();
                groups.map(move |(key, group)| (group.last(), at, key.clone(), group.weight()))
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
            self.tables.get_mut(at).into_iter().for_each(|table| table.evict(&key));
        }
    }
}

impl Table {
    pub(super) fn weigh(&mut self) {
        self.weight = self.groups.values().map(crate::correlate::group::Group::weight).sum();
    }

    fn evict(&mut self, key: &Tuple) {
        if let Some(group) = self.groups.remove(key) {
            self.weight = self.weight.saturating_sub(group.weight());
            self.counts.dropped += u64::try_from(group.points.len()).unwrap_or(u64::MAX);
        }
    }
}
