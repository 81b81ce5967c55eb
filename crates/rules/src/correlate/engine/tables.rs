//! The engine and its tables.

use std::collections::HashMap;
use std::sync::Arc;

use super::arrival::Arrival;
use super::saved::Saved;
use crate::correlate::group::Group;
use crate::correlate::plan::{Micros, Plan};
use crate::correlate::point::Tuple;
use crate::correlate::settings::{Counts, Settings};

/// Runs correlations.
///
/// [`Engine::offer`] takes matches, and [`Engine::advance`] moves the watermark. The set of events
/// alone decides what fires, not the order or the number of deliveries, as long as no event is
/// later than the horizon and no limit is exceeded; [`Engine::counts`] says when one was.
///
/// The *ids* of the firings are the same in any order. What a firing that is reported at once says
/// about its window (its first event, the trigger) is what was known at that moment.
#[derive(Debug)]
pub struct Engine {
    pub(super) plan: Arc<Plan>,
    pub(super) settings: Settings,
    pub(super) tables: Vec<Table>,
    /// Groups that have changed since they were saved.
    pub(super) touched: Vec<(usize, Tuple)>,
    /// Groups that had changed when they were dropped.
    pub(super) leaving: Vec<Saved>,
    /// The total weight of all tables.
    pub(super) weight: usize,
    /// Whether a table may have outgrown its limit.
    pub(super) is_crowded: bool,
    pub(super) watermark: Micros,
    pub(super) swept: Micros,
}

/// The groups of one correlation.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) groups: HashMap<Tuple, Group>,
    pub(super) weight: usize,
    pub(super) counts: Counts,
}

/// A firing of another correlation, with the fields that it passes on.
pub(super) type Waiting = (Arrival, Vec<Vec<String>>);

impl Engine {
    /// An engine without any events.
    pub fn new(plan: Arc<Plan>, settings: Settings) -> Self {
        let tables = plan.specs.iter().map(|_| Table::default()).collect();
        let (watermark, swept) = (Micros::MIN, Micros::MIN);
        Self {
            plan,
            settings,
            tables,
            touched: Vec::new(),
            leaving: Vec::new(),
            weight: 0,
            is_crowded: false,
            watermark,
            swept,
        }
    }

    /// The plan that it runs.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What happened to the matches of each correlation.
    pub fn counts(&self, correlation: usize) -> Counts {
        self.tables.get(correlation).map(|table| table.counts).unwrap_or_default()
    }

    /// What happened to all matches.
    pub fn totals(&self) -> Counts {
        let mut all = Counts::default();
        self.tables.iter().for_each(|table| all += table.counts);
        all
    }

    /// How much is kept: events, groups and periods that have fired.
    pub fn size(&self) -> usize {
        self.weight
    }

    /// Events before this time are too late.
    pub(super) fn horizon(&self) -> Micros {
        self.watermark.saturating_sub(self.delay())
    }

    /// How late an event may be.
    pub(super) fn delay(&self) -> Micros {
        let seconds = Micros::try_from(self.settings.horizon_seconds).unwrap_or(Micros::MAX);
        seconds.saturating_mul(1_000_000)
    }
}
