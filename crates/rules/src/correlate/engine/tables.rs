//! The engine and its tables.

use std::collections::HashMap;
use std::sync::Arc;

use super::arrival::EventArrival;
use super::saved::SavedGroup;
use crate::correlate::group::CorrelationGroup;
use crate::correlate::plan::{CorrelationPlan, Micros};
use crate::correlate::point::ValueTuple;
use crate::correlate::settings::{CorrelationCounts, CorrelationSettings};

/// Runs correlations.
///
/// [`CorrelationEngine::offer_match`] takes matches, and [`CorrelationEngine::advance_watermark`]
/// moves the watermark. The set of events alone decides what fires, not the order or the number of
/// deliveries, as long as no event is later than the horizon and no limit is exceeded;
/// [`CorrelationEngine::counts_of`] says when one was.
///
/// The *ids* of the firings are the same in any order. What a firing that is reported at once says
/// about its window (its first event, the trigger) is what was known at that moment.
///
/// ```
/// use aware_rules::correlate::{CorrelationEngine, NamedRule, RuleMatch, compile_correlations};
/// use aware_rules::sigma::{PlaceholderValues, load_rules};
///
/// let text = "
/// title: Denied
/// name: denied
/// id: 0b1f0a3e-3f3c-4f0e-9a52-6d1c5c1c9c01
/// logsource: {product: aws, service: cloudtrail}
/// detection: {one: {errorCode: AccessDenied}, condition: one}
/// ---
/// title: Many denials
/// id: 0b1f0a3e-3f3c-4f0e-9a52-6d1c5c1c9c02
/// correlation: {type: event_count, rules: [denied], group-by: [awsRegion], timespan: 10m, condition: {gte: 2}}
/// ";
/// let loaded = load_rules([("many.yml", text)], &PlaceholderValues::default());
/// let about = &loaded.rules[0].about;
/// let rules = [NamedRule { id: &about.id, name: Some("denied"), title: &about.name }];
/// let plan = compile_correlations(&rules, &loaded.correlations).plan;
/// let mut engine = CorrelationEngine::new(plan.into(), Default::default());
/// let mut offer = |minute: u32, id: &str| {
///     engine.offer_match(&RuleMatch {
///         rule: 0,
///         time: format!("2026-11-24T03:{minute}:07Z").parse().unwrap(),
///         account: "111122223333".to_owned(),
///         event_id: id.to_owned(),
///         fields: vec![vec!["eu-west-1".to_owned()]],
///     })
/// };
/// assert!(offer(10, "first").is_empty());
/// let firing = &offer(12, "second")[0];
/// assert_eq!(firing.group, [("awsRegion".to_owned(), "eu-west-1".to_owned())]);
/// ```
#[derive(Debug)]
pub struct CorrelationEngine {
    pub(super) plan: Arc<CorrelationPlan>,
    pub(super) settings: CorrelationSettings,
    pub(super) tables: Vec<GroupTable>,
    /// Groups that have changed since they were saved.
    pub(super) touched: Vec<(usize, ValueTuple)>,
    /// Groups that had changed when they were dropped.
    pub(super) leaving: Vec<SavedGroup>,
    /// The total weight of all tables.
    pub(super) weight: usize,
    /// Whether a table may have outgrown its limit.
    pub(super) is_crowded: bool,
    pub(super) watermark: Micros,
    /// Until when the logs reach: what did not come later is not known.
    pub(super) logs_until: Micros,
    pub(super) swept: Micros,
}

/// The groups of one correlation.
#[derive(Debug, Default)]
pub(super) struct GroupTable {
    pub(super) groups: HashMap<ValueTuple, CorrelationGroup>,
    pub(super) weight: usize,
    pub(super) counts: CorrelationCounts,
}

/// A firing of another correlation, with the fields that it passes on.
pub(super) type WaitingArrival = (EventArrival, Vec<Vec<String>>);

impl CorrelationEngine {
    /// An engine without any events.
    pub fn new(plan: Arc<CorrelationPlan>, settings: CorrelationSettings) -> Self {
        let tables = plan.specs.iter().map(|_| GroupTable::default()).collect();
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
            logs_until: Micros::MAX,
            swept,
        }
    }

    /// The plan that it runs.
    pub fn plan(&self) -> &Arc<CorrelationPlan> {
        &self.plan
    }

    /// What happened to the matches of each correlation.
    pub fn counts_of(&self, correlation: usize) -> CorrelationCounts {
        self.tables.get(correlation).map(|table| table.counts).unwrap_or_default()
    }

    /// What happened to all matches.
    pub fn total_counts(&self) -> CorrelationCounts {
        let mut all = CorrelationCounts::default();
        self.tables.iter().for_each(|table| all += table.counts);
        all
    }

    /// How much is kept: events, groups and periods that have fired.
    pub fn kept_size(&self) -> usize {
        self.weight
    }

    /// Events before this time are too late.
    pub(super) fn horizon(&self) -> Micros {
        self.watermark.saturating_sub(self.max_delay())
    }

    /// How late an event may be.
    pub(super) fn max_delay(&self) -> Micros {
        let seconds = Micros::try_from(self.settings.horizon_seconds).unwrap_or(Micros::MAX);
        seconds.saturating_mul(1_000_000)
    }
}
