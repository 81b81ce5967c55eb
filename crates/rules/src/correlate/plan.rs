//! Correlations after compilation: who listens to whom, and which values travel.

use std::collections::BTreeSet;

use super::model::{Bound, Correlation, Kind};

/// Microseconds: the unit of all times in here. A log's times are no finer.
pub(super) type Micros = i64;

/// Correlations that can run.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub(super) correlations: Vec<Correlation>,
    pub(super) specs: Vec<Spec>,
    /// For each rule, what listens to it.
    pub(super) of_rules: Vec<Vec<Route>>,
    /// For each correlation, what listens to it.
    pub(super) of_correlations: Vec<Vec<Route>>,
    pub(super) wanted: Vec<Vec<String>>,
    pub(super) silenced: BTreeSet<usize>,
}

/// What the engine needs of one correlation.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) kind: Kind,
    /// How many rules it is about.
    pub(super) rules: usize,
    pub(super) timespan: Micros,
    pub(super) bounds: Vec<(Bound, f64)>,
    /// For `value_median`, 50.
    pub(super) percentile: f64,
    /// Whether more events can only make the condition truer, so that it is told at once.
    pub(super) growing: bool,
    /// The least count that the condition can be true of.
    pub(super) need: usize,
    /// Whether it listens to correlations, whose firings have several times.
    pub(super) chained: bool,
    /// Whether other correlations listen to it.
    pub(super) forwards: bool,
    /// Whether its firings are only for other correlations.
    pub(super) silent: bool,
    /// How much later than events the firings come that it listens to.
    pub(super) lag: Micros,
    /// The fields of its events that those who listen to it ask for.
    pub(super) carry: Vec<String>,
    /// A hash of all that gives its state a meaning.
    pub(super) definition: String,
}

/// A way from a rule or a correlation to a correlation that is about it.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) to: usize,
    /// Which of the rules it is there: one bit.
    pub(super) rule: u64,
    /// Columns of the hit's fields.
    pub(super) group: Vec<usize>,
    pub(super) values: Vec<usize>,
    pub(super) carry: Vec<usize>,
}

impl Spec {
    /// Whether the condition is true of a value.
    pub(super) fn holds(&self, value: f64) -> bool {
        self.bounds.iter().all(|(bound, limit)| bound.holds(value, *limit))
    }

    /// The period that a time belongs to. One group fires once in a period, which is as long as
    /// the window.
    pub(super) fn period(&self, time: Micros) -> i64 {
        time.div_euclid(self.timespan.max(1))
    }
}

impl Plan {
    /// The correlations, each after those that it is about.
    pub fn correlations(&self) -> &[Correlation] {
        &self.correlations
    }

    /// The fields that a hit of this rule has to bring, in this order. Empty as well when no
    /// correlation is about the rule: see [`Plan::listens_to`].
    pub fn wanted(&self, rule: usize) -> &[String] {
        self.wanted.get(rule).map_or(&[], Vec::as_slice)
    }

    /// Whether any correlation is about this rule.
    pub fn listens_to(&self, rule: usize) -> bool {
        self.of_rules.get(rule).is_some_and(|routes| !routes.is_empty())
    }

    /// The rules that make no findings of their own: those that a correlation is about, unless one
    /// of these correlations says `generate: true`.
    pub fn silenced_rules(&self) -> &BTreeSet<usize> {
        &self.silenced
    }
}
