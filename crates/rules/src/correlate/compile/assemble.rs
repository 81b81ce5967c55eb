//! Orders the accepted correlations and lays out which values travel between them.

use std::collections::BTreeSet;

use aware_core::fingerprint::Fingerprint;

use super::condition;
use super::names::{NamedRule, ReferenceTarget};
use super::resolve::ResolvedCorrelation;
use crate::correlate::model::Correlation;
use crate::correlate::plan::{CorrelationPlan, CorrelationSpec, ListenerRoute, Micros};

/// A second.
const SECOND: Micros = 1_000_000;

pub(super) fn assemble_plan(
    rules: &[NamedRule<'_>],
    correlations: &[Correlation],
    accepted: Vec<Option<ResolvedCorrelation>>,
) -> CorrelationPlan {
    let order = dependency_order(&accepted);
    let mut places = vec![usize::MAX; correlations.len()];
    for (place, at) in order.iter().enumerate() {
        places.iter_mut().skip(*at).take(1).for_each(|slot| *slot = place);
    }
    let mut accepted: Vec<Option<ResolvedCorrelation>> = accepted;
    let mut chosen = Vec::new();
    for at in order {
        let resolved = accepted.get_mut(at).and_then(Option::take);
        if let (Some(mut resolved), Some(correlation)) = (resolved, correlations.get(at)) {
            for node in &mut resolved.rules {
                if let ReferenceTarget::Correlation(old) = node {
                    *old = places.get(*old).copied().unwrap_or(usize::MAX);
                }
            }
            chosen.push((correlation.clone(), resolved));
        }
    }
    let mut layout = RouteLayout::with_sizes(rules.len(), chosen.len());
    for (at, (correlation, resolved)) in chosen.iter().enumerate().rev() {
        layout.add_routes(at, correlation, resolved);
    }
    layout.into_plan(rules, chosen)
}

/// Puts each correlation after those it refers to; otherwise keeps the order given. Cycles have
/// been removed before.
fn dependency_order(accepted: &[Option<ResolvedCorrelation>]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let mut placed = vec![false; accepted.len()];
    loop {
        let before = order.len();
        for (at, resolved) in accepted.iter().enumerate() {
            let Some(resolved) = resolved else { continue };
            let ready = resolved.rules.iter().all(|node| match node {
                ReferenceTarget::Rule(_) => true,
                ReferenceTarget::Correlation(inner) => placed.get(*inner).copied().unwrap_or(false),
            });
            if let Some(done) = placed.get_mut(at).filter(|done| ready && !**done) {
                *done = true;
                order.push(at);
            }
        }
        if order.len() == before {
            return order;
        }
    }
}

/// Which fields each rule and each correlation passes on, and to which listeners.
struct RouteLayout {
    wanted: Vec<Vec<String>>,
    carry: Vec<Vec<String>>,
    of_rules: Vec<Vec<ListenerRoute>>,
    of_correlations: Vec<Vec<ListenerRoute>>,
}

impl RouteLayout {
    fn with_sizes(rules: usize, correlations: usize) -> Self {
        Self {
            wanted: vec![Vec::new(); rules],
            carry: vec![Vec::new(); correlations],
            of_rules: vec![Vec::new(); rules],
            of_correlations: vec![Vec::new(); correlations],
        }
    }

    /// Adds the routes into a correlation. Those that refer to it have been added before, so it is
    /// known which fields they need.
    fn add_routes(&mut self, to: usize, correlation: &Correlation, resolved: &ResolvedCorrelation) {
        let carry = self.carry.get(to).cloned().unwrap_or_default();
        let values = correlation.condition.as_ref().map_or(&[][..], |one| &one.fields);
        for (at, node) in resolved.rules.iter().enumerate() {
            let (fields, routes) = match node {
                ReferenceTarget::Rule(rule) => {
                    (self.wanted.get_mut(*rule), self.of_rules.get_mut(*rule))
                }
                ReferenceTarget::Correlation(inner) => {
                    (self.carry.get_mut(*inner), self.of_correlations.get_mut(*inner))
                }
            };
            let (Some(fields), Some(routes)) = (fields, routes) else { continue };
            let mut columns = |names: &[String]| -> Vec<usize> {
                names
                    .iter()
                    .map(|name| column_index(fields, resolved.field_for_rule(name, at)))
                    .collect()
            };
            routes.push(ListenerRoute {
                to,
                rule: 1 << at,
                group: columns(&correlation.group_by),
                values: columns(values),
                carry: columns(&carry),
            });
        }
    }

    fn into_plan(
        self,
        rules: &[NamedRule<'_>],
        chosen: Vec<(Correlation, ResolvedCorrelation)>,
    ) -> CorrelationPlan {
        let mut specs: Vec<CorrelationSpec> = Vec::new();
        for (at, (correlation, resolved)) in chosen.iter().enumerate() {
            let mut spec = build_spec(correlation, resolved, &specs);
            spec.carry = self.carry.get(at).cloned().unwrap_or_default();
            let listeners = self.of_correlations.get(at).map_or(&[][..], Vec::as_slice);
            spec.forwards = !listeners.is_empty();
            spec.silent = spec.forwards
                && !listeners.iter().any(|route| generates_findings(&chosen, route.to));
            spec.definition = definition_hash(rules, correlation, resolved, &spec.carry, &specs);
            specs.push(spec);
        }
        let silenced = (0..rules.len()).filter(|rule| {
            let routes = self.of_rules.get(*rule).map_or(&[][..], Vec::as_slice);
            !routes.is_empty() && !routes.iter().any(|route| generates_findings(&chosen, route.to))
        });
        let silenced: BTreeSet<usize> = silenced.collect();
        CorrelationPlan {
            correlations: chosen.into_iter().map(|(correlation, _)| correlation).collect(),
            specs,
            of_rules: self.of_rules,
            of_correlations: self.of_correlations,
            wanted: self.wanted,
            silenced,
        }
    }
}

fn generates_findings(chosen: &[(Correlation, ResolvedCorrelation)], at: usize) -> bool {
    chosen.get(at).is_some_and(|(correlation, _)| correlation.generate)
}

fn column_index(fields: &mut Vec<String>, field: &str) -> usize {
    fields.iter().position(|known| known == field).unwrap_or_else(|| {
        fields.push(field.to_owned());
        fields.len() - 1
    })
}

fn build_spec(
    correlation: &Correlation,
    resolved: &ResolvedCorrelation,
    before: &[CorrelationSpec],
) -> CorrelationSpec {
    let bounds = condition::effective_bounds(correlation);
    let inner = resolved.rules.iter().filter_map(|node| match node {
        ReferenceTarget::Correlation(at) => before.get(*at),
        ReferenceTarget::Rule(_) => None,
    });
    let lags = inner.map(|spec| spec.lag + if spec.growing { 0 } else { spec.timespan });
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let need = condition::least_count(correlation.kind, &bounds) as usize;
    CorrelationSpec {
        kind: correlation.kind,
        rules: correlation.rules.len(),
        timespan: Micros::try_from(correlation.timespan_seconds).unwrap_or(1) * SECOND,
        percentile: correlation.condition.as_ref().and_then(|one| one.percentile).unwrap_or(50.0),
        growing: condition::is_monotonic(correlation.kind, &bounds),
        need,
        chained: resolved.rules.iter().any(|node| matches!(node, ReferenceTarget::Correlation(_))),
        lag: lags.max().unwrap_or(0),
        bounds,
        forwards: false,
        silent: false,
        carry: Vec::new(),
        definition: String::new(),
    }
}

/// A hash of everything that gives a correlation's state its meaning. Its title, level and position
/// are not part of it, so they can be edited without losing counts.
fn definition_hash(
    rules: &[NamedRule<'_>],
    correlation: &Correlation,
    resolved: &ResolvedCorrelation,
    carry: &[String],
    before: &[CorrelationSpec],
) -> String {
    let refer = |node: &ReferenceTarget| match node {
        ReferenceTarget::Rule(at) => rules.get(*at).map_or("", NamedRule::stable_key),
        ReferenceTarget::Correlation(at) => {
            before.get(*at).map_or("", |spec| spec.definition.as_str())
        }
    };
    let referred: Vec<&str> = resolved.rules.iter().map(refer).collect();
    let fields: Vec<Vec<&str>> = (0..resolved.rules.len())
        .map(|at| {
            let condition = correlation.condition.iter().flat_map(|one| &one.fields);
            let names = correlation.group_by.iter().chain(condition);
            names.map(|name| resolved.field_for_rule(name, at)).collect()
        })
        .collect();
    let rest = format!(
        "{:?}",
        (
            correlation.kind,
            &correlation.group_by,
            correlation.timespan_seconds,
            condition::effective_bounds(correlation),
            correlation.condition.as_ref().and_then(|one| one.percentile),
            referred,
            fields,
            carry,
        )
    );
    let parts = ["correlation-1", &correlation.about.id, &rest];
    Fingerprint::from_parts(&parts).as_str().trim_start_matches("fp1:").to_owned()
}
