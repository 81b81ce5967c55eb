//! What a condition amounts to, and whether it can ever be true.

use crate::correlate::model::{BoundOperator, Correlation, CorrelationCondition, CorrelationKind};

/// The largest count that a condition may require: every event of such a window is kept.
pub(super) const MAX_COUNT: f64 = 50_000.0;

type BoundSlice = [(BoundOperator, f64)];

/// The bounds; without a condition, all rules must occur.
pub(super) fn effective_bounds(correlation: &Correlation) -> Vec<(BoundOperator, f64)> {
    let given = correlation.condition.as_ref().map(|condition| condition.bounds.clone());
    given.filter(|bounds| !bounds.is_empty()).unwrap_or_else(|| {
        #[allow(clippy::cast_precision_loss)]
        let all = match correlation.kind {
            CorrelationKind::NotFollowedBy => 1.0,
            _ => correlation.rules.len() as f64,
        };
        vec![(BoundOperator::Gte, all)]
    })
}

/// Whether more events can only make the condition more true.
pub(super) fn is_monotonic(kind: CorrelationKind, bounds: &BoundSlice) -> bool {
    !matches!(
        kind,
        CorrelationKind::NotFollowedBy
            | CorrelationKind::ValueAvg
            | CorrelationKind::ValuePercentile
            | CorrelationKind::ValueMedian
    ) && bounds.iter().all(|(bound, _)| matches!(bound, BoundOperator::Gt | BoundOperator::Gte))
}

/// The smallest count for which the condition is true; one event if the value is not a count.
pub(super) fn least_count(kind: CorrelationKind, bounds: &BoundSlice) -> f64 {
    if kind.is_numeric() {
        return 1.0;
    }
    bounds.iter().fold(1.0_f64, |need, (bound, limit)| match bound {
        BoundOperator::Gt => need.max(limit.floor() + 1.0),
        BoundOperator::Gte | BoundOperator::Eq => need.max(limit.ceil()),
        BoundOperator::Lt | BoundOperator::Lte | BoundOperator::Neq => need,
    })
}

/// What is wrong with the condition's numbers.
pub(super) fn find_flaw(correlation: &Correlation) -> Option<(String, Option<&'static str>)> {
    let bounds = effective_bounds(correlation);
    let kind = correlation.kind;
    if bounds.iter().any(|(_, limit)| !limit.is_finite()) {
        return Some(("condition compares with something that is not a number".to_owned(), None));
    }
    if least_count(kind, &bounds) > MAX_COUNT {
        let what = format!("condition asks for more than {MAX_COUNT} in one window");
        return Some((
            what,
            Some("count smaller windows, and let another correlation count their firings"),
        ));
    }
    let possible = candidate_values(correlation, &bounds)
        .into_iter()
        .any(|value| bounds.iter().all(|(bound, limit)| bound.holds_for(value, *limit)));
    let hint = (!kind.is_numeric())
        .then_some("a window has at least one event; silence can't be seen this way");
    (!possible).then(|| ("condition can never be true".to_owned(), hint))
}

/// Enough values to decide whether any value meets the bounds: those at, next to and between the
/// limits, and the ends of what can be counted.
fn candidate_values(correlation: &Correlation, bounds: &BoundSlice) -> Vec<f64> {
    let limits: Vec<f64> = bounds.iter().map(|(_, limit)| *limit).collect();
    if correlation.kind.is_numeric() {
        let near = limits.iter().flat_map(|a| limits.iter().map(move |b| f64::midpoint(*a, *b)));
        let beside = limits.iter().flat_map(|a| [a - a.abs().max(1.0), a + a.abs().max(1.0)]);
        return near.chain(beside).collect();
    }
    let most = match correlation.kind {
        #[allow(clippy::cast_precision_loss)]
        CorrelationKind::Temporal | CorrelationKind::TemporalOrdered => {
            correlation.rules.len() as f64
        }
        _ => f64::MAX,
    };
    let near =
        limits.iter().flat_map(|limit| (-2..=2).map(move |by| limit.floor() + f64::from(by)));
    near.chain([1.0, most]).filter(|value| (1.0..=most).contains(value)).collect()
}

/// What a condition lacks, or has too much of, for its kind.
pub(super) fn check_shape(correlation: &Correlation) -> Vec<String> {
    let kind = correlation.kind;
    let name = kind.as_str();
    let empty = CorrelationCondition::default();
    let condition = correlation.condition.as_ref().unwrap_or(&empty);
    let optional = kind.is_temporal();
    let takes_no_bound = kind == CorrelationKind::NotFollowedBy && !condition.bounds.is_empty();
    let fields = condition.fields.len();
    let percentile = condition.percentile;
    let in_range = percentile.is_none_or(|value| (0.0..=100.0).contains(&value));
    let checks = [
        (takes_no_bound, format!("{name} takes no condition")),
        (
            !optional && condition.bounds.is_empty(),
            format!("{name} needs a condition with a bound"),
        ),
        (kind.needs_field() && fields == 0, format!("{name} needs a field in its condition")),
        (kind.is_numeric() && fields > 1, format!("{name} takes one field, not {fields}")),
        (!kind.needs_field() && fields > 0, format!("{name} takes no field")),
        (
            kind == CorrelationKind::ValuePercentile && percentile.is_none(),
            format!("{name} needs a percentile in its condition"),
        ),
        (
            kind != CorrelationKind::ValuePercentile && percentile.is_some(),
            format!("{name} takes no percentile"),
        ),
        (!in_range, "percentile is not between 0 and 100".to_owned()),
    ];
    checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, what)| what).collect()
}
