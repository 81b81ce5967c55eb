//! Correlations after compilation: who listens to whom, and which values are passed on.

use std::collections::BTreeSet;

use super::model::{BoundOperator, Correlation, CorrelationKind};

/// Microseconds: the unit of all times here. Times in logs are no finer.
pub(super) type Micros = i64;

/// Correlations that can run.
#[derive(Clone, Debug, Default)]
pub struct CorrelationPlan {
    pub(super) correlations: Vec<Correlation>,
    pub(super) specs: Vec<CorrelationSpec>,
    /// For each rule, what listens to it.
    pub(super) of_rules: Vec<Vec<ListenerRoute>>,
    /// For each correlation, what listens to it.
    pub(super) of_correlations: Vec<Vec<ListenerRoute>>,
    pub(super) wanted: Vec<Vec<String>>,
    pub(super) silenced: BTreeSet<usize>,
}

/// What the engine needs to know about one correlation.
#[derive(Clone, Debug)]
pub(super) struct CorrelationSpec {
    pub(super) kind: CorrelationKind,
    /// How many rules it refers to.
    pub(super) rules: usize,
    pub(super) timespan: Micros,
    pub(super) bounds: Vec<(BoundOperator, f64)>,
    /// For `value_median`, 50.
    pub(super) percentile: f64,
    /// Whether more events can only make the condition truer, so that it is reported at once.
    pub(super) growing: bool,
    /// The smallest count for which the condition can be true.
    pub(super) need: usize,
    /// Whether it listens to correlations, whose firings have several times.
    pub(super) chained: bool,
    /// Whether other correlations listen to it.
    pub(super) forwards: bool,
    /// Whether its firings are only for other correlations.
    pub(super) silent: bool,
    /// How much later than events the firings arrive that it listens to.
    pub(super) lag: Micros,
    /// The fields of its events that its listeners need.
    pub(super) carry: Vec<String>,
    /// A hash of everything that gives its state a meaning.
    pub(super) definition: String,
}

/// A route from a rule or a correlation to a correlation that refers to it.
#[derive(Clone, Debug)]
pub(super) struct ListenerRoute {
    pub(super) to: usize,
    /// The rule's position there, as one bit.
    pub(super) rule: u64,
    /// Columns of the match's fields.
    pub(super) group: Vec<usize>,
    pub(super) values: Vec<usize>,
    pub(super) carry: Vec<usize>,
}

impl CorrelationSpec {
    /// Whether the condition is true for a value.
    pub(super) fn condition_holds(&self, value: f64) -> bool {
        self.bounds.iter().all(|(bound, limit)| bound.holds_for(value, *limit))
    }

    /// Whether events are dropped when no window can need them. Listeners of a correlation need
    /// every window.
    pub(super) fn drops_unneeded(&self) -> bool {
        self.growing && !self.forwards
    }

    /// The period that a time belongs to. A group fires once per period, which is as long as the
    /// window.
    pub(super) fn period_of(&self, time: Micros) -> i64 {
        time.div_euclid(self.timespan.max(1))
    }
}

impl CorrelationPlan {
    /// The correlations, each after those that it refers to.
    pub fn correlations(&self) -> &[Correlation] {
        &self.correlations
    }

    /// The fields that a match of this rule must provide, in this order. Also empty when no
    /// correlation refers to the rule: see [`CorrelationPlan::listens_to`].
    pub fn fields_for_rule(&self, rule: usize) -> &[String] {
        self.wanted.get(rule).map_or(&[], Vec::as_slice)
    }

    /// Whether any correlation refers to this rule.
    pub fn listens_to(&self, rule: usize) -> bool {
        self.of_rules.get(rule).is_some_and(|routes| !routes.is_empty())
    }

    /// The rules that produce no findings of their own: those that a correlation refers to, unless
    /// one of these correlations says `generate: true`.
    pub fn silenced_rules(&self) -> &BTreeSet<usize> {
        &self.silenced
    }
}
